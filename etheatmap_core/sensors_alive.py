"""Heartbeats of the sensors: one row each, written at every tick. Their silence tells that the daemon is gone."""

from datetime import datetime

import sqlalchemy as sa

_BEAT = sa.text("""
    INSERT INTO sensor_heartbeats (sensor, ticked_at) VALUES (:sensor, :now)
    ON CONFLICT (sensor) DO UPDATE SET ticked_at = greatest(sensor_heartbeats.ticked_at, excluded.ticked_at)""")
# Also for readers with a driver of their own (the API).
LAST_BEAT = "SELECT max(ticked_at) AS ticked_at FROM sensor_heartbeats"


def beat(connection: sa.Connection, sensor: str, now: datetime) -> None:
    """To be called by each sensor at each tick, in a transaction."""
    connection.execute(_BEAT, {"sensor": sensor, "now": now})


def last_beat(connection: sa.Connection) -> datetime | None:
    """When any sensor ticked last; None: none ever has."""
    found: datetime | None = connection.execute(sa.text(LAST_BEAT)).scalar_one()
    return found
