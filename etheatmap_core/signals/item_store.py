"""Items in the database: sightings by capture, each item once, who it names, and the counts of the hours it changes.

Everything below the sightings is derived from the set of sightings alone, so captures and replays may come in any
order. Here: the statements and their order. Not here: the rule of an item's hour (items), matching (entities).
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from etheatmap_core.database.copy import copy_rows
from etheatmap_core.database.partitions import drop_day_partitions
from etheatmap_core.database.replace import CheckResult, RowCheck, replace_hours
from etheatmap_core.entities.matcher import Matches
from etheatmap_core.entities.sentiment import affect
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.items import Item, counted_hour
from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.source_hours import captured_hours

_WORDS = "channel, url, title, summary, author, names, topics, published_at"
_SIGHTING_COLUMNS = ("source", "ts", "item_id", *_WORDS.split(", "), "numbers")
SIGHTING_CHECKS = (
    RowCheck("items_have_a_title_and_a_link", "title = '' OR url = ''", "an item has no title or no link"),
)
SIGNAL_CHECKS = (RowCheck("counts_not_negative", "value < 0 AND metric LIKE '%\\_count'", "a count is negative"),)

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('items source=' || :source, 0))")
_IDS_OF_HOUR = sa.text("SELECT item_id FROM sightings WHERE source = :source AND ts = :hour")
# What is stored of an item stands for a sighting that retention has dropped; of the replaced hour it says nothing.
_DERIVED = sa.text(f"""
    WITH seen AS (
        SELECT item_id, {_WORDS}, numbers, ts AS first_ts, ts AS last_ts
        FROM sightings WHERE source = :source AND item_id = ANY(:ids)
        UNION ALL
        SELECT item_id, {_WORDS}, numbers, first_ts, last_ts
        FROM items WHERE source = :source AND item_id = ANY(:ids) AND first_ts <> :hour
    ), firsts AS (
        SELECT DISTINCT ON (item_id) item_id, {_WORDS}, first_ts FROM seen ORDER BY item_id, first_ts
    ), lasts AS (
        SELECT DISTINCT ON (item_id) item_id, numbers, ts AS last_ts FROM sightings
        WHERE source = :source AND item_id = ANY(:ids) ORDER BY item_id, ts DESC
    )
    SELECT firsts.*, coalesce(lasts.numbers, items.numbers, '{{}}') AS numbers,
           coalesce(lasts.last_ts, items.last_ts, firsts.first_ts) AS last_ts,
           items.counted_ts AS counted_before, items.matcher AS matcher_before,
           (items.title, items.summary, items.names, items.topics) IS NOT DISTINCT FROM
           (firsts.title, firsts.summary, firsts.names, firsts.topics) AS reads_as_before
    FROM firsts LEFT JOIN lasts USING (item_id)
    LEFT JOIN items ON items.source = :source AND items.item_id = firsts.item_id
    ORDER BY item_id""")
_GONE = sa.text("""
    DELETE FROM items WHERE source = :source AND item_id = ANY(:ids) AND first_ts = :hour
      AND NOT EXISTS (SELECT FROM sightings s WHERE s.source = items.source AND s.item_id = items.item_id)
    RETURNING counted_ts""")
_ITEM_COLUMNS = ("source", "item_id", *_WORDS.split(", "), "numbers", "first_ts", "last_ts", "counted_ts", "matcher")
_CHANGEABLE = [name for name in _ITEM_COLUMNS if name not in ("source", "item_id")]
_UPSERT_ITEMS = sa.text(f"""
    INSERT INTO items ({", ".join(_ITEM_COLUMNS)}) SELECT {", ".join(_ITEM_COLUMNS)} FROM staged_items
    ON CONFLICT (source, item_id) DO UPDATE
    SET ({", ".join(_CHANGEABLE)}) = ({", ".join(f"EXCLUDED.{name}" for name in _CHANGEABLE)})""")
# Who has left the roster is looked for no more, and keeps the mentions found before.
_FORGET = (
    sa.text("""
        DELETE FROM mentions USING entities
        WHERE source = :source AND item_id = ANY(:ids) AND entity_id = entities.id AND is_active"""),
    sa.text("DELETE FROM mention_ties WHERE source = :source AND item_id = ANY(:ids)"),
)
_ITEMS_SINCE = sa.text(f"""
    SELECT item_id, {_WORDS}, counted_ts FROM items WHERE source = :source AND last_ts >= :since ORDER BY item_id""")
_HAVE_READ = sa.text("UPDATE items SET matcher = :version WHERE source = :source AND item_id = ANY(:ids)")
_OLD_ITEMS = sa.text("DELETE FROM items WHERE last_ts < :before")
_MENTION_COLUMNS = ("source", "item_id", "entity_id", "alias", "alias_class", "evidence", "affect")
_TIE_COLUMNS = ("source", "item_id", "position", "alias", "candidates", "reason")
_COUNTED = sa.text("""
    SELECT entity_id, counted_ts AS ts, item_id, channel, url, title, author, published_at, numbers, affect
    FROM items JOIN mentions USING (source, item_id)
    WHERE source = :source AND counted_ts = ANY(:hours)
    ORDER BY counted_ts, entity_id, item_id""")


class ItemMatcher(Protocol):
    """Who is named in a text. ``version`` changes with the names and the rules."""

    @property
    def version(self) -> str: ...
    def match(self, text: str, *, topics: Collection[str] = ()) -> Matches: ...


class CountedMention(NamedTuple):
    """One entity named by one item, in the hour the item counts in."""

    entity_id: int
    ts: datetime
    item_id: str
    channel: str
    url: str
    title: str
    author: str | None
    published_at: datetime | None
    numbers: Mapping[str, float]
    affect: float


# From the mentions of one entity in one hour to its metrics.
Metrics = Callable[[Sequence[CountedMention]], Mapping[str, float]]


@dataclass(frozen=True)
class ItemsWritten:
    """``changed_hours``: those whose counts may be others now. ``mentions``: of the partition's own items."""

    items: int
    mentions: int
    ties: int
    late: int
    changed_hours: frozenset[datetime]
    checks: tuple[CheckResult, ...]


