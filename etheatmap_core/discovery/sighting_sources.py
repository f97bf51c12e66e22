"""What the tables hold of an hour that could be about somebody nobody tracks.

Here: SQL that reads items, spikes, the roster and the week before. Not here: what of it is a sighting (sightings).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from etheatmap_core.discovery.names import Text
from etheatmap_core.discovery.sightings import HISTORY_HOURS, TEXT_SOURCES, TRENDS, History, Search, Spike, Tracked
from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.entities.roster import tracked_articles
from etheatmap_core.signals.items import Item

# An item counts in one hour; one seen too late to count tells nothing of any.
_ITEMS = sa.text("""
    SELECT source, item_id, channel, url, title, summary, names, topics FROM items
    WHERE source = ANY(:sources) AND counted_ts = :hour ORDER BY source, item_id""")
# Who joined later was not tracked then: an hour that is made again finds whom it found.
# Who was admitted in the hour, or later, was a candidate then: an hour that is made again finds the same.
_TRACKED = sa.text("""
    SELECT id, wiki_id FROM entities
    WHERE is_active AND tracked_since <= :hour
      AND NOT EXISTS (SELECT FROM admissions WHERE entity_id = id AND ts >= :hour)
    ORDER BY id""")
_PROSE = sa.text("""
    SELECT title, summary FROM items WHERE source = ANY(:sources) AND counted_ts > :after AND counted_ts <= :hour
    ORDER BY source, item_id""")
_SPIKES = sa.text("SELECT title, z FROM wiki_spikes WHERE ts = :hour ORDER BY title")
_DOODLE_LIKE = sa.text("""
    SELECT DISTINCT title FROM wiki_spikes WHERE ts > :after AND ts <= :hour AND is_doodle_like ORDER BY title""")
_OBSERVED = sa.text("""
    SELECT source, count(DISTINCT ts) AS hours FROM discovery_sightings WHERE ts >= :since AND ts < :hour
    GROUP BY source""")
_SEEN = sa.text("""
    SELECT source, name, count(*) AS hours, sum(mentions) AS mentions FROM discovery_sightings
    WHERE ts >= :since AND ts < :hour GROUP BY source, name""")


def read_tracked(
    connection: sa.Connection, hour: datetime, entities: Sequence[MatchEntity]
) -> tuple[Tracked, Sequence[MatchEntity]]:
    """Who is tracked in the hour, and of ``entities``, all there are, those."""
    rows = connection.execute(_TRACKED, {"hour": hour}).all()
    ids = {row.id for row in rows}
    known = [entity for entity in entities if entity.entity_id in ids]
    articles = tracked_articles(connection)
    tracked = Tracked(
        names=frozenset(name for entity in known for name in (entity.name, *entity.aliases)),
        titles=frozenset(title for entity_id in ids & articles.keys() for title in articles[entity_id].titles),
        items=frozenset(row.wiki_id for row in rows if row.wiki_id),
    )
    return tracked, known


def read_texts(connection: sa.Connection, hour: datetime, matcher: Matcher) -> Mapping[str, Sequence[Text]]:
    """The items of the hour by source, with the places where somebody tracked stands."""
    texts = defaultdict(list)
    for row in connection.execute(_ITEMS, {"sources": list(TEXT_SOURCES), "hour": hour}):
        item = Item(
            row.item_id, row.channel, row.url, row.title, row.summary, None, tuple(row.names), tuple(row.topics)
        )
        found = matcher.match(item.text, topics=item.topics)
        covered = (*((one.start, one.end) for one in found.matches), *((one.start, one.end) for one in found.ties))
        texts[row.source].append(Text(item.title, item.summary, item.url, covered))
    return texts


def read_texts_naming(
    connection: sa.Connection, hour: datetime, window_hours: int, names: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """By name, the prose of the window's items that hold it."""
    window = {"sources": list(TEXT_SOURCES), "hour": hour, "after": hour - timedelta(hours=window_hours)}
    found = defaultdict(list)
    for row in connection.execute(_PROSE, window) if names else ():
        prose = f"{row.title}\n{row.summary}"
        for name in names:
            if name in prose:
                found[name].append(prose)
    return found


def read_searches(connection: sa.Connection, hour: datetime, matcher: Matcher) -> list[Search]:
    """The rising searches of the hour that are not for somebody tracked."""
    rows = connection.execute(_ITEMS, {"sources": [TRENDS], "hour": hour})
    return [Search(row.title, row.url) for row in rows if not matcher.match(row.title).matches]


def read_spikes(connection: sa.Connection, hour: datetime) -> list[Spike]:
    """The articles that spiked in the hour."""
    return [Spike(row.title, row.z) for row in connection.execute(_SPIKES, {"hour": hour})]


def read_doodle_like(connection: sa.Connection, hour: datetime, window_hours: int) -> frozenset[str]:
    """Titles of the window whose burst looks like that of a search engine's picture."""
    window = {"hour": hour, "after": hour - timedelta(hours=window_hours)}
    return frozenset(connection.scalars(_DOODLE_LIKE, window))


def read_history(connection: sa.Connection, hour: datetime) -> History:
    """The week of sightings before the hour. An hour of a source without any was perhaps not looked at: it is none."""
    week = {"hour": hour, "since": hour - timedelta(hours=HISTORY_HOURS)}
    observed = {row.source: row.hours for row in connection.execute(_OBSERVED, week)}
    seen = {(row.source, row.name): (row.hours, int(row.mentions)) for row in connection.execute(_SEEN, week)}
    return History(observed, seen)
