"""What a run of an actor has left behind: a line about the run, then its items as Apify sent them. Pure.

Its money ends a run in silence, with success, and before it is used up: where the next result no longer fits. What is
then there is a part of what could have been found.
Here: reading it, and whether its money ended it. Not here: how a run is made and paid (sources/apify_runs), what its
items mean (tiktok).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from etheatmap_core.errors import CorruptCaptureError

MICROS_A_RESULT = 3_000  # what such actors charge, at most ($3 for a thousand); the cap of a run holds whatever it is
_CUT_SHARE = 0.95  # from this share of its cap on a run has been ended by it, whatever a result costs


@dataclass(frozen=True)
class RunAnswer:
    """What a run of an actor was asked, when, and its items."""

    asked_at: datetime
    run_input: Mapping[str, Any]
    is_cut: bool | None  # its money ended it; None: nobody knows
    items: Sequence[Mapping[str, Any]]

    @property
    def cut(self) -> str:
        """Why there may have been more than it found; empty: its money has not ended it."""
        if self.is_cut is None:
            return "nobody knows whether the cost cap of the run ended it early"
        return "the cost cap of the run ended it early" if self.is_cut else ""


def head_of(run: Mapping[str, Any], run_input: Mapping[str, Any], *, cap: int, cost: int | None) -> bytes:
    """The line about a run. ``cap`` and ``cost`` (None: nobody knows) in micro-dollars."""
    head = {"input": run_input, "run": run, "money": {"cap": cap, "cost": cost}}
    return json.dumps(head, ensure_ascii=False).encode() + b"\n"


def read_run(body: bytes, source: str) -> RunAnswer:
    """What ``head_of`` tells, and the items."""
    line, _, rest = body.partition(b"\n")
    try:
        head = json.loads(line)
        asked_at = datetime.fromisoformat(head["run"]["startedAt"])
        run_input, cap, cost = dict(head["input"]), head["money"]["cap"], head["money"]["cost"]
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptCaptureError(f"The line about the run of {source} cannot be read ({error!r}).") from error
    try:
        items = json.loads(rest)
    except ValueError as error:
        raise CorruptCaptureError(f"The items of {source} are not whole JSON ({error}): {rest[:40]!r}...") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CorruptCaptureError(f"The items of {source} are no list of objects, but {rest[:40]!r}...")
    return RunAnswer(asked_at, run_input, is_ended_by_money(cap, cost, len(items)), items)


def is_ended_by_money(cap: int, cost: int | None, found: int) -> bool | None:
    """Whether what is left of the cap does not pay another result. None: nobody knows, because nobody knows the cost,
    or it may be that of an actor whose results cost more than is thought, and would not pay another of those."""
    if cost is None:
        return None
    left = cap - cost
    if left < MICROS_A_RESULT or cost >= _CUT_SHARE * cap:
        return True
    return None if 0 < left * found < cost else False
