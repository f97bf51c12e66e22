"""``audit_logs``: a row for each request that was sent, and for each that was not, with the reason.

Each row in a transaction of its own, so that a run that fails keeps it. Sent were: 'fetch', 'rate limited' (a 429) and
'cache hit' with the status 304. Addresses arrive here without secrets.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from etheatmap_core.clock import Clock
from etheatmap_core.errors import SourceState

Event = Literal["fetch", "rate limited", "cache hit", "deferred", "circuit open", "out of budget", "address refused"]
Level = Literal["info", "warning", "error"]

_INSERT = sa.text("""
    INSERT INTO audit_logs (ts, source, event, level, status, extra)
    VALUES (:ts, :source, :event, :level, :status, :extra)""")


class Audit(Protocol):
    """Where it is written down who was asked what."""

    def log(self, source: str, event: Event, level: Level, status: str, **extra: Any) -> None:
        """One row. ``status`` is an HTTP status, or a state."""

    def cache_hit(self, source: str, key: str, age_seconds: float) -> None:
        """An answer is still young enough: nobody was asked."""


class PostgresAudit:
    """``redacted`` takes secrets out of what callers bring."""

    def __init__(self, engine: sa.Engine, clock: Clock, redacted: Callable[[str], str] = str) -> None:
        self._engine = engine
        self._clock = clock
        self._redacted = redacted

    def log(self, source: str, event: Event, level: Level, status: str, **extra: Any) -> None:
        row = {
            "ts": self._clock(),
            "source": source,
            "event": event,
            "level": level,
            "status": status,
            "extra": Jsonb({name: value for name, value in extra.items() if value is not None}),
        }
        with self._engine.begin() as connection:
            connection.execute(_INSERT, row)

    def cache_hit(self, source: str, key: str, age_seconds: float) -> None:
        age = round(age_seconds, 3)
        self.log(source, "cache hit", "info", SourceState.OK, key=self._redacted(key), age_seconds=age)
