"""Verdicts and incidents in their tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from etheatmap_core.freshness.incidents import CATCHES_UP_WITHIN, Incident
from etheatmap_core.freshness.verdict import Verdict
from etheatmap_core.hours import partition_key

_FIRST_JUDGED = sa.text("SELECT asset, first_judged_at FROM asset_freshness")
_TRIED = sa.text("""
    SELECT DISTINCT ON (source) source, state, reason FROM source_hours
    WHERE source = ANY(:sources) AND ts > CAST(:now AS timestamptz) - interval '40 days'
    ORDER BY source, ts DESC""")
_KEEP = sa.text("""
    INSERT INTO asset_freshness AS kept (asset, state, reason, due_partition, newest_partition, since, judged_at,
                                         first_judged_at)
    VALUES (:asset, :state, :reason, :due, :newest, :now, :now, :now)
    ON CONFLICT (asset) DO UPDATE
    SET state = excluded.state, reason = excluded.reason, due_partition = excluded.due_partition,
        newest_partition = excluded.newest_partition, judged_at = excluded.judged_at,
        since = CASE WHEN kept.state = excluded.state THEN kept.since ELSE excluded.since END""")
_FORGET = sa.text("DELETE FROM asset_freshness WHERE asset <> ALL(:assets)")
_INCIDENTS = sa.text("""
    SELECT id, assets, closed_at FROM freshness_incidents WHERE closed_at IS NULL OR closed_at > :since ORDER BY id""")
_OPEN = sa.text("INSERT INTO freshness_incidents (opened_at, assets) VALUES (:now, :assets) RETURNING id")
_CLOSE = sa.text("UPDATE freshness_incidents SET closed_at = :now WHERE id = :id AND closed_at IS NULL")
# Two processes that judge at once would open two incidents.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('freshness incidents'))")
# For readers with a driver of their own (the API): what asks for a person first.
VERDICTS = """
SELECT asset, state, reason, due_partition, newest_partition, since, judged_at FROM asset_freshness
ORDER BY array_position(ARRAY['stale', 'late', 'held', 'waiting', 'fresh', 'off'], state), asset
"""


def first_judged(connection: sa.Connection) -> dict[str, datetime]:
    """When each asset was first looked at."""
    return {row.asset: row.first_judged_at for row in connection.execute(_FIRST_JUDGED)}


def tried(connection: sa.Connection, sources: Iterable[str], now: datetime) -> Mapping[str, tuple[str, str | None]]:
    """How the newest tried hour of each source ended: state and reason."""
    found = connection.execute(_TRIED, {"sources": list(sources), "now": now})
    return {row.source: (row.state, row.reason) for row in found}


def keep(connection: sa.Connection, verdicts: Sequence[Verdict], now: datetime) -> None:
    """Writes the verdicts down, and forgets assets that are no more."""
    for verdict in verdicts:
        newest = None if verdict.newest is None else partition_key(verdict.newest)
        row = {"asset": verdict.asset, "state": str(verdict.state), "reason": verdict.reason, "newest": newest}
        connection.execute(_KEEP, {**row, "due": partition_key(verdict.due), "now": now})
    connection.execute(_FORGET, {"assets": [verdict.asset for verdict in verdicts]})


def incidents(connection: sa.Connection, now: datetime) -> list[Incident]:
    """The open ones and those just over; nobody else opens or closes one until the transaction ends."""
    connection.execute(_LOCK)
    found = connection.execute(_INCIDENTS, {"since": now - CATCHES_UP_WITHIN})
    return [Incident(row.id, tuple(row.assets), row.closed_at) for row in found]


def open_incident(connection: sa.Connection, assets: Sequence[str], now: datetime) -> int:
    """Its number."""
    number: int = connection.execute(_OPEN, {"assets": list(assets), "now": now}).scalar_one()
    return number


def close_incident(connection: sa.Connection, incident: Incident, now: datetime) -> None:
    connection.execute(_CLOSE, {"id": incident.id, "now": now})
