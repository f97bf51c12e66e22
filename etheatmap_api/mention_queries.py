"""Statements about mentions: the receipts of entities, and the shared names nobody could be given.

Windows are counted back from the newest hour that holds any item and not from the clock, so that a replay of an old
fortnight reads like today. Here: SQL and the rows it yields. Not here: who is matched, and why (etheatmap_core).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from psycopg import AsyncConnection
from psycopg.rows import class_row

# Receipts of a page speak of the hours its scores were observed in.
RECEIPT_WINDOW = timedelta(hours=12)
RECEIPTS_SHOWN = 3
_RECEIPTS_READ = 8  # some of them are one story in several feeds

# A name before an alias, a curated alias before a found one, an active entity before one that left.
ENTITY = """
SELECT e.id, e.name
FROM entities e
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.name = %(name)s THEN 0
                WHEN lower(e.name) = lower(%(name)s) THEN 1
                WHEN EXISTS (SELECT FROM unnest(e.aliases) alias WHERE lower(alias) = lower(%(name)s)) THEN 2
                WHEN EXISTS (SELECT FROM entity_names n WHERE n.entity_id = e.id AND lower(n.name) = lower(%(name)s))
                THEN 3 END AS place
) called
WHERE place IS NOT NULL
ORDER BY place, NOT e.is_active, e.name LIMIT 1
"""
# items_last_idx, read from its end.
NEWEST_ITEM_HOUR = "SELECT last_ts FROM items ORDER BY last_ts DESC LIMIT 1"
# When an item happened. A date of the future is a wrong clock: it must not stay on top of every list.
_MOMENT = "least(coalesce(i.published_at, i.first_ts), i.first_ts + interval '2 hours')"
# Who was first seen in the window was last seen in it too; the second bound lets the planner come from items_last_idx
# where an entity has more mentions than the window has items.
MENTIONS = f"""
SELECT i.source, i.channel, i.title, i.url, i.author, i.published_at, i.first_ts, i.counted_ts,
       m.alias, m.alias_class, m.evidence, m.affect
FROM mentions m JOIN items i USING (source, item_id)
WHERE m.entity_id = %(entity_id)s AND m.source = ANY(%(sources)s)
  AND i.first_ts > %(since)s AND i.last_ts > %(since)s
ORDER BY {_MOMENT} DESC, i.source, i.item_id
LIMIT %(limit)s
"""
TIES = f"""
SELECT i.source, i.channel, i.title, i.url, i.published_at, i.first_ts, t.alias, t.position,
       ARRAY(SELECT e.name FROM unnest(t.candidates) WITH ORDINALITY AS c (id, place) JOIN entities e USING (id)
             ORDER BY c.place) AS candidates,
       t.reason
