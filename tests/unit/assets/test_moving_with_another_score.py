"""A score that rests on another one moves with that one, and not once more with each source of both."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from etheatmap_assets.automation import score_when_inputs_move

GRID = dg.HourlyPartitionsDefinition("2026-11-20-00:00", timezone="UTC")
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@dg.asset(partitions_def=GRID)
def wiki() -> None: ...


@dg.asset(partitions_def=GRID, deps=[wiki])
def robust_scores() -> None: ...


@dg.asset(
    partitions_def=GRID,
    deps=[wiki, robust_scores],
    automation_condition=score_when_inputs_move("58 * * * *", ["robust_scores"]),
)
def advanced_scores() -> None: ...


def test_a_source_alone_moves_nothing_and_the_deadline_still_holds() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        definitions, cursor = dg.Definitions([wiki, robust_scores, advanced_scores]), None

        def tick(minute: int) -> list[str]:
            nonlocal cursor
            result = dg.evaluate_automation_conditions(
                definitions,
                instance,
                asset_selection=dg.AssetSelection.assets("advanced_scores"),
                evaluation_time=DAY + timedelta(hours=9, minutes=minute, seconds=5),
                cursor=cursor,
            )
            cursor = result.cursor
            return sorted(key[11:13] for key in result.get_requested_partitions(dg.AssetKey("advanced_scores")))

        def made(asset: str) -> None:
            event = dg.AssetMaterialization(asset, partition="2026-11-20-08:00")
            instance.report_runless_asset_event(event)

        assert tick(1) == []
        made("wiki")
        assert tick(5) == []
        made("robust_scores")
        assert tick(10) == ["08"]
        assert tick(20) == []
        assert tick(58) == ["08"], "still missing when it is due"
