"""One asset's verdict, from the newest partition that is there and what is known of why no newer one is.

A policy that looks at the last materialization turns green when an old hour is backfilled; this looks at the newest
partition. What was never made is as old as the first look at it. An upstream that has not published yet, a budget
that is used up and a switch that is off are no staleness: each has its own state.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Watched:
    """An asset as it is watched. ``refused``: why nobody asks for it; None: it is asked."""

    asset: str
    cadence: Cadence
    partition: timedelta
    refused: str | None = None


@dataclass(frozen=True)
class Facts:
    """``newest``: the start of its newest partition that is there. ``tried_state``: how its newest tried one ended."""

    newest: datetime | None
    first_judged_at: datetime
    tried_state: str | None = None
    tried_reason: str | None = None


@dataclass(frozen=True)
class Verdict:
    """``reason`` is a sentence, also of a fresh one; ``due`` the start of the newest partition that should be there."""

    asset: str
    state: Freshness
    reason: str
    due: datetime
    newest: datetime | None
    age: timedelta
    limit: timedelta  # the age from which it is stale


def judge(watched: Watched, facts: Facts, now: datetime) -> Verdict:
    """The verdict at ``now``."""
    cadence = watched.cadence
    since = facts.first_judged_at if facts.newest is None else facts.newest + watched.partition
    age = max(timedelta(0), now - since)
    state, reason = _state(watched, facts, age)
    due = _due(watched, now - cadence.warn_after)
    return Verdict(watched.asset, state, reason, due, facts.newest, age, cadence.fail_after)


def _state(watched: Watched, facts: Facts, age: timedelta) -> tuple[Freshness, str]:
    if watched.refused is not None:
        return Freshness.OFF, watched.refused
    told = _told(watched, facts, age)
    if age <= watched.cadence.warn_after:
        return Freshness.FRESH, told
    why = f" {facts.tried_reason}" if facts.tried_reason else ""
    if facts.tried_state == SourceState.OUT_OF_BUDGET:
        return Freshness.HELD, f"{told} Held by its budget.{why}"
    if facts.tried_state == SourceState.NOT_PUBLISHED and age <= PUBLISHED_WITHIN:
        return Freshness.WAITING, f"{told} Its upstream has not published yet.{why}"
    if age <= watched.cadence.fail_after:
        return Freshness.LATE, f"{told}{why}"
    return Freshness.STALE, f"{told}{why}"


def _told(watched: Watched, facts: Facts, age: timedelta) -> str:
    limit = watched.cadence.fail_after
    if facts.newest is None:
        return f"Never made since {facts.first_judged_at:%Y-%m-%d %H:%M} UTC; one is due within {_hours(limit)}."
    ended = (facts.newest + watched.partition).astimezone(UTC)
    return f"The newest partition ended at {ended:%Y-%m-%d %H:%M} UTC, {_hours(age)} ago; stale after {_hours(limit)}."


def _due(watched: Watched, by: datetime) -> datetime:
    """The start of the newest partition that had ended by then."""
    length = watched.partition
    ends = datetime.fromtimestamp(by.timestamp() // length.total_seconds() * length.total_seconds(), UTC)
    return ends - length


def _hours(length: timedelta) -> str:
    hours = length / HOUR
    return f"{length // timedelta(minutes=1)} min" if hours < 1 else f"{hours:.0f} h"
