"""A day's heat of every entity and model, when the day is over. The arithmetic is in etheatmap_core.scoring.daily."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import sum_up_when_over
from etheatmap_assets.checks import check_results, check_specs, failed_checks
from etheatmap_core.cadence import CADENCES
from etheatmap_core.errors import ChecksFailedError, SourceState
from etheatmap_core.scoring.daily import CHECKS, DAY, TABLE, ModelDay, NoScoresError, sum_up

NAME = "daily_heat"


def build_daily_heat(grid: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """A day rests on the 24 hours of each model; those that are missing are counted, and hold nothing up."""

    @dg.asset(
        name=NAME,
        deps=["heat_scores", "robust_scores", "advanced_scores"],
        partitions_def=grid,
        backfill_policy=dg.BackfillPolicy.single_run(),
        automation_condition=sum_up_when_over(CADENCES[NAME].poll_cron),
        check_specs=check_specs(NAME, CHECKS),
        group_name="scores",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": TABLE},
        description="Each entity's day by model: average and highest heat, its hour, rank, change from the day before.",
    )
    def daily_heat(
        context: dg.AssetExecutionContext, engine: dg.ResourceParam[sa.Engine]
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        try:
            summary = sum_up(engine, _days_of(context))
        except NoScoresError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        except ChecksFailedError as error:
            yield from failed_checks(NAME, error)
            raise dg.Failure(str(error), allow_retries=False) from error
        for day, models in summary.days.items():
            context.add_asset_metadata(_metadata(models, summary.rows[day]), partition_key=f"{day:%Y-%m-%d}")
        yield from check_results(NAME, summary.checks)
        yield dg.MaterializeResult()

    return daily_heat


def _days_of(context: dg.AssetExecutionContext) -> Sequence[datetime]:
    """The starts of the days a run is about: one, or a whole range."""
    window = context.partition_time_window
    start = window.start.astimezone(UTC)
    return [start + number * DAY for number in range((window.end.astimezone(UTC) - start) // DAY)]


def _metadata(models: Sequence[ModelDay], rows: int) -> dict[str, dg.MetadataValue]:
    return {
        "state": dg.MetadataValue.text(str(SourceState.OK if rows else SourceState.EMPTY)),
        "reason": dg.MetadataValue.text("\n".join(model.sentence for model in models)),
        "dagster/partition_row_count": dg.MetadataValue.int(rows),
        "hours": dg.MetadataValue.json({model.model: model.hours for model in models}),
    }
