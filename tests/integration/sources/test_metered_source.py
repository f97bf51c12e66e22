"""A source that costs, against an upstream that counts: what it charges is what the books say."""

from dataclasses import replace
from datetime import timedelta

import pytest
from metered import MeteredInstallation
from simulated import SimulatedInstallation

from etheatmap_assets.sources.collector import Collector
from etheatmap_assets.sources.metered_example import SOURCE
from etheatmap_assets.sources.source import Plan, Question
from etheatmap_core.errors import (
    BudgetExhaustedError,
    ConfigError,
    DeferredError,
    EtHeatmapError,
    OutOfBudgetError,
    UpstreamUnreachableError,
)
from etheatmap_core.hours import HOUR


@pytest.fixture
def metered(simulated: SimulatedInstallation) -> MeteredInstallation:
    return MeteredInstallation(simulated)


def test_an_hour_is_paid_once_and_replayed_for_nothing(metered: MeteredInstallation) -> None:
    first = metered.collect(hours_ago=3)
    assert first.outcome.items > 0
    assert (metered.books(), metered.charged()) == ((1, 0), 1)
    assert metered.collect(hours_ago=3).content_hashes == first.content_hashes
    assert (metered.books(), metered.charged()) == ((1, 0), 1)


def test_each_entry_names_asset_partition_run_and_request(metered: MeteredInstallation) -> None:
    metered.collect(hours_ago=3)
    query = "SELECT provider, units, state, asset, partition_key, run_id, request FROM budget_reservations"
    assert [tuple(row) for row in metered.place.query(query)] == [
        ("example", 1, "settled", "metered_example", "2026-11-20-11:00", "run-1", "articles")
    ]


def test_at_the_limit_nothing_is_sent_and_the_error_says_what_is_used_and_until_when(
    metered: MeteredInstallation,
) -> None:
    metered.limit_units = 2
    for hours_ago in (5, 4):
        metered.collect(hours_ago)
    with pytest.raises(BudgetExhaustedError, match=r"example: 2 of 2 credits used, .* next period 2026-11-21"):
        metered.collect(3)
    assert (metered.charged(), metered.state(3)) == (2, "out of budget")
    metered.place.now += timedelta(days=1)
    metered.collect(3)
    assert metered.charged() == 3


def test_each_attempt_of_a_retried_call_is_paid(metered: MeteredInstallation) -> None:
    metered.place.simulator.order("metered", kind="status", status=503, count=1)
    metered.collect(hours_ago=3)
    # The 503 does not say what it cost: all that was set aside, to be safe.
    assert (metered.books(), metered.charged()) == ((2, 0), 1)


def test_an_answer_that_is_lost_is_booked_whole(metered: MeteredInstallation) -> None:
    metered.place.simulator.order("metered", kind="reset", count=2)
    with pytest.raises(EtHeatmapError):
        metered.collect(hours_ago=3)
    states = [row.state for row in metered.place.query("SELECT state FROM budget_reservations")]
    assert states == ["lost", "lost"]
    assert metered.books() == (2, 0)
    assert metered.books()[0] >= metered.charged()


def test_what_cannot_be_sent_costs_nothing(metered: MeteredInstallation) -> None:
    metered.place.overrides["simulator_url"] = "http://127.0.0.1:9"
    with pytest.raises(EtHeatmapError, match="cannot be reached"):
        metered.collect(hours_ago=3)
    assert {row.state for row in metered.place.query("SELECT state FROM budget_reservations")} == {"released"}
    assert metered.books() == (0, 0)


def test_automation_near_the_limit_keeps_the_last_answer_and_says_how_old_it_is(metered: MeteredInstallation) -> None:
    metered.limit_units, metered.is_automated = 20, True
    for hours_ago in range(22, 3, -1):  # nineteen of twenty: 95 %
        metered.collect(hours_ago)
    metered.place.now += timedelta(hours=1)
    stale = metered.collect(hours_ago=3)
    assert (stale.outcome.state, stale.outcome.is_complete, stale.asked) == ("stale", False, 0)
    assert stale.stale_hours == pytest.approx(1.0)
    told = stale.outcome.reason
    assert told is not None
    assert told.startswith("1 older answers stand, the oldest of 2026-11-20 15:05 UTC. example: 19 of 20 credits used")
    assert stale.is_asked_again, "it is no new answer: the hour is still missing"
    assert metered.charged() == 19
    # The rest is for people.
    metered.is_automated = False
    assert metered.collect(hours_ago=3).outcome.state == "ok"
    assert metered.charged() == 20


