"""A source as Dagster sees it whose partitions are days: one day a run.

Here: which state is a failure, checks and metadata. Not here: how a day is collected (the sources' own collectors).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.checks import check_results
from etheatmap_assets.resources.http import Gateway
from etheatmap_assets.sources.asset import ASKED_AGAIN, LAUNCHED_BY, TIER, CollectConfig
from etheatmap_assets.sources.day_answers import CollectedDay
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.archive import RawArchive
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.settings import Settings

# For so long after its end a day that lacks an answer is asked again at each tick, rows or not.
_WAITS_FOR_ANSWERS = timedelta(hours=6)


class DayCollector(Protocol):
    """What makes the days of one source."""

    def collect(self, day: datetime) -> CollectedDay: ...


def build_daily(
    spec: dg.AssetSpec, checks: Mapping[str, str], make_collector: Callable[[Kit, bool], DayCollector]
) -> dg.AssetsDefinition:
    """``checks``: name → what it means that it fails; they warn, and stop nothing."""
    name = spec.key.to_user_string()

    # A multi_asset that can be subset, because only there may a run end without the asset and without its checks.
    @dg.multi_asset(
        name=name,
        specs=[spec],
        check_specs=[dg.AssetCheckSpec(check, asset=name, description=meaning) for check, meaning in checks.items()],
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.multi_run(1),
    )
    def collected(
        context: dg.AssetExecutionContext,
        config: CollectConfig,
        engine: dg.ResourceParam[sa.Engine],
        archive: dg.ResourceParam[RawArchive],
        gateway: dg.ResourceParam[Gateway],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        collector = make_collector(Kit(engine, archive, gateway, settings, configs, clock), config.ask_again)
        try:
            day = collector.collect(context.partition_time_window.start)
        except EtHeatmapError as error:
            # What time mends is no failure, unless somebody waits for this very day.
            if error.state not in ASKED_AGAIN or not {"dagster/backfill", LAUNCHED_BY}.isdisjoint(context.run.tags):
                raise dg.Failure(str(error), allow_retries=False) from error
            told = {"state": str(error.state), "reason": str(error)}
            context.log_event(dg.AssetObservation(name, partition=context.partition_key, metadata=told))
            return
        is_automated, age = TIER in context.run.tags, clock() - context.partition_time_window.end
        if is_automated and not day.outcome.is_complete and age < _WAITS_FOR_ANSWERS:
            # Its rows are written. Materialized, it would be asked for no more, and what is missing be missing all day.
            context.log_event(dg.AssetObservation(name, partition=context.partition_key, metadata=_metadata(day)))
            return
        yield from check_results(name, day.checks)
        yield dg.MaterializeResult(metadata=_metadata(day))

    return collected


def _metadata(day: CollectedDay) -> dict[str, dg.MetadataValue]:
    outcome = day.outcome
    reason = {"reason": dg.MetadataValue.text(outcome.reason)} if outcome.reason else {}
    told = {
        name: dg.MetadataValue.text(value) if isinstance(value, str) else dg.MetadataValue.int(value)
        for name, value in day.told.items()
        if value != ""
    }
    return {
        "state": dg.MetadataValue.text(outcome.state),
        **reason,
        "dagster/partition_row_count": dg.MetadataValue.int(day.rows),
        "coverage": dg.MetadataValue.float(outcome.answered / max(outcome.questions, 1)),
        "questions": dg.MetadataValue.int(outcome.questions),
        "answered": dg.MetadataValue.int(outcome.answered),
        "deferred": dg.MetadataValue.int(outcome.deferred),
        "asked": dg.MetadataValue.int(day.asked),
        "is_replay": dg.MetadataValue.bool(day.asked == 0),
        "capture_hashes": dg.MetadataValue.json(list(day.content_hashes)),
        "seconds": dg.MetadataValue.float(day.seconds),
        **told,
        **({"report": dg.MetadataValue.md(day.table)} if day.table else {}),
    }
