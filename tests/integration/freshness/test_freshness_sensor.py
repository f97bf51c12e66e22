"""The freshness sensor on an instance of Dagster: partitions, messages, restarts. The source that is on is wiki."""

from datetime import timedelta

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange
from installation import at

from etheatmap_assets import freshness
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.source_hours import SourceHour, hold_hour, let_go, record_hour

NEWEST = at(200)
ENDED = at(201)


@pytest.fixture(autouse=True)
def all_there(watched) -> None:
    """Seen for weeks, and every newest hour made."""
    watched.place.now = at(0)
    watched.tick()
    watched.place.now = ENDED + 10 * timedelta(minutes=1)
    watched.made("wiki", NEWEST - HOUR, NEWEST)
    watched.made("heat_scores", NEWEST)
    watched.made("robust_scores", NEWEST)
    watched.made("advanced_scores", NEWEST)
    watched.report("daily_heat", "2024-03-08")
    watched.report("storage_maintenance", "2024-03-08")
    watched.report("tentpoles", "2024-03-09")
    watched.tick()


def test_all_there_is_said_and_nobody_is_told(watched) -> None:
    assert (watched.states()["wiki"], watched.states()["heat_scores"]) == ("fresh", "fresh")
    assert watched.states()["reddit"] == "off"
    assert watched.messages() == []


def test_unchanged_it_is_silent_for_an_hour(watched) -> None:
    assert watched.tick() == {}
    watched.place.now += HOUR
    assert "wiki" in watched.tick()


def test_stale_is_one_message_and_its_end_another_also_over_a_restart(watched) -> None:
    watched.place.now = ENDED + 7 * HOUR
    said = watched.tick()
    assert said["wiki"][0] is False
    (told,) = watched.messages()
    assert told.startswith(":warning: wiki stale: last=2024-03-09T08:00Z age=7.0h > 6h.")
    assert ":warning: Scores stale: last=2024-03-09T08:00Z age=7.0h > 6h" in told
    watched.tick(is_restarted=True)
    assert len(watched.messages()) == 1
    watched.made("wiki", NEWEST + 6 * HOUR)
    watched.made("heat_scores", NEWEST + 6 * HOUR)
    assert watched.tick()["wiki"][0] is True
    assert watched.messages()[1].startswith(":white_check_mark: wiki no longer stale: fresh.")
    watched.tick()
    assert len(watched.messages()) == 2


def test_a_backfill_of_an_old_hour_hides_nothing(watched) -> None:
    watched.place.now = ENDED + 7 * HOUR
    watched.tick()
    watched.made("wiki", at(3), at(4))
    watched.tick()
    assert watched.states()["wiki"] == "stale"
    assert len(watched.messages()) == 1


def test_what_is_switched_on_is_waited_for_and_stale_by_its_first_deadline(watched) -> None:
    watched.place.switch_on("wiki", "gdelt_gkg")
    watched.tick()
    assert watched.states()["gdelt_gkg"] == "waiting", "it was off for weeks, and owes nothing for them"
    watched.place.now += 7 * HOUR
    watched.tick()
    assert watched.states()["gdelt_gkg"] == "stale"
    assert ":warning: gdelt_gkg stale: last=never age=7.0h > 6h. Never made since" in watched.messages()[0]


def test_not_published_yet_is_waited_for(watched) -> None:
    watched.place.now = ENDED + 7 * HOUR
    with watched.place.engine.begin() as connection:
        outcome = SourceHour("not published", "No dump yet.")
        record_hour(connection, "wiki", NEWEST + 6 * HOUR, outcome, ended_at=watched.place.now)
    said = watched.tick()
    assert said["wiki"] == (
        True,
        "The newest partition ended at 2024-03-09 09:00 UTC, 7 h ago; stale after 6 h. "
        "Its upstream has not published yet. No dump yet.",
    )


