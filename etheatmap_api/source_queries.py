"""Statements about the sources: how each is doing, what it was asked lately, how its hours ended.

Here: SQL and the rows it yields. Not here: the verdict on a source (etheatmap_core.signals.source_status).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import class_row

from etheatmap_core.signals.source_status import SOURCE_FACTS, SourceFacts

TRAFFIC_WINDOW = timedelta(hours=1)

# Sent was what may have reached the upstream: an answer, an error, a 429, a "not modified". An answer that was still
# young enough, a call that our own limit or the breaker held back, were not. Read through audit_logs_source_ts_idx.
TRAFFIC = """
SELECT source,
       count(*) FILTER (WHERE event IN ('fetch', 'rate limited') OR event = 'cache hit' AND status = '304') AS sent,
       count(*) FILTER (WHERE event IN ('fetch', 'rate limited') AND level <> 'info') AS failed,
       count(*) FILTER (WHERE event = 'cache hit') AS cache_hits,
       count(*) FILTER (WHERE event = 'cache hit' AND status <> '304') AS unsent_hits
FROM audit_logs WHERE source = ANY(%(sources)s) AND ts > %(since)s AND ts <= %(now)s
GROUP BY source
"""

# Through the primary key (source, ts).
SOURCE_HOURS = """
SELECT ts, state, reason, is_complete, questions, answered, deferred, items, mentions, ended_at
FROM source_hours
WHERE source = %(source)s
  AND ts > (SELECT ts FROM source_hours WHERE source = %(source)s ORDER BY ts DESC LIMIT 1)
           - make_interval(hours => %(hours)s)
ORDER BY ts DESC
"""


@dataclass(frozen=True)
class Traffic:
    """What a source was asked within TRAFFIC_WINDOW. A rate of nothing is None, and no zero."""

    source: str
    sent: int = 0
    failed: int = 0
    cache_hits: int = 0
    unsent_hits: int = 0

    @property
    def error_rate(self) -> float | None:
        """The share of the requests that brought no answer to use."""
        return self.failed / self.sent if self.sent else None

    @property
    def requests_per_second(self) -> float | None:
        return self.sent / TRAFFIC_WINDOW.total_seconds() if self.sent else None

    @property
    def cache_hit_rate(self) -> float | None:
        """The share of the questions that were answered from what was there: still young, or not modified since."""
        questions = self.sent + self.unsent_hits
        return self.cache_hits / questions if questions else None


@dataclass(frozen=True)
class HourRow:
    """How one hour of a source ended."""

    ts: datetime
    state: str
    reason: str | None
    is_complete: bool
    questions: int
    answered: int
    deferred: int
    items: int
    mentions: int
    ended_at: datetime


async def source_facts(connection: AsyncConnection, sources: Collection[str]) -> list[SourceFacts]:
    """What the tables say of each source."""
    async with connection.cursor(row_factory=class_row(SourceFacts)) as cursor:
        await cursor.execute(SOURCE_FACTS, {"sources": list(sources)})
        return await cursor.fetchall()


async def traffic(connection: AsyncConnection, sources: Collection[str], now: datetime) -> dict[str, Traffic]:
    """What each source was asked in the last hour; who was not asked is not in it."""
    parameters = {"sources": list(sources), "since": now - TRAFFIC_WINDOW, "now": now}
    async with connection.cursor(row_factory=class_row(Traffic)) as cursor:
        await cursor.execute(TRAFFIC, parameters)
        return {row.source: row for row in await cursor.fetchall()}


async def source_hours(connection: AsyncConnection, source: str, hours: int) -> list[HourRow]:
    """How the hours ended that were tried among the ``hours`` up to the newest tried one, newest first."""
    async with connection.cursor(row_factory=class_row(HourRow)) as cursor:
        await cursor.execute(SOURCE_HOURS, {"source": source, "hours": hours})
        return await cursor.fetchall()
