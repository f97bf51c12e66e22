"""YouTube in the database: which videos are asked about again, and the signals of what their captures show.

Readings are the sightings: each capture keeps the counters of the videos it holds. Here: the statements, and which
hours one capture can change. Not here: the arithmetic (youtube_growth), storing items (item_store).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_core.database.replace import CheckResult, replace_hours
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.signals.item_store import SIGNAL_CHECKS
from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.youtube import SOURCE, VIEWS
from etheatmap_core.signals.youtube_growth import FALL_CHECK, MOST_HOURS_APART, Watched, falls, signal_rows

CHECKS = (FALL_CHECK,)
# After a week most of what a video will ever gather is gathered, and its place goes to a new one.
WATCHED_FOR = timedelta(days=7)
MOST_WATCHED = 1_000
# Nothing of the hour itself: what is watched in it is the same at each attempt at it.
_KNOWN = sa.text("""
    SELECT items.item_id, mentions.entity_id, coalesce(seen.views, 0) AS views
    FROM items JOIN mentions USING (source, item_id)
    LEFT JOIN LATERAL (
        SELECT CAST(sightings.numbers ->> :views AS double precision) AS views FROM sightings
        WHERE sightings.source = items.source AND sightings.item_id = items.item_id
          AND sightings.ts < :hour AND sightings.ts >= :since
        ORDER BY sightings.ts DESC LIMIT 1
    ) AS seen ON true
    WHERE items.source = :source AND items.published_at >= :since AND items.first_ts < :hour""")
_READINGS = sa.text("""
    SELECT item_id, ts, numbers FROM sightings
    WHERE source = :source AND ts >= :start AND ts < :end
    ORDER BY item_id, ts""")
_NAMED = sa.text("""
    SELECT items.item_id, items.channel, array_agg(mentions.entity_id ORDER BY mentions.entity_id) AS entity_ids
    FROM items JOIN mentions USING (source, item_id)
    WHERE source = :source AND item_id = ANY(:ids)
    GROUP BY items.item_id, items.channel ORDER BY items.item_id""")
# Hours that had items: what retention has dropped of them cannot be counted again.
_HAD_ITEMS = sa.text("""
    SELECT ts FROM source_hours
    WHERE source = :source AND ts >= :start AND ts < :end AND state IN ('ok', 'empty') AND items > 0""")


class KnownVideo(NamedTuple):
    """A video that names the entity, and its views when last seen."""

    item_id: str
    entity_id: int
    views: float


def videos_to_watch(connection: sa.Connection, hour: datetime, entities: Sequence[Tracked]) -> list[str]:
    """The ids of the videos of the last week that are asked about again in ``hour``, the most important first.

    ``entities``: active ones, the most important first.
    """
    span = {"source": SOURCE, "hour": hour, "since": hour - WATCHED_FOR, "views": VIEWS}
    known = [KnownVideo(*row) for row in connection.execute(_KNOWN, span)]
    return by_worth(known, [entity.id for entity in entities])[:MOST_WATCHED]


def by_worth(known: Sequence[KnownVideo], entity_ids: Sequence[int]) -> list[str]:
    """First the most watched video of each entity, then the second of each, and so on; each video once.

    So nobody's hundred videos push out another's only one. ``entity_ids``: the most important first; videos of nobody
    among them are left out.
    """
    places = {entity_id: place for place, entity_id in enumerate(entity_ids)}
    videos: dict[int, list[KnownVideo]] = defaultdict(list)
    for video in known:
        if video.entity_id in places:
            videos[video.entity_id].append(video)
    ranked = [
        (rank, places[entity_id], video.item_id)
        for entity_id, own in videos.items()
        for rank, video in enumerate(sorted(own, key=lambda video: (-video.views, video.item_id)))
    ]
    return list(dict.fromkeys(item_id for _, _, item_id in sorted(ranked)))


def write_growth(connection: sa.Connection, hour: datetime) -> tuple[CheckResult, ...]:
    """Writes anew the signals of all hours that the capture of ``hour`` says something about, from the sightings.

    In the caller's transaction, after the hour's items and its outcome are written.
    """
    # The hour after a step has begun before the step has ended, and takes a part of it.
    reach = (MOST_HOURS_APART + 1) * HOUR
    window = HourRange(hour - 2 * reach + 2 * HOUR, hour + 2 * reach - HOUR)
    watched, seen = _watched(connection, window)
    last = max([hour, *seen])
    lost = _had_items(connection, window) - seen
    hours = [
        one
        for one in HourRange(hour - reach + 2 * HOUR, min(hour + reach, last) + HOUR)
        if not any(one - reach <= gone < one + reach - HOUR for gone in lost)
    ]
    rows = signal_rows(watched, hours)
    written = replace_hours(connection, "signals", hours, {"source": SOURCE}, SignalRow._fields, rows, SIGNAL_CHECKS)
    return (*written.checks, falls(watched, hour))


def _watched(connection: sa.Connection, window: HourRange) -> tuple[list[Watched], set[datetime]]:
    """The videos seen in these hours that name somebody, and the hours that anything was seen in."""
    span = {"source": SOURCE, "start": window.start, "end": window.end}
    readings: dict[str, dict[datetime, dict[str, float]]] = defaultdict(dict)
    for row in connection.execute(_READINGS, span):
        readings[row.item_id][row.ts] = row.numbers
    named = connection.execute(_NAMED, {"source": SOURCE, "ids": sorted(readings)})
    watched = [Watched(row.item_id, row.channel, row.entity_ids, readings[row.item_id]) for row in named]
    return watched, {hour for by_hour in readings.values() for hour in by_hour}


def _had_items(connection: sa.Connection, window: HourRange) -> set[datetime]:
    return set(connection.scalars(_HAD_ITEMS, {"source": SOURCE, "start": window.start, "end": window.end}))
