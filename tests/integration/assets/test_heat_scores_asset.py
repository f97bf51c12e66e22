"""heat_scores through Dagster, on a hundred collected hours: what it writes, what it leaves, what it remembers."""

from datetime import timedelta
from statistics import fmean
from typing import Any

import pytest
import sqlalchemy as sa
from installation import HOLE, Installation, at, history_dump, maya_views, packed

from etheatmap_core.hours import HOUR, partition_key

FIRST, LAST = at(95), at(99)
HOURS = [at(number) for number in range(95, 100)]


def scores(history: Installation, *, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return history.rows("scores", without=without)


def maya_at(history: Installation, number: int) -> dict[str, Any]:
    """Her score of one hour."""
    [entity_id] = [row["id"] for row in history.rows("entities") if row["name"] == "Maya Rudolph"]
    ts = at(number).isoformat()
    [row] = [row for row in scores(history) if (row["entity_id"], row["ts"]) == (entity_id, ts)]
    return row


def test_a_range_run_gives_every_hour_its_rows_checks_and_metadata(history: Installation) -> None:
    run = history.run("heat_scores", FIRST, LAST)
    assert list(run.made) == [partition_key(hour) for hour in HOURS]
    assert len(run.checks) == 9
    assert set(run.checks.values()) == {True}
    for hour in HOURS:
        metadata = run.made[partition_key(hour)]
        assert metadata["lag_seconds"] == (history.now - hour - HOUR).total_seconds()
        assert (metadata["dagster/partition_row_count"], metadata["hours"], metadata["rows"]) == (2, 5, 10)
    assert maya_at(history, 99)["velocity_z"] == 4


def test_a_range_is_byte_for_byte_what_its_hours_give_one_by_one(history: Installation) -> None:
    history.run("heat_scores", FIRST, LAST)
    in_one_go = scores(history, without=("scored_at",))
    assert {row["state"] for row in in_one_go} == {"ok"}
    with history.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores"))
    for hour in HOURS:
        history.now += timedelta(minutes=1)
        history.run("heat_scores", hour)
    assert scores(history, without=("scored_at",)) == in_one_go
    assert len({row["scored_at"] for row in scores(history)}) == len(HOURS)
    assert history.rows("score_revisions") == []


def test_backfilling_twice_changes_nothing_anywhere(history: Installation) -> None:
    history.run("wiki", at(88), LAST)
    history.run("heat_scores", at(88), LAST)
    before = history.everything()
    assert len(before["scores"]) == 24
    history.now += timedelta(days=1)
    for asset in ("wiki", "heat_scores"):
        run = history.run(asset, at(88), LAST)
        assert (run.is_success, len(run.made)) == (True, 12)
    assert history.everything() == before


def test_a_dump_that_changes_afterwards_rescores_and_what_was_known_stays_known(history: Installation) -> None:
    history.run("heat_scores", FIRST, LAST)
    before, known_at = scores(history), history.now
    history.now += timedelta(hours=3)
    history.publish(at(97), history_dump(97, maya=12345))
    history.run("wiki", at(97), config={"ask_again": True})
    history.run("heat_scores", FIRST, LAST)
    after = scores(history)
    replaced = [row for row in before if row not in after]
    maya = maya_at(history, 99)["entity_id"]
    assert {(row["entity_id"], row["ts"]) for row in replaced} == {(maya, at(n).isoformat()) for n in (97, 98, 99)}
    assert [row for row in after if row in before] == [row for row in before if row not in replaced]
    assert {row["scored_at"] for row in after if row not in before} == {history.now.isoformat()}
    revisions = history.rows("score_revisions")
    assert {row.pop("replaced_at") for row in revisions} == {history.now.isoformat()}
    assert revisions == replaced
    assert {row["scored_at"] for row in revisions} == {known_at.isoformat()}


def test_an_hour_that_comes_late_is_scored_with_its_rows_the_old_score_kept(history: Installation) -> None:
    history.partitions = (history.partitions[0], at(101))
    history.run("heat_scores", at(100))  # nothing collected yet: scored from the hours before it
    before = maya_at(history, 100)
    history.now += timedelta(hours=1)
    history.publish(at(100), history_dump(100))
    history.run("wiki", at(100))
    history.run("heat_scores", at(100))
    after = maya_at(history, 100)
    assert after["inputs_hash"] != before["inputs_hash"]
    assert before in history.rows("score_revisions", without=("replaced_at",))


def test_a_missing_hour_is_a_gap_and_not_a_zero(history: Installation) -> None:
    usual = [maya_views(number) for number in range(88) if number != HOLE]
    history.run("heat_scores", LAST)
    with_a_hole = maya_at(history, 99)
    [views] = with_a_hole["evidence"]["metrics"]
    assert (views["usual_hours"], views["observed_hours"]) == (87, 12)
    assert views["usual"] == pytest.approx(fmean(usual))
    assert views["observed"] == pytest.approx(fmean(maya_views(number) for number in range(88, 100)))

    history.publish(at(HOLE), packed({"Main_Page": 1}, {"Main_Page": 1}))
    history.run("wiki", at(HOLE))
    assert history.views(at(HOLE))["Maya Rudolph"] == (0, True)
    history.run("heat_scores", LAST)
    with_a_zero = maya_at(history, 99)
    [views] = with_a_zero["evidence"]["metrics"]
    assert views["usual_hours"] == 88
    assert views["usual"] == pytest.approx(fmean([*usual, 0]))
    assert with_a_zero["velocity_raw"] < with_a_hole["velocity_raw"]
