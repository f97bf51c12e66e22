"""The input of a model: hourly values of a few metrics on one grid, with gaps as NaN.

Here: the names of metrics and the grid. Not here: which metrics a model uses (its own module), reading them (store).
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.hours import HOUR, HourRange

Kind = Literal["count", "index", "sum"]
Grid = NDArray[np.float64]
Flags = NDArray[np.bool_]
Hours = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


class Metric(NamedTuple):
    """One number a source reports each hour: a count of things, an index on its own scale, a sum of feelings."""

    source: str
    name: str
    kind: Kind


@dataclass(frozen=True)
class SignalSeries:
    """Values [metrics, hours, entities] of every hour in ``hours``; NaN is a gap, an hour nobody told us about.

    ``is_censored`` (same shape) marks values below what the upstream shows: upper bounds, not counts.
    """

    hours: HourRange
    entity_ids: tuple[int, ...]
    metrics: tuple[Metric, ...]
    values: Grid
    is_censored: Flags

    def __post_init__(self) -> None:
        shape = (len(self.metrics), len(self.hours), len(self.entity_ids))
        if self.values.shape != shape or self.is_censored.shape != shape:
            raise ValueError(f"series of shape {self.values.shape} and {self.is_censored.shape}, expected {shape}")
        if np.isinf(self.values).any():
            raise ValueError("a signal is infinite")

    def only(self, hours: HourRange, metrics: tuple[Metric, ...]) -> "SignalSeries":
        """The part that holds exactly these hours and metrics; a ValueError when some of it is missing."""
        missing = [metric for metric in metrics if metric not in self.metrics]
        if missing or hours.start < self.hours.start or hours.end > self.hours.end:
            raise ValueError(f"the series of {self.hours} lacks {missing or hours}")
        first = (hours.start - self.hours.start) // HOUR
        rows = slice(first, first + len(hours))
        chosen = [self.metrics.index(metric) for metric in metrics]
        return SignalSeries(hours, self.entity_ids, metrics, self.values[chosen, rows], self.is_censored[chosen, rows])


def aged(grid: NDArray[Scalar], first_row: int, age_hours: int) -> NDArray[Scalar]:
    """For each hour from ``first_row`` on, the row ``age_hours`` before it (a view of [hours, entities])."""
    return grid[first_row - age_hours : len(grid) - age_hours]
