"""Day partitions: made once, at UTC midnights, however many ask."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.hours import HOUR, HourRange

EVENING = datetime(2012, 2, 14, 22, tzinfo=UTC)
OVER_MIDNIGHT = HourRange(EVENING, EVENING + 4 * HOUR)


def partitions(engine: sa.Engine, table: str) -> dict[str, str]:
    """The bounds of each partition, as seen by a session in UTC."""
    query = sa.text("""
        SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bounds
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = CAST(:table AS regclass)""")
    with engine.connect() as connection:
        return {row.relname: row.bounds for row in connection.execute(query, {"table": table})}


@pytest.mark.parametrize("table", ["signals", "scores"])
def test_every_day_that_the_hours_touch_gets_one(engine: sa.Engine, table: str) -> None:
    with engine.begin() as connection:
        assert ensure_day_partitions(connection, table, OVER_MIDNIGHT) == [f"{table}_20120214", f"{table}_20120215"]
        assert ensure_day_partitions(connection, table, OVER_MIDNIGHT) == []
    assert set(partitions(engine, table)) == {f"{table}_20120214", f"{table}_20120215"}


def test_bounds_are_utc_whatever_the_session_thinks(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'Asia/Kathmandu'")
        ensure_day_partitions(connection, "signals", HourRange.single(EVENING))
    assert partitions(engine, "signals") == {
        "signals_20120214": "FOR VALUES FROM ('2012-02-14 00:00:00+00') TO ('2012-02-15 00:00:00+00')"
    }


def test_hours_in_another_time_zone_mean_the_same_instants(engine: sa.Engine) -> None:
    next_morning_there = EVENING.astimezone(ZoneInfo("Asia/Kathmandu"))
    with engine.begin() as connection:
        assert ensure_day_partitions(connection, "signals", [next_morning_there]) == ["signals_20120214"]


def test_a_partition_has_the_keys_and_indexes_of_its_table(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        ensure_day_partitions(connection, "signals", HourRange.single(EVENING))
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("signals_20120214")["constrained_columns"] == [
        "entity_id",
        "ts",
        "source",
        "metric",
    ]
    assert [index["column_names"] for index in inspector.get_indexes("signals_20120214")] == [
        ["entity_id", "source", "ts"]
    ]
    assert inspector.get_foreign_keys("signals_20120214")[0]["referred_table"] == "entities"


def test_many_at_once_make_each_partition_once(engine: sa.Engine) -> None:
    fortnight = HourRange(EVENING, EVENING + timedelta(days=14))

    def ensure(_: int) -> list[str]:
        with engine.begin() as connection:
            return ensure_day_partitions(connection, "signals", fortnight)

    with ThreadPoolExecutor(4) as pool:
        made = [name for names in pool.map(ensure, range(4)) for name in names]
    assert sorted(made) == sorted(partitions(engine, "signals"))
    assert len(made) == 15


def test_writers_of_the_table_are_not_kept_waiting(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        ensure_day_partitions(connection, "signals", HourRange.single(EVENING))
        entity = connection.exec_driver_sql("INSERT INTO entities (type, name) VALUES ('person', 'A') RETURNING id")
        entity_id = entity.scalar_one()
    insert = sa.text("INSERT INTO signals VALUES (:entity_id, 'wiki', :ts, 'views', 1)")
    with engine.begin() as creator, engine.begin() as writer:
        ensure_day_partitions(creator, "signals", HourRange.single(EVENING + timedelta(days=1)))
        writer.exec_driver_sql("SET lock_timeout = '2s'")
        assert writer.execute(insert, {"entity_id": entity_id, "ts": EVENING}).rowcount == 1
