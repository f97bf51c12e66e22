"""Spikes in the database: those of an hour are replaced as a whole, with what they were chosen from.

Here: the tables wiki_spikes and wiki_spike_hours, and which lake files an hour is judged by. Not here: the judgement
(wiki_spikes), the files themselves (the archive).
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from etheatmap_core.archive import RawArchive
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import ReplaceResult, RowCheck, replace_hours
from etheatmap_core.discovery.pages import PageKind
from etheatmap_core.discovery.spike_test import AGES
from etheatmap_core.discovery.wiki_spikes import Spike, SpikeReport
from etheatmap_core.errors import EtHeatmapError, NotPublishedYetError
from etheatmap_core.hours import HOUR, HourRange, partition_key

WIKI = "wiki"
CHECKS = (
    RowCheck("spikes_are_above_usual", "views < usual", "an article with fewer views than usual is no spike"),
    RowCheck("mobile_share_is_a_share", "mobile_share NOT BETWEEN 0 AND 1", "mobile_share is outside [0, 1]"),
    RowCheck("titles_have_spaces", "title = '' OR strpos(title, '_') > 0", "the title is not spelled with spaces"),
)
_COLUMNS = ("ts", "title", "views", "usual", "z", "mobile_share", "trust", "is_doodle_like")
_KEEP_HOUR = sa.text("""
    INSERT INTO wiki_spike_hours (ts, known_days, tested, distrusted, no_entities)
    VALUES (:hour, :known_days, :tested, :distrusted, :no_entities)
    ON CONFLICT (ts) DO UPDATE SET (known_days, tested, distrusted, no_entities) =
        (EXCLUDED.known_days, EXCLUDED.tested, EXCLUDED.distrusted, EXCLUDED.no_entities)""")
_HOUR = sa.text("SELECT known_days, tested, distrusted, no_entities FROM wiki_spike_hours WHERE ts = :hour")
_SPIKES = sa.text("SELECT * FROM wiki_spikes WHERE ts = :hour ORDER BY z DESC, title")


def lake_of(connection: sa.Connection, archive: RawArchive, hour: datetime) -> Mapping[datetime, Path]:
    """The lake file of ``hour`` and of those it is compared with; one that is not there is a gap.

    NotPublishedYetError: nobody has collected the hour. EtHeatmapError: it was, but its lake file is no more.
    """
    files = archive.lake_files(connection, WIKI, [hour - age * HOUR for age in AGES])
    if hour not in files:
        raise NotPublishedYetError(f"{WIKI} has no views of {partition_key(hour)} yet: they are collected first.")
    if files[hour] is None:
        told = f"The lake file of {partition_key(hour)} is no more: run {WIKI} for that hour with ask_again to have it."
        raise EtHeatmapError(told)
    return {at: path for at, path in files.items() if path is not None}


def require_partitions(connection: sa.Connection, hour: datetime) -> None:
    """In a short transaction of its own, before the one that writes."""
    ensure_day_partitions(connection, "wiki_spikes", HourRange.single(hour))


def replace_report(connection: sa.Connection, report: SpikeReport) -> ReplaceResult:
    """Makes the report all that is known of its hour's spikes; in the caller's transaction."""
    rows = [
        (one.hour, one.title, one.views, one.usual, one.z, one.mobile_share, one.trust, one.is_doodle_like)
        for one in report.spikes
    ]
    result = replace_hours(connection, "wiki_spikes", [report.hour], {}, _COLUMNS, rows, CHECKS)
    counts = {str(kind): count for kind, count in sorted(report.no_entities.items())}
    told = {"known_days": report.known_days, "tested": report.tested, "distrusted": report.distrusted}
    connection.execute(_KEEP_HOUR, {**told, "hour": report.hour, "no_entities": Jsonb(counts)})
    return result


def read_report(connection: sa.Connection, hour: datetime) -> SpikeReport | None:
    """What is known of the hour's spikes; None: it was not looked at."""
    chosen_from = connection.execute(_HOUR, {"hour": hour}).one_or_none()
    if chosen_from is None:
        return None
    spikes = tuple(
        Spike(row.title, row.ts, row.views, row.usual, row.z, row.mobile_share, row.trust, row.is_doodle_like)
        for row in connection.execute(_SPIKES, {"hour": hour})
    )
    counts = {PageKind(kind): count for kind, count in chosen_from.no_entities.items()}
    return SpikeReport(
        hour, chosen_from.known_days, chosen_from.tested, counts, chosen_from.distrusted, spikes
    )  # fmt: skip
