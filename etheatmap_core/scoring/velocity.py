"""Velocity: how far the last 12 hours stand from the 168 hours before them, in units of their usual spread.

Here: the z of one metric and its average over metrics. Not here: clipping (heat), episodes, words.

Every sum runs over the age of the hours, in one fixed order, for all hours and entities at once. So an hour gets the
same bits whether it is scored alone or within a month, beside one entity or beside thousands; a running sum would not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.series import Flags, Grid, Hours, Kind, aged

WINDOW_HOURS = 12
USUAL_WINDOW_HOURS = 168
SPAN_HOURS = WINDOW_HOURS + USUAL_WINDOW_HOURS
MIN_USUAL_HOURS = 72
SMALLEST_COUNT_VARIANCE = 1.0  # that of a Poisson count with mean 1: quieter counts are noise, not rhythm
SMALLEST_INDEX_SPREAD = 0.5
_WINDOW = range(WINDOW_HOURS)  # ages of hours, 0 = the scored one
_USUAL_WINDOW = range(WINDOW_HOURS, SPAN_HOURS)


class Velocities(NamedTuple):
    """One metric, [hours, entities] each. Means and spread are in the metric's unit an hour; NaN where unknown."""

    observed: Grid  # mean of the known ones of the last 12 hours
    usual: Grid  # mean of the known ones of the 168 before
    spread: Grid  # what z divides by
    z: Grid
    observed_hours: Hours  # known, of 12
    usual_hours: Hours  # known, of 168

    def since(self, row: int) -> "Velocities":
        """The hours from ``row`` on."""
        observed, usual, spread, z, observed_hours, usual_hours = self
        return Velocities(observed[row:], usual[row:], spread[row:], z[row:], observed_hours[row:], usual_hours[row:])


def velocities(values: Grid, kind: Kind, first_row: int) -> Velocities:
    """The velocity of every hour from ``first_row`` on (at least 179 rows of history before it).

    values: [rows, entities], NaN = gap. z is NaN below 72 known hours of 168, or with none of the last 12 known.
    """
    if first_row < SPAN_HOURS - 1:
        raise ValueError(f"row {first_row} has no {SPAN_HOURS - 1} rows before it")
    is_known = ~np.isnan(values)
    filled = np.where(is_known, values, 0.0)
    observed, observed_hours = _mean(filled, is_known, first_row, _WINDOW)
    usual, usual_hours = _mean(filled, is_known, first_row, _USUAL_WINDOW)
    deviation = _deviation(filled, is_known, first_row, usual, usual_hours)
    if kind == "count":
        spread = np.maximum(deviation, np.sqrt(np.maximum(usual, SMALLEST_COUNT_VARIANCE)))
    else:
        spread = np.maximum(deviation, SMALLEST_INDEX_SPREAD)
    z = np.where(usual_hours >= MIN_USUAL_HOURS, (observed - usual) / spread, np.nan)
    return Velocities(observed, usual, spread, z, observed_hours, usual_hours)


def weighted_velocity(zs: Sequence[Grid], weights: Sequence[float], shape: tuple[int, int]) -> Grid:
    """The average of the z that are known, by weight; NaN where none of them is known or has a weight."""
    total = np.zeros(shape)
    for z, weight in zip(zs, weights, strict=True):
        total += np.where(np.isnan(z), 0.0, weight)
    has_any = total > 0.0
    mean = np.zeros_like(total)
    for z, weight in zip(zs, weights, strict=True):
        # weight/total first: the share of a lone metric is exactly 1, and its z passes through unchanged
        share = np.divide(weight, total, out=np.zeros_like(total), where=has_any)
        mean += np.where(np.isnan(z), 0.0, z * share)
    return np.where(has_any, mean, np.nan)


def recent_hours(flags: Flags, first_row: int) -> Hours:
    """How many of the last 12 hours carry the flag, per hour from ``first_row`` on; flags: [rows, entities]."""
    count = np.zeros((len(flags) - first_row, flags.shape[1]), dtype=np.int64)
    for age in _WINDOW:
        count += aged(flags, first_row, age)
    return count


def _mean(filled: Grid, is_known: Flags, first_row: int, ages: range) -> tuple[Grid, Hours]:
    total = np.zeros((len(filled) - first_row, filled.shape[1]))
    known = np.zeros(total.shape, dtype=np.int64)
    for age in ages:
        total += aged(filled, first_row, age)
        known += aged(is_known, first_row, age)
    return np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0), known


def _deviation(filled: Grid, is_known: Flags, first_row: int, mean: Grid, known: Hours) -> Grid:
    """Population standard deviation of the known values of the usual window around their ``mean``."""
    total = np.zeros_like(mean)
    weight = is_known.astype(np.float64)
    center = np.nan_to_num(mean)
    distance = np.empty_like(mean)
    for age in _USUAL_WINDOW:
        np.subtract(aged(filled, first_row, age), center, out=distance)
        distance *= distance
        distance *= aged(weight, first_row, age)
        total += distance
    variance = np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0)
    return np.sqrt(variance)
