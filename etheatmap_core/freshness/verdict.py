"""One asset's verdict, from the newest partition that is there and what is known of why no newer one is.

A policy that looks at the last materialization turns green when an old hour is backfilled; this looks at the newest
partition. Nothing counts as missing from before the asset was watched, or switched on. An upstream that has not
published yet, a budget that is used up and a switch that is off are no staleness: each has its own state.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from etheatmap_core.cadence import Cadence
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import HOUR

# An upstream that is later than this with a partition has lost it (as where it is collected): that is staleness.
PUBLISHED_WITHIN = timedelta(hours=24)


class Freshness(StrEnum):
    """In the words of tables and pages."""

    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"
    WAITING = "waiting"
    HELD = "held"
    OFF = "off"


_MADE = (SourceState.OK, SourceState.EMPTY)
_EXCUSES = {Freshness.HELD: "Held by its budget.", Freshness.WAITING: "Its upstream has not published yet."}
# Nobody asks meanwhile: what was missed then is not owed afterwards.
PAUSED = frozenset({Freshness.HELD, Freshness.OFF})


@dataclass(frozen=True)
class Watched:
    """An asset as it is watched. ``interval``: how often one of its partitions, each of length ``partition``, is due.
    ``refused``: why nobody asks for it; None: it is asked."""

    asset: str
    cadence: Cadence
    partition: timedelta
    interval: timedelta
    refused: str | None = None


@dataclass(frozen=True)
class Facts:
    """``newest``: the start of its newest partition that is there. ``since``: watched, and asked for, from then on.

    ``was``: the verdict before; None at the first look. ``tried_*``: how the newest partition that was tried ended,
    and when that was written down.
    """

    newest: datetime | None
    since: datetime
    was: Freshness | None = None
    tried_state: str | None = None
    tried_reason: str | None = None
    tried_at: datetime | None = None

    @property
    def is_explained(self) -> bool:
        """Whether it is known why the newest partition that was tried was not made."""
        return self.tried_reason is not None and self.tried_state not in _MADE


@dataclass(frozen=True)
class Verdict:
    """``reason`` is a sentence, also of a fresh one; ``due`` the start of the newest partition that should be there."""

    asset: str
    state: Freshness
    reason: str
    due: datetime
    newest: datetime | None
    age: timedelta  # since the end of the newest partition, or since it was watched where there is none
    limit: timedelta  # the age from which it is stale


def judge(watched: Watched, facts: Facts, now: datetime) -> Verdict:
    """The verdict at ``now``."""
    cadence = watched.cadence
    ended = facts.since if facts.newest is None else facts.newest + watched.partition
    age = max(timedelta(0), now - ended)
    state, reason = _state(watched, facts, now, age)
    if facts.was in PAUSED and state not in PAUSED:
        state, reason = _state(watched, replace(facts, since=now), now, age)
    due = _due(watched, now - (cadence.warn_after - watched.interval))
    return Verdict(watched.asset, state, reason, due, facts.newest, age, cadence.fail_after)


def _state(watched: Watched, facts: Facts, now: datetime, age: timedelta) -> tuple[Freshness, str]:
    if watched.refused is not None:
        return Freshness.OFF, watched.refused
    cadence, told = watched.cadence, _told(watched, facts, age)
    missed = min(age, now - facts.since)  # for so long it has been missing something that it owed
    if age <= cadence.warn_after and facts.newest is not None:
        return Freshness.FRESH, told
    if missed <= cadence.warn_after:
        told = told if facts.newest is None else f"{told} Asked for since {_spelled(facts.since)}."
        return Freshness.WAITING, told
    why = f" {facts.tried_reason}" if facts.is_explained else ""
    if excuse := excused(cadence, facts.tried_state, facts.tried_at, missed, now):
        return excuse, f"{told} {_EXCUSES[excuse]}{why}"
    is_untried = facts.tried_at is not None and now - facts.tried_at > cadence.warn_after
    untried = f" Nothing was tried since {_spelled(facts.tried_at)}." if facts.tried_at and is_untried else ""
    return Freshness.LATE if missed <= cadence.fail_after else Freshness.STALE, f"{told}{why}{untried}"


def excused(
    cadence: Cadence, tried_state: str | None, tried_at: datetime | None, missed: timedelta, now: datetime
) -> Freshness | None:
    """What is no staleness, although something has been missing for so long: HELD or WAITING; None: nothing excuses it.

    What was written down long ago tells nothing of now: since then nobody has tried.
    """
    if tried_at is None or now - tried_at > cadence.warn_after:
        return None
    if tried_state in {SourceState.OUT_OF_BUDGET, SourceState.STALE}:  # stale: an older answer stands near the limit
        return Freshness.HELD
    is_waited_for = tried_state == SourceState.NOT_PUBLISHED and missed <= PUBLISHED_WITHIN
    return Freshness.WAITING if is_waited_for else None


def _told(watched: Watched, facts: Facts, age: timedelta) -> str:
    limit = watched.cadence.fail_after
    if facts.newest is None:
        return f"Never made since {_spelled(facts.since)}; one is due within {_hours(limit)}."
    ended = _spelled(facts.newest + watched.partition)
    return f"The newest partition ended at {ended}, {_hours(age)} ago; stale after {_hours(limit)}."


def _due(watched: Watched, by: datetime) -> datetime:
    """The start of the newest partition that was due by then: the last of an interval, counted from midnight UTC."""
    seconds = watched.interval.total_seconds()
    return datetime.fromtimestamp(by.timestamp() // seconds * seconds, UTC) - watched.partition


def _spelled(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _hours(length: timedelta) -> str:
    hours = length / HOUR
    return f"{length // timedelta(minutes=1)} min" if hours < 1 else f"{hours:.0f} h"
