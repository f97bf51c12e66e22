"""Lifecycle: who is collected and paid for, who sleeps until something stirs, what a category has yielded.

Here: pure rules over what is known of an entity at an hour. Not here: reading or writing entities (standing_store), who
comes first (entities.priority).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from etheatmap_core.discovery.rules import LifecycleRules

Outcome = Literal["steady", "trending", "failed"]
_PUBLISHED = LifecycleRules()
_UNJUDGED = 2  # outcomes that a category starts with, half of them good: one lucky admission proves little


@dataclass(frozen=True)
class Life:
    """What is known of an entity at ``hour``."""

    is_active: bool
    tracked_since: datetime
    last_activity: datetime | None  # the last hour with a mention or a rise; None: none since it is tracked
    highest_heat: float | None  # within the quiet days; None: no score, which says nothing
    spike_z: float | None = None  # of the last hours; None: no spike
    # Whether the quiet days were looked at: scored, and their mentions collected. Where nobody listens it is quiet too.
    is_watched: bool = True


@dataclass(frozen=True)
class Standing:
    is_active: bool
    reason: str


def standing(life: Life, hour: datetime, rules: LifecycleRules = _PUBLISHED) -> Standing:
    """Awake or asleep after ``hour``. Who sleeps keeps everything, but nothing paid is asked for it."""
    if life.spike_z is not None and life.spike_z >= rules.wake_z:
        return Standing(True, f"a spike (z {life.spike_z:.1f}) {'keeps' if life.is_active else 'wakes'} it.")
    if not life.is_active:
        return Standing(False, f"asleep until a spike of z {rules.wake_z} or more.")
    if (why := _why_awake(life, hour, rules)) is not None:
        return Standing(True, why)
    told = f"quiet for {rules.quiet_days} days and no heat above {rules.low_heat:g}: asleep until a spike."
    return Standing(False, told)


def _why_awake(life: Life, hour: datetime, rules: LifecycleRules) -> str | None:
    """What keeps it awake without a spike; None: nothing does."""
    quiet_since = max(life.tracked_since, life.last_activity or life.tracked_since)
    if hour - quiet_since < timedelta(days=rules.quiet_days):
        return f"last active {quiet_since:%Y-%m-%dT%H}."
    if life.highest_heat is None:
        return "no score says that it is calm."
    if life.highest_heat > rules.low_heat:
        return f"heat {life.highest_heat:.2f} within {rules.quiet_days} days."
    if not life.is_watched:
        return f"too little of the last {rules.quiet_days} days was looked at to call it quiet."
    return None


def yield_of(outcomes: Mapping[Outcome, int]) -> float:
    """The share of a category's judged discoveries that trended; an unjudged category has one half."""
    return (outcomes.get("trending", 0) + _UNJUDGED / 2) / (sum(outcomes.values()) + _UNJUDGED)
