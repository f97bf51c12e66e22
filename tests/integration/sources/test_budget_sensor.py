"""The budget of the metered example on an instance of Dagster: its sensor, its check, runs by hand, backfills."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest
from installation import Run
from simulated import SimulatedInstallation

from etheatmap_assets.budgets import CHECK, budget_key
from etheatmap_assets.definitions import build_defs
from etheatmap_cli.backfill import run_parts
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry
from etheatmap_core.config import load_config
from etheatmap_core.config.example import with_example
from etheatmap_core.config.installed import installed_config
from etheatmap_core.hours import HOUR, HourRange, partition_key
from etheatmap_core.signals.known_sources import known_sources
from etheatmap_core.signals.source_status import SOURCE_FACTS, SourceFacts, source_statuses

KEY = budget_key("example")
BY_AUTOMATION = {"etheatmap/tier": "source"}


class Budgeted:
    """``spend`` books credits of the example; ``tick`` is one of its sensor's, whose cursor is kept."""

    def __init__(self, place: SimulatedInstallation) -> None:
        self.place = place
        place.overrides["feature_metered_example"] = True
        self._cursors: dict[str, str | None] = {}

    @property
    def definitions(self) -> dg.Definitions:
        return build_defs(self.place.settings(), clock=lambda: self.place.now)

    def spend(self, units: int) -> None:
        ledger = Ledger(self.place.engine, lambda: self.place.now)
        ledger.settle(ledger.reserve("example", units, Entry("somebody", "", "", "")), units)

    def tick(self, account: str = "example", *, is_restarted: bool = False) -> dg.SensorResult:
        definitions = self.definitions
        sensor = next(sensor for sensor in definitions.sensors or [] if sensor.name == f"budget_{account}")
        needed = {key: definitions.resources[key] for key in ("engine", "settings", "configs", "clock")}
        cursor = None if is_restarted else self._cursors.get(account)
        with dg.build_sensor_context(instance=self.place.instance, cursor=cursor, resources=needed) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        self._cursors[account] = result.cursor
        for event in result.asset_events:
            self.place.instance.report_runless_asset_event(event)
        return result

    def run(self, tags: Mapping[str, str] | None = None, hours_ago: int = 0) -> Run:
        return self.place._execute(
            "metered_example", partition_key(self.place.hour - hours_ago * HOUR), dict(tags or {}), None
        )

    def status(self) -> tuple[str, str | None]:
        """As pages and commands tell it."""
        source = next(
            one for one in known_sources(installed_config(self.place.settings()), self.place.settings())
            if one.name == "metered_example"
        )  # fmt: skip
        with self.place.engine.connect() as connection:
            rows = connection.exec_driver_sql(SOURCE_FACTS, {"sources": [source.name]}).mappings()
            facts = SourceFacts(**rows.one())
        (status,) = source_statuses([source], [facts], self.place.now)
        return status.state, status.reason

    def messages(self) -> list[str]:
        return [row.text for row in self.place.query("SELECT text FROM outbox ORDER BY id")]


@pytest.fixture
def budgeted(simulated: SimulatedInstallation) -> Budgeted:
    return Budgeted(simulated)


def verdict_of(result: dg.SensorResult) -> tuple[bool, str] | None:
    checks = [event for event in result.asset_events if isinstance(event, dg.AssetCheckEvaluation)]
    return (bool(checks[0].passed), str(checks[0].description)) if checks else None


def test_the_first_tick_speaks_and_an_unchanged_one_says_nothing_for_an_hour(budgeted: Budgeted) -> None:
    first = budgeted.tick()
    assert verdict_of(first) == (True, "example: 0 of 60 credits used, next period 2026-11-21")
    (observation,) = [event for event in first.asset_events if isinstance(event, dg.AssetObservation)]
    told = {name: value.value for name, value in observation.metadata.items()}
    assert (told["used"], told["reserved"], told["limit"], told["forecast"]) == (0, 0, 60, 0)
    assert budgeted.tick().asset_events == []
    budgeted.place.now += timedelta(hours=1)
    assert len(budgeted.tick().asset_events) == 2


