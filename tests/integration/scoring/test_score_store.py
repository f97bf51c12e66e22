"""Scores in the database: what is read, what is written, and that nothing but new knowledge changes a row."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from stored_scores import Signal, add_entities, rows_of, write_signals

from etheatmap_core.database.replace import replace_scores
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.mvp import HISTORY_HOURS, metrics_of
from etheatmap_core.scoring.store import CHECKS, COLUMNS, ScoreSummary, read_series, score_and_store
from etheatmap_core.signals.source_hours import SourceHour, record_hour

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = HourRange(NOON, NOON + 3 * HOUR)
SOURCE_TYPES = {"reddit": ("reddit",), "trends": ("trends", "wiki"), "tiktok": ("tt_cc",)}
WEIGHTS = {"wiki": 1.0}
FIRST_SCORED_AT = datetime(2026, 3, 1, 15, 10, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 16, 10, tzinfo=UTC)


def history(entity_ids: Iterable[int], hours: HourRange = HOURS, seed: int = 7) -> list[Signal]:
    """Views of the whole window of ``hours``, with bursts, censored values and gaps."""
    random = np.random.default_rng(seed)
    signals = []
    for entity_id in entity_ids:
        level = 10.0 ** random.uniform(0, 4)
        for hour in hours.widened(HISTORY_HOURS - 1):
            burst = 20 if random.random() < 0.05 else 1
            signals.append((entity_id, hour, float(random.poisson(level * burst)), bool(random.random() < 0.1)))
    return [signal for signal in signals if random.random() > 0.1]


def score(engine: sa.Engine, hours: HourRange = HOURS, scored_at: datetime = FIRST_SCORED_AT) -> ScoreSummary:
    return score_and_store(engine, hours, WEIGHTS, SOURCE_TYPES, scored_at)


class TestReadSeries:
    """The window of signals as a grid."""

    def test_values_bounds_and_gaps_land_where_they_belong(self, engine: sa.Engine) -> None:
        first, second = add_entities(engine, "Maya Rudolph", "Kevin Hart")
        start = NOON - (HISTORY_HOURS - 1) * HOUR
        write_signals(
            engine, [(second, start, 5.0, False), (first, NOON, 7.5, True), (first, NOON + 2 * HOUR, 0.0, False)]
        )
        write_signals(engine, [(first, NOON, 3.0, False)], "reddit", "mention_count")
        with engine.connect() as connection:
            series = read_series(connection, HOURS, metrics_of({"wiki": 1.0, "reddit": 1.0}))
        assert (series.hours, series.entity_ids) == (HourRange(start, HOURS.end), (first, second))
        assert [metric.name for metric in series.metrics] == ["views", "mention_count", "affect_sum"]
        known = {tuple(map(int, place)): series.values[tuple(place)] for place in np.argwhere(~np.isnan(series.values))}
        now = HISTORY_HOURS - 1
        assert known == {(0, 0, 1): 5.0, (0, now, 0): 7.5, (0, now + 2, 0): 0.0, (1, now, 0): 3.0}
        assert np.argwhere(series.is_censored).tolist() == [[0, now, 0]]

    def test_other_hours_other_metrics_and_other_entities_stay_out(self, engine: sa.Engine) -> None:
        inside, left = add_entities(engine, "Maya Rudolph", "Left The Roster")
        too_early, too_late = NOON - HISTORY_HOURS * HOUR, HOURS.end
        write_signals(
            engine, [(inside, too_early, 1.0, False), (inside, too_late, 1.0, False), (left, NOON, 1.0, False)]
        )
        write_signals(engine, [(inside, NOON, 1.0, False)], "wiki", "views_mobile")
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE entities SET is_active = false WHERE id = :id"), {"id": left})
            series = read_series(connection, HOURS, metrics_of(WEIGHTS))
        assert series.entity_ids == (inside,)
        assert np.isnan(series.values).all()

    def test_silence_is_a_zero_only_in_whole_hours_and_for_who_was_searched_for(self, engine: sa.Engine) -> None:
        named, _silent, late = add_entities(engine, "Maya Rudolph", "Kevin Hart", "Joined Later")
        write_signals(engine, [(named, NOON, 3.0, False)], "reddit", "mention_count")
        whole, broken = SourceHour("ok", is_complete=True), SourceHour("ok", "1 of 2 questions not answered")
        with engine.begin() as connection:
            deferred = SourceHour("ok", is_complete=True, questions=9, answered=4, deferred=5)
            record_hour(connection, "reddit", NOON - HOUR, deferred, ended_at=LATER)
            for hour, outcome in ((NOON, whole), (NOON + HOUR, broken), (NOON + 2 * HOUR, whole)):
                record_hour(connection, "reddit", hour, outcome, ended_at=LATER)
            joined = {"id": late, "hour": NOON + 2 * HOUR}
            connection.execute(sa.text("UPDATE entities SET tracked_since = :hour WHERE id = :id"), joined)
            series = read_series(connection, HOURS, metrics_of({"wiki": 1.0, "reddit": 1.0}))
        now = HISTORY_HOURS - 1
        counts = series.values[1, now : now + 3]
        np.testing.assert_array_equal(counts, [[3.0, 0.0, np.nan], [np.nan] * 3, [0.0, 0.0, 0.0]])
        assert np.isnan(series.values[0]).all(), "of Wikipedia nothing is known: that is no zero"
        assert np.isnan(series.values[1, :now]).all()

    def test_an_empty_roster_is_an_empty_grid(self, engine: sa.Engine) -> None:
        with engine.connect() as connection:
            series = read_series(connection, HOURS, metrics_of(WEIGHTS))
        assert series.values.shape == (1, HISTORY_HOURS + 2, 0)


def test_every_entity_gets_a_row_an_hour_even_one_nothing_is_known_of(engine: sa.Engine) -> None:
    known, unknown = add_entities(engine, "Maya Rudolph", "Nobody Reads")
    write_signals(engine, history([known]))
    summary = score(engine)
    rows = rows_of(engine)
    assert [(row["entity_id"], row["state"]) for row in rows] == [(known, "ok"), (unknown, "no_data")] * 3
    silent = rows[1]
    assert (silent["heat"], silent["velocity_z"], silent["confidence"]) == (None, None, 0)
    assert silent["reasons"][0] == "No Wikipedia data in the last 12 h"
    assert (summary.rows, summary.entities, summary.no_data, summary.warming_up) == (6, 2, 3, 0)


def test_the_summary_names_the_hottest_of_the_newest_hour(engine: sa.Engine) -> None:
    calm, hot = add_entities(engine, "Calm", "Hot")
    hours = HOURS.widened(HISTORY_HOURS - 1)
    burst = [(hot, hour, 900.0 if hour > NOON - 6 * HOUR else 100.0, False) for hour in hours]
    write_signals(engine, [*[(calm, hour, 100.0, False) for hour in hours], *burst])
    top = score(engine).top
    assert [found.name for found in top] == ["Hot", "Calm"]
    assert top[0].heat == pytest.approx(2.1)
    assert top[0].why.startswith("12 h of Wikipedia views are 6.3× the usual 7 days, +")


def test_the_same_signals_give_the_same_bytes_and_scoring_twice_changes_nothing(engine: sa.Engine) -> None:
    write_signals(engine, history(add_entities(engine, "A", "B", "C")))
    assert score(engine).rows_written == 9
    first = rows_of(engine)
    again = score(engine, scored_at=LATER)
    assert (again.rows, again.rows_written, again.rows_replaced) == (9, 0, 0)
    assert rows_of(engine) == first  # scored_at included: the row says when this was first known
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores"))
    score(engine, scored_at=LATER)
    assert rows_of(engine, without="scored_at") == [
        {name: value for name, value in row.items() if name != "scored_at"} for row in first
    ]
    assert rows_of(engine, "score_revisions") == []


def test_a_range_gives_what_its_hours_give_one_by_one(engine: sa.Engine) -> None:
    hours = HourRange(NOON, NOON + 30 * HOUR)  # more than are computed at once
    write_signals(engine, history(add_entities(engine, "A", "B"), hours))
    score(engine, hours)
    in_one_go = rows_of(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores"))
    for hour in hours:
        score(engine, HourRange.single(hour))
    assert rows_of(engine) == in_one_go
    assert len(in_one_go) == 60


def test_late_data_moves_the_old_row_to_the_revisions(engine: sa.Engine) -> None:
    changed, untouched = add_entities(engine, "A", "B")
    signals = history([changed, untouched])
    write_signals(engine, signals)
    score(engine)
    before = rows_of(engine)
    late = NOON + HOUR  # matters to this hour and the one after it, not to NOON
    this_hour = [signal for signal in signals if signal[1] == late and signal[0] != changed]
    write_signals(engine, [*this_hour, (changed, late, 123456.0, False)])
    summary = score(engine, scored_at=LATER)
    after = rows_of(engine)
    assert (summary.rows_written, summary.rows_replaced) == (2, 2)
    differing = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(new["entity_id"], new["ts"]) for _, new in differing] == [
        (changed, "2026-03-01T13:00:00+00:00"),
        (changed, "2026-03-01T14:00:00+00:00"),
    ]
    assert all(old["inputs_hash"] != new["inputs_hash"] for old, new in differing)
    assert rows_of(engine, "score_revisions", without="replaced_at") == [old for old, _ in differing]


def test_an_hour_missing_for_everyone_is_a_gap_and_not_a_zero(engine: sa.Engine) -> None:
    [entity] = add_entities(engine, "A")
    hours = HOURS.widened(HISTORY_HOURS - 1)
    write_signals(engine, [(entity, hour, 100.0, False) for hour in hours if hour.hour != 5])
    score(engine)
    for row in rows_of(engine):
        [views] = row["evidence"]["metrics"]
        assert (views["observed"], views["usual"], views["z"], views["usual_hours"]) == (100, 100, 0, 161)


def test_who_left_the_roster_keeps_its_scores_up_to_date_and_gets_no_new_ones(engine: sa.Engine) -> None:
    left, stayed = add_entities(engine, "Left", "Stayed")
    write_signals(engine, history([left, stayed]))
    score(engine, HourRange.single(NOON))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE entities SET is_active = false WHERE id = :id"), {"id": left})
    score(engine)
    of_left = [row["ts"] for row in rows_of(engine) if row["entity_id"] == left]
    assert of_left == ["2026-03-01T12:00:00+00:00"]
    assert rows_of(engine, "score_revisions") == []
    write_signals(engine, [(left, NOON, 99999.0, False)])
    assert score(engine, scored_at=LATER).rows_replaced > 0
    assert left in {row["entity_id"] for row in rows_of(engine, "score_revisions")}


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("velocity_z", 4.5, "velocity_inside_its_clip"),
        ("velocity_z", -1.0, "velocity_inside_its_clip"),
        ("xplat", 4 / 3, "spread_is_a_share"),
        ("xplat", None, "spread_is_a_share"),
        ("confidence", 1.01, "confidence_is_a_share"),
        ("heat", None, "numbers_match_the_state"),
        ("state", "warming_up", "numbers_match_the_state"),
        ("heat", 9.0, "heat_follows_its_terms"),
    ],
)
def test_a_row_that_contradicts_itself_is_not_written(
    engine: sa.Engine, column: str, value: object, check: str
) -> None:
    write_signals(engine, history(add_entities(engine, "A")))
    hour = HourRange.single(NOON)
    score(engine, hour)
    before = rows_of(engine)
    with engine.connect() as connection:
        row = connection.execute(sa.text(f"SELECT {', '.join(COLUMNS)} FROM scores")).mappings().one()
    bad = {**row, "evidence": "{}", column: value}
    with engine.begin() as connection, pytest.raises(ChecksFailedError) as failure:
        replace_scores(connection, hour, "mvp", COLUMNS, [list(bad.values())], replaced_at=LATER, checks=CHECKS)
    assert check in [result.name for result in failure.value.results if not result.passed]  # type: ignore[attr-defined]
    assert rows_of(engine) == before
