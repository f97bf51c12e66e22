"""Who falls asleep and who wakes, over the tables: what counts as being heard of, and that time goes forward."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.discovery.rules import LifecycleRules
from etheatmap_core.discovery.standing_store import NAME, Standings, judge_standings
from etheatmap_core.entities.priority import awake, tracked_by_heat
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.signals.source_hours import SourceHour, record_hour

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY, RULES = timedelta(days=1), LifecycleRules()
PEOPLE = ("Calm", "Hot", "Mentioned", "New", "Risen", "Spiking")


@pytest.fixture
def ids(engine: sa.Engine) -> dict[str, int]:
    """A fortnight in which all are scored and Reddit is listened to; only the calm one is heard of by nobody."""
    hours = HourRange(NOW - 10 * DAY, NOW + DAY)
    with engine.begin() as connection:
        for table in ("scores", "signals", "wiki_spikes"):
            ensure_day_partitions(connection, table, list(hours))
        add = sa.text("""
            INSERT INTO entities (name, type, wiki_title, tracked_since)
            VALUES (:name, 'person', :name, :since) RETURNING id""")
        ids = {
            name: connection.execute(
                add, {"name": name, "since": NOW - (2 if name == "New" else 90) * DAY}
            ).scalar_one()
            for name in PEOPLE
        }
        for hour in hours:
            record_hour(connection, "reddit", hour, SourceHour("empty", is_complete=True), ended_at=hour)
    for name in PEOPLE:
        score(engine, ids[name], list(hours), 0.2)
    score(engine, ids["Hot"], [NOW - DAY], 0.9)
    score(engine, ids["Risen"], [NOW - DAY], 0.2, velocity=1.9)
    spike(engine, "Spiking", NOW - 2 * DAY)
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO signals VALUES (:id, 'reddit', :hour, 'mention_count', 1)"),
            {"id": ids["Mentioned"], "hour": NOW - 6 * DAY},
        )
    return ids


def score(engine: sa.Engine, entity_id: int, hours: list[datetime], heat: float, *, velocity: float = 0.1) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO scores (entity_id, ts, model, state, velocity_raw, heat, xplat, confidence, reasons,
                                    evidence, inputs_hash, params_hash, scored_at)
                SELECT :id, hour, 'mvp', 'ok', :velocity, :heat, 0, 1, '{}', '{}', '', '', hour
                FROM unnest(CAST(:hours AS timestamptz[])) AS hour
                ON CONFLICT (entity_id, ts, model) DO UPDATE
                SET (velocity_raw, heat) = (EXCLUDED.velocity_raw, EXCLUDED.heat)"""),
            {"id": entity_id, "hours": hours, "heat": heat, "velocity": velocity},
        )


def spike(engine: sa.Engine, title: str, hour: datetime, *, is_doodle_like: bool = False) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO wiki_spikes VALUES (:hour, :title, 900, 40, 12.5, 0.5, 1, :is_doodle_like)"),
            {"hour": hour, "title": title, "is_doodle_like": is_doodle_like},
        )


def judge(engine: sa.Engine, hour: datetime) -> Standings:
    with engine.begin() as connection:
        found = judge_standings(connection, hour, RULES)
        record_hour(connection, NAME, hour, SourceHour("ok", is_complete=True), ended_at=hour)
    assert [check.passed for check in found.checks] == [True]
    return found


def changes(engine: sa.Engine) -> list[tuple[str, datetime, bool, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT name, ts, is_awake, reason FROM entity_standings JOIN entities ON id = entity_id ORDER BY ts"
            )
        )
        return [(row.name, row.ts, row.is_awake, row.reason) for row in rows]


def asleep(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        everybody = tracked_by_heat(connection, NOW)
    assert {entity.name for entity in everybody} == set(PEOPLE), "who sleeps stays in the roster, and is scored"
    paid_for = {entity.name for entity in awake(everybody)}
    return [entity.name for entity in everybody if entity.name not in paid_for]


FELL_ASLEEP = ("Calm", NOW, False, "quiet for 7 days and no heat above 0.5: asleep until a spike.")


@pytest.mark.usefixtures("ids")
def test_only_who_is_calm_and_unheard_of_sleeps(engine: sa.Engine) -> None:
    found = judge(engine, NOW)
    assert (len(found.fallen_asleep), found.awake, found.asleep) == (1, 5, 1)
    assert changes(engine) == [FELL_ASLEEP]
    assert asleep(engine) == ["Calm"]


@pytest.mark.usefixtures("ids")
def test_an_hour_made_again_says_the_same_and_nothing_is_repeated(engine: sa.Engine) -> None:
    judge(engine, NOW)
    judge(engine, NOW)
    judge(engine, NOW + HOUR)
    assert changes(engine) == [FELL_ASLEEP]
    late = judge(engine, NOW - HOUR)
    assert (late.newer, late.fallen_asleep, changes(engine)) == (NOW + HOUR, (), [FELL_ASLEEP])


@pytest.mark.usefixtures("ids")
def test_a_spike_that_came_late_still_wakes(engine: sa.Engine) -> None:
    judge(engine, NOW)
    judge(engine, NOW + HOUR)
    spike(engine, "Calm", NOW + HOUR)
    assert len(judge(engine, NOW + 2 * HOUR).woken) == 1
    assert changes(engine)[1:] == [("Calm", NOW + 2 * HOUR, True, "a spike (z 12.5) wakes it.")]
    judge(engine, NOW + 3 * HOUR)
    assert asleep(engine) == []


def test_a_velocity_wakes_and_a_doodle_does_not(engine: sa.Engine, ids: dict[str, int]) -> None:
    judge(engine, NOW)
    spike(engine, "Calm", NOW + HOUR, is_doodle_like=True)
    assert judge(engine, NOW + HOUR).woken == ()
    score(engine, ids["Calm"], [NOW + 2 * HOUR], 0.4, velocity=1.8)
    assert len(judge(engine, NOW + 2 * HOUR).woken) == 1


def test_a_fresh_installation_keeps_everybody_awake(engine: sa.Engine, ids: dict[str, int]) -> None:
    """Its history is backfilled: it is scored and calm, but nobody has listened; or it is not scored at all."""
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM source_hours WHERE ts < :since"), {"since": NOW - 3 * DAY})
    assert judge(engine, NOW).fallen_asleep == ()
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores WHERE entity_id = :id"), {"id": ids["Calm"]})
    assert judge(engine, NOW + HOUR).fallen_asleep == ()
    assert changes(engine) == []


def test_who_is_put_back_into_the_roster_is_awake(engine: sa.Engine, ids: dict[str, int]) -> None:
    judge(engine, NOW)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE entities SET tracked_since = :hour WHERE id = :id"),
                           {"hour": NOW + HOUR, "id": ids["Calm"]})  # fmt: skip
    assert [one.standing.reason for one in judge(engine, NOW + HOUR).woken] == ["put back into the roster."]
