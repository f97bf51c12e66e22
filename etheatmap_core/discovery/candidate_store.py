"""Sightings and candidates in the database: those of an hour are replaced as a whole.

Here: the tables discovery_sightings and discovery_candidates. Not here: where sightings come from (sighting_sources),
what a name is (identity_store), whether a candidate is admitted (admission_store).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from etheatmap_core.database.partitions import drop_day_partitions
from etheatmap_core.database.replace import ReplaceResult, RowCheck, replace_hours
from etheatmap_core.discovery.candidates import Candidate, Identity, Sighting
from etheatmap_core.hours import parse_hour, partition_key

SIGHTING_CHECKS = (
    RowCheck("sightings_have_a_receipt", "cardinality(receipts) = 0", "a name was seen, and nothing shows where"),
)
CANDIDATE_CHECKS = (
    RowCheck("first_seen_is_not_later", "first_seen > ts", "a candidate was first seen after its own hour"),
)
_SIGHTING_COLUMNS = ("ts", "source", "name", "z", "mentions", "receipts")
_CANDIDATE_COLUMNS = (
    "ts", "key", "title", "wiki_id", "description", "type", "category", "is_ambiguous", "is_doodle_like", "first_seen",
    "z", "sources", "sightings",
)  # fmt: skip
_CANDIDATES = sa.text("SELECT * FROM discovery_candidates WHERE ts = :hour ORDER BY first_seen, key")
_SIGHTINGS = sa.text("""
    SELECT ts, source, name, z, mentions, receipts FROM discovery_sightings WHERE ts > :after AND ts <= :hour
    ORDER BY ts, source, name""")


@dataclass(frozen=True)
class Seen:
    """A sighting, and by how many items, feeds or spikes of its source."""

    sighting: Sighting
    mentions: int = 1


def replace_sightings(connection: sa.Connection, hour: datetime, seen: Sequence[Seen]) -> ReplaceResult:
    """Makes these all that the hour has; in the caller's transaction."""
    rows = [
        (one.sighting.hour, one.sighting.source, one.sighting.name, one.sighting.z, one.mentions,
         list(one.sighting.receipts))
        for one in seen
    ]  # fmt: skip
    return replace_hours(connection, "discovery_sightings", [hour], {}, _SIGHTING_COLUMNS, rows, SIGHTING_CHECKS)


def read_sightings(connection: sa.Connection, hour: datetime, window_hours: int) -> tuple[Seen, ...]:
    """Those of ``hour`` and the hours before it, ``window_hours`` in all, the oldest first."""
    rows = connection.execute(_SIGHTINGS, {"hour": hour, "after": hour - timedelta(hours=window_hours)})
    return tuple(Seen(Sighting(row.name, row.source, row.ts, row.z, tuple(row.receipts)), row.mentions) for row in rows)


def replace_candidates(connection: sa.Connection, hour: datetime, candidates: Sequence[Candidate]) -> ReplaceResult:
    """Makes these all that the hour has; in the caller's transaction."""
    rows = [_row(hour, candidate) for candidate in candidates]
    return replace_hours(connection, "discovery_candidates", [hour], {}, _CANDIDATE_COLUMNS, rows, CANDIDATE_CHECKS)


def read_candidates(connection: sa.Connection, hour: datetime) -> tuple[Candidate, ...]:
    """The candidates of an hour as they were stored, the one first seen earliest first."""
    return tuple(_candidate(row._mapping) for row in connection.execute(_CANDIDATES, {"hour": hour}))


def forget_discovery(connection: sa.Connection, *, sightings_before: datetime, candidates_before: datetime) -> int:
    """Drops the days of sightings, candidates, verdicts and spikes that are over; how many. What an admission rests on
    is kept there."""
    before = {
        "discovery_sightings": sightings_before,
        "discovery_candidates": candidates_before,
        "discovery_verdicts": candidates_before,
        "wiki_spikes": candidates_before,
    }
    return sum(len(drop_day_partitions(connection, table, day.date())) for table, day in before.items())


def _row(hour: datetime, candidate: Candidate) -> tuple[object, ...]:
    identity, sightings = candidate.identity, candidate.sightings
    measured = [one.z for one in sightings if one.z is not None]
    return (
        hour, identity.keys[0], identity.title, identity.wiki_id, identity.description, identity.type,
        identity.category, identity.is_disambiguation, candidate.is_doodle_like, candidate.first_seen,
        max(measured, default=None), sorted({one.source for one in sightings}),
        Jsonb([told(one) for one in sightings]),
    )  # fmt: skip


def told(sighting: Sighting) -> Mapping[str, object]:
    """As it is kept in JSON."""
    return {
        "source": sighting.source,
        "hour": partition_key(sighting.hour),
        "name": sighting.name,
        "z": sighting.z,
        "receipts": list(sighting.receipts),
    }


def _candidate(row: Mapping[Any, Any]) -> Candidate:
    identity = Identity(
        row["title"], row["wiki_id"], row["description"] or "", row["type"], row["category"], row["is_ambiguous"]
    )
    sightings = tuple(
        Sighting(one["name"], one["source"], parse_hour(one["hour"]), one["z"], tuple(one["receipts"]))
        for one in row["sightings"]
    )
    return Candidate(identity, sightings, is_doodle_like=row["is_doodle_like"])
