"""What is usual for an hour: the larger of two seasonal medians, raised where the level has risen of late.

Here: how a series repeats itself and what follows for one hour of it. Not here: how far an hour is from it (``scan``).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.robust.medians import known_median
from etheatmap_core.scoring.series import Grid, Hours, aged

SMALLEST_USUAL = 0.3  # an hour: a page nobody reads still gets a stray view
LEVEL_FLOOR = 2.0  # added to both levels, so that two quiet days do not make a rise


class Window(NamedTuple):
    """A stretch of steps in which a rise is looked for."""

    steps: int
    ignored: int  # of its steps, those that stand out most: one or two hours of a bot are no trend
    trust: float  # of 1: what a short window sees has had less time to prove that it lasts


@dataclass(frozen=True)
class Rhythm:
    """How a series repeats itself, in its own steps, and over which windows a rise is looked for."""

    days: tuple[int, ...]  # ages of the same hour of the day; where a step is a day, of all days
    weeks: tuple[int, ...]  # ages of the same hour of the week
    windows: tuple[Window, ...]  # the shortest first
    level_steps: int  # the level is the median of so many steps ...
    level_gap: int  # ... that end so long before the judged one: no rise that is still young reaches into them
    memory: int  # steps for which a source's rise waits for the others'
    slope: float  # of the tail: powers of ten for each unit of strength
    prior_days: float  # that the usual dispersion counts for beside the days known
    counts_leaps: bool  # in a series' own dispersion, in full; else it is that of its middle days
    of_largest: float = 0.0  # of the largest of ``days``: a rise that does not reach it is none
    least_days: int = 2  # known values of ``days`` without which nothing is judged

    @property
    def reach(self) -> int:
        """Steps before the judged one that its longest window begins."""
        return self.windows[-1].steps - 1

    @property
    def history(self) -> int:
        """Steps before the judged one that are looked at."""
        return max(max(*self.days, *self.weeks) + self.reach, self.level_gap + max(self.days) + self.level_steps - 1)


# Of a window's hours the largest is ignored, of the longer ones two or three: two bot hours within six are not rare.
HOURLY = Rhythm(
    days=tuple(range(24, 15 * 24, 24)),
    weeks=tuple(range(168, 5 * 168, 168)),
    windows=(Window(3, 1, 0.5), Window(5, 2, 0.73), Window(8, 2, 0.91), Window(12, 3, 1.0)),
    level_steps=24,
    level_gap=12,
    memory=6,
    slope=2.3,
    prior_days=28.0,
    counts_leaps=True,
)
# A leap counts in full, beside a prior of two fortnights, for squares are led by few days: a page that leaps each week
# is less news when it does. By day it does not: the leaps of four weeks are compared as such (of_largest).
# Found on the day or the next: a day stands for itself, none is ignored, and a bot's day is not told apart. News is
# what comes near the largest day of four weeks; by the hour this cost more events than it saved false alarms.
DAILY = Rhythm(
    days=tuple(range(1, 29)),
    weeks=(7, 14, 21, 28),
    windows=(Window(1, 0, 1.0),),
    level_steps=3,
    level_gap=2,
    memory=2,
    slope=1.85,
    prior_days=14.0,
    counts_leaps=False,
    of_largest=0.7,
    least_days=3,
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
    rise = (latest + LEVEL_FLOOR) / (earlier + LEVEL_FLOOR)
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
