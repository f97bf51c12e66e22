"""Evidence of whole histories at once: what a judge of many series asks for.

Here: shapes, steps, censoring, series of one entity. Not here: the scan, how sources add up.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from etheatmap_core.scoring.robust.combine import combined, remembered
from etheatmap_core.scoring.robust.scan import scan
from etheatmap_core.scoring.robust.seasons import DAILY, HOURLY, Rhythm
from etheatmap_core.scoring.robust.tail import evidence_of
from etheatmap_core.scoring.series import Grid, Hours

StepsADay = Literal[1, 24, 288]
_STEPS_AN_HOUR = 12  # of five minutes


def evidence(values: Grid, steps_a_day: int, *, censored_below: float | None = None) -> Grid:
    """How alarming each step is, [series, steps]: −log₁₀ of its odds in a calm series; NaN where not judgeable.

    values: [series, steps], 0 = none, NaN = not known. A step's evidence depends on no later step and on no other
    series. censored_below: the upstream tells nothing below this value; an unknown one then counts as just that,
    for what is usual as for what is observed, so that a rise is rather taken for too small than for too large.

    Short: below two known days of the same hour (by day: three days) nothing is judged; up to a fortnight the
    distance is shortened for the doubt about what is usual. Sparse: counts are compared as such, an hour of which
    0.3 is usual says something from a handful on. Daily: each day stands for itself, against the four weeks before.
    """
    rhythm = _rhythm_of(values, steps_a_day)
    deviation = _deviation(_known(values, censored_below), steps_a_day)
    return evidence_of(combined(deviation[None]), rhythm.slope)


def entity_evidence(
    values: Grid, entity_of_series: Sequence[int], steps_a_day: int, *, censored_below: float | None = None
) -> Grid:
    """The same of entities, [entities, steps], each with one series a source; ``entity_of_series``: from 0 on."""
    rhythm = _rhythm_of(values, steps_a_day)
    deviation = _deviation(_known(values, censored_below), steps_a_day)
    of_series = np.asarray(entity_of_series, dtype=np.int64)
    entities = int(of_series.max()) + 1 if len(of_series) else 0
    place = _place_within(of_series)
    sources = int(place.max()) + 1 if len(place) else 0
    stacked = np.full((sources, entities, values.shape[1]), np.nan)
    stacked[place, of_series] = deviation
    if sources > 1:
        steps = rhythm.memory * (_STEPS_AN_HOUR if steps_a_day == 288 else 1)
        stacked = remembered(stacked.swapaxes(1, 2), steps).swapaxes(1, 2)
    return evidence_of(combined(stacked), rhythm.slope)


def _place_within(groups: Hours) -> Hours:
    """Of each element, how many of its group come before it."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    place = np.empty_like(groups)
    place[order] = np.arange(len(groups)) - np.searchsorted(ordered, ordered)
    return place


def _rhythm_of(values: Grid, steps_a_day: int) -> Rhythm:
    if values.ndim != 2:
        raise ValueError(f"values of {values.ndim} dimensions: they must be [series, steps]")
    if steps_a_day not in get_args(StepsADay):
        raise ValueError(f"{steps_a_day} steps a day: there are {', '.join(map(str, get_args(StepsADay)))}")
    return DAILY if steps_a_day == 1 else HOURLY


def _known(values: Grid, censored_below: float | None) -> Grid:
    return values if censored_below is None else np.where(np.isnan(values), censored_below, values)


def _deviation(values: Grid, steps_a_day: int) -> Grid:
    """[series, steps] both."""
    if steps_a_day == 288:
        return _of_five_minutes(values)
    return _of_grid(values.T, DAILY if steps_a_day == 1 else HOURLY).T


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
    return scan(np.concatenate([before, values]), rhythm.history, rhythm).deviation
