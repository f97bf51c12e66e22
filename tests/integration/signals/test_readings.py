"""Values that several captures hold: the earliest capture owns them, in whatever order they come."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from etheatmap_core.hours import HOUR
from etheatmap_core.signals.readings import Reading, replace_readings, require_partitions

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(days=10)


@pytest.fixture
def entity_id(engine: sa.Engine) -> int:
    with engine.begin() as connection:
        insert = sa.text("INSERT INTO entities (type, name) VALUES ('person', 'Maya Rudolph') RETURNING id")
        return int(connection.execute(insert).scalar_one())


def capture(engine: sa.Engine, hour: datetime, *readings: Reading) -> int:
    with engine.begin() as connection:
        require_partitions(connection, readings)
    with engine.begin() as connection:
        return replace_readings(connection, "trends", hour, readings, since=SINCE)


def values(engine: sa.Engine) -> dict[int, float]:
    """By hours after NOON."""
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT ts, value FROM signals WHERE source = 'trends'")).all()
    return {(row.ts - NOON) // HOUR: row.value for row in found}


def week(entity_id: int, last: datetime, scale: float) -> list[Reading]:
    return [Reading(entity_id, last - age * HOUR, "interest", scale + age) for age in range(1, 169)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 1, 2, 0, 1), (2, 0, 2)])
def test_the_earliest_capture_owns_a_value_whatever_the_order(
    engine: sa.Engine, entity_id: int, order: tuple[int, ...]
) -> None:
    for number in order:
        hour = NOON + 3 * number * HOUR
        capture(engine, hour, *week(entity_id, hour, scale=1000.0 * number))
    found = values(engine)
    numbers = sorted(set(order))
    assert len(found) == 168 + 3 * (numbers[-1] - numbers[0])
    assert found[-1] == 1000.0 * numbers[0] + 1 + 3 * numbers[0]
    assert found[3 * numbers[-1] - 1] == 1000.0 * numbers[-1] + 1


def test_a_capture_made_again_gives_the_same_rows_and_takes_back_its_own(engine: sa.Engine, entity_id: int) -> None:
    readings = week(entity_id, NOON, scale=10.0)
    capture(engine, NOON, *readings)
    before = values(engine)
    assert capture(engine, NOON, *readings) == 168
    assert values(engine) == before
    assert capture(engine, NOON, *readings[:2]) == 2
    assert len(values(engine)) == 2
    assert capture(engine, NOON) == 0
    assert values(engine) == {}
