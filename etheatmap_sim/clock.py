"""The simulator's clock: it runs with the machine's, or stands where a test or a bench has pinned it."""

from datetime import datetime

from etheatmap_sim.hours import Clock


class SimClock:
    """Called like any clock. Pinned, it shows one instant until it is pinned to another or let run."""

    def __init__(self, running: Clock, pinned_at: datetime | None = None) -> None:
        self._running = running
        self._pinned_at = pinned_at

    def __call__(self) -> datetime:
        return self._pinned_at or self._running()

    @property
    def is_pinned(self) -> bool:
        return self._pinned_at is not None

    def pin(self, now: datetime) -> None:
        self._pinned_at = now

    def let_run(self) -> None:
        self._pinned_at = None
