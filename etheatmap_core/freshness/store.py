"""Verdicts and incidents in their tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from etheatmap_core.freshness.incidents import CATCHES_UP_WITHIN, Incident
from etheatmap_core.freshness.verdict import PAUSED, Facts, Freshness, Verdict
from etheatmap_core.hours import partition_key

_KNOWN = sa.text("""
    SELECT listed.asset, coalesce(kept.first_judged_at, :now) AS since, kept.state AS was,
           tried.state AS tried_state, tried.reason AS tried_reason, tried.ended_at AS tried_at
    FROM unnest(CAST(:assets AS text[])) AS listed (asset)
    LEFT JOIN asset_freshness kept USING (asset)
    LEFT JOIN LATERAL (
        SELECT state, reason, ended_at FROM source_hours h
        WHERE h.source = listed.asset AND h.state NOT IN ('disabled', 'no credentials') ORDER BY h.ts DESC LIMIT 1
    ) tried ON true""")
_KEEP = sa.text("""
    INSERT INTO asset_freshness AS kept (asset, state, reason, due_partition, newest_partition, since, judged_at,
                                         first_judged_at)
    VALUES (:asset, :state, :reason, :due, :newest, :now, :now, :now)
    ON CONFLICT (asset) DO UPDATE
    SET state = excluded.state, reason = excluded.reason, due_partition = excluded.due_partition,
        newest_partition = excluded.newest_partition, judged_at = excluded.judged_at,
        since = CASE WHEN kept.state = excluded.state THEN kept.since ELSE excluded.since END,
        first_judged_at = CASE WHEN kept.state = ANY(:paused) AND excluded.state <> ALL(:paused)
                               THEN excluded.judged_at ELSE kept.first_judged_at END""")
_FORGET = sa.text("DELETE FROM asset_freshness WHERE asset <> ALL(:assets)")
_INCIDENTS = sa.text("SELECT id, assets, over FROM freshness_incidents WHERE closed_at IS NULL ORDER BY id")
_MOVED = sa.text("SELECT asset FROM asset_freshness WHERE since > :after")
_OPEN = sa.text("INSERT INTO freshness_incidents (opened_at, assets) VALUES (:now, :assets) RETURNING id")
_CAME_BACK = sa.text("UPDATE freshness_incidents SET over = :over WHERE id = :id AND over <> :over")
_CLOSE = sa.text("UPDATE freshness_incidents SET closed_at = :now WHERE id = :id AND closed_at IS NULL")
_PAUSED = [str(state) for state in PAUSED]
# Two processes that judge at once would open two incidents.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('freshness incidents'))")
# For readers with a driver of their own (the API): what asks for a person first.
VERDICTS = """
SELECT asset, state, reason, due_partition, newest_partition, since, judged_at FROM asset_freshness
ORDER BY array_position(ARRAY['stale', 'late', 'held', 'waiting', 'fresh', 'off'], state), asset
"""


def facts(connection: sa.Connection, newest: Mapping[str, datetime | None], now: datetime) -> Mapping[str, Facts]:
    """All that is known of each asset; ``newest``: the start of its newest partition that is there."""
    rows = connection.execute(_KNOWN, {"assets": list(newest), "now": now})
    return {
        row.asset: Facts(
            newest[row.asset],
            row.since,
            None if row.was is None else Freshness(row.was),
            row.tried_state,
            row.tried_reason,
            row.tried_at,
        )
        for row in rows
    }


def keep(connection: sa.Connection, verdicts: Sequence[Verdict], now: datetime) -> None:
    """Writes the verdicts down, and forgets assets that are no more."""
    for verdict in verdicts:
        newest = None if verdict.newest is None else partition_key(verdict.newest)
        row = {"asset": verdict.asset, "state": str(verdict.state), "reason": verdict.reason, "newest": newest}
        connection.execute(_KEEP, {**row, "due": partition_key(verdict.due), "now": now, "paused": _PAUSED})
    connection.execute(_FORGET, {"assets": [verdict.asset for verdict in verdicts]})


def moved(connection: sa.Connection, now: datetime) -> frozenset[str]:
    """The assets whose state has changed a short time ago."""
    return frozenset(row.asset for row in connection.execute(_MOVED, {"after": now - CATCHES_UP_WITHIN}))


def open_incidents(connection: sa.Connection) -> list[Incident]:
    """Nobody else opens or closes one until the transaction ends."""
    connection.execute(_LOCK)
    return [Incident(row.id, tuple(row.assets), frozenset(row.over)) for row in connection.execute(_INCIDENTS)]


def open_incident(connection: sa.Connection, assets: Sequence[str], now: datetime) -> int:
    """Its number."""
    number: int = connection.execute(_OPEN, {"assets": list(assets), "now": now}).scalar_one()
    return number


def keep_incident(connection: sa.Connection, incident: Incident) -> None:
    """Writes down which of its assets have come back."""
    connection.execute(_CAME_BACK, {"id": incident.id, "over": sorted(incident.over)})


def close_incident(connection: sa.Connection, incident: Incident, now: datetime) -> None:
    connection.execute(_CLOSE, {"id": incident.id, "now": now})