def replace_items(
    connection: sa.Connection,
    source: str,
    hour: datetime,
    items: Sequence[Item],
    matcher: ItemMatcher,
    *,
    covers: timedelta = HOUR,
) -> ItemsWritten:
    """Makes ``items`` all that the capture of ``hour`` shows of ``source``, and brings what follows from it up to date.

    In the caller's transaction, after ``ensure_day_partitions(..., "sightings", ...)``. Of an item that stands twice in
    the capture the one published first counts: answers come in one order when asked and in another when replayed.
    ``covers``: see ``counted_hour``. Raises ChecksFailedError before anything is changed.
    """
    parameters: dict[str, Any] = {"source": source, "hour": hour}
    connection.execute(_LOCK, parameters)
    distinct = {item.item_id: item for item in sorted(items, key=_precedence, reverse=True)}
    before = connection.scalars(_IDS_OF_HOUR, parameters).all()
    rows = [_sighting(source, hour, item) for item in distinct.values()]
    replaced = replace_hours(
        connection, "sightings", [hour], {"source": source}, _SIGHTING_COLUMNS, rows, SIGHTING_CHECKS
    )
    parameters["ids"] = sorted({*before, *distinct})
    gone = connection.scalars(_GONE, parameters).all()
    derived = connection.execute(_DERIVED, parameters).all()
    counted = {row.item_id: counted_hour(row.published_at, row.first_ts, covers) for row in derived}
    _write_items(connection, source, derived, counted, matcher.version)
    unread = [row for row in derived if row.matcher_before != matcher.version or not row.reads_as_before]
    _write_mentions(connection, source, unread, matcher)
    changed = {hour, *gone, *counted.values(), *(row.counted_before for row in derived)}
    return ItemsWritten(
        items=len(distinct),
        late=sum(counted[item_id] is None for item_id in distinct),
        changed_hours=frozenset(changed - {None}),
        checks=replaced.checks,
        **_numbers(connection, source, sorted(distinct)),
    )


def read_again(
    connection: sa.Connection, source: str, since: datetime, entity_ids: Collection[int], matcher: ItemMatcher
) -> frozenset[datetime]:
    """Reads the stored items that were there from ``since`` on, for entities that have joined since they were read.

    Who is named in an item that names one of ``entity_ids`` is written anew. Returns the hours whose counts may be
    others now. In the caller's transaction.
    """
    connection.execute(_LOCK, {"source": source})
    joined = frozenset(entity_ids)
    rows = connection.execute(_ITEMS_SINCE, {"source": source, "since": since}).all()
    naming = [row for row in rows if not joined.isdisjoint(_named(row, matcher))]
    _write_mentions(connection, source, naming, matcher)
    read = {"source": source, "ids": [row.item_id for row in naming], "version": matcher.version}
    connection.execute(_HAVE_READ, read)
    return frozenset(row.counted_ts for row in naming if row.counted_ts is not None)


def forget_items(connection: sa.Connection, *, sightings_before: datetime, items_before: datetime) -> tuple[int, int]:
    """Drops the days of sightings, and the items not seen since, before the given instants; how many of each.

    What is stored of an item stands for the sightings that are gone, so its hour does not move.
    """
    days = drop_day_partitions(connection, "sightings", sightings_before.date())
    return len(days), connection.execute(_OLD_ITEMS, {"before": items_before}).rowcount


def counted_mentions(connection: sa.Connection, source: str, hours: Collection[datetime]) -> list[CountedMention]:
    """The mentions that count in these hours, by hour, entity and item."""
    return [
        CountedMention(*row) for row in connection.execute(_COUNTED, {"source": source, "hours": sorted(hours)}).all()
    ]