def test_what_is_spent_is_a_point_of_the_plot_and_no_new_verdict(budgeted: Budgeted) -> None:
    budgeted.tick()
    budgeted.spend(7)
    (observation,) = budgeted.tick().asset_events
    assert isinstance(observation, dg.AssetObservation)
    # Fifteen hours and five minutes of the day took seven.
    assert (observation.metadata["used"].value, observation.metadata["forecast"].value) == (7, 12)


def test_used_up_it_closes_the_check_tells_once_and_opens_in_the_new_period(budgeted: Budgeted) -> None:
    budgeted.tick()
    budgeted.spend(60)
    assert verdict_of(budgeted.tick()) == (False, "example: 60 of 60 credits used, next period 2026-11-21")
    (told,) = budgeted.messages()
    assert told.startswith(":money_with_wings: Budget nearing limits: example: 60 of 60 credits used")
    budgeted.tick(is_restarted=True)
    assert len(budgeted.messages()) == 1, "a restart repeats nothing"
    budgeted.place.go_to(budgeted.place.now + timedelta(days=1))
    assert verdict_of(budgeted.tick()) == (True, "example: 0 of 60 credits used, next period 2026-11-22")
    assert budgeted.messages()[1].startswith(":white_check_mark:")


def test_a_limit_that_a_run_has_read_anew_is_not_written_back(budgeted: Budgeted) -> None:
    budgeted.tick()
    ledger = Ledger(budgeted.place.engine, lambda: budgeted.place.now)
    raised = [
        replace(one, limit_units=90)
        for one in with_example(load_config(budgeted.place.configs)).budgets.accounts
        if one.provider == "example"
    ]
    ledger.configure(raised)
    budgeted.spend(70)
    assert budgeted.tick().asset_events[0].metadata["limit"].value == 90
    assert ledger.standings()["example"].limit_units == 90
    budgeted.tick(is_restarted=True)
    assert ledger.standings()["example"].limit_units == 60, "who starts anew has read the files too"


def test_the_total_has_a_sensor_of_its_own(budgeted: Budgeted) -> None:
    first = budgeted.tick("total")
    assert verdict_of(first) == (True, "total: $0.00 of $132.00 used, next period 2026-12-01")
    ledger = Ledger(budgeted.place.engine, lambda: budgeted.place.now)
    for provider in ("openai", "apify"):
        ledger.settle(ledger.reserve(provider, 25_000_000, Entry("somebody", "", "", "")), 60_000_000)
    budgeted.tick("total")
    (told,) = budgeted.messages()
    assert told.startswith(":money_with_wings: Budget nearing limits: total: $120.00 of $132.00 used (91%)")


def test_the_hour_that_is_held_is_a_gap_with_its_reason(budgeted: Budgeted) -> None:
    budgeted.tick()
    budgeted.spend(60)
    budgeted.tick()
    (row,) = budgeted.place.query("SELECT ts, state, reason FROM source_hours WHERE source = 'metered_example'")
    assert (row.ts, row.state) == (budgeted.place.hour, "out of budget")
    assert row.reason == "example: 60 of 60 credits used, next period 2026-11-21"
    assert budgeted.status() == ("out of budget", row.reason)


def test_an_hour_that_was_held_waits_for_its_turn_when_there_is_money_again(budgeted: Budgeted) -> None:
    place = budgeted.place
    budgeted.tick()
    budgeted.spend(60)
    place.go_to(place.now + timedelta(hours=8, minutes=54))
    budgeted.tick()
    place.go_to(place.now + timedelta(minutes=6))
    budgeted.tick()
    row = place.query("SELECT ts, state, reason FROM source_hours WHERE source = 'metered_example' ORDER BY ts")[-1]
    assert (row.ts, row.state) == (place.hour - HOUR, "deferred")
    assert row.reason == (
        "example: 60 of 60 credits used, next period 2026-11-21; "
        "open again since 2026-11-21 00:05 UTC, asked at its turn"
    )
    assert budgeted.run(BY_AUTOMATION).made.keys() == {partition_key(place.hour)}
    assert place.states("metered_example")[place.hour] == "ok"


def test_it_ends_what_a_crash_left(budgeted: Budgeted) -> None:
    budgeted.tick()
    ledger = Ledger(budgeted.place.engine, lambda: budgeted.place.now)
    ledger.mark_sent(ledger.reserve("example", 5, Entry("somebody", "", "", "")))
    budgeted.place.now += timedelta(minutes=11)
    budgeted.tick()
    standing = ledger.standings()["example"]
    assert (standing.spent_units, standing.reserved_units) == (5, 0)


