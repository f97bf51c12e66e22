"""The day, tick by tick: the clock is moved to a minute, Dagster's automation does what is due, then comes the next.

Here: when a tick is over. Not here: what is requested at it, which only the product's conditions decide.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from dagster import DagsterRunStatus, RunsFilter

from load import moved_clock
from load.installation import Installation

# After the ticks of the cadences: those of the first quarter of an hour (all hourly sources), news and what is due by
# the day, what is asked again because it was not published yet, and the deadline of scores.
MINUTES = (15, 26, 46, 52)
_OPEN = [
    DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]  # fmt: skip
_SENSOR_SECONDS = 16  # an automation sensor looks every 15 seconds
_PATIENCE_SECONDS = 3600  # of the real clock, for one tick
_LOOKS_EVERY_SECONDS = 1.0
# Whose looking around a tick waits for: automation and the budgets that hold it; not messages and freshness.
_AWAITED = ("_automation", "budget_")
_TICKING = sa.text("SELECT count(*) FROM job_ticks WHERE status = 'STARTED'")
_TICKS = sa.text("SELECT selector_id, extract(epoch FROM max(timestamp)) AS at FROM job_ticks GROUP BY selector_id")


class StuckError(RuntimeError):
    """A tick did not come to its end."""


class Day:
    """Ticks of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._instance = installation.instance
        self._storage = sa.create_engine(installation.platform.instance.storage_url, poolclass=sa.NullPool)

    def ticks(self, first: datetime, hours: int) -> Iterator[datetime]:
        """Each when it is over."""
        for hour in range(hours):
            for minute in MINUTES:
                moved_clock.go_to(first + timedelta(hours=hour, minutes=minute))
                self._settle()
                yield first + timedelta(hours=hour, minutes=minute)

    def _settle(self) -> None:
        """Until no run is open, and every sensor has looked since the last one ended and has nothing to request."""
        changed, deadline = moved_clock.clock(), time.monotonic() + _PATIENCE_SECONDS
        looked_at = time.monotonic()
        while True:
            self._installation.pin_simulator(moved_clock.clock())
            if self._instance.get_runs_count(RunsFilter(statuses=_OPEN)):
                changed, looked_at = moved_clock.clock(), time.monotonic()
            else:
                behind = self._behind(changed)
                if not behind:
                    return
                # Nobody has to sit out the seconds between two looks of a sensor.
                if time.monotonic() - looked_at > _LOOKS_EVERY_SECONDS and not self._is_looking():
                    moved_clock.move(_SENSOR_SECONDS)
                    looked_at = time.monotonic()
            if time.monotonic() > deadline:
                raise StuckError(f"The tick of {changed:%Y-%m-%d %H:%M} is not over after {_PATIENCE_SECONDS} s.")
            time.sleep(_LOOKS_EVERY_SECONDS)

    def _behind(self, changed: datetime) -> list[str]:
        """The sensors that have not looked since."""
        return [name for name, at in self._looks().items() if at <= changed.timestamp()]

    def _is_looking(self) -> bool:
        """Whether one of them is at it."""
        with self._storage.connect() as connection:
            return bool(connection.execute(_TICKING).scalar_one())

    def _looks(self) -> dict[str, float]:
        """By sensor. Its state forgets the instant where it has requested something: its ticks know it."""
        with self._storage.connect() as connection:
            ticks = {row.selector_id: float(row.at) for row in connection.execute(_TICKS)}
        looks = {}
        for state in self._instance.all_instigator_state():
            data = state.sensor_instigator_data
            if data is not None and any(word in state.instigator_name for word in _AWAITED):
                at = (data.last_tick_start_timestamp, data.last_tick_timestamp, ticks.get(state.selector_id))
                looks[state.instigator_name] = max(0.0, *(one for one in at if one))
        return looks or {"the first one": 0.0}
