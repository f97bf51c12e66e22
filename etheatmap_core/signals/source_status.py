"""How a source is doing, in one word and one sentence: from what the tables say of it and an instant.

The first of these that holds is the state: nobody may ask it (disabled, no credentials); its circuit is open; its
newest hour was tried and not made (that hour's own state); its newest made hour is too old (stale); nothing was ever
made (never run); ok, or empty where the upstream had nothing to tell. Here: that verdict, and the statement it rests
on. Not here: which sources there are (known_sources), how each hour ended (source_hours).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from etheatmap_core.cadence import next_tick
from etheatmap_core.errors import SourceState
from etheatmap_core.freshness.verdict import excused
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.known_sources import KnownSource

NEVER_RUN = "never run"

# One row a source asked about. Each look is the newest entry of an index: it costs the same after a year.
# Hours that ended as disabled or without credentials tell of a switch as it was; how it is now the settings tell.
# Where no hour was recorded, a good capture stands for one: it is stored in one transaction with its rows.
SOURCE_FACTS = """
SELECT listed.source, health.last_ok, health.last_error, coalesce(health.consecutive_errors, 0) AS consecutive_errors,
       health.circuit_open_until, health.source IS NOT NULL AS has_health,
       tried.ts AS tried_hour, tried.state AS tried_state, tried.reason AS tried_reason,
       tried.ended_at AS tried_at,
       coalesce(made.ts, captured.ts) AS made_hour, coalesce(made.ended_at, captured.captured_at) AS made_at,
       made.state AS made_state, made.reason AS made_reason, made.is_complete, made.questions, made.answered,
       made.deferred, greatest(asked.ts, tried.ended_at, captured.captured_at, health.last_ok) AS last_run
FROM unnest(%(sources)s::text[]) AS listed (source)
LEFT JOIN source_health health USING (source)
LEFT JOIN LATERAL (
    SELECT * FROM source_hours h
    WHERE h.source = listed.source AND h.state NOT IN ('disabled', 'no credentials')
    ORDER BY h.ts DESC LIMIT 1
) tried ON true
LEFT JOIN LATERAL (
    SELECT * FROM source_hours h WHERE h.source = listed.source AND h.state IN ('ok', 'empty')
    ORDER BY h.ts DESC LIMIT 1
) made ON true
LEFT JOIN LATERAL (
    SELECT c.ts, c.captured_at FROM captures c
    WHERE tried.ts IS NULL AND c.source = listed.source AND c.state = 'good'
    ORDER BY c.ts DESC, c.captured_at DESC LIMIT 1
) captured ON true
LEFT JOIN LATERAL (
    SELECT a.ts FROM audit_logs a WHERE a.source = listed.source ORDER BY a.ts DESC LIMIT 1
) asked ON true
"""

_MADE = (SourceState.OK, SourceState.EMPTY)


class Standing(StrEnum):
    """What a state asks of the operator, in the contract's words and in the order lists have."""

    FAILING = "failing"
    WARNING = "warning"
    NEVER_RUN = "never_run"
    HEALTHY = "healthy"


_STANDING: Mapping[str, Standing] = {
    SourceState.OK: Standing.HEALTHY,
    SourceState.EMPTY: Standing.HEALTHY,
    SourceState.NOT_PUBLISHED: Standing.HEALTHY,
    SourceState.DEFERRED: Standing.WARNING,
    SourceState.RATE_LIMITED: Standing.WARNING,
    SourceState.OUT_OF_BUDGET: Standing.WARNING,
    SourceState.NO_CREDENTIALS: Standing.WARNING,
    SourceState.CIRCUIT_OPEN: Standing.FAILING,
    SourceState.FAILED: Standing.FAILING,
    SourceState.STALE: Standing.FAILING,
    SourceState.DISABLED: Standing.NEVER_RUN,
    NEVER_RUN: Standing.NEVER_RUN,
}


