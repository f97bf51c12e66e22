"""A step over many sources is made once they had their time, and again for whoever comes later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from etheatmap_assets.automation import make_after_inputs

GRID = dg.HourlyPartitionsDefinition("2026-11-20-00:00", timezone="UTC")
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@dg.asset(partitions_def=GRID)
def reddit() -> None: ...


@dg.asset(partitions_def=GRID)
def wiki_spikes() -> None: ...


@dg.asset(partitions_def=GRID, deps=[reddit, wiki_spikes], automation_condition=make_after_inputs("30 * * * *"))
def candidates() -> None: ...


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@pytest.fixture
def tick(instance: dg.DagsterInstance) -> Callable[[str], list[str]]:
    """The hours requested at HH:MM."""
    cursor: list[object] = [None]

    def ticked(clock: str) -> list[str]:
        hour, minute = (int(part) for part in clock.split(":"))
        result = dg.evaluate_automation_conditions(
            dg.Definitions([reddit, wiki_spikes, candidates]),
            instance,
            asset_selection=dg.AssetSelection.assets("candidates"),
            evaluation_time=DAY + timedelta(hours=hour, minutes=minute),
            cursor=cursor[0],  # type: ignore[arg-type]  opaque to us
        )
        cursor[0] = result.cursor
        return sorted(key[11:13] for key in result.get_requested_partitions(dg.AssetKey("candidates")))

    return ticked


def made(instance: dg.DagsterInstance, asset: str, hour: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=f"2026-11-20-{hour}:00"))


def test_it_waits_for_its_tick_and_is_made_again_for_who_comes_later(
    instance: dg.DagsterInstance, tick: Callable[[str], list[str]]
) -> None:
    assert tick("10:00") == []
    made(instance, "reddit", "09")
    assert tick("10:05") == [], "the others are still on their way"
    assert tick("10:30") == ["09"]
    made(instance, "candidates", "09")
    assert tick("10:31") == []
    made(instance, "wiki_spikes", "09")
    assert tick("10:55") == ["09"], "late data makes its hour again"


def test_an_hour_that_was_left_out_is_made_when_an_input_is(
    instance: dg.DagsterInstance, tick: Callable[[str], list[str]]
) -> None:
    assert tick("10:40") == []
    made(instance, "wiki_spikes", "07")
    assert tick("10:41") == ["07"]


def test_without_any_input_it_is_made_at_its_tick(tick: Callable[[str], list[str]]) -> None:
    assert tick("10:20") == []
    assert tick("10:30") == ["09"]
