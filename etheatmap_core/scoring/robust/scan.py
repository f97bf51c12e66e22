"""The scan: the strongest rise above the usual over windows of a few hours, in deviations.

Here: windows, their spread over earlier days, the distance. Not here: what is usual (``seasons``), odds (``tail``).

Counts of people vary by more than chance: a window's variance is m + φ·m² (negative binomial), where φ comes from how
the same hours of the last fortnight varied. The distance is taken on the scale that makes this variance 1 everywhere
(Anscombe 1948): at low counts it is that of Poisson counts, at high ones the logarithm of the ratio. A busy page
that swings by a third each day is thus never alarming for swinging by a third.
"""

from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.robust.medians import known_median
from etheatmap_core.scoring.robust.seasons import SMALLEST_USUAL, Rhythm, rise_of_level, usual
from etheatmap_core.scoring.series import Flags, Grid, Hours, aged

USUAL_DISPERSION = 0.08  # φ before anything is known of a series: 28 % beyond chance
SMALLEST_DISPERSION = 0.003
LARGEST_DISPERSION = 2.0
_PRIOR_DAYS = 14.0  # that the usual dispersion counts for: as much as a whole fortnight
_DOUBT_OF_A_DAY = 3.0  # variance of the usual, where it comes from one day alone, in variances of that day
_SPREAD_OF_DEVIATION = 1.4826  # standard deviations in a median absolute deviation


class Scan(NamedTuple):
    """The window that stands out most, [steps, series] each; NaN (window 0) where nothing can be judged."""

    deviation: Grid
    window: Hours  # steps
    observed: Grid  # sum over the window, without the steps ignored
    usual: Grid  # of the same steps
    kept: Hours  # how many they are
    known_days: Hours

    def since(self, row: int) -> "Scan":
        """The steps from ``row`` on."""
        deviation, window, observed, usual, kept, known_days = self
        return Scan(deviation[row:], window[row:], observed[row:], usual[row:], kept[row:], known_days[row:])


class _Sums(NamedTuple):
    """Of the known steps of a window, without those ignored."""

    observed: Grid
    usual: Grid
    known: Hours


def scan(values: Grid, first: int, rhythm: Rhythm) -> Scan:
    """Of the rows from ``first`` on; ``values`` [steps, series] has at least ``rhythm.history`` rows before it."""
    if first < rhythm.history:
        raise ValueError(f"row {first} has no {rhythm.history} rows before it")
    begin = first - rhythm.reach
    expected = usual(values, begin, rhythm)
    known_days = expected.known_days[rhythm.reach :]
    rise = rise_of_level(values, first, rhythm)
    now = _sums(values[begin:], expected.value, rhythm)
    days = [_sums(aged(values, begin, age), expected.value, rhythm) for age in rhythm.days]

    unknown = np.full(rise.shape, np.nan)
    nothing = np.zeros(rise.shape, dtype=np.int64)
    best = Scan(unknown, nothing, unknown, unknown, nothing, known_days)
    certainty = 1.0 / np.sqrt(1.0 + _DOUBT_OF_A_DAY / np.maximum(known_days, 1))
    for window, sums, *before in zip(rhythm.windows, now, *days, strict=True):
        dispersion = _dispersion(before, sums.usual)
        raised = sums.usual * rise
        distance = (even(sums.observed, dispersion) - even(raised, dispersion)) * certainty * window.trust
        is_judged = (sums.known >= max(1, (window.steps - window.ignored) // 2)) & (known_days >= rhythm.least_days)
        is_better = is_judged & ~(distance <= best.deviation)
        best = Scan(
            np.where(is_better, distance, best.deviation),
            np.where(is_better, window.steps, best.window),
            np.where(is_better, sums.observed, best.observed),
            np.where(is_better, raised, best.usual),
            np.where(is_better, sums.known, best.kept),
            known_days,
        )
    return best


def even(count: Grid, dispersion: Grid) -> Grid:
    """On the scale on which a negative binomial count varies by 1, whatever its mean."""
    root = np.sqrt(dispersion)
    return np.asarray(2.0 / root * np.arcsinh(root * np.sqrt(count)), dtype=np.float64)


def _dispersion(days: list[_Sums], mean: Grid) -> Grid:
    """φ of a window from the spread of the same window on earlier days, drawn towards what is usual."""
    excess = np.stack([np.where(day.known > 0, day.observed - day.usual, np.nan) for day in days])
    middle = known_median(excess)
    deviation = known_median(np.abs(excess - middle.value)).value
    variance = (_SPREAD_OF_DEVIATION * deviation) ** 2
    own = np.clip((variance - mean) / np.maximum(mean, SMALLEST_USUAL) ** 2, 0.0, LARGEST_DISPERSION)
    own = np.where(np.isnan(own), 0.0, own)
    drawn = (middle.known * own + _PRIOR_DAYS * USUAL_DISPERSION) / (middle.known + _PRIOR_DAYS)
    return np.maximum(drawn, SMALLEST_DISPERSION)


def _sums(values: Grid, expected: Grid, rhythm: Rhythm) -> list[_Sums]:
    """Of each window that ends at a row from ``rhythm.reach`` on; both grids: [reach + rows, series]."""
    is_known = ~(np.isnan(values) | np.isnan(expected))
    observed, mean = np.where(is_known, values, 0.0), np.where(is_known, expected, 0.0)
    excess = np.where(is_known, observed - mean, -np.inf)
    shape = (len(values) - rhythm.reach, values.shape[1])
    total, total_mean, known = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    largest = [_Step(np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape)) for _ in range(_most_ignored(rhythm))]
    by_length = {}
    for age in range(rhythm.reach + 1):
        step = _Step(*(aged(grid, rhythm.reach, age) for grid in (excess, observed, mean)))
        total, total_mean = total + step.observed, total_mean + step.usual
        known = known + aged(is_known, rhythm.reach, age)
        for place, larger in enumerate(largest):
            is_larger = step.excess > larger.excess
            largest[place], step = _either(is_larger, step, larger), _either(is_larger, larger, step)
        by_length[age + 1] = (total, total_mean, known, list(largest))
    sums = []
    for window in rhythm.windows:
        total, total_mean, known, largest = by_length[window.steps]
        ignored = largest[: window.ignored]
        # The same hours are taken from both: their sums are never below zero but by rounding.
        kept = np.maximum(total - sum(step.observed for step in ignored), 0.0)
        kept_mean = np.maximum(total_mean - sum(step.usual for step in ignored), 0.0)
        sums.append(_Sums(kept, kept_mean, np.maximum(known - window.ignored, 0)))
    return sums


class _Step(NamedTuple):
    excess: Grid
    observed: Grid
    usual: Grid


def _either(condition: Flags, one: _Step, other: _Step) -> _Step:
    return _Step(*(np.where(condition, a, b) for a, b in zip(one, other, strict=True)))


def _most_ignored(rhythm: Rhythm) -> int:
    return max(window.ignored for window in rhythm.windows)
