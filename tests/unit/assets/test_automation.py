"""What the automation asks for and when, on a simulated day. No asset runs here: hours are reported made."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from etheatmap_assets.automation import ask_until_there, score_when_inputs_move, sum_up_when_over

GRID = dg.HourlyPartitionsDefinition("2026-11-20-00:00", timezone="UTC")
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@dg.asset(partitions_def=GRID, automation_condition=ask_until_there("*/15 * * * *"))
def wiki() -> None: ...


@dg.asset(partitions_def=GRID)
def reddit() -> None: ...


@dg.asset(partitions_def=GRID, deps=[wiki, reddit], automation_condition=score_when_inputs_move("50 * * * *"))
def heat_scores() -> None: ...


@dg.asset(
    partitions_def=dg.DailyPartitionsDefinition("2026-11-20", timezone="UTC"),
    deps=[heat_scores],
    automation_condition=sum_up_when_over("15 1-23 * * *"),
)
def daily_heat() -> None: ...


class SimulatedDay:
    """Ticks of the automation at chosen minutes, each sensor with a cursor of its own, as in the running platform."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self._definitions = dg.Definitions([wiki, reddit, heat_scores, daily_heat])
        self._cursors: dict[str, object] = dict.fromkeys(("wiki", "heat_scores", "daily_heat"))

    def tick(self, asset: str, clock: str) -> list[str]:
        """The hours of ``asset`` requested at ``clock`` (HH:MM:SS, hours may be of the next day), as HH."""
        hour, minute, second = (int(part) for part in clock.split(":"))
        result = dg.evaluate_automation_conditions(
            self._definitions,
            self._instance,
            asset_selection=dg.AssetSelection.assets(asset),
            evaluation_time=DAY + timedelta(hours=hour, minutes=minute, seconds=second),
            cursor=self._cursors[asset],  # type: ignore[arg-type]  opaque to us
        )
        self._cursors[asset] = result.cursor
        return sorted(key[11:13] or key for key in result.get_requested_partitions(dg.AssetKey(asset)))

    def made(self, asset: str, *hours: str) -> None:
        for hour in hours:
            self.reported(asset, f"2026-11-20-{hour}:00")

    def reported(self, asset: str, partition: str) -> None:
        self._instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition))


@pytest.fixture
def day() -> Iterator[SimulatedDay]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield SimulatedDay(instance)


def test_a_source_is_asked_at_every_quarter_until_its_hour_is_there(day: SimulatedDay) -> None:
    day.made("wiki", "03", "04", "05", "06", "07", "08")
    assert day.tick("wiki", "09:50:00") == []
    assert day.tick("wiki", "10:00:10") == ["09"]
    assert day.tick("wiki", "10:07:10") == [], "between two quarters nothing is asked"
    assert day.tick("wiki", "10:15:10") == ["09"], "not published yet: asked again"
    assert day.tick("wiki", "10:30:10") == ["09"]
    day.made("wiki", "09")
    assert day.tick("wiki", "10:45:10") == []
    assert day.tick("wiki", "11:00:10") == ["10"]


def test_the_first_tick_after_a_start_asks_at_once_for_what_is_recent_and_missing(day: SimulatedDay) -> None:
    day.made("wiki", "06", "07", "09")
    assert day.tick("wiki", "12:03:00") == ["08", "10", "11"]
    assert day.tick("wiki", "12:03:30") == []


def test_a_source_never_asks_for_hours_older_than_six(day: SimulatedDay) -> None:
    assert day.tick("wiki", "12:03:00") == ["06", "07", "08", "09", "10", "11"]
    assert day.tick("wiki", "13:00:10") == ["07", "08", "09", "10", "11", "12"]


def test_a_new_hour_is_scored_as_soon_as_it_is_collected(day: SimulatedDay) -> None:
    assert day.tick("heat_scores", "10:00:00") == []
    day.made("wiki", "09")
    assert day.tick("heat_scores", "10:00:30") == ["09"]
    day.made("heat_scores", "09")
    assert day.tick("heat_scores", "10:01:00") == []


def test_a_missing_source_does_not_hold_the_score(day: SimulatedDay) -> None:
    assert day.tick("heat_scores", "10:00:00") == []
    day.made("wiki", "09")  # reddit has nothing of this hour
    assert day.tick("heat_scores", "10:10:00") == ["09"]


def test_with_no_source_at_all_the_hour_is_scored_by_its_deadline(day: SimulatedDay) -> None:
    assert day.tick("heat_scores", "10:00:00") == []
    assert day.tick("heat_scores", "10:49:00") == []
    assert day.tick("heat_scores", "10:50:30") == ["09"]
    assert day.tick("heat_scores", "10:51:00") == [], "once"


def test_a_late_input_rescores_its_own_hour_exactly_once(day: SimulatedDay) -> None:
    day.made("wiki", "07", "08", "09")
    day.made("heat_scores", "07", "08", "09")
    assert day.tick("heat_scores", "10:20:00") == []
    day.made("reddit", "07")
    assert day.tick("heat_scores", "10:25:00") == ["07"]
    day.made("heat_scores", "07")
    assert day.tick("heat_scores", "10:30:00") == []


def test_an_input_older_than_six_hours_changes_no_score(day: SimulatedDay) -> None:
    assert day.tick("heat_scores", "15:20:00") == []
    day.made("wiki", "02")
    assert day.tick("heat_scores", "15:25:00") == []
    assert day.tick("heat_scores", "15:49:00") == []


def test_a_day_is_summed_up_once_each_morning_however_many_hours_it_lacks(day: SimulatedDay) -> None:
    day.made("heat_scores", "09", "23")
    assert day.tick("daily_heat", "23:59:00") == [], "it is not over"
    assert day.tick("daily_heat", "24:30:00") == [], "the last hour may be on its way"
    assert day.tick("daily_heat", "25:15:10") == ["2026-11-20"]
    day.reported("daily_heat", "2026-11-20")
    assert day.tick("daily_heat", "26:15:10") == []


def test_a_day_is_summed_up_again_at_the_next_tick_after_an_hour_of_it_was_rescored(day: SimulatedDay) -> None:
    day.made("heat_scores", "22", "23")
    assert day.tick("daily_heat", "23:59:00") == []
    assert day.tick("daily_heat", "25:15:10") == ["2026-11-20"]
    day.reported("daily_heat", "2026-11-20")
    assert day.tick("daily_heat", "26:15:10") == []
    day.made("heat_scores", "23")
    assert day.tick("daily_heat", "26:20:00") == [], "not before the tick"
    day.made("heat_scores", "22")
    assert day.tick("daily_heat", "27:15:10") == ["2026-11-20"]
    day.reported("daily_heat", "2026-11-20")
    assert day.tick("daily_heat", "28:15:10") == []


def test_a_day_without_any_score_is_not_asked_for(day: SimulatedDay) -> None:
    assert day.tick("daily_heat", "24:30:00") == []
    assert day.tick("daily_heat", "25:15:10") == []
    day.made("heat_scores", "23")
    assert day.tick("daily_heat", "26:15:10") == ["2026-11-20"]
