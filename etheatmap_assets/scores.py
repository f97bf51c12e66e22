"""Score assets: one row an entity, hour and model. The arithmetic is in etheatmap_core.scoring."""

from collections.abc import Iterator

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import score_when_inputs_move
from etheatmap_assets.checks import check_results, check_specs, failed_checks
from etheatmap_assets.partitions import hours_of
from etheatmap_assets.progress import Progress
from etheatmap_core.cadence import CADENCES
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.config.access import scored_weights
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, partition_key
from etheatmap_core.scoring.mvp import HISTORY_HOURS, MODEL
from etheatmap_core.scoring.store import CHECKS, ScoreSummary, score_and_store
from etheatmap_core.settings import Settings


def build_heat_scores(grid: dg.HourlyPartitionsDefinition) -> dg.AssetsDefinition:
    """The frozen ``mvp`` model. Each hour depends on the same hour of its sources; the trailing window is read in SQL,
    because a partition mapping over it would let one missing hour block every score that follows."""

    @dg.asset(
        name="heat_scores",
        deps=["wiki", "trends", "reddit", "youtube", "news", "gdelt_gkg"],
        partitions_def=grid,
        backfill_policy=dg.BackfillPolicy.single_run(),
        automation_condition=score_when_inputs_move(CADENCES["heat_scores"].poll_cron),
        check_specs=check_specs("heat_scores", CHECKS),
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
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        hours = hours_of(context)
        scored_at = clock()
        progress.begin("heat_scores", len(hours))
        try:
            summary = score_and_store(engine, hours, scored_weights(configs, settings), configs.source_types, scored_at)
        except ChecksFailedError as error:
            yield from failed_checks("heat_scores", error)
            raise dg.Failure(str(error), allow_retries=False) from error
        for hour in hours:
            lag = scored_at - (hour + HOUR)
            of_hour = {"dagster/partition_row_count": summary.entities, "lag_seconds": lag.total_seconds()}
            context.add_asset_metadata(of_hour, partition_key=partition_key(hour))
        progress.advance("heat_scores", len(hours))
        yield from check_results("heat_scores", summary.checks)
        yield dg.MaterializeResult(metadata=_metadata(summary))

    return heat_scores


def _metadata(summary: ScoreSummary) -> dict[str, dg.MetadataValue]:
    """Of the whole run, which may be a range of hours."""
    top = "\n".join(f"- **{score.name}** {score.heat:.2f}: {score.why}" for score in summary.top)
    return {
        "hours": dg.MetadataValue.int(summary.hours),
        "rows": dg.MetadataValue.int(summary.rows),
        "rows_written": dg.MetadataValue.int(summary.rows_written),
        "rows_replaced": dg.MetadataValue.int(summary.rows_replaced),
        "entities": dg.MetadataValue.int(summary.entities),
        "warming_up": dg.MetadataValue.int(summary.warming_up),
        "no_data": dg.MetadataValue.int(summary.no_data),
        "read_seconds": dg.MetadataValue.float(summary.read_seconds),
        "seconds": dg.MetadataValue.float(summary.seconds),
        "hottest": dg.MetadataValue.md(top or "none"),
    }
