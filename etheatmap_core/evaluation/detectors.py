"""The models as detectors: evidence of each entity and step, and the threshold each works at.

Here: what is asked of a model, model ``mvp`` at any step. Not here: the models, counting (detection).
"""

from typing import Protocol

import numpy as np

from etheatmap_core.evaluation.series_files import SeriesSet
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring import mvp, robust, velocity
from etheatmap_core.scoring.episodes import HOT_VELOCITY
from etheatmap_core.scoring.series import Grid, Kind

_KINDS: dict[str, Kind] = {metric.source: metric.kind for metric in mvp.PRIMARY_METRICS}
# (window, usual window, least of the usual): 12 hours and 7 days as in the frozen model. A day holds no 12 hours: there
# it is the day against the 7 before.
_STEPS_OF_MVP = {Step.DAY: (1, 7, 3), Step.FIVE_MINUTES: (144, 2016, 864)}


class Detector(Protocol):
    """One model. Its evidence at a step rests on values up to that step."""

    @property
    def name(self) -> str: ...

    def evidence(self, series: SeriesSet) -> Grid:
        """[entities, steps] in the order of ``series.entity_names``: larger is more alarming, NaN is no verdict."""
        ...

    def operating_point(self, nominal: float, series: SeriesSet, /) -> float:
        """The threshold the model itself would take for ``nominal`` false alarms in 1,000 entity-days."""
        ...

    @property
    def is_calibrated(self) -> bool:
        """Whether ``operating_point`` heeds ``nominal``; else it is one threshold for all."""
        ...


class Mvp:
    """``velocity_raw`` of the frozen model: z before it is clipped, over sources their mean by equal weights."""

    name = "mvp"
    is_calibrated = False

    def evidence(self, series: SeriesSet) -> Grid:
        of_series = np.array(series.entity_of_series)
        is_index = np.array([_KINDS.get(source) == "index" for source in series.sources])
        zs = np.full_like(series.values, np.nan)
        zs[~is_index] = _z(series.values[~is_index], "count", series.step)
        zs[is_index] = _z(series.values[is_index], "index", series.step)
        known = ~np.isnan(zs)
        shape = (len(series.entity_names), zs.shape[1])
        total, count = np.zeros(shape), np.zeros(shape)
        np.add.at(total, of_series, np.where(known, zs, 0.0))
        np.add.at(count, of_series, known)
        mean: Grid = np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)
        return mean

    def operating_point(self, _nominal: float, _series: SeriesSet, /) -> float:
        return HOT_VELOCITY


class Robust:
    """The evidence of our own model, of all sources of an entity together."""

    name = "robust"
    is_calibrated = True

    def evidence(self, series: SeriesSet) -> Grid:
        return robust.entity_evidence(
            series.values, series.entity_of_series, series.step.a_day, censored_below=series.censored_below
        )

    def operating_point(self, nominal: float, series: SeriesSet, /) -> float:
        entities = len(series.entity_names)
        return robust.operating_point(nominal * entities / 1000, entities)


def detector(model: str) -> Detector:
    """By name; a ValueError where there is no such model."""
    if model not in DETECTORS:
        raise ValueError(f"there is no model '{model}'; there are {', '.join(DETECTORS)}")
    return DETECTORS[model]


def moving_z(values: Grid, kind: Kind, window: int, usual_window: int, least_usual: int) -> Grid:
    """The z of velocity.velocities for any lengths in steps; values and result [series, steps]."""
    known = ~np.isnan(values)
    observed, _ = _moments(values, known, 0, window)
    usual, deviation = _moments(values, known, window, usual_window)
    counted = _moving_sum(known.astype(np.float64), window, usual_window)
    smallest = np.sqrt(np.maximum(usual, velocity.SMALLEST_COUNT_VARIANCE))
    spread = np.maximum(deviation, smallest if kind == "count" else velocity.SMALLEST_INDEX_SPREAD)
    return np.where(counted >= least_usual, (observed - usual) / spread, np.nan)


def _z(values: Grid, kind: Kind, step: Step) -> Grid:
    if step is not Step.HOUR:
        return moving_z(values, kind, *_STEPS_OF_MVP[step])
    before = np.full((len(values), velocity.SPAN_HOURS - 1), np.nan)
    padded = np.ascontiguousarray(np.concatenate([before, values], axis=1).T)
    return velocity.velocities(padded, kind, velocity.SPAN_HOURS - 1).z.T


def _moments(values: Grid, known: Grid, age: int, length: int) -> tuple[Grid, Grid]:
    """Mean and population deviation of the known of ``length`` steps, the newest of them ``age`` steps old."""
    count = _moving_sum(known.astype(np.float64), age, length)
    # around each series' own mean: squares of large counts would lose the small differences
    center = np.nanmean(np.where(known.any(axis=1, keepdims=True), values, 0.0), axis=1, keepdims=True)
    moved = np.where(known, values - center, 0.0)
    empty = np.full(values.shape, np.nan)
    mean = np.divide(_moving_sum(moved, age, length), count, out=empty.copy(), where=count > 0)
    square = np.divide(_moving_sum(moved**2, age, length), count, out=empty, where=count > 0)
    return mean + center, np.sqrt(np.maximum(square - mean**2, 0.0))


def _moving_sum(values: Grid, age: int, length: int) -> Grid:
    """[series, steps]: the sum of ``length`` steps that ends ``age`` steps before; what is before the first is none."""
    sums = np.cumsum(np.pad(values, ((0, 0), (age + length, 0))), axis=1)
    return sums[:, length : values.shape[1] + length] - sums[:, : values.shape[1]]


DETECTORS: dict[str, Detector] = {"mvp": Mvp(), "robust": Robust()}
