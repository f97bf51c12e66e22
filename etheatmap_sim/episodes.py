"""Episodes: the labelled reasons why an entity is looked at more than usual, and their course over the hours.

Here: what one episode is. Not here: who gets which episode (``script``), what it does to an upstream's numbers.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from etheatmap_sim.hours import HOUR

_OVER_BELOW = 0.1  # of the peak's excess
_PEAKED_FOR_HOURS = 8
# No detector of attention should take these for heat: machines, a show that airs every week, a trend over days.
QUIET_KINDS = frozenset({"bot", "weekly", "ramp"})


class Stage(StrEnum):
    BEFORE = "before"
    RISING = "rising"
    PEAKED = "peaked"
    FADING = "fading"
    OVER = "over"


@dataclass(frozen=True)
class Episode:
    """Linear rise to ``peak_multiplier`` times the entity's usual traffic, then decay by halves."""

    kind: str
    entity: str
    start_at: datetime
    rise_hours: int
    peak_multiplier: float
    half_life_hours: float  # 0: gone the hour after the peak

    @property
    def is_hot(self) -> bool:
        """Whether people's attention really jumps, so that a good detector alarms."""
        return self.kind not in QUIET_KINDS

    @property
    def peak_at(self) -> datetime:
        return self.start_at + (self.rise_hours - 1) * HOUR

    @property
    def end_at(self) -> datetime:
        """The first hour in which nothing is left of it: below a thousandth of the excess, ten half-lives after."""
        return self.peak_at + (1 + round(10 * self.half_life_hours)) * HOUR

    def excess(self, hour: datetime) -> float:
        """Views beyond the usual in ``hour``, as a multiple of the usual."""
        return (self.peak_multiplier - 1) * self._course(hour)

    def stage_at(self, hour: datetime) -> Stage:
        if hour < self.start_at:
            return Stage.BEFORE
        if hour < self.peak_at:
            return Stage.RISING
        if self._course(hour) < _OVER_BELOW:
            return Stage.OVER
        return Stage.PEAKED if hour < self.peak_at + _PEAKED_FOR_HOURS * HOUR else Stage.FADING

    def _course(self, hour: datetime) -> float:
        """0 before and after, 1 at the peak."""
        if not self.start_at <= hour < self.end_at:
            return 0.0
        age_hours = (hour - self.start_at) // HOUR
        if age_hours < self.rise_hours:
            return (age_hours + 1) / self.rise_hours
        return float(0.5 ** ((hour - self.peak_at) / HOUR / self.half_life_hours))
