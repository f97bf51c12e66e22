"""Score assets: one row an entity, hour and model. The arithmetic is in etheatmap_core.scoring."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

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
from etheatmap_core.database.replace import RowCheck
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, HourRange, partition_key
from etheatmap_core.scoring.mvp import HISTORY_HOURS, MODEL
from etheatmap_core.scoring.store import CHECKS, ScoreSummary, score_and_store
from etheatmap_core.settings import Settings


class ScoreAndStore(Protocol):
    """What a model makes of a range of hours, in one transaction."""

    def __call__(
        self,
        engine: sa.Engine,
        hours: HourRange,
        weights: Mapping[str, float],
        source_types: Mapping[str, Sequence[str]],
        scored_at: datetime,
    ) -> ScoreSummary: ...


@dataclass(frozen=True)
class ScoreModel:
    """A model as an asset: its name in table ``scores``, the hours of signals that it reads, its checks.

    rests_on: assets beside the sources, whose moves alone make it move; without any, every source's do.
    """

    model: str
    history_hours: int
    checks: Sequence[RowCheck]
    score_and_store: ScoreAndStore
    rests_on: Sequence[str] = field(default=())
    is_asked: bool = True  # by itself; else only by hand


def build_heat_scores(grid: dg.HourlyPartitionsDefinition) -> dg.AssetsDefinition:
    """The frozen ``mvp`` model."""
    return build_scores(
        "heat_scores",
        grid,
        ScoreModel(MODEL, HISTORY_HOURS, CHECKS, score_and_store),
        "Heat of every entity and hour, model mvp: velocity, spread, affect, decay, and why in words.",
    )


def build_scores(
    name: str, grid: dg.HourlyPartitionsDefinition, model: ScoreModel, description: str
) -> dg.AssetsDefinition:
    """One model's scores. Each hour depends on the same hour of its sources; the trailing window is read in SQL,
    because a partition mapping over it would let one missing hour block every score that follows."""
    condition = score_when_inputs_move(CADENCES[name].poll_cron, model.rests_on) if model.is_asked else None

    @dg.asset(
        name=name,
        deps=[*model.rests_on, "wiki", "trends", "reddit", "youtube", "news", "gdelt_gkg"],
        partitions_def=grid,
        backfill_policy=dg.BackfillPolicy.single_run(),
        automation_condition=condition,
        check_specs=check_specs(name, model.checks),
        group_name="scores",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"model": model.model, "window_hours": model.history_hours, "dagster/table_name": "scores"},
        code_version=model.model,
        description=description,
    )
    def scores(
        context: dg.AssetExecutionContext,
        engine: dg.ResourceParam[sa.Engine],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        hours = hours_of(context)
        scored_at = clock()
        progress.begin(name, len(hours))
        try:
            weights = scored_weights(configs, settings)
            summary = model.score_and_store(engine, hours, weights, configs.source_types, scored_at)
        except ChecksFailedError as error:
            yield from failed_checks(name, error)
            raise dg.Failure(str(error), allow_retries=False) from error
        for hour in hours:
            lag = scored_at - (hour + HOUR)
            of_hour = {"dagster/partition_row_count": summary.entities, "lag_seconds": lag.total_seconds()}
            context.add_asset_metadata(of_hour, partition_key=partition_key(hour))
        progress.advance(name, len(hours))
        yield from check_results(name, summary.checks)
        yield dg.MaterializeResult(metadata=_metadata(summary))

    return scores


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
