"""Heartbeats of the sensors: one row each, written at every tick. Their silence tells that the daemon is gone.

While whoever starts the platform fills its first days, before there is a daemon, it beats in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

STARTING = "starting"
_BEAT = sa.text("""
    INSERT INTO sensor_heartbeats (sensor, ticked_at) VALUES (:sensor, :now)
    ON CONFLICT (sensor) DO UPDATE SET ticked_at = greatest(sensor_heartbeats.ticked_at, excluded.ticked_at)""")
# Also for readers with a driver of their own (the API).
HEARD = """
WITH newest AS (SELECT max(ticked_at) AS ticked_at FROM sensor_heartbeats WHERE sensor <> 'starting')
SELECT (SELECT ticked_at FROM newest) AS ticked_at,
       max(ticked_at) FILTER (WHERE sensor = 'starting') AS starting_at,
       coalesce(array_agg(sensor ORDER BY sensor) FILTER (
           WHERE sensor <> 'starting' AND ticked_at < (SELECT ticked_at FROM newest) - interval '15 minutes'
             AND ticked_at > (SELECT ticked_at FROM newest) - interval '2 days'), '{}') AS quiet
FROM sensor_heartbeats
"""


@dataclass(frozen=True)
class Heard:
    """When any sensor ticked last, and when the platform was last being started; None: never.

    ``quiet``: sensors that have not ticked for a quarter of an hour while others have. One that is silent for two days
    is taken for gone: with its provider, say.
    """

    ticked_at: datetime | None
    starting_at: datetime | None
    quiet: Sequence[str] = ()


def beat(connection: sa.Connection, sensor: str, now: datetime) -> None:
    """To be called by each sensor at each tick, in a transaction."""
    connection.execute(_BEAT, {"sensor": sensor, "now": now})


def heard(connection: sa.Connection) -> Heard:
    return Heard(*connection.execute(sa.text(HEARD)).one())


def last_beat(connection: sa.Connection) -> datetime | None:
    """When any sensor ticked last; None: none ever has."""
    return heard(connection).ticked_at