def test_automation_near_the_limit_without_any_answer_is_out_of_budget(metered: MeteredInstallation) -> None:
    metered.limit_units, metered.is_automated = 0, True
    with pytest.raises(OutOfBudgetError, match="left to people"):
        metered.collect(hours_ago=3)
    assert metered.state(3) == "out of budget"


def test_automation_keeps_the_pace_of_the_period(metered: MeteredInstallation) -> None:
    # Fifteen hours of the day are over, one more may be ahead: 16 of 24 hours of 30 credits.
    metered.limit_units, metered.pace_ahead_seconds, metered.is_automated = 30, 3600, True
    for hours_ago in range(22, 2, -1):
        metered.collect(hours_ago)
    with pytest.raises(DeferredError, match="planned until now"):
        metered.collect(hours_ago=2)
    assert (metered.charged(), metered.state(2)) == (20, "out of budget")
    metered.is_automated = False
    metered.collect(hours_ago=2)


def test_a_partition_asks_no_more_than_is_planned_for_it(metered: MeteredInstallation) -> None:
    def many(plan):
        (question,) = SOURCE.questions(plan)
        return [replace(question, key=f"articles/{number}") for number in range(3)]

    with metered.kit() as kit:
        hour = Collector(replace(SOURCE, questions=many), kit).collect(metered.hour - 3 * HOUR)
    assert (hour.outcome.answered, hour.outcome.deferred, metered.charged()) == (1, 2, 1)


def test_of_automation_all_attempts_at_a_partition_are_within_its_plan_and_a_person_may_go_beyond(
    metered: MeteredInstallation,
) -> None:
    metered.units_a_partition, metered.is_automated = 3, True
    metered.place.simulator.order("metered", kind="status", status=503)
    with pytest.raises(UpstreamUnreachableError, match="status 503"):
        metered.collect(hours_ago=3)
    assert metered.books() == (2, 0), "asked twice"
    with pytest.raises(UpstreamUnreachableError, match="status 503"):
        metered.collect(hours_ago=3)
    assert metered.books() == (3, 0), "no room for another retry"
    with pytest.raises(DeferredError) as waits:
        metered.collect(hours_ago=3)
    assert str(waits.value) == (
        "budgets.yml plans 3 credits of example for one hour of metered_example, and attempts at it have used "
        "3 credits: the rest waits for the next one."
    )
    assert (metered.books(), metered.state(3)) == ((3, 0), "deferred")
    metered.place.simulator.clear_faults()
    metered.collect(hours_ago=2)
    metered.is_automated = False
    assert metered.collect(hours_ago=3).outcome.state == "ok"
    assert metered.books() == (5, 0)


def test_an_hour_whose_money_ends_in_the_middle_is_kept_and_told_and_made_whole_later(
    metered: MeteredInstallation,
) -> None:
    def three(plan: Plan) -> list[Question]:
        (question,) = SOURCE.questions(plan)
        return [replace(question, key=f"articles/{number}") for number in range(3)]

    metered.limit_units, metered.units_a_partition = 2, 3
    hour = metered.hour - 3 * HOUR
    source = replace(SOURCE, questions=three)
    with metered.kit() as kit, pytest.raises(BudgetExhaustedError, match="2 of 2 credits used"):
        Collector(source, kit).collect(hour)
    row = metered.place.query("SELECT state, is_complete, answered FROM source_hours")[0]
    assert (row.state, row.is_complete, row.answered) == ("ok", False, 2)
    metered.is_automated = True
    metered.place.now += timedelta(days=1)
    with metered.kit() as kit:
        whole = Collector(source, kit).collect(hour)
    assert (whole.outcome.answered, whole.outcome.is_complete, metered.charged()) == (3, True, 3)


def test_a_call_that_costs_is_led_nowhere_else(metered: MeteredInstallation) -> None:
    metered.place.simulator.order(
        "metered", kind="status", status=302, location=f"{metered.place.simulator.url}/metered.example/v1/account"
    )
    with pytest.raises(EtHeatmapError):
        metered.collect(hours_ago=3)
    assert metered.place.requests()["metered"] == 1
    assert metered.books() == (1, 0), "it has been asked, and may have been charged"


def test_a_source_that_costs_needs_its_line_in_budgets(metered: MeteredInstallation) -> None:
    with metered.kit() as kit:
        bare = replace(kit, config=replace(kit.config, budgets=replace(kit.config.budgets, uses={})))
        with pytest.raises(ConfigError, match="metered_example costs, and has no line under sources"):
            Collector(SOURCE, bare).collect(metered.hour - 3 * HOUR)
    assert metered.charged() == 0
