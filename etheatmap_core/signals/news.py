"""News: what the sources of articles say together, each story once. It asks nobody and reads their mentions.

Here: when two articles are one story, the signals of source ``news``, and when the trades had somebody first.
Not here: what an article is (items), which headlines are the same (headlines).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_core.config.model import UNKNOWN_TIER
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult, RowCheck, replace_hours
from etheatmap_core.errors import NotPublishedYetError, SourceState
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.headlines import headline_key, is_breaking
from etheatmap_core.signals.item_store import CountedMention, counted_mentions
from etheatmap_core.signals.items import COUNTS_FOR
from etheatmap_core.signals.links import link_key
from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.source_hours import SourceHour, captured_hours, hour_outcome, record_hour

SOURCE = "news"
TRADES = "trade_rss"
# An article with the link or the headline of one of the day before is that story told again.
ONE_STORY_FOR = timedelta(hours=24)
# What a story of this tier weighs in the authority.
AUTHORITY = {1: 1.0, 2: 0.6, 3: 0.3}
NEWS_CHECKS = (
    RowCheck("counts_not_negative", "value < 0 AND metric <> 'affect_sum'", "a count is negative"),
    RowCheck(
        "authority_is_a_mean_of_weights",
        f"metric = 'authority_score' AND value NOT BETWEEN {min(AUTHORITY.values())} AND {max(AUTHORITY.values())}",
        "an authority lies outside of the tiers' weights",
    ),
)
# Aggregators have the outlet as author; a feed of the trades is its outlet.
_FEEDS_ARE_OUTLETS = frozenset({TRADES})
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('news', 0))")
# So far back from the newest article everything is still stored that the trades have printed.
_TRADES_KNOWN_FOR = timedelta(days=14)
# Derived from the articles as they are known now: one that an earlier capture shows under another headline names whom
# that one names. What rests on articles that retention has dropped can only become earlier. An undated article was
# there when it was first seen, and so was one that is dated after its capture.
_RECORD_TRADES = sa.text("""
    WITH known AS (
        SELECT max(last_ts) - CAST(:known_for AS interval) AS since FROM items WHERE source = :trades
    ), firsts AS (
        SELECT entity_id, channel AS outlet,
               min(CASE WHEN published_at < first_ts + interval '2 hours' THEN published_at ELSE first_ts END) AS at
        FROM items JOIN mentions USING (source, item_id)
        WHERE source = :trades
        GROUP BY entity_id, channel
    ), gone AS (
        DELETE FROM trade_mentions AS stored USING known
        WHERE stored.first_seen_ts >= known.since
          AND NOT EXISTS (SELECT FROM firsts WHERE firsts.entity_id = stored.entity_id AND outlet = stored.source)
    )
    INSERT INTO trade_mentions AS stored (entity_id, source, first_seen_ts) SELECT entity_id, outlet, at FROM firsts
    ON CONFLICT (entity_id, source) DO UPDATE SET first_seen_ts = EXCLUDED.first_seen_ts
    WHERE EXCLUDED.first_seen_ts < stored.first_seen_ts
       OR (EXCLUDED.first_seen_ts > stored.first_seen_ts AND stored.first_seen_ts >= (SELECT since FROM known))""")


class Printing(NamedTuple):
    """One article that names one entity, in the order in which printings are read: nothing depends on who came in
    when."""

    entity_id: int
    ts: datetime  # the hour it counts in
    feeder: str
    item_id: str
    link: str
    headline: str
    outlet: str
    tier: int
    is_breaking: bool
    affect: float


@dataclass
class Story:
    """What an entity is news for, in the hour in which it was first printed, with its printings of that hour."""

    entity_id: int
    ts: datetime
    printings: list[Printing] = field(default_factory=list)

    @property
    def tier(self) -> int:
        """The best of those who printed it."""
        return min(printing.tier for printing in self.printings)

    @property
    def is_breaking(self) -> bool:
        return any(printing.is_breaking for printing in self.printings)

    @property
    def affect(self) -> float:
        return sum(printing.affect for printing in self.printings) / len(self.printings)


@dataclass(frozen=True)
class NewsWritten:
    """What became of one hour; ``rows`` counts those of all ``hours`` that were written anew with it."""

    outcome: SourceHour
    rows: int
    hours: int
    stories: int
    duplicates: int
    trade_firsts: int  # pairs of outlet and entity that are new or have moved
    checks: tuple[CheckResult, ...]


def printing(feeder: str, mention: CountedMention, tiers: Mapping[str, int]) -> Printing:
    """The mention as a story's printing.

    By the words and the outlet with which the article was first seen, and not by its numbers, which are those of the
    capture that saw it last: an hour stays as it was counted.
    """
    outlet = mention.channel if feeder in _FEEDS_ARE_OUTLETS else mention.author or mention.channel
    return Printing(
        entity_id=mention.entity_id,
        ts=mention.ts,
        feeder=feeder,
        item_id=mention.item_id,
        link=link_key(mention.url),
        headline=headline_key(mention.title, outlet),
        outlet=outlet.casefold(),
        tier=tiers.get(outlet.casefold(), UNKNOWN_TIER),
        is_breaking=is_breaking(mention.title),
        affect=mention.affect,
    )


def deduplicated(printings: Iterable[Printing]) -> list[Story]:
    """The stories, each in the hour of its first printing.

    A printing is new where no other of the same entity has had its link or its headline in the 24 hours before. So a
    story told every day stays one story, and whether a printing is new depends on one day before it and no more.
    """
    stories: list[Story] = []
    told: dict[tuple[int, str, str], Story] = {}
    last_told: dict[tuple[int, str, str], datetime] = {}
    for one in sorted(printings):
        keys = [(one.entity_id, "link", one.link)]
        if one.headline:
            keys.append((one.entity_id, "headline", one.headline))
        earlier = [told[key] for key in keys if key in told and one.ts - last_told[key] <= ONE_STORY_FOR]
        story = min(earlier, key=lambda known: known.ts) if earlier else Story(one.entity_id, one.ts)
        if not earlier:
            stories.append(story)
        if story.ts == one.ts:
            story.printings.append(one)
        told.update(dict.fromkeys(keys, story))
        last_told.update(dict.fromkeys(keys, one.ts))
    return stories


def news_metrics(stories: Sequence[Story]) -> Mapping[str, float]:
    """Of one entity and hour. ``source_count``: outlets that printed one of the stories in this hour.
    ``authority_score``: the mean of the stories' weights, 1 for tier 1, 0.6 for tier 2, 0.3 for all others."""
    tiers = [story.tier for story in stories]
    return {
        "headline_count": float(len(stories)),
        "tier1_hits": float(tiers.count(1)),
        "tier2_hits": float(tiers.count(2)),
        "tier3_hits": float(tiers.count(3)),
        "breaking_count": float(sum(story.is_breaking for story in stories)),
        "source_count": float(len({printing.outlet for story in stories for printing in story.printings})),
        "authority_score": sum(AUTHORITY[tier] for tier in tiers) / len(tiers),
        "affect_sum": sum(story.affect for story in stories),
    }


