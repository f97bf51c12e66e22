"""The scan: the strongest rise above the usual over windows of a few hours, in deviations.

Here: windows, their spread over earlier days, the distance. Not here: what is usual (``seasons``), odds (``tail``).

Counts of people vary by more than chance: a window's variance is m + φ·m² (negative binomial), where φ comes from how
the same hours of the last fortnight varied, their rare high ones in full: a page that leaps every week leaps again. The
distance is taken on the scale that makes this variance 1 everywhere
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
_CELLS_AT_ONCE = 20_000
_SPREAD_OF_DEVIATION = 1.4826  # standard deviations in a median absolute deviation
DOUBT_OF_A_DAY = 3.0  # variance of the usual, where it comes from one day alone, in variances of that day


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
    """``scan_part`` of some series after the other, so that a few dozen arrays stay in the cache."""
    width = max(1, _CELLS_AT_ONCE // (len(values) - first + rhythm.reach))
    starts = range(0, max(values.shape[1], 1), width)
    parts = [scan_part(np.ascontiguousarray(values[:, start : start + width]), first, rhythm) for start in starts]
    return Scan(*(np.concatenate(grids, axis=1) for grids in zip(*parts, strict=True)))


def scan_part(values: Grid, first: int, rhythm: Rhythm) -> Scan:
    """Of the rows from ``first`` on; ``values`` [steps, series] has at least ``rhythm.history`` rows before it."""
    if first < rhythm.history:
        raise ValueError(f"row {first} has no {rhythm.history} rows before it")
    begin = first - rhythm.reach
    expected = usual(values, begin, rhythm)
    known_days = expected.known_days[rhythm.reach :]
    rise = rise_of_level(values, first, rhythm)
    now = _sums(values[begin:], expected.value, rhythm)
    excess = np.stack([aged(values, begin, age) for age in rhythm.days]) - expected.value

    unknown = np.full(rise.shape, np.nan)
    nothing = np.zeros(rise.shape, dtype=np.int64)
    best = Scan(unknown, nothing, unknown, unknown, nothing, known_days)
    certainty = 1.0 / np.sqrt(1.0 + DOUBT_OF_A_DAY / np.maximum(known_days, 1))
    for window, sums, of_days in zip(rhythm.windows, now, _kept(excess, rhythm), strict=True):
        dispersion = _dispersion(of_days, sums.usual, rhythm)
        raised = sums.usual * rise
        if rhythm.of_largest:
            raised = np.fmax(raised, rhythm.of_largest * (np.fmax.reduce(of_days) + sums.usual))
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


def _dispersion(excess: Grid, mean: Grid, rhythm: Rhythm) -> Grid:
    """φ of a window from the spread of the same window on earlier days, drawn towards what is usual.

    excess: [days, rows, series] of the window above the usual; mean: what is usual for it.
    """
    middle = known_median(excess)
    variance = _variance(excess - middle.value, middle.known, rhythm)
    own = np.clip((variance - mean) / np.maximum(mean, SMALLEST_USUAL) ** 2, 0.0, LARGEST_DISPERSION)
    own = np.where(np.isnan(own), 0.0, own)
    drawn = (middle.known * own + rhythm.prior_days * USUAL_DISPERSION) / (middle.known + rhythm.prior_days)
    return np.maximum(drawn, SMALLEST_DISPERSION)


def _variance(difference: Grid, known: Hours, rhythm: Rhythm) -> Grid:
    """Over the first axis, of differences from the middle."""
    if not rhythm.counts_leaps:
        return (_SPREAD_OF_DEVIATION * known_median(np.abs(difference)).value) ** 2
    total = np.zeros(difference.shape[1:])
    for of_day in difference:  # one after the other: so a lone cell has the same bits as many
        total += np.nan_to_num(of_day) ** 2
    return total / np.maximum(known, 1)


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


def _kept(excess: Grid, rhythm: Rhythm) -> list[Grid]:
    """The excess of each window without the steps ignored, NaN where none is left; [days, reach + rows, series]."""
    is_known = ~np.isnan(excess)
    filled, ranked = np.where(is_known, excess, 0.0), np.where(is_known, excess, -np.inf)
    rows = excess.shape[1] - rhythm.reach
    shape = (len(excess), rows, excess.shape[2])
    total, known = np.zeros(shape), np.zeros(shape)
    largest = [np.full(shape, -np.inf) for _ in range(_most_ignored(rhythm))]
    by_length = {window.steps: window for window in rhythm.windows}
    kept = []
    for age in range(rhythm.reach + 1):
        here = slice(rhythm.reach - age, rhythm.reach - age + rows)
        total += filled[:, here]
        known += is_known[:, here]
        step = ranked[:, here].copy()
        for larger in largest:
            smaller = np.minimum(larger, step)
            np.maximum(larger, step, out=larger)
            step = smaller
        window = by_length.get(age + 1)
        if window:
            ignored = sum(largest[: window.ignored], np.zeros(shape))
            kept.append(np.where(known > window.ignored, total - ignored, np.nan))
    return kept


class _Step(NamedTuple):
    excess: Grid
    observed: Grid
    usual: Grid


def _either(condition: Flags, one: _Step, other: _Step) -> _Step:
    return _Step(*(np.where(condition, a, b) for a, b in zip(one, other, strict=True)))


def _most_ignored(rhythm: Rhythm) -> int:
    return max(window.ignored for window in rhythm.windows)
