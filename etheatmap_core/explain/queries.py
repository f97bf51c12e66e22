"""The statements an explanation is made of, each bounded by one entity and a few hours.

Here: SQL and the rows it yields. Not here: gates, standing, words. PostgreSQL answers each by an index: the newest
partition first where only an end is asked for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from etheatmap_core.config.access import NEWS_FEEDERS
from etheatmap_core.explain.model import (
    WINDOW_HOURS,
    Entity,
    Known,
    Receipt,
    Revision,
    Score,
    Signal,
    Stored,
)
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.mvp import EVIDENCE_METRICS, PRIMARY_METRICS

Row = TypeVar("Row")
_METRICS = PRIMARY_METRICS + EVIDENCE_METRICS
# A name before an alias, a curated alias before a found one, an active entity before one that left.
_CALLED = """
SELECT e.id, e.name, coalesce(nullif(e.category, ''), 'unknown') AS category,
       array_remove(ARRAY[e.wiki_title, e.current_title]
           || ARRAY(SELECT n.name FROM entity_names n
                    WHERE n.entity_id = e.id AND n.origin IN ('redirect', 'moved') ORDER BY n.name), NULL) AS titles,
       place, e.is_active
FROM entities e
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.name = %(name)s THEN 0
                WHEN lower(e.name) = lower(%(name)s) THEN 1
                WHEN EXISTS (SELECT FROM unnest(e.aliases) alias WHERE lower(alias) = lower(%(name)s)) THEN 2
                WHEN EXISTS (SELECT FROM entity_names n WHERE n.entity_id = e.id AND lower(n.name) = lower(%(name)s))
                THEN 3 END AS place
) called
WHERE place IS NOT NULL
ORDER BY place, NOT e.is_active, e.name"""
_NAMES = "SELECT name, aliases FROM entities WHERE is_active ORDER BY name"
_SCORE = f"""
SELECT {", ".join(Score._fields)} FROM scores
WHERE entity_id = %(entity_id)s AND model = %(model)s AND ts = %(at)s"""
_NEWEST = """
SELECT ts FROM scores WHERE entity_id = %(entity_id)s AND model = %(model)s ORDER BY ts DESC LIMIT 1"""
_OLDEST = """
SELECT ts FROM scores WHERE entity_id = %(entity_id)s AND model = %(model)s ORDER BY ts LIMIT 1"""
_POLLS = """
SELECT ts, velocity_z, xplat, evidence -> 'evidence' AS evidence FROM scores
WHERE entity_id = %(entity_id)s AND model = %(model)s AND ts > %(before)s AND ts <= %(at)s"""
_PLACE = """
SELECT count(*) FILTER (WHERE heat <= %(heat)s AND entity_id <> %(entity_id)s) AS not_hotter,
       count(heat) FILTER (WHERE entity_id <> %(entity_id)s) AS others, count(*) AS entities
FROM scores WHERE model = %(model)s AND ts = %(at)s"""
_JUDGED = """
SELECT count(*) AS alerts, avg(CASE WHEN usefulness >= 0.5 THEN 1.0 ELSE 0.0 END)::double precision AS useful
FROM alerts WHERE usefulness IS NOT NULL"""
_REVISIONS = f"""
SELECT {", ".join(Revision._fields)} FROM score_revisions
WHERE entity_id = %(entity_id)s AND model = %(model)s AND ts = %(at)s ORDER BY scored_at"""
_KNOWN = """
SELECT source, metric, count(*) AS hours, min(ts) AS first, max(ts) AS last FROM signals
JOIN unnest(%(sources)s::text[], %(metrics)s::text[]) AS wanted (source, metric) USING (source, metric)
WHERE entity_id = %(entity_id)s AND ts > %(since)s AND ts <= %(at)s
GROUP BY source, metric"""
_SIGNALS = """
SELECT source, metric, ts, value, is_censored, coalesce(capture_ts, ts) AS capture_ts FROM signals
JOIN unnest(%(sources)s::text[], %(metrics)s::text[]) AS wanted (source, metric) USING (source, metric)
WHERE entity_id = %(entity_id)s AND ts > %(before)s AND ts <= %(at)s
ORDER BY source, metric, ts"""
# items_source_counted_idx; each capture that could hold the item is found by its first hour.
_RECEIPTS = """
SELECT i.source, i.channel, i.title, i.url, i.author, i.item_id, i.published_at, i.first_ts, i.counted_ts
FROM items i
CROSS JOIN LATERAL (
    SELECT FROM mentions
    WHERE source = i.source AND item_id = i.item_id AND entity_id = %(entity_id)s
    OFFSET 0
) m
WHERE i.source = ANY(%(speakers)s) AND i.counted_ts > %(before)s AND i.counted_ts <= %(at)s
ORDER BY i.counted_ts DESC, i.source, i.item_id
LIMIT %(limit)s"""
# Of a question that was about others nothing can come.
_CAPTURES = """
SELECT DISTINCT ON (c.source, c.ts, request_key)
       c.source, c.ts, request_key AS key, request_url, content_hash, size_bytes, captured_at, raw_path,
       CASE WHEN c.source = 'wiki' THEN jsonb_build_object(
                'wiki', extract -> 'wiki',
                'views', (SELECT jsonb_object_agg(title, extract -> 'views' -> title)
                          FROM unnest(%(titles)s::text[]) AS title WHERE extract -> 'views' ? title)) END AS extract