def write_news(
    engine: sa.Engine, hour: datetime, feeders: Sequence[str], tiers: Mapping[str, int], *, ended_at: datetime
) -> NewsWritten:
    """Everything that follows from what the feeders' captures of ``hour`` show, in one transaction. ``tiers``: of
    outlets by their names in small letters."""
    with engine.begin() as connection:
        ensure_day_partitions(connection, "signals", _written_hours(connection, hour, feeders))
    with engine.begin() as connection:
        connection.execute(_LOCK)
        return replace_news(connection, hour, feeders, tiers, ended_at=ended_at)


def replace_news(
    connection: sa.Connection, hour: datetime, feeders: Sequence[str], tiers: Mapping[str, int], *, ended_at: datetime
) -> NewsWritten:
    """Writes the signals of ``hour`` and of the hours around it that may be others now, and how ``hour`` ended.

    A feeder's capture counts its articles in the six hours before it to one after; and an article that comes to light
    late can be the first printing of stories of a whole day after it. Hours in which no feeder was heard of stay gaps.
    NotPublishedYetError where that is true of ``hour``. In the caller's transaction.
    """
    outcomes = {feeder: hour_outcome(connection, feeder, hour) for feeder in feeders}
    heard = [feeder for feeder, outcome in outcomes.items() if outcome is not None and outcome.is_made]
    if not heard:
        raise NotPublishedYetError(f"news has nothing to count for {hour:%Y-%m-%d %H:00}: {_told(outcomes)}.")
    written = sorted(_written_hours(connection, hour, feeders))
    near = _hours(written[0] - ONE_STORY_FOR, written[-1])
    printings = [
        printing(feeder, mention, tiers) for feeder in feeders for mention in counted_mentions(connection, feeder, near)
    ]
    stories = [story for story in deduplicated(printings) if story.ts in written]
    owner = {"source": SOURCE}
    replaced = replace_hours(
        connection, "signals", written, owner, SignalRow._fields, signal_rows(stories), NEWS_CHECKS
    )
    of_hour = [story for story in stories if story.ts == hour]
    mentions = sum(one.ts == hour for one in printings)
    lacking = {feeder: one for feeder, one in outcomes.items() if one is None or not one.is_whole}
    outcome = SourceHour(
        state=SourceState.OK if of_hour else SourceState.EMPTY,
        reason=_told(lacking) or None,
        is_complete=not lacking,
        questions=len(feeders),
        answered=len(heard),
        items=len(of_hour),
        mentions=mentions,
    )
    record_hour(connection, SOURCE, hour, outcome, ended_at=ended_at)
    return NewsWritten(
        outcome=outcome,
        rows=replaced.rows_written,
        hours=len(written),
        stories=len(of_hour),
        duplicates=mentions - len(of_hour),
        trade_firsts=record_trade_mentions(connection) if TRADES in heard else 0,
        checks=replaced.checks,
    )


