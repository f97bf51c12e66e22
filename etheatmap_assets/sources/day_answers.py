"""The answers of one day of a source that asks step by step: each from the archive where it has it, else asked for.

For upstreams whose next question depends on the last answer, and whose answers are no items: the others' hours are
collected by ``collector``, with the same states. Here: replay, asking, quarantine, the count. Not here: what is asked.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from etheatmap_assets.resources.http import Call
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.archive import Capture
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.database.slots import slot
from etheatmap_core.errors import (
    CircuitOpenError,
    CorruptCaptureError,
    DeferredError,
    EtHeatmapError,
    OutOfBudgetError,
    RateLimitedError,
    SourceState,
)
from etheatmap_core.signals.source_hours import SourceHour, hour_outcome, record_hour

Parsed = TypeVar("Parsed")

DAY = timedelta(days=1)
# After these nobody is asked anything more: the next question would end the same.
_STOPPING = (DeferredError, RateLimitedError, CircuitOpenError, OutOfBudgetError)
_QUESTIONS_NAMED = 3  # of those not answered, in the reason


class StoppedError(Exception):
    """What was noted ends the asking; what is there is stored."""


@dataclass(frozen=True)
class CollectedDay:
    """What became of one day. ``told`` goes into the metadata as it is, ``table`` as Markdown."""

    outcome: SourceHour
    rows: int
    asked: int  # answers that are not from the archive
    content_hashes: tuple[str, ...]
    seconds: float
    checks: tuple[CheckResult, ...]
    told: Mapping[str, str | int]
    table: str = ""


@contextmanager
def collecting(kit: Kit, name: str, day: datetime, *, needs: tuple[str, ...]) -> Iterator[None]:
    """One run at a time of all processes; an error, whose state is recorded, leaves the day's rows untouched."""
    try:
        for source in needs:
            if (error := kit.refusal(source)) is not None:
                raise error
        with slot(kit.engine, f"collect {name}", 1):
            yield
    except EtHeatmapError as error:
        with kit.engine.begin() as connection:
            record_hour(connection, name, day, SourceHour(str(error.state), str(error)), ended_at=kit.clock())
        raise


