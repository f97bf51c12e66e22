"""A source as Dagster sees it: one asset, an hour a partition, each hour reported by itself.

Here: runs of one hour and of many, and which state is a failure. Not here: how an hour is collected (collector).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.checks import NamedCheck, check_results, check_specs, failed_checks
from etheatmap_assets.partitions import hours_of
from etheatmap_assets.progress import Progress
from etheatmap_assets.resources.http import Gateway
from etheatmap_assets.sources.collector import COVERAGE_CHECK, CollectedHour, Collector
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.source import Source
from etheatmap_core.archive import RawArchive
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.errors import ChecksFailedError, EtHeatmapError, SourceState
from etheatmap_core.hours import HourRange, partition_key
from etheatmap_core.settings import Settings
from etheatmap_core.signals.item_store import SIGHTING_CHECKS, SIGNAL_CHECKS

# One run for any range people ask for: each hour is reported by itself, so one bad hour of many costs one hour.
_HOURS_A_RUN = 1000
STATE = "state"  # in the metadata of an hour, an observation and a failure: one of SourceState
TIER = "etheatmap/tier"  # the tag of what automation requests
LAUNCHED_BY = "etheatmap/launched_by"  # the tag of what a person has started at the command line
_HOURS_NAMED = 20  # of those that failed, in the message
# States that time mends: the automation asks again at its next tick, and the run is no failure.
ASKED_AGAIN = frozenset({
    SourceState.NOT_PUBLISHED, SourceState.DEFERRED, SourceState.RATE_LIMITED, SourceState.CIRCUIT_OPEN,
    SourceState.OUT_OF_BUDGET,
})  # fmt: skip
# An upstream that is this late with an hour has lost it: from here on "not published yet" is a failure like others.
LATE_AFTER_HOURS = 24


class CollectConfig(dg.Config):
    """``ask_again``: a new request even where the archive has a good answer."""

    ask_again: bool = False


class Collected(Protocol):
    """An hour that was made."""

    @property
    def checks(self) -> tuple[CheckResult, ...]: ...
    @property
    def is_asked_again(self) -> bool: ...


Hour = TypeVar("Hour", bound=Collected)
Hour_co = TypeVar("Hour_co", bound=Collected, covariant=True)


class HourCollector(Protocol[Hour_co]):
    """What makes the hours of one source."""

    def collect(self, hour: datetime) -> Hour_co: ...
    def collect_range(self, hours: HourRange) -> Iterator[tuple[datetime, Hour_co | EtHeatmapError]]: ...
    def hours_since_end(self, hour: datetime) -> float: ...


def build_source(
    source: Source,
    grid: dg.HourlyPartitionsDefinition,
    *,
    condition: dg.AutomationCondition[dg.AssetKey] | None,
    budgets: Sequence[dg.AssetKey] = (),
) -> dg.AssetsDefinition:
    """The asset of a source. ``condition`` None: never requested by itself (switched off, or without credentials).

    ``budgets``: the external assets of the provider that it is paid to.
    """
    has_signals = source.metrics is not None or source.watch is not None
    spec = dg.AssetSpec(
        source.name,
        deps=budgets,
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="sources",
        kinds=set(source.kinds),
        owners=["team:etheatmap"],
        metadata={
            "dagster/table_name": "signals" if has_signals else "items",
            "is_requested": condition is not None,
        },
        description=source.description,
    )
    own_checks = source.watch.checks if source.watch is not None else ()
    checks = (*SIGHTING_CHECKS, *(SIGNAL_CHECKS if has_signals else ()), *own_checks, COVERAGE_CHECK)
    return build_collected(spec, checks, lambda kit, must_ask: Collector(source, kit, must_ask=must_ask), _metadata)


def build_collected(
    spec: dg.AssetSpec,
    checks: Sequence[NamedCheck],
    make_collector: Callable[[Kit, bool], HourCollector[Hour]],
    metadata_of: Callable[[Hour], Mapping[str, dg.MetadataValue]],
) -> dg.AssetsDefinition:
    """An asset whose hours a collector makes.

    A multi_asset that can be subset, because only there may a run end without the asset and without its checks: an
    hour that is not published yet has neither, and a range reports each of its good hours by itself.
    """
    name = spec.key.to_user_string()

    @dg.multi_asset(
        name=name,
        specs=[spec],
        check_specs=check_specs(name, checks),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.multi_run(_HOURS_A_RUN),
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
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        is_automated = TIER in context.run.tags
        kit = Kit(engine, archive, gateway, settings, configs, clock, context.run.run_id, is_automated)
        collector = make_collector(kit, config.ask_again)
        hours = hours_of(context)
        if len(hours) == 1:
            yield from _single(context, name, collector, metadata_of, hours.start)
        else:
            yield from _range(context, name, collector, metadata_of, hours, progress)

    return collected


def _single(
    context: dg.AssetExecutionContext,
    name: str,
    collector: HourCollector[Hour],
    metadata_of: Callable[[Hour], Mapping[str, dg.MetadataValue]],
    hour: datetime,
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """One hour. What time mends is no failure: the run succeeds without the asset, which is asked for again."""
    try:
        collected = collector.collect(hour)
    except ChecksFailedError as error:
        yield from failed_checks(name, error)
        raise dg.Failure(str(error), allow_retries=False) from error
    except EtHeatmapError as error:
        is_lost = error.state is SourceState.NOT_PUBLISHED and collector.hours_since_end(hour) > LATE_AFTER_HOURS
        is_for_a_person = _is_asked_by_a_person(context)
        # Automation holds by itself. Whoever asks by hand is told at once.
        is_refused = error.state is SourceState.OUT_OF_BUDGET and TIER not in context.run.tags
        if error.state not in ASKED_AGAIN or is_lost or is_for_a_person or is_refused:
            raise dg.Failure(
                _told(error, collector, hour), metadata={STATE: str(error.state)}, allow_retries=False
            ) from error
        told = {STATE: str(error.state), "reason": str(error)}
        context.log_event(dg.AssetObservation(name, partition=partition_key(hour), metadata=told))
        return
    if collected.is_asked_again and not _is_asked_by_a_person(context):
        # Its rows are written. Materialized, it would be asked for no more, and what is late today would be lost.
        context.log_event(
            dg.AssetObservation(name, partition=partition_key(hour), metadata=dict(metadata_of(collected)))
        )
        return
    yield from check_results(name, collected.checks)
    yield dg.MaterializeResult(metadata=metadata_of(collected))


def _range(
    context: dg.AssetExecutionContext,
    name: str,
    collector: HourCollector[Hour],
    metadata_of: Callable[[Hour], Mapping[str, dg.MetadataValue]],
    hours: HourRange,
    progress: Progress,
) -> Iterator[dg.AssetCheckResult]:
    """Every hour by itself: good ones are reported at once, bad ones named at the end.

    Where the budget is used up the range ends: each hour after it would be refused as well.
    """
    progress.begin(name, len(hours))
    failures: list[str] = []
    made, stopped = 0, ""
    last_checks: tuple[CheckResult, ...] | None = None
    refused: ChecksFailedError | None = None
    for hour, outcome in collector.collect_range(hours):
        if isinstance(outcome, EtHeatmapError):
            failures.append(f"{hour:%Y-%m-%dT%H}: {_told(outcome, collector, hour)}")
            if isinstance(outcome, ChecksFailedError):
                refused = refused or outcome
            if outcome.state is SourceState.OUT_OF_BUDGET:
                stopped = (
                    f"Stopped there, {made} of {len(hours)} hours made. Run again later, those are not paid again."
                )
                break
        else:
            made += 1
            key = partition_key(hour)
            context.log_event(dg.AssetMaterialization(name, partition=key, metadata=dict(metadata_of(outcome))))
            last_checks = outcome.checks
        progress.advance(name)
    # Dagster takes each check once a run: the first refusal tells more than the hours that passed.
    if refused is not None:
        yield from failed_checks(name, refused)
    elif last_checks is not None:
        yield from check_results(name, last_checks)
    if failures:
        rest = [f"... and {len(failures) - _HOURS_NAMED} more."] if len(failures) > _HOURS_NAMED else []
        told = "\n".join([*failures[:_HOURS_NAMED], *rest, *([stopped] if stopped else [])])
        lost = len(hours) - made if stopped else len(failures)
        state = SourceState.OUT_OF_BUDGET if stopped else SourceState.FAILED
        raise dg.Failure(
            f"{lost} of {len(hours)} hours could not be made:\n{told}",
            metadata={STATE: str(state), "made": made, "not_made": lost},
            allow_retries=False,
        )


def _is_asked_by_a_person(context: dg.AssetExecutionContext) -> bool:
    """Backfills of the UI, and all runs of the command line: they want the hour or a reason."""
    return not {"dagster/backfill", "dagster/asset_partition_range_start", LAUNCHED_BY}.isdisjoint(context.run.tags)


def _told(error: EtHeatmapError, collector: HourCollector[Hour], hour: datetime) -> str:
    """The error's sentence; of a file that should have come long ago, that it is a gap."""
    is_gap = error.state is SourceState.NOT_PUBLISHED and collector.hours_since_end(hour) > LATE_AFTER_HOURS
    return f"{error} A file this old will not come: the hour stays a gap." if is_gap else str(error)


def _metadata(collected: CollectedHour) -> dict[str, dg.MetadataValue]:
    outcome = collected.outcome
    told = {"reason": dg.MetadataValue.text(outcome.reason)} if outcome.reason else {}
    return {
        "state": dg.MetadataValue.text(outcome.state),
        **told,
        "dagster/partition_row_count": dg.MetadataValue.int(collected.rows),
        "coverage": dg.MetadataValue.float(outcome.answered / max(outcome.questions, 1)),
        "questions": dg.MetadataValue.int(outcome.questions),
        "answered": dg.MetadataValue.int(outcome.answered),
        "deferred": dg.MetadataValue.int(outcome.deferred),
        "mentions": dg.MetadataValue.int(outcome.mentions),
        "late": dg.MetadataValue.int(collected.late),
        "ties": dg.MetadataValue.int(collected.ties),
        "asked": dg.MetadataValue.int(collected.asked),
        "is_replay": dg.MetadataValue.bool(collected.asked == 0),
        **({} if (age := collected.stale_hours) is None else {"stale_hours": dg.MetadataValue.float(age)}),
        "capture_hashes": dg.MetadataValue.json(list(collected.content_hashes)),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
    }
