"""The steps of labelled series: how far apart their values are. Loads no NumPy: the command line knows it."""

from datetime import timedelta
from enum import StrEnum


class Step(StrEnum):
    """How far apart the values of a series are."""

    HOUR = "hour"
    DAY = "day"
    FIVE_MINUTES = "5min"

    @property
    def length(self) -> timedelta:
        return timedelta(days=1) / self.a_day

    @property
    def a_day(self) -> int:
        return {Step.HOUR: 24, Step.DAY: 1, Step.FIVE_MINUTES: 288}[self]
