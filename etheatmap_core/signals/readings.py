"""Readings: numbers that a source gives for many hours at once, again and again (an index, a history).

Of several captures that hold an hour's value the earliest partition's counts, whatever order they come in: a value,
once final, does not wander with the scale of later answers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_core.database.copy import copy_rows
from etheatmap_core.database.partitions import ensure_day_partitions

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('signals source=' || :source, 0))")
_STAGE = sa.text("""
    CREATE TEMP TABLE staged_readings (entity_id bigint, ts timestamptz, metric text, value double precision)
    ON COMMIT DROP""")
_OWNED_BEFORE = sa.text("DELETE FROM signals WHERE source = :source AND capture_ts = :hour AND ts >= :since")
_WRITE = sa.text("""
    INSERT INTO signals (entity_id, source, ts, metric, value, capture_ts)
    SELECT entity_id, :source, ts, metric, value, :hour FROM staged_readings
    ON CONFLICT (entity_id, ts, source, metric) DO UPDATE
    SET value = EXCLUDED.value, capture_ts = EXCLUDED.capture_ts, is_censored = false
    WHERE signals.capture_ts IS NULL OR signals.capture_ts >= EXCLUDED.capture_ts""")
_UNSTAGE = sa.text("DROP TABLE staged_readings")  # two sources may be written in one transaction
_OWNED = sa.text("""
    SELECT entity_id, ts, metric, value FROM signals
    WHERE source = :source AND capture_ts = :hour AND ts >= :since AND ts < :hour ORDER BY entity_id, ts, metric""")


class Reading(NamedTuple):
    """One final value. ``ts`` is the start of its hour."""

    entity_id: int
    ts: datetime
    metric: str
    value: float


def require_partitions(connection: sa.Connection, readings: Sequence[Reading]) -> None:
    """Before the transaction that writes them; see ``ensure_day_partitions``."""
    ensure_day_partitions(connection, "signals", {reading.ts for reading in readings})


def replace_readings(
    connection: sa.Connection, source: str, hour: datetime, readings: Sequence[Reading], *, since: datetime
) -> int:
    """Makes ``readings`` all that the capture of ``hour`` says; the number of values it now owns.

    ``since`` is before any hour an answer can reach back to. In the caller's transaction.
    """
    parameters = {"source": source, "hour": hour, "since": since}
    connection.execute(_LOCK, parameters)
    connection.execute(_OWNED_BEFORE, parameters)
    if not readings:
        return 0
    connection.execute(_STAGE)
    copy_rows(connection, "staged_readings", Reading._fields, readings)
    written = connection.execute(_WRITE, parameters).rowcount
    connection.execute(_UNSTAGE)
    return written


def owned_readings(connection: sa.Connection, source: str, hour: datetime, *, since: datetime) -> list[Reading]:
    """What the capture of ``hour`` says so far of the time since, and before it."""
    parameters = {"source": source, "hour": hour, "since": since}
    return [Reading(*row) for row in connection.execute(_OWNED, parameters)]
