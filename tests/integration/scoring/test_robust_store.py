"""Scores of model robust in the database: beside those of mvp, the same bytes again, and what failed is no zero."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from stored_scores import Signal, add_entities, rows_of, write_signals

from etheatmap_core.database.replace import replace_scores
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.robust.rows import HISTORY_HOURS
from etheatmap_core.scoring.robust.store import CHECKS, score_and_store
from etheatmap_core.scoring.store import COLUMNS, ScoreSummary
from etheatmap_core.scoring.store import score_and_store as score_mvp
from etheatmap_core.signals.source_hours import SourceHour, record_hour

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCORED_AT = datetime(2026, 3, 3, 9, 10, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 10, 10, tzinfo=UTC)
SOURCE_TYPES = {"reddit": ("reddit",), "trends": ("trends", "wiki"), "tiktok": ("tt_cc",)}
BOTH = {"wiki": 1.0, "reddit": 1.0}


def hours(count: int) -> HourRange:
    return HourRange(NOON, NOON + count * HOUR)


def steady(entity_id: int, mean: float, count: int = 1, *, seed: int = 7) -> list[Signal]:
    """Chance around a mean, over all that ``count`` scored hours rest on."""
    random = np.random.default_rng(seed)
    return [(entity_id, hour, float(random.poisson(mean)), False) for hour in hours(count).widened(HISTORY_HOURS - 1)]


def burst(signals: list[Signal], times: float, last: int = 6) -> list[Signal]:
    begin = NOON - (last - 1) * HOUR
    return [(one, ts, value * times if ts >= begin else value, flag) for one, ts, value, flag in signals]


def score(engine: sa.Engine, scored: HourRange, scored_at: datetime = SCORED_AT) -> ScoreSummary:
    return score_and_store(engine, scored, BOTH, SOURCE_TYPES, scored_at)


def robust(engine: sa.Engine, *, without: str = "") -> list[dict[str, Any]]:
    rows = rows_of(engine, "(SELECT * FROM scores WHERE model = 'robust')", without=without)
    assert all(row["model"] == "robust" for row in rows)
    return rows


def test_an_hour_is_scored_beside_mvp_and_says_why(engine: sa.Engine) -> None:
    hot, calm, unknown = add_entities(engine, "Hot", "Calm", "Nobody Reads")
    write_signals(engine, [*burst(steady(hot, 100), 8, last=8), *steady(calm, 100, seed=8)])
    score_mvp(engine, hours(1), BOTH, SOURCE_TYPES, SCORED_AT)
    of_mvp = rows_of(engine)
    summary = score(engine, hours(1))
    assert (summary.rows, summary.rows_written, summary.no_data, summary.entities) == (3, 3, 1, 3)
    assert [one.name for one in summary.top] == ["Hot", "Calm"]
    assert [row for row in rows_of(engine) if row["model"] == "mvp"] == of_mvp, "never in one row"
    rows = {row["entity_id"]: row for row in robust(engine)}
    assert {name: rows[name]["state"] for name in rows} == {hot: "ok", calm: "ok", unknown: "no_data"}
    told = rows[hot]["evidence"]
    wiki = told["sources"]["wiki"]
    assert wiki["ratio"] == pytest.approx(8, rel=0.2)
    assert (wiki["window"], wiki["share"], wiki["guards"], wiki["known_days"]) == (8, 1.0, {}, 14)
    assert told["odds"].startswith("1 in ") or told["odds"].startswith("less than 1 in ")
    assert told["missing"]["reddit"] == "nothing known for 6 h"
    assert told["missing"]["youtube"] == "not collected"
    assert rows[hot]["reasons"][0].startswith("8 h of Wikipedia views are ")
    assert rows[hot]["velocity_raw"] > 1.5 > rows[calm]["velocity_raw"]
    assert 0 < rows[hot]["velocity_z"] < 4
    silent = rows[unknown]
    assert (silent["heat"], silent["velocity_raw"], silent["evidence"]["sources"]) == (None, None, {})


def test_replays_give_the_same_bytes_in_a_range_and_hour_by_hour(engine: sa.Engine) -> None:
    entities = add_entities(engine, "A", "B", "C")
    count = 27  # more than are computed at once, and the first are in the past of the last
    write_signals(
        engine, [one for entity in entities for one in burst(steady(entity, 10.0**entity, count, seed=entity), 5)]
    )
    assert score(engine, hours(count)).rows_written == 3 * count
    first = robust(engine)
    again = score(engine, hours(count), LATER)
    assert (again.rows, again.rows_written, again.rows_replaced) == (3 * count, 0, 0)
    assert robust(engine) == first
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores"))
    for hour in hours(count):
        score(engine, HourRange.single(hour), LATER)
    one_by_one = robust(engine, without="scored_at")
    assert one_by_one == [{name: value for name, value in row.items() if name != "scored_at"} for row in first]
    assert {row["evidence"]["past_days"] for row in first if row["ts"] < "2026-03-02T12"} == {0}
    assert {row["evidence"]["past_days"] for row in first if row["ts"] >= "2026-03-02T12"} == {1}
    assert rows_of(engine, "score_revisions") == []


def test_what_failed_is_missing_and_no_zero(engine: sa.Engine) -> None:
    [entity] = add_entities(engine, "A")
    write_signals(engine, burst(steady(entity, 100), 8))
    mentions = [one for one in steady(entity, 5, seed=9) if one[1] <= NOON - 6 * HOUR]
    write_signals(engine, mentions, "reddit", "mention_count")
    with engine.begin() as connection:
        for age in range(6):
            record_hour(connection, "reddit", NOON - age * HOUR, SourceHour("failed", "it is down"), ended_at=LATER)
    score(engine, hours(1))
    [failed] = robust(engine)
    assert failed["evidence"]["missing"]["reddit"] == "failed: nothing known for 6 h"
    assert list(failed["evidence"]["sources"]) == ["wiki"]
    with engine.begin() as connection:
        whole = SourceHour("ok", is_complete=True)
        connection.execute(sa.text("UPDATE entities SET tracked_since = :hour"), {"hour": NOON - 60 * 24 * HOUR})
        for age in range(6):
            record_hour(connection, "reddit", NOON - age * HOUR, whole, ended_at=LATER)
    score(engine, hours(1), LATER)
    [silent] = robust(engine)
    assert "reddit" not in silent["evidence"]["missing"], "answered in full, and nobody is named: that is a zero"
    assert silent["velocity_raw"] < failed["velocity_raw"]
    assert silent["inputs_hash"] != failed["inputs_hash"]
    assert silent["params_hash"] == failed["params_hash"]
    assert [row["scored_at"] for row in rows_of(engine, "score_revisions")] == [failed["scored_at"]]


def say(engine: sa.Engine, entity_id: int, at: datetime, authors: list[str | None]) -> None:
    """One post an author, that names the entity."""
    item = sa.text("""
        INSERT INTO items (source, item_id, channel, url, title, summary, author, names, topics, numbers, first_ts,
                           last_ts, counted_ts, matcher)
        VALUES ('reddit', :id, 'r/movies', 'https://reddit.example/', 'A', '', :author, '{}', '{}', '{}', :at, :at,
                :at, 'm')""")
    mention = sa.text("INSERT INTO mentions VALUES ('reddit', :id, :entity_id, 'A', 'unique', '{}', 0)")
    with engine.begin() as connection:
        for number, author in enumerate(authors):
            post = {"id": f"{entity_id}-{at:%d%H}-{number}", "author": author, "at": at, "entity_id": entity_id}
            connection.execute(item, post)
            connection.execute(mention, post)


def test_one_author_counts_for_less_and_so_does_an_hour_that_was_answered_in_part(engine: sa.Engine) -> None:
    """Alone as within a range: a rise of six mentions an hour by four people, by one, by one in a half-heard hour."""
    people, machine = add_entities(engine, "People", "Machine")
    count, risen = 26, [NOON + age * HOUR for age in range(20, 26)]
    quiet = [one for entity in (people, machine) for one in steady(entity, 0.5, count, seed=entity)]
    busy = [(entity, ts, 6.0 if ts in risen else value, flag) for entity, ts, value, flag in quiet]
    write_signals(engine, busy, "reddit", "mention_count")
    for at in risen:
        say(engine, people, at, ["ann", "bob", "cem", "dot", None, None])
        say(engine, machine, at, ["Bot", "bot", "BOT", "bot", "bot", "ann"])
    whole, part = SourceHour("ok", is_complete=True, questions=4, answered=4), SourceHour("ok", questions=4, answered=2)
    with engine.begin() as connection:
        for at in risen:
            record_hour(connection, "reddit", at, part if at == risen[-1] else whole, ended_at=LATER)
    score(engine, hours(count))
    first = robust(engine, without="scored_at")
    by_hour = {(row["ts"], row["entity_id"]): row for row in first}
    of_people, of_machine, last = (
        by_hour[f"{at:%Y-%m-%dT%H}:00:00+00:00", entity]
        for at, entity in ((risen[-2], people), (risen[-2], machine), (risen[-1], people))
    )
    assert of_people["evidence"]["sources"]["reddit"]["guards"] == {}
    assert of_machine["evidence"]["sources"]["reddit"]["guards"] == {"one_author": pytest.approx(1 / 3, abs=0.01)}
    assert of_machine["reasons"][0].endswith("(most of it by one author: counts 33%)")
    assert last["evidence"]["sources"]["reddit"]["guards"] == {"stale_or_broken": 0.5}
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores"))
    for hour in hours(count):
        score(engine, HourRange.single(hour), LATER)
    assert robust(engine, without="scored_at") == first


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("velocity_z", 4.0, "velocity_follows_strength"),
        ("heat", 9.0, "heat_follows_its_terms"),
        ("evidence", json.dumps({"sources": {}, "odds": None}), "every_source_is_told_of"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(engine: sa.Engine, column: str, value: object, check: str) -> None:
    [entity] = add_entities(engine, "A")
    write_signals(engine, steady(entity, 100))
    score(engine, hours(1))
    before = robust(engine)
    with engine.connect() as connection:
        row = connection.execute(sa.text(f"SELECT {', '.join(COLUMNS)} FROM scores")).mappings().one()
    bad = {**row, "evidence": json.dumps(row["evidence"]), column: value}
    with engine.begin() as connection, pytest.raises(ChecksFailedError) as failure:
        replace_scores(connection, hours(1), "robust", COLUMNS, [list(bad.values())], replaced_at=LATER, checks=CHECKS)
    assert check in [result.name for result in failure.value.results if not result.passed]  # type: ignore[attr-defined]
    assert robust(engine) == before
