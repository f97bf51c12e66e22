"""Evidence of whole histories at once: what a judge of many series asks for.

Here: shapes, steps and censoring. Not here: the scan itself.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.scoring.robust.scan import scan
from etheatmap_core.scoring.robust.seasons import DAILY, HOURLY, Rhythm
from etheatmap_core.scoring.robust.tail import evidence_of
from etheatmap_core.scoring.series import Grid

StepsADay = Literal[1, 24, 288]
_STEPS_AN_HOUR = 12  # of five minutes
_CELLS_AT_ONCE = 20_000  # so that a few dozen arrays of them stay in the cache


def evidence(values: NDArray[np.float64], steps_a_day: int, *, censored_below: float | None = None) -> Grid:
    """How alarming each step is, [series, steps]: −log₁₀ of its odds in a calm series; NaN where not judgeable.

    values: [series, steps], 0 = none, NaN = not known. A step's evidence depends on no later step and on no other
    series. censored_below: the upstream tells nothing below this value; an unknown one then counts as just that,
    for what is usual as for what is observed, so that a rise is rather taken for too small than for too large.
    """
    if values.ndim != 2:
        raise ValueError(f"values of {values.ndim} dimensions: they must be [series, steps]")
    if steps_a_day not in get_args(StepsADay):
        raise ValueError(f"{steps_a_day} steps a day: there are {', '.join(map(str, get_args(StepsADay)))}")
    known = values if censored_below is None else np.where(np.isnan(values), censored_below, values)
    if steps_a_day == 1:
        return _of_grid(known.T, DAILY).T
    if steps_a_day == 24:
        return _of_grid(known.T, HOURLY).T
    return _of_five_minutes(known)


def _of_five_minutes(values: Grid) -> Grid:
    """Hours that end at every step: twelve hourly series, each beginning five minutes after the one before."""
    series, steps = values.shape
    hours = -(-steps // _STEPS_AN_HOUR)
    sums = np.full((series, hours * _STEPS_AN_HOUR), np.nan)
    if steps >= _STEPS_AN_HOUR:
        windows = np.lib.stride_tricks.sliding_window_view(values, _STEPS_AN_HOUR, axis=1)
        sums[:, _STEPS_AN_HOUR - 1 : steps] = windows.sum(axis=-1)
    by_phase = sums.reshape(series, hours, _STEPS_AN_HOUR).transpose(1, 0, 2).reshape(hours, -1)
    judged = _of_grid(by_phase, HOURLY).reshape(hours, series, _STEPS_AN_HOUR).transpose(1, 0, 2)
    return judged.reshape(series, -1)[:, :steps]


def _of_grid(values: Grid, rhythm: Rhythm) -> Grid:
    """[steps, series] both."""
    before = np.full((rhythm.history, values.shape[1]), np.nan)
    padded = np.concatenate([before, values])
    judged = np.empty(values.shape)
    width = max(1, _CELLS_AT_ONCE // max(len(values), 1))
    for start in range(0, values.shape[1], width):
        part = np.ascontiguousarray(padded[:, start : start + width])
        judged[:, start : start + width] = evidence_of(scan(part, rhythm.history, rhythm).deviation)
    return judged