FROM mention_ties t JOIN items i USING (source, item_id)
WHERE i.first_ts > %(since)s AND i.last_ts > %(since)s
ORDER BY {_MOMENT} DESC, i.source, i.item_id, t.position
LIMIT %(limit)s
"""
# items_source_counted_idx bounds it by the items of the window. OFFSET 0 keeps the planner from reading all mentions an
# entity ever had instead, which is faster only while the history is short.
RECEIPTS = f"""
SELECT entity_id, source, channel, title, url, published_at, first_ts
FROM (
    SELECT m.entity_id, i.source, i.item_id, i.channel, i.title, i.url, i.published_at, i.first_ts,
           row_number() OVER (PARTITION BY m.entity_id ORDER BY {_MOMENT} DESC, i.source, i.item_id) AS place
    FROM items i
    CROSS JOIN LATERAL (
        SELECT entity_id FROM mentions
        WHERE source = i.source AND item_id = i.item_id AND entity_id = ANY(%(entity_ids)s)
        OFFSET 0
    ) m
    WHERE i.source = ANY(%(sources)s) AND i.counted_ts > %(since)s
) ranked
WHERE place <= %(limit)s
ORDER BY entity_id, place
"""


@dataclass(frozen=True)
class NamedEntity:
    """Whom a name is about."""

    id: int
    name: str


@dataclass(frozen=True)
class MentionRow:
    """One item that names the entity, and how that was decided."""

    source: str
    channel: str
    title: str
    url: str
    author: str | None
    published_at: datetime | None
    first_ts: datetime
    counted_ts: datetime | None
    alias: str
    alias_class: str
    evidence: list[str]
    affect: float


@dataclass(frozen=True)
class TieRow:
    """A shared name in an item that counts for none of its candidates."""

    source: str
    channel: str
    title: str
    url: str
    published_at: datetime | None
    first_ts: datetime
    alias: str
    position: int
    candidates: list[str]
    reason: str


@dataclass(frozen=True)
class Receipt:
    """An item that counted for an entity, as a link."""

    entity_id: int
    source: str
    channel: str
    title: str
    url: str
    published_at: datetime | None
    first_ts: datetime


async def named_entity(connection: AsyncConnection, name: str) -> NamedEntity | None:
    """The entity of that name or alias, in any case; None where nobody is called so."""
    async with connection.cursor(row_factory=class_row(NamedEntity)) as cursor:
        await cursor.execute(ENTITY, {"name": name})
        return await cursor.fetchone()


async def newest_item_hour(connection: AsyncConnection) -> datetime | None:
    """The newest hour whose capture holds any item; None before the first."""
    row = await (await connection.execute(NEWEST_ITEM_HOUR)).fetchone()
    return row[0] if row else None


async def mentions(
    connection: AsyncConnection, entity_id: int, sources: Collection[str], hours: int, limit: int
) -> list[MentionRow]:
    """The entity's receipts first seen within ``hours``, newest first, those that came too late to count among them."""
    since = await _hours_back(connection, hours)
    if since is None:
        return []
    parameters = {"entity_id": entity_id, "sources": list(sources), "since": since, "limit": limit}
    async with connection.cursor(row_factory=class_row(MentionRow)) as cursor:
        await cursor.execute(MENTIONS, parameters)
        return await cursor.fetchall()


async def ties(connection: AsyncConnection, hours: int, limit: int) -> list[TieRow]:
    """The shared names of items first seen within ``hours`` that nobody was given, newest first."""
    since = await _hours_back(connection, hours)
    if since is None:
        return []
    async with connection.cursor(row_factory=class_row(TieRow)) as cursor:
        await cursor.execute(TIES, {"since": since, "limit": limit})
        return await cursor.fetchall()


async def newest_receipts(
    connection: AsyncConnection, entity_ids: Collection[int], sources: Collection[str], newest: datetime
) -> Mapping[int, list[Receipt]]:
    """Of each entity the newest items that counted within RECEIPT_WINDOW up to ``newest`` and later, one a title."""
    parameters = {
        "entity_ids": list(entity_ids),
        "sources": list(sources),
        "since": newest - RECEIPT_WINDOW,
        "limit": _RECEIPTS_READ,
    }
    async with connection.cursor(row_factory=class_row(Receipt)) as cursor:
        await cursor.execute(RECEIPTS, parameters)
        rows = await cursor.fetchall()
    return {entity_id: one_a_title(list(group)) for entity_id, group in groupby(rows, lambda row: row.entity_id)}


def one_a_title(receipts: Sequence[Receipt]) -> list[Receipt]:
    """The first RECEIPTS_SHOWN, each title once: one story may come by several feeds."""
    of_title: dict[str, Receipt] = {}
    for receipt in receipts:
        of_title.setdefault(receipt.title.casefold(), receipt)
    return list(of_title.values())[:RECEIPTS_SHOWN]


async def _hours_back(connection: AsyncConnection, hours: int) -> datetime | None:
    newest = await newest_item_hour(connection)
    return None if newest is None else newest - timedelta(hours=hours)
