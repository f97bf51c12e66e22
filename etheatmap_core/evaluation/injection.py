"""Bursts put into real background: who gets which, and the views they add.

Bédubourg & Le Strat 2017 (doi 10.1371/journal.pone.0181227) judge outbreak detectors so: the noise is real, the truth
is known. Here: drawing and adding. Not here: where the background comes from, what it is measured with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from etheatmap_core.scoring.series import Grid

# Stated once, drawn for each burst: as multiples of the series' own mean hour, log-uniform where a range.
PEAKS = (2.0, 40.0)
RISE_HOURS = (1, 8)
RAMP_RISE_HOURS = (12, 24)
RAMP_SHARE = 0.15  # of the bursts: slow ones
RAMP_PEAKS = (2.0, 10.0)
HALF_LIFE_HOURS = (4.0, 16.0)
BOT_PEAKS = (10.0, 100.0)
LAG_HOURS = (0, 5)  # of a second source behind the first
TAKES_PART = 0.75  # a second source in a burst


@dataclass(frozen=True)
class Burst:
    """Linear rise to ``peak`` times the mean hour, then decay by halves; no half-life: one hour, as a bot's."""

    start: int
    rise_hours: int
    peak: float
    half_life_hours: float

    def course(self, hours: int) -> Grid:
        """Beyond the usual, as a multiple of the mean hour, for each of ``hours`` hours."""
        age = np.arange(hours) - self.start
        peak_age = self.rise_hours - 1
        rising = (age >= 0) & (age <= peak_age)
        fading = age > peak_age
        course = np.where(rising, (age + 1) / self.rise_hours, 0.0)
        if self.half_life_hours > 0:
            course = np.where(fading, 0.5 ** (np.maximum(age - peak_age, 0) / self.half_life_hours), course)
        return course * (self.peak - 1)

    def later(self, hours: int) -> "Burst":
        return Burst(self.start + hours, self.rise_hours, self.peak, self.half_life_hours)


def draw_burst(dice: np.random.Generator, first: int, last: int) -> Burst:
    """One that people would make, beginning from ``first`` up to and including ``last``."""
    start = int(dice.integers(first, last, endpoint=True))
    is_ramp = dice.random() < RAMP_SHARE
    rise = int(dice.integers(*(RAMP_RISE_HOURS if is_ramp else RISE_HOURS), endpoint=True))
    return Burst(
        start, rise, _log_uniform(dice, RAMP_PEAKS if is_ramp else PEAKS), float(dice.uniform(*HALF_LIFE_HOURS))
    )


def draw_bot(dice: np.random.Generator, first: int, last: int) -> Burst:
    """A single hour of a machine: nothing to find."""
    return Burst(int(dice.integers(first, last, endpoint=True)), 1, _log_uniform(dice, BOT_PEAKS), 0.0)


def injected(dice: np.random.Generator, values: Grid, bursts: Sequence[Burst]) -> Grid:
    """One series [hours] with bursts: whole views, scattered as counts are; gaps stay gaps."""
    mean = float(np.nanmean(values))
    added = values.copy()
    for burst in bursts:
        added += dice.poisson(burst.course(len(values)) * mean)
    return added


def thinned(dice: np.random.Generator, values: Grid, mean: float) -> Grid:
    """Another source's counts with the rhythm of ``values`` [hours] and ``mean`` an hour; gaps stay gaps."""
    rate = np.nan_to_num(values) * (mean / float(np.nanmean(values)))
    return np.where(np.isnan(values), np.nan, dice.poisson(rate))


def _log_uniform(dice: np.random.Generator, between: tuple[float, float]) -> float:
    return float(np.exp(dice.uniform(*np.log(between))))
