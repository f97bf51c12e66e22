"""Score assets: one row an entity, hour and model. The arithmetic is in etheatmap_core.scoring; here it is given its hours."""

from collections.abc import Iterator

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import score_when_inputs_move
from etheatmap_assets.cadence import CADENCES
from etheatmap_assets.checks import check_results, check_specs, failed_checks
from etheatmap_assets.partitions import hours_of
from etheatmap_assets.progress import Progress
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import partition_key
from etheatmap_core.scoring.mvp import HISTORY_HOURS, MODEL
from etheatmap_core.scoring.store import SCORE_CHECKS, score_and_store


def build_heat_scores(grid: dg.HourlyPartitionsDefinition) -> dg.AssetsDefinition:
    """The frozen ``mvp`` model. Each hour depends on the same hour of its sources; the trailing window is read in SQL,
    because a partition mapping over it would let one missing hour block every score that follows."""

    @dg.asset(
        name="heat_scores",
        deps=["wiki"],
        partitions_def=grid,
        backfill_policy=dg.BackfillPolicy.single_run(),
        automation_condition=score_when_inputs_move(CADENCES["heat_scores"].poll_cron),
        check_specs=check_specs("heat_scores", SCORE_CHECKS),
        group_name="scores",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"model": MODEL, "window_hours": HISTORY_HOURS, "dagster/table_name": "scores"},
        code_version=MODEL,
        description="Heat of every entity and hour, model mvp: velocity, spread, affect, decay, and why in words.",
    )
    def heat_scores(
        context: dg.AssetExecutionContext,
        engine: dg.ResourceParam[sa.Engine],
        config: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        hours = hours_of(context)
        progress.begin("heat_scores", len(hours))
        try:
            summary = score_and_store(engine, hours, config, scored_at=clock())
        except ChecksFailedError as error:
            yield from failed_checks("heat_scores", error)
            raise dg.Failure(str(error), allow_retries=False) from error
        for hour in hours:
            context.add_asset_metadata(summary.hour_metadata(hour), partition_key=partition_key(hour))
        progress.advance("heat_scores", len(hours))
        yield from check_results("heat_scores", summary.checks)
        yield dg.MaterializeResult(metadata={"seconds": summary.seconds})

    return heat_scores
