"""The haul of an hour: its answers as they come in, what did not come, and what both are told as.

Here: the state of an hour and its reason. Not here: asking and storing (collector).
"""

from dataclasses import dataclass, field

from etheatmap_assets.sources.source import Parsed, Question
from etheatmap_core.archive import Capture
from etheatmap_core.errors import (
    DeferredError,
    EtHeatmapError,
    NotRecollectableError,
    OutOfBudgetError,
    SourceState,
    UpstreamRefusedError,
)
from etheatmap_core.signals.source_hours import SourceHour

_GONE = frozenset({404, 410})
_QUESTIONS_NAMED = 3  # of those not answered, in the reason


@dataclass
class Haul:
    """The answers of an hour as they come in, and what did not."""

    parsed: list[Parsed] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    errors: list[tuple[Question, EtHeatmapError]] = field(default_factory=list)
    deferral: DeferredError | None = None
    stale: list[Capture] = field(default_factory=list)  # older answers that have to do, and
    stopped: OutOfBudgetError | None = None  # why
    questions: int = 0
    asked: int = 0
    deferred: int = 0
    planned_units: int = 0  # of the partition's plan

    @property
    def is_replay(self) -> bool:
        """Nothing was asked, nor tried in vain: of what is tried again the newest trouble is told."""
        return self.asked == 0 and not self.errors and self.deferral is None

    @property
    def cut_short(self) -> OutOfBudgetError | None:
        """Why money left a part of it unasked."""
        refused = (error for _, error in self.errors if isinstance(error, OutOfBudgetError))
        return self.stopped or next(refused, None)


def outcome_of(haul: Haul, remark: str | None) -> SourceHour:
    """The state of an hour that has answers; items and mentions are counted when they are stored."""
    answered = len(haul.parsed)
    missing = haul.questions - haul.deferred - answered - len(haul.stale)
    told = []
    if haul.stale:
        since = min(capture.captured_at for capture in haul.stale)
        told.append(f"{len(haul.stale)} older answers stand, the oldest of {since:%Y-%m-%d %H:%M} UTC. {haul.stopped}")
    if missing:
        named = "; ".join(f"{question.key}: {error}" for question, error in haul.errors[:_QUESTIONS_NAMED])
        rest = f"; and {missing - _QUESTIONS_NAMED} more" if missing > _QUESTIONS_NAMED else ""
        told.append(f"{missing} of {haul.questions} questions not answered: {named}{rest}")
    if haul.deferral is not None:
        told.append(f"{haul.deferred} of {haul.questions} questions deferred: {haul.deferral}")
    if lacking := [parsed.lacks for parsed in haul.parsed if parsed.lacks]:
        rest = f"; and {len(lacking) - _QUESTIONS_NAMED} answers more." if len(lacking) > _QUESTIONS_NAMED else "."
        told.append("; ".join(lacking[:_QUESTIONS_NAMED]) + rest)
    told += [remark] if remark else []
    state = SourceState.STALE if haul.stale and not haul.parsed else None
    # Of what was found and not read nobody can say that there was nothing.
    is_known = not lacking and not (any(parsed.links for parsed in haul.parsed) and missing + haul.deferred)
    is_empty = is_known and not any(parsed.items or parsed.readings for parsed in haul.parsed)
    return SourceHour(
        state=state or (SourceState.EMPTY if is_empty else SourceState.OK),
        reason=" ".join(told) or None,
        is_complete=not haul.stale and missing == sum(_is_gone(error) for _, error in haul.errors),
        questions=haul.questions,
        answered=answered,
        deferred=haul.deferred,
    )


def _is_gone(error: EtHeatmapError) -> bool:
    """Whether there is nothing at the address any more: it is named until the configuration is put right, and no hour
    is less whole for it."""
    return isinstance(error, UpstreamRefusedError) and error.status_code in _GONE


def why_nothing(source: str, haul: Haul) -> EtHeatmapError:
    """The error of an hour without a single answer, whose state is the hour's: the first of them; of a past hour, what
    can be had no more only where nothing else is the matter."""
    errors = [error for _, error in haul.errors]
    lasting = (error for error in errors if not (isinstance(error, NotRecollectableError) or _is_gone(error)))
    none = NotRecollectableError(f"{source} has nothing to ask: track somebody in entities.csv.")
    return next(lasting, None) or haul.deferral or next(iter(errors), none)
