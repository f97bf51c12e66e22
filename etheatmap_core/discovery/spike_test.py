"""The spike test: how far a page's hour stands above its own week, in deviations.

Here: arithmetic on arrays [hours, pages]. Not here: the lake (``wiki_spikes``), what a page is (``pages``).

The week is looked at where it tells most: the same hour of each day with its neighbours, the hours of today, and
every sixth hour between. What is usual is the highest of the medians of these three; the spread is that of the same
hours, on the scale of negative binomial counts that model robust uses (``scan.even``).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.scoring.robust.medians import known_median
from etheatmap_core.scoring.robust.scan import (
    LARGEST_DISPERSION,
    SMALLEST_DISPERSION,
    USUAL_DISPERSION,
    even,
)
from etheatmap_core.scoring.robust.seasons import SMALLEST_USUAL
from etheatmap_core.scoring.series import Flags, Grid

Row = NDArray[np.float64]
TODAY = tuple(range(12))  # ages in hours: judged, and what tells a doodle's long climb from news
SAME_HOURS = tuple(24 * day + beside for day in range(1, 8) for beside in (-1, 0, 1))
LAST_DAY = (15, 18, 21)
BETWEEN = tuple(24 * day + after for day in range(1, 7) for after in (6, 12, 18))
AGES = tuple(sorted({*TODAY, *SAME_HOURS, *LAST_DAY, *BETWEEN}))
LEAST_DAYS = 3  # with the same hour known; before, a page has no week of its own to be compared with

_PRIOR_VALUES = 21.0  # that the usual dispersion counts for: as many as there are same hours
_DOUBT_OF_A_DAY = 3.0  # as in ``scan``: what comes of few days is less certain
_SPREAD_OF_DEVIATION = 1.4826
_CLIMB = 2.0  # the last six hours over the six before
_DOODLE_RATIO = 5.0  # of the usual, in each of the twelve hours


class SpikeTest(NamedTuple):
    """One value a page; NaN where too few days are known."""

    z: Row
    usual: Row  # views an hour
    known_days: int  # of seven, for all pages alike
    is_doodle_like: NDArray[np.bool_]


@dataclass(frozen=True)
class Week:
    """Views by age in hours, [ages, pages] in the order of ``AGES``; a row of an hour that nobody has is NaN."""

    views: Grid

    def of(self, ages: tuple[int, ...]) -> Grid:
        return self.views[[AGES.index(age) for age in ages]]


def spike_test(week: Week) -> SpikeTest:
    """How far the last hours stand above what is usual; a single hour, as machines have them, is left out."""
    same = week.of(SAME_HOURS)
    known_days = sum(not np.isnan(week.of((24 * day,))).all() for day in range(1, 8)) if same.shape[1] else 0
    middle = known_median(same)
    usual = np.fmax(middle.value, np.fmax(_median(week.of((*LAST_DAY, 23, 24, 25))), _median(week.of(BETWEEN))))
    usual = np.maximum(usual, SMALLEST_USUAL)
    dispersion = _dispersion(same, middle.value, middle.known)
    certainty = 1.0 / np.sqrt(1.0 + _DOUBT_OF_A_DAY / max(known_days, 1))
    hours = (even(week.of((0, 1, 2)), dispersion) - even(usual, dispersion)) * certainty
    z = _without_the_largest(hours)
    is_judged = known_days >= LEAST_DAYS
    return SpikeTest(np.where(is_judged, z, np.nan), usual, known_days, is_doodle_like(week.of(TODAY), usual))


def _without_the_largest(hours: Grid) -> Row:
    """Of three hours, the latest first: the better of two windows, each without its largest hour; NaN: not known.

    Two hours of three, the latest among them, count as the smaller z. Three of three count √2 times the smallest: two
    hours remain that each say as much.
    """
    now, before = hours[0], np.fmax(hours[1], hours[2])
    two = np.where(np.isnan(before), np.nan, np.minimum(now, before))
    better: Row = np.fmax(two, np.sqrt(2.0) * hours.min(axis=0))
    return better


def is_doodle_like(today: Grid, usual: Row) -> Flags:
    """Still climbing after twelve loud hours: a search engine's picture wakes zone after zone, news is over its peak.

    today: the last twelve hours, the latest first. Known only once the burst is twelve hours old.
    """
    loud = (today >= _DOODLE_RATIO * usual).all(axis=0)
    latest, earlier = today[:6].sum(axis=0), today[6:].sum(axis=0)
    return np.asarray(loud & (latest >= _CLIMB * earlier), dtype=np.bool_)


def _median(stack: Grid) -> Row:
    return known_median(stack).value


def _dispersion(same: Grid, mean: Row, known: NDArray[np.int64]) -> Row:
    """φ from the spread of the same hours, drawn towards what is usual for pages."""
    deviation = known_median(np.abs(same - mean)).value
    variance = (_SPREAD_OF_DEVIATION * deviation) ** 2
    own = np.clip((variance - mean) / np.maximum(mean, SMALLEST_USUAL) ** 2, 0.0, LARGEST_DISPERSION)
    own = np.where(np.isnan(own), 0.0, own)
    return np.maximum((known * own + _PRIOR_VALUES * USUAL_DISPERSION) / (known + _PRIOR_VALUES), SMALLEST_DISPERSION)
