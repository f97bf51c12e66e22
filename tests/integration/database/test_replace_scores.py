"""Scores replaced: the same judgement changes nothing, another keeps what was known before."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import ReplaceResult, RowCheck, replace_scores
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, HourRange

FOUR = datetime(2012, 2, 14, 16, tzinfo=UTC)
HOURS = HourRange(FOUR, FOUR + 2 * HOUR)
NOON = datetime(2012, 2, 15, 12, tzinfo=UTC)
EVENING = datetime(2012, 2, 15, 18, tzinfo=UTC)
NIGHT = datetime(2012, 2, 15, 23, tzinfo=UTC)
COLUMNS = (
    "entity_id", "ts", "model", "state", "velocity_z", "heat", "confidence", "reasons", "evidence",
    "inputs_hash", "params_hash", "scored_at",
)  # fmt: skip
INSIDE_CLIP = RowCheck("z_inside_clip", "abs(velocity_z) > 4", "a velocity lies outside its clip")


@pytest.fixture
def scores(engine: sa.Engine) -> sa.Engine:
    """Three entities (1, 2, 3) and the day's partition."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO entities (id, type, name) SELECT i, 'person', 'Person ' || i FROM generate_series(1, 3) AS i"
        )
        ensure_day_partitions(connection, "scores", HOURS)
    return engine


def score(
    entity_id: int, heat: float | None, at: datetime, *, ts: datetime = FOUR, model: str = "mvp"
) -> Sequence[object]:
    z, state = (heat, "ok") if heat is not None else (None, "warming_up")
    evidence = json.dumps({"observed": heat})
    return (entity_id, ts, model, state, z, heat, 0.5, ["a reason"], evidence, "inputs", "params", at)


def write(engine: sa.Engine, rows: Sequence[Sequence[object]], at: datetime, model: str = "mvp") -> ReplaceResult:
    with engine.begin() as connection:
        return replace_scores(connection, HOURS, model, COLUMNS, rows, replaced_at=at, checks=[INSIDE_CLIP])


def stored(engine: sa.Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        query = "SELECT entity_id, heat, scored_at, xmin::text FROM scores ORDER BY model, ts, entity_id"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def revisions(engine: sa.Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        query = "SELECT entity_id, heat, scored_at, replaced_at FROM score_revisions ORDER BY entity_id, replaced_at"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_scoring_the_same_again_touches_no_row(scores: sa.Engine) -> None:
    write(scores, [score(1, 2.5, NOON), score(2, None, NOON)], NOON)
    before = stored(scores)
    result = write(scores, [score(1, 2.5, EVENING), score(2, None, EVENING)], EVENING)
    assert (result.rows_written, result.rows_replaced) == (0, 0)
    assert stored(scores) == before  # scored_at and the row's version, too
    assert revisions(scores) == []


def test_a_changed_score_is_kept_as_it_was_known(scores: sa.Engine) -> None:
    write(scores, [score(1, 2.5, NOON), score(2, 1.0, NOON)], NOON)
    result = write(scores, [score(1, 3.0, EVENING), score(2, 1.0, EVENING)], EVENING)
    assert (result.rows_written, result.rows_replaced) == (1, 1)
    assert [row[:3] for row in stored(scores)] == [(1, 3.0, EVENING), (2, 1.0, NOON)]
    assert revisions(scores) == [(1, 2.5, NOON, EVENING)]


def test_every_revision_is_kept(scores: sa.Engine) -> None:
    for heat, at in ((1.0, NOON), (2.0, EVENING), (1.0, NIGHT)):
        write(scores, [score(1, heat, at)], at)
    assert revisions(scores) == [(1, 1.0, NOON, EVENING), (1, 2.0, EVENING, NIGHT)]


def test_a_score_that_becomes_null_has_changed(scores: sa.Engine) -> None:
    write(scores, [score(1, 2.5, NOON)], NOON)
    write(scores, [score(1, None, EVENING)], EVENING)
    assert revisions(scores) == [(1, 2.5, NOON, EVENING)]


def test_a_vanished_score_is_kept_too(scores: sa.Engine) -> None:
    write(scores, [score(1, 2.5, NOON), score(2, 1.0, NOON)], NOON)
    result = write(scores, [score(2, 1.0, EVENING)], EVENING)
    assert (result.rows_written, result.rows_replaced) == (0, 1)
    assert [row[0] for row in stored(scores)] == [2]
    assert revisions(scores) == [(1, 2.5, NOON, EVENING)]


def test_what_was_replaced_at_its_own_instant_was_never_known(scores: sa.Engine) -> None:
    for heat in (1.0, 2.0, 3.0):
        write(scores, [score(1, heat, NOON)], NOON)
    assert [row[:3] for row in stored(scores)] == [(1, 3.0, NOON)]
    assert revisions(scores) == []


def test_other_hours_and_other_models_are_left_alone(scores: sa.Engine) -> None:
    write(scores, [score(1, 2.5, NOON, ts=FOUR + HOUR)], NOON)
    write(scores, [score(1, 9.0, NOON, model="next")[:4] + score(1, 1.0, NOON)[4:]], NOON, model="next")
    with scores.begin() as connection:
        rows = [score(1, 3.0, EVENING)]
        replace_scores(connection, HourRange.single(FOUR), "mvp", COLUMNS, rows, replaced_at=EVENING)
    assert [row[:2] for row in stored(scores)] == [(1, 3.0), (1, 2.5), (1, 1.0)]
    assert revisions(scores) == []


def test_a_failed_check_keeps_scores_and_revisions_as_they_were(scores: sa.Engine) -> None:
    write(scores, [score(1, 2.5, NOON)], NOON)
    before = stored(scores)
    with pytest.raises(ChecksFailedError, match=r"scores model=mvp(.|\n)*z_inside_clip"):
        write(scores, [score(1, 4.5, EVENING)], EVENING)
    assert stored(scores) == before
    assert revisions(scores) == []
