"""The questions about sources and mentions find their indexes, at the sizes of a month of all free sources."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from etheatmap_api.mention_queries import MENTIONS, NEWEST_ITEM_HOUR, RECEIPTS, TIES
from etheatmap_api.source_queries import SOURCE_HOURS, TRAFFIC
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.signals.source_status import SOURCE_FACTS

NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)
SOURCES = ["wiki", "trends", "reddit", "trade_rss", "google_news", "gdelt_gkg", "news", "entity_roster"]
TEXTS = SOURCES[2:6]
DATABASE = "test_source_indexes"


@pytest.fixture(scope="module")
def engine(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[sa.Engine]:
    """A database of this module's own, filled once and only read: filling takes long."""
    server = create_engine(postgres.url("postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {DATABASE} TEMPLATE {migrated_template} STRATEGY file_copy")
        engine = create_engine(postgres.url(DATABASE))
        yield engine
        engine.dispose()
        connection.exec_driver_sql(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    server.dispose()


@pytest.fixture(scope="module")
def filled(engine: sa.Engine) -> sa.Engine:
    """720 hours of four sources of texts, 70 items an hour each; one entity in every third item, the others seldom."""
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT set_config('test.newest', :newest, true)"), {"newest": NEWEST.isoformat()})
        connection.exec_driver_sql("""
            INSERT INTO entities (id, type, category, name) SELECT i, 'person', 'film', 'Person ' || i
            FROM generate_series(1, 500) AS i""")
        connection.exec_driver_sql("""
            INSERT INTO items (source, item_id, channel, url, title, summary, names, topics, numbers, first_ts, last_ts,
                               published_at, counted_ts, matcher)
            SELECT source, h || '/' || n, 'channel', 'https://a.example/' || h || '/' || n, 'Title',
                   repeat('word ', 30), '{}', '{}', '{}', ts, ts, ts, CASE WHEN mod(n, 10) > 0 THEN ts END, 'm'
            FROM unnest(ARRAY['reddit', 'trade_rss', 'google_news', 'gdelt_gkg']) AS source,
                 generate_series(0, 719) AS h, generate_series(1, 70) AS n,
                 LATERAL (SELECT current_setting('test.newest')::timestamptz - make_interval(hours => h)) AS at (ts)""")
        connection.exec_driver_sql("""
            INSERT INTO mentions (source, item_id, entity_id, alias, alias_class, evidence, affect)
            SELECT source, item_id, entity_id, 'alias', 'unique', '{}', 0
            FROM items, LATERAL (
                SELECT 1 + mod(abs(hashtext(source || item_id)), 500) AS entity_id
                UNION SELECT 1 WHERE mod(abs(hashtext(item_id)), 3) = 0
            ) AS named""")
        connection.exec_driver_sql("""
            INSERT INTO mention_ties (source, item_id, position, alias, candidates, reason)
            SELECT source, item_id, 0, 'alias', '{1,2}', 'no evidence' FROM items
            WHERE mod(abs(hashtext(item_id)), 9) = 0""")
        connection.exec_driver_sql("""
            INSERT INTO source_hours (source, ts, state, is_complete, questions, answered, deferred, items, mentions,
                                      ended_at)
            SELECT source, current_setting('test.newest')::timestamptz - make_interval(hours => h), 'ok', true, 1, 1, 0,
                   0, 0, now()
            FROM unnest(ARRAY['trends', 'reddit', 'trade_rss', 'google_news', 'gdelt_gkg', 'news']) AS source,
                 generate_series(0, 8000) AS h""")
        connection.exec_driver_sql("""
            INSERT INTO captures (source, ts, request_url, content_hash, size_bytes, captured_at, state)
            SELECT source, ts, '', '', 1, ts, 'good'
            FROM unnest(ARRAY['wiki', 'reddit', 'gdelt_gkg']) AS source, generate_series(0, 8000) AS h,
                 LATERAL (SELECT current_setting('test.newest')::timestamptz - make_interval(hours => h)) AS at (ts)""")
        connection.exec_driver_sql("""
            INSERT INTO audit_logs (ts, source, event, level, status)
            SELECT current_setting('test.newest')::timestamptz - make_interval(mins => m), source, 'fetch', 'info',
                   '200'
            FROM unnest(ARRAY['wiki', 'reddit', 'gdelt_gkg', 'google_news']) AS source,
                 generate_series(0, 43200) AS m""")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return engine


def plan(engine: sa.Engine, query: str, **values: Any) -> str:
    with engine.connect() as connection:
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {query}", values).scalars())


def test_the_verdict_on_all_sources_is_a_few_looks_into_indexes(filled: sa.Engine) -> None:
    told = plan(filled, SOURCE_FACTS, sources=SOURCES)
    used = set(re.findall(r"using (\w+)", told))
    assert used >= {"source_hours_pkey", "audit_logs_source_ts_idx", "captures_source_ts_idx"}, told
    assert set(re.findall(r"Seq Scan on (\w+)", told)) <= {"source_health"}, told
    assert "Sort" not in told, "the newest is the first entry"


def test_traffic_reads_one_hour_of_the_log(filled: sa.Engine) -> None:
    told = plan(filled, TRAFFIC, sources=SOURCES, since=NEWEST - timedelta(hours=1), now=NEWEST)
    assert "audit_logs_source_ts_idx" in told, told


def test_hours_of_a_source_come_from_its_key(filled: sa.Engine) -> None:
    told = plan(filled, SOURCE_HOURS, source="reddit", hours=48)
    assert told.count("source_hours_pkey") == 2, told
    assert "Sort" not in told


def test_the_newest_item_is_the_end_of_an_index(filled: sa.Engine) -> None:
    assert "items_last_idx" in plan(filled, NEWEST_ITEM_HOUR)


@pytest.mark.parametrize("entity_id", [1, 250], ids=["in every third item", "seldom named"])
def test_receipts_of_an_entity_are_found_without_reading_all_items(filled: sa.Engine, entity_id: int) -> None:
    values = {"entity_id": entity_id, "sources": TEXTS, "since": NEWEST - timedelta(hours=24), "limit": 50}
    told = plan(filled, MENTIONS, **values)
    assert "Seq Scan" not in told, told


def test_ties_come_from_the_items_of_the_window(filled: sa.Engine) -> None:
    told = plan(filled, TIES, since=NEWEST - timedelta(hours=24), limit=50)
    assert "items_last_idx" in told, told
    assert "Seq Scan on items" not in told


def test_receipts_of_a_page_come_from_the_items_that_counted_in_its_window(filled: sa.Engine) -> None:
    values = {"entity_ids": list(range(1, 21)), "sources": TEXTS, "since": NEWEST - timedelta(hours=12), "limit": 8}
    told = plan(filled, RECEIPTS, **values)
    assert "items_source_counted_idx" in told, told
    assert "mentions_pkey" in told, "not the whole history of an entity"
    assert "Seq Scan" not in told, told