def replace_counts(
    connection: sa.Connection, source: str, hours: Collection[datetime], metrics: Metrics
) -> tuple[CheckResult, ...]:
    """Writes the signals of these hours anew from their mentions, where the source was heard of in the hour itself.

    An hour that was never captured stays a gap: what later captures still show of it is only a part.
    """
    captured = captured_hours(connection, source, hours)
    rows = signal_rows(source, counted_mentions(connection, source, captured), metrics)
    owner = {"source": source}
    return replace_hours(connection, "signals", captured, owner, SignalRow._fields, rows, SIGNAL_CHECKS).checks


def signal_rows(source: str, mentions: Sequence[CountedMention], metrics: Metrics) -> list[SignalRow]:
    """The metrics of every entity and hour that has mentions; no row says that there was none."""
    groups: dict[tuple[datetime, int], list[CountedMention]] = {}
    for mention in mentions:
        groups.setdefault((mention.ts, mention.entity_id), []).append(mention)
    return [
        SignalRow(entity_id, source, ts, metric, float(value), False)
        for (ts, entity_id), group in sorted(groups.items())
        for metric, value in metrics(group).items()
    ]


def _precedence(item: Item) -> tuple[object, ...]:
    """The least comes first: the earliest publication, and where that is the same anything, as long as it is fixed."""
    words = (item.channel, item.url, item.title, item.summary, item.author or "", item.names, item.topics)
    published = item.published_at.timestamp() if item.published_at else math.inf
    return published, *words, sorted(item.numbers.items())


def _sighting(source: str, hour: datetime, item: Item) -> tuple[object, ...]:
    return (
        source, hour, item.item_id, item.channel, item.url, item.title, item.summary, item.author, list(item.names),
        list(item.topics), item.published_at, Jsonb(dict(item.numbers)),
    )  # fmt: skip


def _write_items(
    connection: sa.Connection,
    source: str,
    derived: Sequence[sa.Row[Any]],
    counted: Mapping[str, datetime | None],
    matcher_version: str,
) -> None:
    if not derived:
        return
    connection.execute(sa.text("DROP TABLE IF EXISTS pg_temp.staged_items"))
    connection.execute(sa.text("CREATE TEMP TABLE staged_items ON COMMIT DROP AS SELECT * FROM items WITH NO DATA"))
    rows = [
        (
            source, row.item_id, row.channel, row.url, row.title, row.summary, row.author, row.names, row.topics,
            row.published_at, Jsonb(row.numbers), row.first_ts, row.last_ts, counted[row.item_id], matcher_version,
        )
        for row in derived
    ]  # fmt: skip
    copy_rows(connection, "staged_items", _ITEM_COLUMNS, rows)
    connection.execute(_UPSERT_ITEMS)


def _write_mentions(
    connection: sa.Connection, source: str, unread: Sequence[sa.Row[Any]], matcher: ItemMatcher
) -> None:
    """Reads the items and replaces who they name."""
    for statement in _FORGET:
        connection.execute(statement, {"source": source, "ids": [row.item_id for row in unread]})
    mentions, ties = [], []
    for row in unread:
        item = Item(row.item_id, row.channel, row.url, row.title, row.summary, row.author, tuple(row.names))
        found = matcher.match(item.text, topics=row.topics)
        prose = item.prose
        spans = [(match.start, match.end) for match in found.matches if match.end <= len(prose)]
        feeling = affect(prose, spans) if found.matches else 0.0
        by_entity = {match.entity_id: match for match in reversed(found.matches)}
        for entity_id, match in sorted(by_entity.items()):
            evidence = list(match.evidence)
            mentions.append((source, row.item_id, entity_id, match.alias, match.alias_class, evidence, feeling))
        ties += [
            (source, row.item_id, tie.start, tie.alias, list(tie.candidates), tie.reason)
            for tie in {tie.start: tie for tie in found.ties}.values()
        ]
    copy_rows(connection, "mentions", _MENTION_COLUMNS, mentions)
    copy_rows(connection, "mention_ties", _TIE_COLUMNS, ties)


def _named(row: sa.Row[Any], matcher: ItemMatcher) -> set[int]:
    item = Item(row.item_id, row.channel, row.url, row.title, row.summary, row.author, tuple(row.names))
    return {match.entity_id for match in matcher.match(item.text, topics=row.topics).matches}


def _numbers(connection: sa.Connection, source: str, ids: Sequence[str]) -> dict[str, int]:
    count = {
        name: sa.text(f"SELECT count(*) FROM {table} WHERE source = :source AND item_id = ANY(:ids)")
        for name, table in (("mentions", "mentions"), ("ties", "mention_ties"))
    }
    parameters = {"source": source, "ids": list(ids)}
    return {name: connection.execute(query, parameters).scalar_one() for name, query in count.items()}
