"""Wikipedia: hourly views of every article, from Wikimedia's hourly dumps.

Asked: one file an hour, ``pageviews-YYYYMMDD-HH0000.gz``, stamped with the END of its hour.
Comes back: a line a page of every wiki. Becomes: ``views``, ``views_desktop`` and ``views_mobile`` of the tracked
entities in ``signals``, and all pages of the chosen wikis in the Parquet lake.
https://wikitech.wikimedia.org/wiki/Data_Platform/Data_Lake/Traffic/Pageviews
"""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import ask_until_there
from etheatmap_assets.checks import check_results, check_specs, failed_checks
from etheatmap_assets.partitions import hours_of
from etheatmap_assets.progress import Progress
from etheatmap_assets.resources.http import Gateway
from etheatmap_assets.sources.wiki_collector import CHECKS, CollectedHour, WikiCollector
from etheatmap_core.archive import RawArchive
from etheatmap_core.cadence import CADENCES
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.errors import ChecksFailedError, EtHeatmapError, NotPublishedYetError
from etheatmap_core.hours import HourRange, partition_key
from etheatmap_core.settings import Settings

# An upstream that is this late with an hour has lost it: from here on "not published yet" is a failure like others.
LATE_AFTER_HOURS = 24
# One run for any range people ask for: each hour is reported by itself, so one bad hour of many costs one hour.
_HOURS_A_RUN = 1000
_HOURS_NAMED = 20  # of those that failed, in the message


class WikiConfig(dg.Config):
    """``ask_again``: a new request even where the archive has a good answer."""

    ask_again: bool = False


def build_wiki(grid: dg.HourlyPartitionsDefinition, *, is_enabled: bool) -> dg.AssetsDefinition:
    """The asset ``wiki``. Disabled in sources.yml it stays in the graph, and is never requested by itself."""

    spec = dg.AssetSpec(
        "wiki",
        partitions_def=grid,
        skippable=True,
        automation_condition=ask_until_there(CADENCES["wiki"].poll_cron) if is_enabled else None,
        group_name="sources",
        kinds={"wikipedia", "duckdb", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "signals", "is_enabled": is_enabled},
        description="Hourly Wikipedia views: tracked entities as signals, all pages of the chosen wikis in the lake.",
    )

    # As a multi_asset that can be subset, because only there may a run end without the asset and without its checks:
    # an hour that is not published yet has neither, and a range reports each of its good hours by itself.
    @dg.multi_asset(
        name="wiki",
        specs=[spec],
        check_specs=check_specs("wiki", CHECKS),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.multi_run(_HOURS_A_RUN),
    )
    def wiki(
        context: dg.AssetExecutionContext,
        config: WikiConfig,
        engine: dg.ResourceParam[sa.Engine],
        archive: dg.ResourceParam[RawArchive],
        gateway: dg.ResourceParam[Gateway],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        collector = WikiCollector(engine, archive, gateway, settings, configs, clock, must_ask=config.ask_again)
        hours = hours_of(context)
        if len(hours) == 1:
            yield from _single(context, collector, hours.start)
        else:
            yield from _range(context, collector, hours, progress)

    return wiki


def _single(
    context: dg.AssetExecutionContext, collector: WikiCollector, hour: datetime
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """One hour. Not published yet is a state of its own: the run succeeds without the asset and is asked again."""
    try:
        collected = collector.collect(hour)
    except NotPublishedYetError as error:
        if collector.hours_since_end(hour) > LATE_AFTER_HOURS or _is_asked_by_a_person(context):
            raise dg.Failure(_told(error, collector, hour), allow_retries=False) from error
        context.log_event(
            dg.AssetObservation("wiki", partition=partition_key(hour), metadata={"state": "not published yet"})
        )
        return
    except ChecksFailedError as error:
        yield from failed_checks("wiki", error)
        raise dg.Failure(str(error), allow_retries=False) from error
    except EtHeatmapError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    yield from check_results("wiki", collected.checks)
    yield dg.MaterializeResult(metadata=_metadata(collected))


def _range(
    context: dg.AssetExecutionContext, collector: WikiCollector, hours: HourRange, progress: Progress
) -> Iterator[dg.AssetCheckResult]:
    """Every hour by itself: good ones are reported at once, bad ones named at the end."""
    progress.begin("wiki", len(hours))
    failures: list[str] = []
    last_checks: tuple[CheckResult, ...] | None = None
    refused: ChecksFailedError | None = None
    for hour, outcome in collector.collect_range(hours):
        if isinstance(outcome, CollectedHour):
            key = partition_key(hour)
            context.log_event(dg.AssetMaterialization("wiki", partition=key, metadata=_metadata(outcome)))
            last_checks = outcome.checks
        else:
            failures.append(f"{hour:%Y-%m-%dT%H}: {_told(outcome, collector, hour)}")
            if isinstance(outcome, ChecksFailedError):
                refused = refused or outcome
        progress.advance("wiki")
    # Dagster takes each check once a run: the first refusal tells more than the hours that passed.
    if refused is not None:
        yield from failed_checks("wiki", refused)
    elif last_checks is not None:
        yield from check_results("wiki", last_checks)
    if failures:
        rest = [f"... and {len(failures) - _HOURS_NAMED} more."] if len(failures) > _HOURS_NAMED else []
        told = "\n".join(failures[:_HOURS_NAMED] + rest)
        raise dg.Failure(f"{len(failures)} of {len(hours)} hours could not be made:\n{told}", allow_retries=False)


def _is_asked_by_a_person(context: dg.AssetExecutionContext) -> bool:
    """Backfills of the UI, and range runs of the command line even of one hour: they want the hour or a reason."""
    return not {"dagster/backfill", "dagster/asset_partition_range_start"}.isdisjoint(context.run.tags)


def _told(error: EtHeatmapError, collector: WikiCollector, hour: datetime) -> str:
    """The error's sentence; of a file that should have come long ago, that it is a gap."""
    is_gap = isinstance(error, NotPublishedYetError) and collector.hours_since_end(hour) > LATE_AFTER_HOURS
    return f"{error} A file this old will not come: the hour stays a gap." if is_gap else str(error)


def _metadata(collected: CollectedHour) -> dict[str, dg.MetadataValue]:
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(collected.rows),
        "entities": dg.MetadataValue.int(collected.entities),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "size_bytes": dg.MetadataValue.int(collected.size_bytes),
        "capture_hash": dg.MetadataValue.text(collected.content_hash),
        "is_replay": dg.MetadataValue.bool(collected.is_replay),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
    }