FROM captures c
JOIN unnest(%(of_sources)s::text[], %(of_hours)s::timestamptz[]) AS wanted (source, ts) USING (source, ts)
WHERE state = 'good' AND (NOT coalesce(extract ? 'entities', false) OR extract -> 'entities' ? %(entity)s)
ORDER BY c.source, c.ts DESC, request_key, captured_at DESC, id DESC"""


class Called(NamedTuple):
    """Somebody of that name; ``place`` says how well it fits, the best is 0."""

    id: int
    name: str
    category: str
    titles: list[str]
    place: int
    is_active: bool

    @property
    def entity(self) -> Entity:
        return Entity(self.id, self.name, self.category, tuple(self.titles))


class PollRow(NamedTuple):
    ts: datetime
    velocity_z: float | None
    xplat: float | None
    evidence: float | None


class Place(NamedTuple):
    """Of the hour's rows: those without more heat, those with any, beside the entity's own; and all."""

    not_hotter: int
    others: int
    entities: int


class Judged(NamedTuple):
    alerts: int
    useful: float | None


async def called(connection: AsyncConnection, name: str) -> list[Called]:
    """Everybody of that name or alias, in any case, the best fit first."""
    return await _all(connection, Called, _CALLED, {"name": name})


async def names(connection: AsyncConnection) -> list[str]:
    """Every name and curated alias of the active roster."""
    rows = await (await connection.execute(_NAMES)).fetchall()
    return list(dict.fromkeys(spelled for name, aliases in rows for spelled in (name, *aliases)))


async def score_of(connection: AsyncConnection, entity_id: int, model: str, at: datetime) -> Score | None:
    """The row of that hour; None where there is none."""
    found = await _all(connection, Score, _SCORE, {"entity_id": entity_id, "model": model, "at": at})
    return found[0] if found else None


async def scored_span(connection: AsyncConnection, entity_id: int, model: str) -> tuple[datetime, datetime] | None:
    """The first and the last hour with a row; None before the first."""
    ends = []
    for statement in (_OLDEST, _NEWEST):
        row = await (await connection.execute(statement, {"entity_id": entity_id, "model": model})).fetchone()
        if row is None:
            return None
        ends.append(row[0])
    return ends[0], ends[1]


async def newest_of(connection: AsyncConnection, entity_id: int, model: str) -> datetime | None:
    """The newest hour with a row."""
    row = await (await connection.execute(_NEWEST, {"entity_id": entity_id, "model": model})).fetchone()
    return row[0] if row else None


async def polls(connection: AsyncConnection, entity_id: int, model: str, at: datetime, count: int) -> list[PollRow]:
    """The rows of the last ``count`` hours, those that are there."""
    asked = {"entity_id": entity_id, "model": model, "at": at, "before": at - count * HOUR}
    return await _all(connection, PollRow, _POLLS, asked)


async def place_of(connection: AsyncConnection, entity_id: int, model: str, at: datetime, heat: float | None) -> Place:
    """Where the heat stands among the hour's."""
    asked = {"entity_id": entity_id, "model": model, "at": at, "heat": heat}
    return (await _all(connection, Place, _PLACE, asked))[0]


async def judged_alerts(connection: AsyncConnection) -> Judged:
    """How many alerts people have judged, and the share that was useful."""
    return (await _all(connection, Judged, _JUDGED, {}))[0]


async def revisions(connection: AsyncConnection, entity_id: int, model: str, at: datetime) -> list[Revision]:
    """What the hour said before, the oldest first."""
    return await _all(connection, Revision, _REVISIONS, {"entity_id": entity_id, "model": model, "at": at})


async def known(connection: AsyncConnection, entity_id: int, at: datetime, history_hours: int) -> list[Known]:
    """By metric, how many hours of the model's history have a number."""
    asked = _metrics() | {"entity_id": entity_id, "at": at, "since": at - history_hours * HOUR}
    return await _all(connection, Known, _KNOWN, asked)


async def signals(connection: AsyncConnection, entity_id: int, at: datetime) -> list[Signal]:
    """The window's numbers of every metric that scores rest on."""
    asked = _metrics() | {"entity_id": entity_id, "at": at, "before": at - WINDOW_HOURS * HOUR}
    return await _all(connection, Signal, _SIGNALS, asked)


async def receipts(connection: AsyncConnection, entity_id: int, at: datetime, limit: int) -> list[Receipt]:
    """The items that counted in the window, the newest first."""
    asked = {
        "entity_id": entity_id,
        "at": at,
        "before": at - WINDOW_HOURS * HOUR,
        "speakers": ["reddit", "gdelt_gkg", "scrape_news", "trends", "youtube", *NEWS_FEEDERS],
        "limit": limit,
    }
    return await _all(connection, Receipt, _RECEIPTS, asked)


async def captures(
    connection: AsyncConnection, entity: Entity, titles: Sequence[str], wanted: Sequence[tuple[str, datetime]]
) -> list[Stored]:
    """The newest good answer to each question of these sources' hours that may be about the entity."""
    asked = {
        "entity": entity.name,
        "titles": list(titles),
        "of_sources": [source for source, _ in wanted],
        "of_hours": [hour for _, hour in wanted],
    }
    return await _all(connection, Stored, _CAPTURES, asked)


def _metrics() -> dict[str, object]:
    return {"sources": [metric.source for metric in _METRICS], "metrics": [metric.name for metric in _METRICS]}


async def _all(
    connection: AsyncConnection, shape: type[Row], statement: str, parameters: Mapping[str, object]
) -> list[Row]:
    async with connection.cursor(row_factory=class_row(shape)) as cursor:
        await cursor.execute(sql.SQL(statement), parameters)
        return await cursor.fetchall()