@dataclass
class DayAnswers:
    """``name`` is whose captures they are; ``limits_of`` is the source whose limits the requests count for.

    ``also_answers``: statuses that elsewhere refuse, and here are answers like others.
    """

    kit: Kit
    name: str
    limits_of: str
    day: datetime
    captured: Mapping[str, Capture]
    before: SourceHour | None
    also_answers: frozenset[int] = frozenset()
    was_captured: bool = False  # though retention may have removed the bytes since
    questions: int = 0
    answered: int = 0
    asked: int = 0
    deferred: int = 0
    hashes: list[str] = field(default_factory=list)
    replayed: set[str] = field(default_factory=set)
    errors: list[tuple[str, EtHeatmapError]] = field(default_factory=list)
    deferral: DeferredError | None = None

    @classmethod
    def of(
        cls, kit: Kit, name: str, day: datetime, *, limits_of: str, must_ask: bool,
        also_answers: frozenset[int] = frozenset(),
    ) -> "DayAnswers":  # fmt: skip
        """With what the archive has. ``must_ask`` looks at none of it, and asks everything anew."""
        with kit.engine.connect() as connection:
            before = hour_outcome(connection, name, day)
            captured = kit.archive.good_of_hour(connection, name, day)
        readable = {key: capture for key, capture in captured.items() if capture.raw_path is not None}
        known = ({}, None) if must_ask else (readable, before)
        return cls(kit, name, limits_of, day, *known, also_answers, was_captured=bool(captured))

    @property
    def is_complete(self) -> bool:
        """Whether all that was to be asked for the day has been answered: then nobody is asked again."""
        return self.before is not None and self.before.is_complete

    def replay(self, key: str, parse: Callable[[bytes], Parsed]) -> Parsed | None:
        """What the archive has under this key; None where it has nothing, or nothing that can be read any more."""
        capture = self.captured.get(key)
        if capture is None or capture.raw_path is None:
            return None
        is_new = key not in self.replayed
        self.replayed.add(key)
        self.questions += is_new
        try:
            parsed = parse(capture.raw_path.read_bytes())
        except CorruptCaptureError as error:
            self.errors += [(key, error)] * is_new
            return None
        self.answered += is_new
        self.hashes += [capture.received.content_hash] * is_new
        return parsed

    def ask(
        self, key: str, url: str, parse: Callable[[bytes], Parsed], *, about: Mapping[str, Any], is_left: int = 1
    ) -> Parsed | None:
        """A new answer; None where there is none, which is noted. ``about`` is kept with it: what was asked for.

        ``is_left`` counts this question and those still to come. Raises StoppedError where they need not be tried.
        """
        self.questions += 1
        try:
            return self._receive(key, url, parse, about)
        except DeferredError as error:
            self.deferral, self.deferred = error, is_left
            self.questions += is_left - 1
            raise StoppedError from error
        except _STOPPING as error:
            self.errors += [(key, error)] * is_left
            self.questions += is_left - 1
            raise StoppedError from error
        except EtHeatmapError as error:
            self.errors.append((key, error))
            return None

    def outcome(self, *, is_empty: bool, items: int, problems: tuple[str, ...] = ()) -> SourceHour:
        """The state of a day that has answers. A replay leaves what was asked, and what did not fit then, as it was."""
        missing = len(self.errors)
        told = [*problems]
        if missing:
            # Of those that were not tried because of one, only that one is named.
            distinct = list(dict.fromkeys(f"{key}: {error}" for key, error in self.errors))[:_QUESTIONS_NAMED]
            rest = [f"and {missing - len(distinct)} more"] if missing > len(distinct) else []
            named = "; ".join([*distinct, *rest])
            told.append(f"{missing} of {self.questions} questions not answered: {named}")
        if self.deferral is not None:
            told.append(f"{self.deferred} of {self.questions} questions deferred: {self.deferral}")
        outcome = SourceHour(
            state=SourceState.EMPTY if is_empty else SourceState.OK,
            reason="; ".join(told) or None,
            is_complete=not missing and self.deferral is None,
            questions=self.questions,
            answered=self.answered,
            deferred=self.deferred,
            items=items,
        )
        if self.before is None or not self.before.is_made or self.asked:
            return outcome
        before = self.before
        return replace(
            outcome, is_complete=before.is_complete, questions=before.questions, answered=before.answered,
            deferred=before.deferred,
        )  # fmt: skip

    def why_nothing(self) -> EtHeatmapError | None:
        """The error of a day without a single answer: the first of them, whose state is the day's."""
        return self.errors[0][1] if self.errors else self.deferral

    def _receive(self, key: str, url: str, parse: Callable[[bytes], Parsed], about: Mapping[str, Any]) -> Parsed:
        """In a transaction of its own: a run that is killed finds at its next start what was answered so far."""
        kit = self.kit
        with kit.archive.incoming() as path:
            call = Call(self.limits_of, url, is_read=True, also_answers=self.also_answers)
            received = kit.gateway.fetch(call, path)
            self.asked += 1
            where, captured_at = (self.name, self.day, received, path), kit.clock()
            try:
                parsed = parse(path.read_bytes())
            except CorruptCaptureError as error:
                kit.gateway.has_read(self.limits_of, error)
                with kit.engine.begin() as connection:
                    kit.archive.quarantine(connection, *where, captured_at=captured_at, reason=str(error), key=key)
                raise
            kit.gateway.has_read(self.limits_of, None)
            with kit.engine.begin() as connection:
                kit.archive.keep(
                    connection, *where, captured_at=captured_at, key=key, suffix=".json", extract=dict(about)
                )
        self.answered += 1
        self.hashes.append(received.content_hash)
        return parsed
