"""The history of who has just been admitted, from what is kept: nobody is asked, nothing is paid.

Wikipedia's views come from the lake, hour by hour as the source itself would have written them. Stored items are read
again for the new names; hours are counted anew where every item was kept, which is true of Reddit alone: the others
keep what names somebody tracked, so they count for an admitted entity from its own hour on.
Here: what is read, and the rows that follow. Not here: who is admitted (admission_store), what a metric is (sources).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from etheatmap_core.database.replace import RowCheck, replace_hours
from etheatmap_core.signals.item_store import ItemMatcher, Metrics, read_again, replace_counts
from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.wiki_dump import tracked_rows
from etheatmap_core.signals.wiki_views import SOURCE as WIKI
from etheatmap_core.signals.wiki_views import Extract, signals_from_extract

_NOT_YET = sa.text("""
    SELECT entity_id AS id, wiki_title AS title, ts AS hour FROM admissions JOIN entities ON id = entity_id
    WHERE backfilled_from IS NULL AND ts <= :hour AND is_active ORDER BY entity_id""")
# The capture that counts, and its tracked rows: the titles that are new are added, for the day the file is gone.
_ADD_TO_EXTRACT = sa.text("""
    UPDATE captures SET extract = jsonb_set(extract, '{views}', (extract -> 'views') || :views)
    WHERE extract ->> 'wiki' = :wiki AND id = (
        SELECT id FROM captures WHERE source = :source AND ts = :hour AND request_key = '' AND state = 'good'
        ORDER BY captured_at DESC, id DESC LIMIT 1)""")
_OLDEST_TEXTS = sa.text("""
    SELECT min(ts) FROM source_hours
    WHERE source = ANY(:sources) AND state IN ('ok', 'empty') AND ts >= :since AND ts <= :hour""")
_SEARCHED_SINCE = sa.text("""
    UPDATE entities SET tracked_since = least(tracked_since, :since) WHERE id = ANY(:ids) AND origin = 'admitted'""")
_HAVE_BACKFILLED = sa.text("""
    UPDATE admissions SET backfilled_from = :since, backfilled_rows = :rows WHERE entity_id = :id""")
_CHECKS = (RowCheck("counts_not_negative", "value < 0", "a number of views is negative"),)


class Newcomer(NamedTuple):
    """An admitted entity whose history has not been looked for."""

    id: int
    title: str
    hour: datetime  # for which it was admitted


def newcomers(connection: sa.Connection, hour: datetime) -> Sequence[Newcomer]:
    """Those admitted for ``hour`` or before; also of a run that was ended in between."""
    return [Newcomer(*row) for row in connection.execute(_NOT_YET, {"hour": hour})]


def views_of(path: Path, hour: datetime, wiki: str, entities: Sequence[Newcomer]) -> tuple[Extract, list[SignalRow]]:
    """What the lake file of the hour says of them. CorruptCaptureError: it cannot be read."""
    titles = {one.id: one.title for one in entities}
    extract = tracked_rows(path, titles.values(), wiki)
    return extract, signals_from_extract(extract, hour, titles)


def store_views(
    connection: sa.Connection, hour: datetime, extract: Extract, rows: Iterable[SignalRow], entities: Sequence[Newcomer]
) -> Mapping[int, int]:
    """Writes the hour's rows of each, and keeps them with the hour's capture; how many rows each has got."""
    by_entity: dict[int, list[SignalRow]] = {one.id: [] for one in entities}
    for row in rows:
        by_entity[row.entity_id].append(row)
    for entity_id, own in by_entity.items():
        owner = {"source": WIKI, "entity_id": entity_id}
        replace_hours(connection, "signals", [hour], owner, SignalRow._fields, own, _CHECKS)
    added = {"source": WIKI, "hour": hour, "wiki": extract.wiki, "views": Jsonb(extract.to_json()["views"])}
    connection.execute(_ADD_TO_EXTRACT, added)
    return {entity_id: len(own) for entity_id, own in by_entity.items()}


def read_texts_again(
    connection: sa.Connection,
    entities: Sequence[Newcomer],
    counted: Mapping[str, Metrics],
    read_only: Collection[str],
    matcher: ItemMatcher,
    *,
    since: datetime,
    hour: datetime,
) -> datetime | None:
    """Finds the newcomers in the stored items; the first hour with texts that are kept, None: there are none.

    ``counted``: sources whose every item is kept, and their metrics: hours in which a newcomer is named are counted
    anew, and from the returned hour on not being named is no mention. ``read_only``: sources of which a part is kept:
    their items become receipts, and no count of a part passes for one of the whole.
    """
    ids = [one.id for one in entities]
    oldest: datetime | None = connection.scalar(_OLDEST_TEXTS, {"sources": [*counted], "since": since, "hour": hour})
    for source, metrics in counted.items():
        replace_counts(connection, source, read_again(connection, source, since, ids, matcher), metrics)
    for source in read_only:
        read_again(connection, source, since, ids, matcher)
    if oldest is not None:
        connection.execute(_SEARCHED_SINCE, {"since": oldest, "ids": ids})
    return oldest


def have_backfilled(connection: sa.Connection, entity_id: int, *, since: datetime, rows: int) -> None:
    """The entity's history has been looked for; it is not looked for again."""
    connection.execute(_HAVE_BACKFILLED, {"id": entity_id, "since": since, "rows": rows})
