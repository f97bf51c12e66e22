"""Lifecycle: who is collected and paid for, who sleeps until something stirs, who comes first.

Here: pure rules over what is known of an entity at an hour. Not here: reading or writing entities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from etheatmap_core.discovery.rules import LifecycleRules
from etheatmap_core.entities.priority import SPENT_ON_FIRST

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
    spike_z: float | None = None  # of the hour; None: no spike


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
    quiet_since = max(life.tracked_since, life.last_activity or life.tracked_since)
    if hour - quiet_since < timedelta(days=rules.quiet_days):
        return Standing(True, f"last active {quiet_since:%Y-%m-%dT%H}.")
    if life.highest_heat is None:
        return Standing(True, "no score says that it is calm.")
    if life.highest_heat > rules.low_heat:
        return Standing(True, f"heat {life.highest_heat:.2f} within {rules.quiet_days} days.")
    return Standing(
        False, f"quiet for {rules.quiet_days} days and no heat above {rules.low_heat:g}: asleep until a spike."
    )


@dataclass(frozen=True)
class Discovered:
    """An admitted entity waiting for its share of what may be spent."""

    key: str
    category: str | None
    z: float


def yield_of(outcomes: Mapping[Outcome, int]) -> float:
    """The share of a category's judged discoveries that trended; an unjudged category has one half."""
    return (outcomes.get("trending", 0) + _UNJUDGED / 2) / (sum(outcomes.values()) + _UNJUDGED)


def by_category_and_yield(
    entities: Sequence[Discovered], outcomes: Mapping[str, Mapping[Outcome, int]]
) -> Sequence[Discovered]:
    """The categories money is spent on first, then the better yield, then the faster; the key breaks what ties."""

    def place(entity: Discovered) -> tuple[bool, float, float, str]:
        judged = outcomes.get(entity.category or "", {})
        return entity.category not in SPENT_ON_FIRST, -yield_of(judged), -entity.z, entity.key

    return sorted(entities, key=place)