@dataclass(frozen=True)
class SourceFacts:
    """A row of SOURCE_FACTS. ``tried_*``: the newest hour that was tried; ``made_*``, the counts: the newest made."""

    source: str
    last_ok: datetime | None = None
    last_error: str | None = None
    consecutive_errors: int = 0
    circuit_open_until: datetime | None = None
    has_health: bool = False
    tried_hour: datetime | None = None
    tried_state: str | None = None
    tried_reason: str | None = None
    tried_at: datetime | None = None
    made_hour: datetime | None = None
    made_at: datetime | None = None
    made_state: str | None = None
    made_reason: str | None = None
    is_complete: bool | None = None
    questions: int | None = None
    answered: int | None = None
    deferred: int | None = None
    last_run: datetime | None = None

    @property
    def is_only_deferred(self) -> bool:
        """Whether all that is missing of the newest made hour waits for its turn: as the limits want it."""
        return bool(self.deferred) and (self.answered or 0) + (self.deferred or 0) >= (self.questions or 0)


@dataclass(frozen=True)
class SourceStatus:
    """One source as people see it. ``age`` is since the end of ``newest_hour``, the newest made one."""

    source: KnownSource
    facts: SourceFacts
    state: str  # a SourceState, or NEVER_RUN
    reason: str | None
    standing: Standing
    age: timedelta | None
    is_circuit_open: bool

    @property
    def last_ok(self) -> datetime | None:
        """When its upstream last answered well; of a source without one, when an hour was last made."""
        return self.facts.last_ok or self.facts.made_at

    @property
    def newest_hour(self) -> datetime | None:
        return self.facts.made_hour

    @property
    def coverage(self) -> float | None:
        """The share of the newest hour's questions that were answered; None where it had none to count."""
        answered, questions = self.facts.answered, self.facts.questions
        return answered / questions if answered is not None and questions else None


def source_statuses(
    sources: Iterable[KnownSource], facts: Iterable[SourceFacts], now: datetime
) -> tuple[SourceStatus, ...]:
    """Every source with its verdict, in the order given."""
    found = {row.source: row for row in facts}
    return tuple(judge(source, found.get(source.name, SourceFacts(source.name)), now) for source in sources)


def by_standing(statuses: Iterable[SourceStatus]) -> list[SourceStatus]:
    """What asks for a person first: failing, warning, never_run, healthy; else as before."""
    order = list(Standing)
    return sorted(statuses, key=lambda status: order.index(status.standing))


def judge(source: KnownSource, facts: SourceFacts, now: datetime) -> SourceStatus:
    """The verdict on one source."""
    age = None if facts.made_hour is None else now - (facts.made_hour + source.partition)
    state, reason = _state(source, facts, age, now)
    return SourceStatus(
        source=source,
        facts=facts,
        state=state,
        reason=reason,
        standing=_standing(source, facts, state, age, now),
        age=age,
        is_circuit_open=facts.circuit_open_until is not None and facts.circuit_open_until > now,
    )


def next_due(status: SourceStatus, now: datetime) -> datetime | None:
    """The next tick at which there is something to ask: the missing hour, or the one after the newest once it ended.

    None for a source that nobody asks, or that is only requested by hand.
    """
    source = status.source
    if source.cadence is None or not source.is_asked:
        return None
    earliest = now
    if status.newest_hour is not None:
        # From the start of the newest: the next one is made when it begins, or when it has ended.
        earliest = max(earliest, status.newest_hour + source.partition * (1 if source.is_ahead else 2))
    if status.is_circuit_open and status.facts.circuit_open_until is not None:
        earliest = max(earliest, status.facts.circuit_open_until)
    return next_tick(source.cadence.poll_cron, earliest)


