"""Outcomes and the day's report over the tables: one an episode whatever the order of days, the same bytes again."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.discovery.discovered import MENTIONS
from etheatmap_core.discovery.discovery_store import require_partitions, write_discoveries
from etheatmap_core.discovery.outcome_store import outcomes_by_category, write_outcomes
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.heat import SOURCE_TYPE_COUNT
from etheatmap_core.scoring.mvp import MENTION_COUNTS

DAY = timedelta(days=1)
ADMITTED = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST_DAY = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = tuple(FIRST_DAY + number * DAY for number in range(4))


def admit(engine: sa.Engine, name: str, ts: datetime = ADMITTED) -> int:
    with engine.begin() as connection:
        for table in ("scores", "signals", "wiki_spikes"):
            ensure_day_partitions(connection, table, [FIRST_DAY + number * DAY for number in range(-20, 6)])
        entity_id: int = connection.execute(
            sa.text("""INSERT INTO entities (name, type, category, wiki_title, origin, tracked_since)
                       VALUES (:name, 'person', 'music', :name, 'admitted', :ts) RETURNING id"""),
            {"name": name, "ts": ts},
        ).scalar_one()
        connection.execute(
            sa.text("""
                INSERT INTO admissions (entity_id, ts, first_seen, z, source_types, sightings, reason, admitted_at)
                VALUES (:id, :ts, :ts, 4, '{news,trends}', '[]', 'because', :ts)"""),
            {"id": entity_id, "ts": ts},
        )
    return entity_id


def score(engine: sa.Engine, entity_id: int, velocities: Mapping[int, float], *, source_types: int = 2) -> None:
    """By hours since the admission; the heat is half the velocity."""
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO scores (entity_id, ts, model, state, velocity_raw, heat, xplat, confidence, reasons,
                                    evidence, inputs_hash, params_hash, scored_at)
                VALUES (:id, :ts, 'mvp', 'ok', :velocity, :velocity / 2, :spread, 0.5, '{}', '{}', '', '', :ts)
                ON CONFLICT (entity_id, ts, model) DO UPDATE
                SET (velocity_raw, heat) = (EXCLUDED.velocity_raw, EXCLUDED.heat)"""),
            [
                {"id": entity_id, "ts": ADMITTED + number * HOUR, "velocity": velocity,
                 "spread": source_types / SOURCE_TYPE_COUNT}
                for number, velocity in velocities.items()
            ],
        )  # fmt: skip


def judge(engine: sa.Engine, *days: datetime) -> list[dict[str, Any]]:
    """The table after these days were made in this order."""
    for day in days:
        with engine.begin() as connection:
            assert [check.passed for check in write_outcomes(connection, day + DAY - HOUR).checks] == [True]
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT to_jsonb(t) - 'id' FROM discovery_outcomes t")).scalars().all()
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def told(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["entity"], row["episode_start"][5:13], row["outcome"]) for row in rows]


def test_a_running_episode_is_updated_and_never_repeated(engine: sa.Engine) -> None:
    nova = admit(engine, "Nova")
    score(engine, nova, dict.fromkeys(range(60), 0.3) | dict.fromkeys(range(8, 30), 3.0))
    [running] = judge(engine, DAYS[0])
    assert (running["outcome"], running["duration_days"]) == ("trending", 0.5)
    assert running["reason"].endswith("so far.")
    [over] = judge(engine, *DAYS[1:3])
    assert (over["episode_start"], over["duration_days"]) == (running["episode_start"], 1.25)
    assert (over["peak_score"], over["velocity"], over["confidence"]) == (1.5, 3.0, 0.5)
    assert judge(engine, *DAYS[:3]) == [over], "an older day takes nothing back"
    with engine.connect() as connection:
        assert outcomes_by_category(connection, ADMITTED + 5 * DAY) == {"music": {"trending": 1}}


def test_an_hour_scored_again_leaves_no_outcome_that_is_none_any_more(engine: sa.Engine) -> None:
    nova = admit(engine, "Nova")
    score(engine, nova, dict.fromkeys(range(60), 0.3) | {20: 3.0, 21: 3.0})
    assert told(judge(engine, *DAYS[:3])) == [("Nova", "11-20T12", "failed"), ("Nova", "11-21T08", "trending")]
    score(engine, nova, {20: 0.3, 21: 0.3})
    assert told(judge(engine, DAYS[2])) == [("Nova", "11-20T12", "failed")]


VELOCITIES = st.dictionaries(st.integers(0, 80), st.sampled_from([0.3, 2.6, 4.0]), max_size=80)


@settings(max_examples=15)
@given(velocities=VELOCITIES, order=st.sampled_from(list(permutations(DAYS))))
def test_the_order_of_days_does_not_matter(
    shared_engine: sa.Engine, velocities: Mapping[int, float], order: Sequence[datetime]
) -> None:
    with shared_engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE entities CASCADE"))
    score(shared_engine, admit(shared_engine, "Nova"), {0: 0.3, **velocities})
    in_order = judge(shared_engine, *DAYS)
    assert judge(shared_engine, *order) == in_order, "made again"
    with shared_engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE discovery_outcomes"))
    assert judge(shared_engine, *order) == in_order
    starts = [row["episode_start"] for row in in_order]
    assert len(starts) == len(set(starts))


def test_the_report_has_who_is_still_young(engine: sa.Engine) -> None:
    nova, _, _ = admit(engine, "Nova"), admit(engine, "Old", ADMITTED - 15 * DAY), admit(engine, "Later", DAYS[2])
    seen = admit(engine, "Seen", ADMITTED - DAY)
    score(engine, nova, {0: 1.0, 3: 6.0, 5: 2.0})
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO signals VALUES (:id, 'reddit', :ts, 'mention_count', 2)"),
            {"id": seen, "ts": ADMITTED + 2 * HOUR},
        )
        connection.execute(
            sa.text("INSERT INTO wiki_spikes VALUES (:ts, 'Nova', 900, 40, 12.5, 0.5, 1, false)"),
            {"ts": ADMITTED + 4 * HOUR},
        )
        require_partitions(connection, DAYS[0])
    for _ in range(2):
        with engine.begin() as connection:
            report = write_discoveries(connection, DAYS[0])
        assert [check.passed for check in report.checks if not check.passed] == []
        assert [one.entity for one in report.discoveries] == ["Nova", "Seen"], "newest first"
        new, older = report.discoveries
        assert (new.last_seen, new.confidence, new.velocity, new.peak_heat) == (ADMITTED + 4 * HOUR, 0.5, 2.0, 3.0)
        assert (older.last_seen, older.confidence, older.velocity) == (ADMITTED + 2 * HOUR, None, None)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM discoveries")).scalar_one() == 2


def test_the_mentions_are_those_a_score_counts() -> None:
    assert MENTIONS == MENTION_COUNTS


def test_nobody_admitted_is_an_empty_report(engine: sa.Engine) -> None:
    day = DAYS[0]
    assert judge(engine, day) == []
    with engine.begin() as connection:
        require_partitions(connection, day)
    with engine.begin() as connection:
        assert write_discoveries(connection, day).discoveries == []