def test_the_check_by_hand_says_what_the_sensor_says(budgeted: Budgeted) -> None:
    budgeted.tick()
    budgeted.spend(60)
    job = budgeted.definitions.resolve_implicit_global_asset_job_def()
    result = job.get_subset(
        asset_selection=set(), asset_check_selection={dg.AssetCheckKey(KEY, CHECK)}
    ).execute_in_process(
        instance=budgeted.place.instance,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.description) == (
        False,
        "example: 60 of 60 credits used, next period 2026-11-21",
    )


def test_a_run_by_hand_fails_at_once_and_says_what_is_used_and_until_when(budgeted: Budgeted) -> None:
    budgeted.tick()
    budgeted.spend(60)
    run = budgeted.run()
    assert not run.is_success
    assert run.failure == "example: 60 of 60 credits used, 1 credit more does not fit; next period 2026-11-21."
    assert budgeted.place.requests().get("metered", 0) == 0
    assert budgeted.run(BY_AUTOMATION).is_success, "automation that came too late is no failure"


def test_a_backfill_stops_at_the_limit_says_how_far_it_got_and_goes_on_later(budgeted: Budgeted) -> None:
    place = budgeted.place
    budgeted.tick()
    budgeted.spend(40)
    first, last = place.hour - 29 * HOUR, place.hour
    run = place.run("metered_example", first, last)
    assert (run.is_success, len(run.made)) == (False, 20)
    assert run.failure.startswith("10 of 30 hours could not be made:")
    assert "example: 60 of 60 credits used" in run.failure
    assert run.failure.endswith("Stopped there, 20 of 30 hours made. Run again later, those are not paid again.")
    assert place.requests()["metered"] == 20
    place.go_to(place.now + timedelta(days=1))
    again = place.run("metered_example", first, last)
    assert (again.is_success, len(again.made)) == (True, 30)
    assert place.requests()["metered"] == 10, "what was paid is not paid again"


def test_the_parts_of_a_backfill_that_follow_an_exhausted_one_are_not_tried(budgeted: Budgeted) -> None:
    place = budgeted.place
    budgeted.tick()
    budgeted.spend(57)
    start, asset = place.hour - 9 * HOUR, "metered_example"
    parts = [HourRange(start, start + 2 * HOUR), HourRange(start + 3 * HOUR, start + 5 * HOUR)]
    parts.append(HourRange(start + 6 * HOUR, place.hour))
    made, told = run_parts(budgeted.definitions, place.instance, asset, parts)
    assert sorted(made) == [start, start + HOUR, start + 3 * HOUR]
    assert "1 of 2 hours could not be made:" in told[0]
    assert "example: 60 of 60 credits used, 1 credit more does not fit; next period 2026-11-21" in told[0]
    assert told[1:] == ["metered_example: 3 hours after them were not tried."]
    assert place.requests()["metered"] == 3


def test_the_last_answers_stand_near_the_limit(budgeted: Budgeted) -> None:
    budgeted.tick()
    budgeted.run(BY_AUTOMATION)
    budgeted.spend(56)
    budgeted.place.go_to(budgeted.place.now + HOUR)
    run = budgeted.run(BY_AUTOMATION)
    assert run.is_success
    assert (run.made, run.observed) == ({}, [partition_key(budgeted.place.hour)]), "no new answer is no new hour"
    row = budgeted.place.query("SELECT state, reason FROM source_hours ORDER BY ts DESC LIMIT 1")[0]
    assert row.state == "stale"
    assert row.reason.startswith("1 older answers stand, the oldest of 2026-11-20 15:05 UTC. example: 57 of 60 credits")


def test_each_overrun_is_told_also_the_second_of_a_period(budgeted: Budgeted) -> None:
    budgeted.tick()
    ledger = Ledger(budgeted.place.engine, lambda: budgeted.place.now)
    for _ in range(2):
        ledger.settle(ledger.reserve("example", 1, Entry("somebody", "", "", "")), 3)
        budgeted.tick()
        assert ledger.reopen("example")
        budgeted.place.now += timedelta(minutes=1)
        budgeted.tick()
    closed = [text for text in budgeted.messages() if "closed because" in text]
    assert len(closed) == 2, budgeted.messages()