def _state(source: KnownSource, facts: SourceFacts, age: timedelta | None, now: datetime) -> tuple[str, str | None]:
    """State and reason: what keeps the source silent, else how old and how full is what it has brought."""
    if (obstacle := _obstacle(source, facts, now)) is not None:
        return obstacle
    if age is None:
        return NEVER_RUN, _told_nothing(source)
    if _is_older(age, source, "fail"):
        return SourceState.STALE, _told_age(source, facts)
    had_nothing = "It was asked and had nothing to tell." if facts.made_state == SourceState.EMPTY else None
    told_age = _told_age(source, facts) if _is_older(age, source, "warn") else None
    reason = " ".join(filter(None, (had_nothing, facts.made_reason, told_age))) or None
    return facts.made_state or SourceState.OK, reason


def _obstacle(source: KnownSource, facts: SourceFacts, now: datetime) -> tuple[str, str | None] | None:
    if source.refused is not None:
        return source.refused.state, str(source.refused)
    if facts.circuit_open_until is not None and facts.circuit_open_until > now:
        errors = f"{facts.consecutive_errors} errors in a row, the last: {facts.last_error}"
        return SourceState.CIRCUIT_OPEN, f"Nobody asks it until {_spelled(facts.circuit_open_until)}: {errors}"
    if facts.tried_hour is not None and facts.tried_state is not None and facts.tried_state not in _MADE:
        return facts.tried_state, _of_tried(source, facts, facts.tried_hour, now)
    if facts.tried_hour is None and facts.consecutive_errors:
        return SourceState.FAILED, facts.last_error
    return None


def _standing(source: KnownSource, facts: SourceFacts, state: str, age: timedelta | None, now: datetime) -> Standing:
    """By the state; of a source that is asked, also by the age of what it has brought, and by what is missing of it."""
    standing = _STANDING[state]
    if not source.is_asked or standing is Standing.NEVER_RUN:
        return standing
    if age is not None and _is_older(age, source, "fail"):
        return Standing.WARNING if _is_excused(source, facts, state, age, now) else Standing.FAILING
    if state == SourceState.STALE and state == facts.tried_state:
        return Standing.WARNING  # an older answer stands near a budget's limit: as the operator wants it
    is_late = age is None or _is_older(age, source, "warn")
    is_partial = state in _MADE and facts.is_complete is False and not facts.is_only_deferred
    return Standing.WARNING if standing is Standing.HEALTHY and (is_late or is_partial) else standing


def _is_excused(source: KnownSource, facts: SourceFacts, state: str, age: timedelta, now: datetime) -> bool:
    """By the same rule as the sensor that tells people of what is stale."""
    is_state = state == facts.tried_state  # and no open circuit, which is worse
    return (
        is_state and source.cadence is not None and excused(source.cadence, state, facts.tried_at, age, now) is not None
    )


def _is_older(age: timedelta, source: KnownSource, than: str) -> bool:
    cadence = source.cadence
    return cadence is not None and age > (cadence.fail_after if than == "fail" else cadence.warn_after)


def _of_tried(source: KnownSource, facts: SourceFacts, hour: datetime, now: datetime) -> str:
    """Why the hour was not made; and where that was long ago, that nobody has tried since."""
    reason = facts.tried_reason or f"The hour {_spelled(hour)} was not made, and it is not recorded why."
    is_old = _is_older(now - (hour + source.partition), source, "fail")
    return f"{reason} That was of {_spelled(hour)}; nothing has been tried since." if is_old else reason


def _told_nothing(source: KnownSource) -> str:
    if source.is_manual:
        return f"It is only requested by hand, and has never been: etheatmap run {source.name}."
    partition = "hour" if source.partition == HOUR else "day"
    return f"No {partition} of it has been made yet; one is due {source.expected_interval}."


def _told_age(source: KnownSource, facts: SourceFacts) -> str:
    if facts.made_hour is None or source.cadence is None:
        return "Nothing has been made yet."
    ended, limit = _spelled(facts.made_hour + source.partition), source.cadence.fail_after // HOUR
    return f"The newest ended at {ended}; one is due {source.expected_interval}, and it is stale after {limit} h."


def _spelled(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
