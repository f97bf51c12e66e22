"""What the automation asks for while a budget says no, on a simulated day. No asset runs: hours are reported made."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from etheatmap_assets.automation import ask_for_newest, score_when_inputs_move, while_within
from etheatmap_assets.budgets import CHECK, budget_key, is_budget
from etheatmap_assets.definitions import build_defs
from etheatmap_assets.sensors.budget import is_due
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings

PROJECT = Path(__file__).parents[3]

GRID = dg.HourlyPartitionsDefinition("2026-11-20-00:00", timezone="UTC")
DAY = datetime(2026, 11, 20, tzinfo=UTC)
BUDGET = budget_key("example")
QUARTERS = "*/15 * * * *"


@dg.asset(partitions_def=GRID, deps=[BUDGET], automation_condition=while_within(ask_for_newest(QUARTERS), [BUDGET]))
def paid() -> None: ...


@dg.asset(partitions_def=GRID, automation_condition=ask_for_newest(QUARTERS))
def free() -> None: ...


@dg.asset(partitions_def=GRID, deps=[paid, free], automation_condition=score_when_inputs_move("50 * * * *"))
def heat_scores() -> None: ...


@dg.asset_check(asset=BUDGET, name=CHECK, blocking=True)
def within_limit() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


class SimulatedDay:
    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self._definitions = dg.Definitions([paid, free, heat_scores, dg.AssetSpec(BUDGET)], asset_checks=[within_limit])
        self._cursors: dict[str, object] = {}

    def tick(self, asset: str, clock: str) -> list[str]:
        hour, minute = (int(part) for part in clock.split(":"))
        result = dg.evaluate_automation_conditions(
            self._definitions,
            self._instance,
            asset_selection=dg.AssetSelection.assets(asset),
            evaluation_time=DAY + timedelta(hours=hour, minutes=minute, seconds=20),
            cursor=self._cursors.get(asset),  # type: ignore[arg-type]  opaque to us
        )
        self._cursors[asset] = result.cursor
        return sorted(key[11:13] for key in result.get_requested_partitions(dg.AssetKey(asset)))

    def made(self, asset: str, hour: str) -> None:
        self._instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=f"2026-11-20-{hour}:00"))

    def budget(self, *, is_open: bool) -> None:
        self._instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=BUDGET, check_name=CHECK, passed=is_open)
        )


@pytest.fixture
def day() -> Iterator[SimulatedDay]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield SimulatedDay(instance)


def test_before_the_budget_has_spoken_nothing_that_costs_is_asked(day: SimulatedDay) -> None:
    assert day.tick("paid", "10:00") == []
    assert day.tick("paid", "10:15") == []
    assert day.tick("free", "10:15") == ["09"]


def test_held_while_it_says_no_and_then_the_newest_hour_alone(day: SimulatedDay) -> None:
    day.budget(is_open=True)
    assert day.tick("paid", "10:00") == ["09"]
    day.made("paid", "09")
    day.budget(is_open=False)
    for clock in ("11:00", "11:15", "12:00", "13:00", "14:00"):
        assert day.tick("paid", clock) == [], clock
    day.budget(is_open=True)
    assert day.tick("paid", "14:15") == ["13"], "the hours 10 to 12 are gone, and are no queue"


def test_a_free_source_and_the_score_go_on(day: SimulatedDay) -> None:
    day.budget(is_open=False)
    assert day.tick("free", "10:00") == ["09"]
    day.tick("heat_scores", "10:00")
    day.made("free", "09")
    assert day.tick("heat_scores", "10:05") == ["09"]


def test_a_budget_that_speaks_asks_for_no_score(day: SimulatedDay) -> None:
    day.budget(is_open=True)
    day.tick("heat_scores", "10:00")
    day.budget(is_open=False)
    assert day.tick("heat_scores", "10:05") == []


@pytest.mark.parametrize(("cadence_hours", "due"), [(None, [0, 1, 11, 12, 13]), (12, [0, 12]), (24, [0])])
def test_only_an_hour_that_automation_would_ask_in_is_held(cadence_hours: int | None, due: list[int]) -> None:
    cadence = None if cadence_hours is None else timedelta(hours=cadence_hours)
    config = load_config(PROJECT / "configs")
    sources = {**config.sources, "scrape_news": replace(config.sources["scrape_news"], cadence=cadence)}
    config = replace(config, sources=sources)
    hours = [hour for hour in (0, 1, 11, 12, 13) if is_due(config, "scrape_news", DAY + timedelta(hours=hour))]
    assert hours == due


def test_a_source_that_is_only_requested_by_hand_is_never_held() -> None:
    """Nobody would have asked: a gap with the budget's reason would be one that is none."""
    config = load_config(PROJECT / "configs")
    by_hand = replace(config.sources["scrape_news"], cadence=None, is_manual=True)
    config = replace(config, sources={**config.sources, "scrape_news": by_hand})
    assert not any(is_due(config, "scrape_news", DAY + timedelta(hours=hour)) for hour in range(24))


def test_a_source_that_costs_stands_below_its_provider_and_is_held_by_it_alone(tmp_path: Path) -> None:
    told = {"etheatmap_home": tmp_path, "etheatmap_config_dir": PROJECT / "configs", "feature_metered_example": True}
    definitions = build_defs(load_settings(None).model_copy(update=told), clock=lambda: DAY)
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    paid_spec = specs[dg.AssetKey("metered_example")]
    assert [dep.asset_key for dep in paid_spec.deps] == [BUDGET]
    assert paid_spec.automation_condition is not None
    assert paid_spec.automation_condition.get_label() == "ask_for_newest_within_budget"
    uses = load_config(PROJECT / "configs").budgets.uses
    for spec in (spec for spec in specs.values() if spec.group_name == "sources" and spec is not paid_spec):
        name = spec.key.to_user_string()
        above = [dep.asset_key for dep in spec.deps if is_budget(dep.asset_key)]
        assert above == ([budget_key(uses[name].provider)] if name in uses else []), name
    blocking = definitions.resolve_asset_graph().get(dg.AssetCheckKey(BUDGET, CHECK))
    assert blocking.blocking
    sensors = {sensor.name: sensor for sensor in definitions.sensors or []}
    assert sensors["budget_example"].minimum_interval_seconds == 30
    assert sensors["budget_example"].default_status is dg.DefaultSensorStatus.RUNNING