def test_the_check_by_hand_says_the_same(watched) -> None:
    watched.place.now = ENDED + 7 * HOUR
    job = watched.definitions.resolve_implicit_global_asset_job_def()
    key = dg.AssetCheckKey(dg.AssetKey("wiki"), "newest_partition")
    result = job.get_subset(asset_selection=set(), asset_check_selection={key}).execute_in_process(
        instance=watched.place.instance,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.success, "it holds nothing"


def test_every_sensor_of_ours_shows_that_it_lives(watched) -> None:
    ours = [
        sensor
        for sensor in watched.definitions.sensors or []
        if not isinstance(sensor, dg.AutomationConditionSensorDefinition)
    ]
    for sensor in ours:
        watched.evaluate(sensor)
    assert {row["sensor"] for row in watched.place.rows("sensor_heartbeats")} == {sensor.name for sensor in ours}


def test_a_first_start_that_fills_old_days_raises_no_alarm(watched) -> None:
    watched.place.switch_on("wiki", "gdelt_gkg")
    for number in range(10):
        watched.made("gdelt_gkg", at(number))
        watched.tick()
    assert watched.states()["gdelt_gkg"] == "waiting"
    assert watched.messages() == []


def test_a_machine_that_was_off_for_a_day_is_one_message_and_one_when_all_are_back(watched) -> None:
    sources = ("wiki", "gdelt_gkg", "trade_rss", "google_news", "news")
    watched.place.switch_on(*sources[:-1])
    for source in sources:
        watched.made(source, NEWEST)
    watched.tick()
    watched.place.now += 24 * HOUR
    watched.tick(is_restarted=True)
    (told,) = watched.messages()
    for source in (*sources, "Scores"):
        assert source in told
    for source in (*sources, "heat_scores"):
        watched.made(source, NEWEST + 24 * HOUR)
        watched.tick()
    assert len(watched.messages()) == 2
    assert watched.messages()[1].count("no longer stale: fresh") == 4, "news is told of with its feeders"


def test_scores_that_stop_are_told_of_also_while_a_source_is_dead(watched) -> None:
    watched.place.switch_on("wiki", "gdelt_gkg")
    watched.made("gdelt_gkg", NEWEST)
    watched.tick()
    watched.made("heat_scores", NEWEST + 14 * HOUR)
    watched.made("wiki", NEWEST + 14 * HOUR)
    watched.place.now = ENDED + 14 * HOUR
    watched.tick()
    assert watched.messages()[0].startswith(":warning: gdelt_gkg stale")
    watched.made("wiki", NEWEST + 22 * HOUR)
    watched.place.now = ENDED + 22 * HOUR
    watched.tick()
    assert watched.messages()[1].startswith(":warning: Scores stale: last=2024-03-09T22:00Z age=8.0h > 6h.")


def test_what_a_run_died_of_is_in_the_message(watched) -> None:
    with watched.place.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE scores RENAME TO scores_gone"))
    run = watched.place.run("heat_scores", NEWEST + HOUR)
    assert not run.is_success
    watched.place.now = ENDED + 8 * HOUR
    watched.made("wiki", NEWEST + 7 * HOUR)
    watched.tick()
    (told,) = watched.messages()
    assert told.startswith(":warning: Scores stale:")
    assert "The last run failed: " in told
    assert "scores" in told.partition("The last run failed: ")[2]


def test_no_secret_is_in_a_message(watched, monkeypatch) -> None:
    monkeypatch.setattr(freshness, "last_failure", lambda *_: "Asked https://api.example/v1?api_key=hunter2 in vain.")
    watched.place.now = ENDED + 8 * HOUR
    watched.tick()
    assert "https://api.example/v1?api_key=*** in vain." in watched.messages()[0]


def test_a_policy_that_changes_its_mind_within_a_tick_is_not_lost(watched) -> None:
    for before, after in ((FreshnessState.PASS, FreshnessState.FAIL), (FreshnessState.FAIL, FreshnessState.PASS)):
        change = FreshnessStateChange(
            key=dg.AssetKey("wiki"), previous_state=before, new_state=after, state_change_timestamp=0.0
        )
        watched.place.instance._report_runless_asset_event(change)
    assert set(watched.tick()) == {"wiki"}
    assert watched.tick() == {}


def test_a_used_up_budget_is_not_told_twice(watched) -> None:
    watched.place.now = ENDED + 30 * HOUR
    with watched.place.engine.begin() as connection:
        hold_hour(connection, "wiki", NEWEST + 29 * HOUR, "60 of 60 credits used", watched.place.now)
    watched.made("heat_scores", NEWEST + 29 * HOUR)
    watched.tick()
    assert (watched.states()["wiki"], watched.messages()) == ("held", [])
    with watched.place.engine.begin() as connection:
        let_go(connection, "wiki", "open again", watched.place.now)
    watched.tick()
    assert (watched.states()["wiki"], watched.messages()) == ("waiting", []), "it owes nothing for that time"
