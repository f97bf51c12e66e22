"""The three indexes of the bootstrap plan are used, at realistic sizes, by the questions they are for."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.hours import HourRange

START = datetime(2012, 2, 1, tzinfo=UTC)
MONTH = HourRange(START, START + timedelta(days=30))


@pytest.fixture
def filled(engine: sa.Engine) -> sa.Engine:
    """60 tracked of 5,000 entities, 30 days of hours, three sources with three metrics each, scores of two models."""
    span = "generate_series(timestamptz '2012-02-01', '2012-03-01 23:00', '1 hour')"
    with engine.begin() as connection:
        for table in ("signals", "scores"):
            ensure_day_partitions(connection, table, MONTH)
        connection.exec_driver_sql("""
            INSERT INTO entities (id, type, category, name)
            SELECT i, 'person', 'category ' || mod(i, 40), 'Person ' || i FROM generate_series(1, 5000) AS i""")
        connection.exec_driver_sql(f"""
            INSERT INTO signals (entity_id, source, ts, metric, value)
            SELECT e, 'source ' || m / 3, ts, 'metric ' || m, m
            FROM generate_series(1, 60) AS e, generate_series(0, 8) AS m, {span} AS ts""")
        connection.exec_driver_sql(f"""
            INSERT INTO scores (entity_id, ts, model, state, heat, confidence, reasons, evidence, inputs_hash,
                                params_hash, scored_at)
            SELECT e, ts, model, 'ok', mod(e, 7), 1, '{{}}', '{{}}', '', '', ts
            FROM generate_series(1, 60) AS e, {span} AS ts, unnest(ARRAY['mvp', 'next']) AS model""")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE entities, signals, scores")
    return engine


def plan(engine: sa.Engine, query: str) -> str:
    with engine.connect() as connection:
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {query}").scalars())


def test_each_question_finds_its_index(filled: sa.Engine) -> None:
    history = plan(
        filled, "SELECT * FROM signals WHERE entity_id = 7 AND source = 'source 1' ORDER BY ts DESC LIMIT 500"
    )
    assert re.search(r"Index Scan using signals_\d{8}_entity_id_source_ts_idx", history), history
    assert "Sort" not in history, history  # newest first comes from the index

    newest = plan(
        filled,
        "SELECT * FROM scores WHERE ts = '2012-03-01 23:00+00' AND model = 'mvp' "
        "ORDER BY heat DESC NULLS LAST LIMIT 20",
    )
    assert "scores_20120301_ts_model_heat_idx" in newest, newest
    assert "Sort" not in newest, newest
    assert set(re.findall(r"scores_\d{8}", newest)) == {"scores_20120301"}, "other days are not touched"

    category = plan(filled, "SELECT * FROM entities WHERE category = 'category 12'")
    assert "entities_category_idx" in category, category
