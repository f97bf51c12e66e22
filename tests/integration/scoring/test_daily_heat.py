"""A day's heat: what the stored hours say, to the last bit what the daily view says, and nothing where nothing is."""

from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from stored_scores import add_entities, rows_of

from etheatmap_core.database.copy import copy_rows
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.daily import DAY, DailySummary, NoScoresError, sum_up

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = (
    "entity_id", "ts", "model", "state", "velocity_raw", "heat", "confidence", "reasons", "evidence",
    "inputs_hash", "params_hash", "scored_at",
)  # fmt: skip
Hour = tuple[int, datetime, float | None, float | None]  # entity, hour, heat, velocity


def write(engine: sa.Engine, hours: list[Hour], model: str = "mvp") -> None:
    with engine.begin() as connection:
        ensure_day_partitions(connection, "scores", {ts for _, ts, _, _ in hours})
        copy_rows(
            connection,
            "scores",
            COLUMNS,
            [
                (entity, ts, model, "warming_up" if heat is None else "ok", raw, heat, 0.5, ["why"], "{}", "", "", ts)
                for entity, ts, heat, raw in hours
            ],
        )


def days_of(engine: sa.Engine, model: str = "mvp") -> list[dict[str, object]]:
    return [row for row in rows_of(engine, "daily_heat") if row["model"] == model]


def summed(engine: sa.Engine, *days: datetime) -> DailySummary:
    return sum_up(engine, days)


def test_a_day_is_its_average_its_peak_its_hours_and_its_place(engine: sa.Engine) -> None:
    hot, calm = add_entities(engine, "Maya Rudolph", "Kevin Hart")
    morning, noon = FIRST + 9 * HOUR, FIRST + 12 * HOUR
    write(engine, [(hot, morning, 1.0, 2.0), (hot, noon, 3.0, 5.0), (calm, noon, 0.5, 0.1)])
    summary = summed(engine, FIRST)
    first, second = days_of(engine)
    assert first == {
        "entity_id": hot, "ts": "2026-03-01T00:00:00+00:00", "model": "mvp", "avg_heat": 2, "max_heat": 3,
        "peak_ts": "2026-03-01T12:00:00+00:00", "hours_scored": 2, "rank": 1, "change": None,
    }  # fmt: skip
    assert (second["entity_id"], second["rank"], second["hours_scored"]) == (calm, 2, 1)
    [told] = summary.days[FIRST]
    assert told.sentence == "mvp: 2 entities over 2 of 24 hours, hottest Maya Rudolph with 3.00 at 12:00 UTC."


def test_of_equal_heats_the_higher_velocity_is_first_and_equals_share_a_place(engine: sa.Engine) -> None:
    clipped, higher, same, last = add_entities(engine, "A", "B", "C", "D")
    write(
        engine,
        [
            (clipped, FIRST, 2.1, 4.5), (higher, FIRST, 2.1, 9.0), (same, FIRST, 2.1, 4.5), (last, FIRST, 0.2, 9.0),
            (clipped, FIRST + HOUR, 2.1, 4.2),
        ],
    )  # fmt: skip
    summed(engine, FIRST)
    rows = days_of(engine)
    assert {row["entity_id"]: row["rank"] for row in rows} == {higher: 1, clipped: 2, same: 2, last: 4}
    assert next(row["peak_ts"] for row in rows if row["entity_id"] == clipped) == "2026-03-01T00:00:00+00:00"


def test_the_change_is_since_the_day_before_and_null_where_that_was_not_scored(engine: sa.Engine) -> None:
    steady, new = add_entities(engine, "A", "B")
    write(engine, [(steady, FIRST, 1.0, 1.0), (steady, FIRST + DAY, 1.5, 1.0), (new, FIRST + DAY, 1.0, 1.0)])
    write(engine, [(steady, FIRST + 3 * DAY, 2.0, 1.0)])  # two days later
    summed(engine, FIRST + DAY, FIRST + 3 * DAY)
    changes = {(row["entity_id"], str(row["ts"])[:10]): row["change"] for row in days_of(engine)}
    assert changes == {(steady, "2026-03-02"): 0.5, (new, "2026-03-02"): None, (steady, "2026-03-04"): None}


def test_it_is_what_the_daily_view_says_to_the_last_bit_and_models_are_kept_apart(engine: sa.Engine) -> None:
    entities = add_entities(engine, *(f"Person {number}" for number in range(20)))
    random = np.random.default_rng(5)
    hours = [
        (entity, FIRST + number * HOUR, float(random.normal()), float(random.normal()))
        for number in random.permutation(72).tolist()  # stored in no order
        for entity in entities
        if random.random() > 0.2
    ]
    write(engine, hours)
    write(engine, [(entity, ts, 7.0, 7.0) for entity, ts, _, _ in hours], model="robust")
    summed(engine, *(FIRST + number * DAY for number in range(3)))
    with engine.connect() as connection:
        view = connection.exec_driver_sql("SELECT entity_id, bucket, avg_heat, max_heat FROM cagg_scores_daily").all()
        ours = connection.exec_driver_sql(
            "SELECT entity_id, ts, avg_heat, max_heat FROM daily_heat WHERE model = 'mvp'"
        ).all()
    assert len(view) == 60
    assert {tuple(row) for row in ours} == {tuple(row) for row in view}
    assert {row["max_heat"] for row in days_of(engine, "robust")} == {7}
    before = rows_of(engine, "daily_heat")
    for number in (2, 0, 1):
        summed(engine, FIRST + number * DAY)
    assert rows_of(engine, "daily_heat") == before, "a range gives what its days give one by one, in any order"


def test_a_day_without_heat_is_empty_and_one_without_scores_an_error_that_leaves_all_as_it_was(
    engine: sa.Engine,
) -> None:
    [entity] = add_entities(engine, "A")
    write(engine, [(entity, FIRST, 1.0, 1.0), (entity, FIRST + DAY, None, None)])
    summary = summed(engine, FIRST, FIRST + DAY)
    assert summary.rows == {FIRST: 1, FIRST + DAY: 0}
    [told] = summary.days[FIRST + DAY]
    assert told.sentence == "mvp: nobody has a heat yet, warming up or without data (1 of 24 hours)."
    before = rows_of(engine, "daily_heat")
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores WHERE ts < :end"), {"end": FIRST + DAY})
    with pytest.raises(NoScoresError, match="2026-03-01 has no scores to sum up: score them first, etheatmap backfill"):
        summed(engine, FIRST, FIRST + DAY)
    assert rows_of(engine, "daily_heat") == before