def signal_rows(stories: Iterable[Story]) -> list[SignalRow]:
    """The metrics of every entity and hour that has stories."""
    groups: dict[tuple[datetime, int], list[Story]] = {}
    for story in stories:
        groups.setdefault((story.ts, story.entity_id), []).append(story)
    return [
        SignalRow(entity_id, SOURCE, ts, metric, value, False)
        for (ts, entity_id), group in sorted(groups.items())
        for metric, value in news_metrics(group).items()
    ]


def record_trade_mentions(connection: sa.Connection) -> int:
    """Brings ``trade_mentions`` up to date: since when each outlet of the trades has named each entity, by all of its
    articles, also those that came to light too late to count. Returns how many are new or have moved."""
    return connection.execute(_RECORD_TRADES, {"trades": TRADES, "known_for": _TRADES_KNOWN_FOR}).rowcount


def _written_hours(connection: sa.Connection, hour: datetime, feeders: Sequence[str]) -> set[datetime]:
    """Those around ``hour`` in which a feeder was heard of."""
    near = _hours(hour - COUNTS_FOR, hour + HOUR + ONE_STORY_FOR)
    return {ts for feeder in feeders for ts in captured_hours(connection, feeder, near)}


def _hours(first: datetime, last: datetime) -> list[datetime]:
    return [first + number * HOUR for number in range((last - first) // HOUR + 1)]


def _told(outcomes: Mapping[str, SourceHour | None]) -> str:
    """How each feeder's hour ended, in words."""
    return ", ".join(
        f"{feeder} was never asked"
        if outcome is None
        else f"{feeder} is incomplete"
        if outcome.is_made
        else f"{feeder} is {outcome.state}"
        for feeder, outcome in sorted(outcomes.items())
    )
