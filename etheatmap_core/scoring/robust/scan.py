"""The scan: the strongest rise above the usual over windows of a few hours, in deviations.

Here: windows, their spread over earlier days, the distance. Not here: what is usual (``seasons``), odds (``tail``).

Counts of people vary by more than chance: a window's variance is m + φ·m² (negative binomial), where φ comes from how
the same hours of the last fortnight varied. The distance is taken on the scale that makes this variance 1 everywhere
(Anscombe 1948): at low counts it is that of Poisson counts, at high ones the logarithm of the ratio. A busy page
that swings by a third each day is thus never alarming for swinging by a third.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.robust.medians import known_median
from etheatmap_core.scoring.robust.seasons import SMALLEST_USUAL, Rhythm, rise_of_level, usual
from etheatmap_core.scoring.series import Grid, Hours, aged

USUAL_DISPERSION = 0.02  # φ before anything is known of a series: 14 % beyond chance
SMALLEST_DISPERSION = 0.003
LARGEST_DISPERSION = 2.0
_PRIOR_DAYS = 6.0  # that the usual dispersion counts for
_MEDIAN_VARIANCE = np.pi / 2  # of a median, in variances of a mean of as many values
_SPREAD_OF_DEVIATION = 1.4826  # standard deviations in a median absolute deviation


class Scan(NamedTuple):
    """The window that stands out most, [steps, series] each; NaN (window 0) where nothing can be judged."""

    deviation: Grid
    window: Hours  # steps
    observed: Grid  # of the window, without the step ignored
    usual: Grid
    known_days: Hours


class _Window(NamedTuple):
    """Sums over the known steps of a window, without the one that stands out most where that is ignored."""

    length: int
    observed: Grid
    usual: Grid
    known: Hours


def scan(values: Grid, first: int, rhythm: Rhythm) -> Scan:
    """Of the rows from ``first`` on; ``values`` [steps, series] has at least ``rhythm.history`` rows before it."""
    if first < rhythm.history:
        raise ValueError(f"row {first} has no {rhythm.history} rows before it")
    reach = max(rhythm.windows) - 1
    expected = usual(values, first - reach, rhythm)
    known_days = expected.known_days[reach:]
    rise = rise_of_level(values, first, rhythm)
    now = list(_windows(values[first - reach :], expected.value, rhythm))
    past = [list(_windows(aged(values, first - reach, age), expected.value, rhythm)) for age in rhythm.days]

    unknown = np.full(rise.shape, np.nan)
    best = Scan(unknown, np.zeros(rise.shape, dtype=np.int64), unknown, unknown, known_days)
    certainty = 1.0 / np.sqrt(1.0 + _MEDIAN_VARIANCE / np.maximum(known_days, 1))
    for place, window in enumerate(now):
        dispersion = _dispersion([day[place] for day in past], window.usual)
        expected_sum = window.usual * rise
        distance = (_even(window.observed, dispersion) - _even(expected_sum, dispersion)) * certainty
        is_judged = (window.known >= _least_known(window.length, rhythm)) & (known_days >= rhythm.least_days)
        is_better = is_judged & ~(distance <= best.deviation)
        best = Scan(
            np.where(is_better, distance, best.deviation),
            np.where(is_better, window.length, best.window),
            np.where(is_better, window.observed, best.observed),
            np.where(is_better, expected_sum, best.usual),
            known_days,
        )
    return best


def _least_known(length: int, rhythm: Rhythm) -> int:
    """Half of a window's steps, the ignored one apart."""
    return max(1, (length - 1) // 2 if rhythm.ignores_largest else length // 2)


def _even(count: Grid, dispersion: Grid) -> Grid:
    """On the scale on which a negative binomial count varies by 1, whatever its mean."""
    root = np.sqrt(dispersion)
    return np.asarray(2.0 / root * np.arcsinh(root * np.sqrt(count)), dtype=np.float64)


def _dispersion(days: list[_Window], mean: Grid) -> Grid:
    """φ of a window from the spread of the same window on earlier days, drawn towards what is usual."""
    excess = np.stack([np.where(day.known > 0, day.observed - day.usual, np.nan) for day in days])
    middle = known_median(excess)
    deviation = known_median(np.abs(excess - middle.value)).value
    variance = (_SPREAD_OF_DEVIATION * deviation) ** 2
    own = np.clip((variance - mean) / np.maximum(mean, SMALLEST_USUAL) ** 2, 0.0, LARGEST_DISPERSION)
    own = np.where(np.isnan(own), 0.0, own)
    drawn = (middle.known * own + _PRIOR_DAYS * USUAL_DISPERSION) / (middle.known + _PRIOR_DAYS)
    return np.maximum(drawn, SMALLEST_DISPERSION)


def _windows(values: Grid, expected: Grid, rhythm: Rhythm) -> Iterator[_Window]:
    """The windows that end at each row from the longest window's last on; values and expected: [reach + rows, …]."""
    reach = max(rhythm.windows) - 1
    is_known = ~(np.isnan(values) | np.isnan(expected))
    observed, mean = np.where(is_known, values, 0.0), np.where(is_known, expected, 0.0)
    excess = np.where(is_known, observed - mean, -np.inf)
    shape = (len(values) - reach, values.shape[1])
    sum_observed, sum_mean, known = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    largest, of_largest, mean_of_largest = np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape)
    for age in range(reach + 1):
        here, mean_here, excess_here = (aged(grid, reach, age) for grid in (observed, mean, excess))
        sum_observed = sum_observed + here
        sum_mean = sum_mean + mean_here
        known = known + aged(is_known, reach, age)
        is_largest = excess_here > largest
        largest = np.where(is_largest, excess_here, largest)
        of_largest = np.where(is_largest, here, of_largest)
        mean_of_largest = np.where(is_largest, mean_here, mean_of_largest)
        if age + 1 in rhythm.windows:
            if rhythm.ignores_largest:
                yield _Window(age + 1, sum_observed - of_largest, sum_mean - mean_of_largest, known - 1)
            else:
                yield _Window(age + 1, sum_observed, sum_mean, known)
