"""What is usual for an hour: the larger of two seasonal medians, raised where the level has risen of late.

Here: how a series repeats itself and what follows for one hour of it. Not here: how far an hour is from it (``scan``).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.robust.medians import known_median
from etheatmap_core.scoring.series import Grid, Hours, aged

SMALLEST_USUAL = 0.3  # an hour: a page nobody reads still gets a stray view
_LEVEL_FLOOR = 2.0  # added to both levels, so that two quiet days do not make a rise


@dataclass(frozen=True)
class Rhythm:
    """How a series repeats itself, in its own steps, and over which windows a rise is looked for."""

    days: tuple[int, ...]  # ages of the same hour of the day
    weeks: tuple[int, ...]  # ages of the same hour of the week
    windows: tuple[int, ...]
    level_steps: int  # the level is the median of so many steps ...
    level_gap: int  # ... that end so long before the judged one: none of its windows reaches into them
    ignores_largest: bool  # the largest step of a window: one bot hour is no trend
    least_days: int = 2  # known values of ``days`` without which nothing is judged

    @property
    def history(self) -> int:
        """Steps before the judged one that are looked at."""
        longest = max(*self.days, *self.weeks) + max(self.windows) - 1
        return max(longest, self.level_gap + max(self.days) + self.level_steps - 1)


HOURLY = Rhythm(
    days=tuple(range(24, 15 * 24, 24)),
    weeks=tuple(range(168, 5 * 168, 168)),
    windows=(2, 3, 6, 12),
    level_steps=24,
    level_gap=12,
    ignores_largest=True,
)
# A day stands for itself: a week's rhythm, no hour to ignore, and found on the day or the next.
DAILY = Rhythm(
    days=(7, 14, 21, 28),
    weeks=(7, 14, 21, 28),
    windows=(1, 2, 3),
    level_steps=14,
    level_gap=3,
    ignores_largest=False,
)


class Usual(NamedTuple):
    """[steps, series]: the expected value of a step, and the number of days it comes from."""

    value: Grid
    known_days: Hours


def usual(values: Grid, first: int, rhythm: Rhythm) -> Usual:
    """For the rows from ``first`` on of ``values`` [steps, series]; NaN where no earlier day is known."""
    of_day = known_median(np.stack([aged(values, first, age) for age in rhythm.days]))
    of_week = known_median(np.stack([aged(values, first, age) for age in rhythm.weeks]))
    expected = np.fmax(of_day.value, of_week.value)
    return Usual(np.maximum(expected, SMALLEST_USUAL), of_day.known)


def rise_of_level(values: Grid, first: int, rhythm: Rhythm) -> Grid:
    """≥ 1: by how much the last known day stands above those before it; what lasts for days becomes usual."""
    latest, *days_before = _levels(values, first, (0, *rhythm.days[:-1]), rhythm)
    earlier = known_median(np.stack(days_before)).value
    rise = (latest + _LEVEL_FLOOR) / (earlier + _LEVEL_FLOOR)
    return np.where(np.isnan(rise), 1.0, np.maximum(rise, 1.0))


def _levels(values: Grid, first: int, ages: tuple[int, ...], rhythm: Rhythm) -> list[Grid]:
    """The level of so many steps before each row, for each of ``ages``."""
    rows = len(values) - first
    if rows < min(age for age in ages if age):  # the ages' rows do not overlap
        return [_level(values[: len(values) - age], first - age, rhythm) for age in ages]
    oldest = max(ages)
    every = _level(values, first - oldest, rhythm)
    return [every[oldest - age : oldest - age + rows] for age in ages]


def _level(values: Grid, first: int, rhythm: Rhythm) -> Grid:
    """The median of the steps before each row's gap; NaN where less than a quarter of them is known."""
    steps = range(rhythm.level_gap, rhythm.level_gap + rhythm.level_steps)
    level = known_median(np.stack([aged(values, first, age) for age in steps]))
    return np.where(level.known * 4 >= rhythm.level_steps, level.value, np.nan)
