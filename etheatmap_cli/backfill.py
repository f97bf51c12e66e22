"""`etheatmap backfill`: a range of hours, one range run an asset, in order, in this process.

Launching the runs here, and not through the daemon, saves its half-minute loop and shows how far they are.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from etheatmap_assets.definitions import build_defs
from etheatmap_cli.execution import execute
from etheatmap_cli.platform import prepared
from etheatmap_core.errors import ConfigError, EtHeatmapError
from etheatmap_core.hours import HOUR, HourRange, parse_hour, partition_key
from etheatmap_core.settings import Settings

_STATEMENT_TIMEOUT_MS = 60_000
# What a range run tells of its hours when all of them are made is written in parts of so many, not one by one.
_EVENTS_AT_ONCE = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}


class BackfillIncompleteError(EtHeatmapError):
    """Some hours could not be made; those that could are there."""


class _Outcome(NamedTuple):
    """What a run made, and what went wrong in sentences."""

    made: set[datetime]
    failures: list[str]
    is_out_of_budget: bool


class TerminalProgress:
    """A bar an asset."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def begin(self, asset: str, total_hours: int) -> None:
        self._tasks[asset] = self._bars.add_task(asset, total=total_hours)

    def advance(self, asset: str, hours: int = 1) -> None:
        self._bars.advance(self._tasks[asset], hours)


def run_backfill(
    settings: Settings, first_and_last: tuple[datetime, datetime], assets: Sequence[str], *, is_missing_only: bool
) -> None:
    """Raises BackfillIncompleteError when an hour failed; ConfigError for a wrong range or asset name."""
    first, last = first_and_last
    if last < first:
        raise ConfigError(f"--to {last:%Y-%m-%dT%H} is before --from {first:%Y-%m-%dT%H}.")
    with prepared(settings, is_guest=True) as platform:
        os.environ.update({**platform.environment, **_EVENTS_AT_ONCE})
        failures = _run_all(settings, HourRange(first, last + HOUR), assets, is_missing_only=is_missing_only)
    if failures:
        raise BackfillIncompleteError("\n".join(failures))


def _run_all(settings: Settings, hours: HourRange, assets: Sequence[str], *, is_missing_only: bool) -> Sequence[str]:
    """The runs of all assets, with their bars; what went wrong, in sentences."""
    columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TextColumn("hours"))
    console = Console(stderr=True)
    with (
        RichProgress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bars,
        dg.DagsterInstance.get() as instance,
    ):
        # A range is thousands of events, one transaction each. By default each opens a connection of its own, which
        # costs three times the write (measured: 31 ms an event, 9 ms on a kept connection, as the web server has it).
        instance.optimize_for_webserver(_STATEMENT_TIMEOUT_MS, pool_recycle=3600, max_overflow=5)
        definitions = build_defs(settings, progress=TerminalProgress(bars))
        for asset in assets:  # all looked at before any is run: a misspelt second asset must not show after an hour
            _parts(definitions, instance, asset, hours, is_missing_only)
        failures: list[str] = []
        first_made: datetime | None = None
        for asset in assets:
            parts = _parts(definitions, instance, asset, hours, is_missing_only)
            if is_missing_only and first_made is not None:
                # An hour that was made before its input, or on a hole in it, is there and yet not right.
                parts = _contiguous(sorted({*chain(*parts), *HourRange(first_made, hours.end)}))
            made, told = run_parts(definitions, instance, asset, parts)
            failures += told
            if parts and not made:
                break  # what follows would rest on nothing
            first_made = min(made | ({first_made} if first_made else set()), default=None)
        return failures


def run_parts(
    definitions: dg.Definitions, instance: dg.DagsterInstance, asset: str, parts: Sequence[HourRange]
) -> tuple[set[datetime], list[str]]:
    """The hours that were made, and what went wrong. Where the budget is used up the parts that follow wait."""
    made: set[datetime] = set()
    failures: list[str] = []
    for position, part in enumerate(parts):
        outcome = _run(definitions, instance, asset, part)
        made |= outcome.made
        failures += outcome.failures
        if outcome.is_out_of_budget:
            if left := sum(len(later) for later in parts[position + 1 :]):
                failures.append(f"{asset}: {left} hours after them were not tried.")
            break
    return made, failures


def _parts(
    definitions: dg.Definitions, instance: dg.DagsterInstance, asset: str, hours: HourRange, is_missing_only: bool
) -> Sequence[HourRange]:
    """The contiguous ranges to run: the whole range, or what of it was never materialized."""
    # Budgets are assets too, but nobody makes them.
    known = {key.to_user_string() for key in definitions.resolve_asset_graph().materializable_asset_keys}
    if asset not in known:
        raise ConfigError(f"--select {asset}: no such asset; there are {', '.join(sorted(known))}.")
    grid = definitions.resolve_assets_def(asset).partitions_def
    if not isinstance(grid, dg.HourlyPartitionsDefinition):
        raise ConfigError(f"--select {asset}: this asset has no hours; run it in the Dagster UI.")
    keys = grid.get_partition_keys()
    for hour in (hours.start, hours.end - HOUR):
        if not keys or not grid.has_partition_key(partition_key(hour)):
            span = f"{keys[0]} to {keys[-1]}" if keys else "empty"
            raise ConfigError(
                f"{hour:%Y-%m-%dT%H} is not in the hour grid ({span}); "
                "set ETHEATMAP_PARTITIONS_START (and _END) to replay other hours."
            )
    if not is_missing_only:
        return (hours,)
    present = instance.get_materialized_partitions(dg.AssetKey(asset))
    return _contiguous([hour for hour in hours if partition_key(hour) not in present])


def _contiguous(hours: Sequence[datetime]) -> Sequence[HourRange]:
    ranges: list[HourRange] = []
    for hour in hours:
        if ranges and ranges[-1].end == hour:
            ranges[-1] = HourRange(ranges[-1].start, hour + HOUR)
        else:
            ranges.append(HourRange.single(hour))
    return ranges


def _run(definitions: dg.Definitions, instance: dg.DagsterInstance, asset: str, hours: HourRange) -> _Outcome:
    """One range run."""
    tags = {
        "dagster/asset_partition_range_start": partition_key(hours.start),
        "dagster/asset_partition_range_end": partition_key(hours.end - HOUR),
    }
    ended = execute(definitions, instance, asset, launched_by="etheatmap backfill", tags=tags)
    made = {parse_hour(key) for key in ended.made if key}
    return _Outcome(made, [f"{asset}: {failure}" for failure in ended.failures], ended.is_out_of_budget)
