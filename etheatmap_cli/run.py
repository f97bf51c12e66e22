"""`etheatmap run NAME`: one partition of one asset, by hand, in this process, and what came of it in a sentence."""

import os
import re
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import dagster as dg

from etheatmap_assets.definitions import build_defs
from etheatmap_cli.execution import Executed, execute
from etheatmap_cli.platform import prepared
from etheatmap_cli.preflight import require_writable_folder
from etheatmap_core.budget.run_cost import RunCost, cost_of_run
from etheatmap_core.budget.wording import amount
from etheatmap_core.clock import Clock, system_clock
from etheatmap_core.config.installed import installed_config
from etheatmap_core.config.model import canonical_source
from etheatmap_core.config.problems import one_of
from etheatmap_core.database.engine import create_engine
from etheatmap_core.errors import ConfigError, EtHeatmapError
from etheatmap_core.hours import parse_hour, partition_key
from etheatmap_core.settings import Settings

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Of the metadata of what was made, in the words of the sentence; where it counts one, without the s.
_COUNTS = {"dagster/partition_row_count": "rows", "mentions": "mentions", "stories": "stories"}


class RunFailedError(EtHeatmapError):
    """The partition was not made; the message says why."""


class Wanted(NamedTuple):
    """``partition``: its key, None for an asset without partitions."""

    asset: str
    partition: str | None


def run_by_hand(settings: Settings, name: str, partition: str | None, *, clock: Clock = system_clock) -> str:
    """What came of it. ConfigError for a wrong name or partition; RunFailedError where the partition was not made."""
    require_writable_folder(settings.etheatmap_home, "ETHEATMAP_HOME")
    definitions = build_defs(settings, clock=clock)
    run = wanted(definitions, name, partition, clock())  # before a database is started
    use = installed_config(settings).budgets.uses.get(run.asset)
    with prepared(settings, is_guest=True) as platform:
        os.environ.update(platform.environment)
        with dg.DagsterInstance.get() as instance:
            ended = execute(definitions, instance, run.asset, launched_by="etheatmap run", partition_key=run.partition)
        cost = None if use is None else _cost(platform.database_url, use.provider, run.asset, ended.run_id, clock())
    told_cost = "" if cost is None else f" It cost {amount(*cost)}."
    if ended.failures or (run.partition or "") not in ended.made:
        why = "\n".join(ended.failures) or f"it ended without the partition (run {ended.run_id})."
        raise RunFailedError(f"{_title(run)}: {why}{told_cost}")
    return f"{made_sentence(run, ended)}{told_cost}{_reason(run, ended)}"


def wanted(definitions: dg.Definitions, name: str, partition: str | None, now: datetime) -> Wanted:
    """The asset and the partition that are meant; ``partition`` None: the newest that is due."""
    names = {key.to_user_string() for key in definitions.resolve_asset_graph().materializable_asset_keys}
    asset = canonical_source(name)
    if asset not in names:
        raise ConfigError(_unknown(definitions, name, sorted(names)))
    grid = definitions.resolve_assets_def(asset).partitions_def
    if grid is None:
        if partition is not None:
            raise ConfigError(f"{asset} has no partitions: leave --partition out.")
        return Wanted(asset, None)
    with dg.partition_loading_context(now):
        newest = grid.get_last_partition_key()
        if newest is None:
            raise ConfigError(f"{asset} has no partition yet: the first one has not ended.")
        if partition is None:
            return Wanted(asset, newest)
        key = _key(asset, grid, partition)
        if not grid.has_partition_key(key):
            raise ConfigError(
                f"--partition {partition}: {asset} has {grid.get_first_partition_key()} to {newest}; "
                "ETHEATMAP_PARTITIONS_START (and _END) set another grid, for replays."
            )
        return Wanted(asset, key)


def made_sentence(run: Wanted, ended: Executed) -> str:
    """``google_news 2026-11-20-14:00: ok, 120 rows, 31 mentions; 20 of 20 questions answered.``"""
    metadata = ended.made[run.partition or ""]
    counts = [_counted(int(metadata[key]), word) for key, word in _COUNTS.items() if key in metadata]
    return f"{_title(run)}: {', '.join([str(metadata.get('state', 'made')), *counts])}{_questions(metadata)}."


def _unknown(definitions: dg.Definitions, name: str, names: list[str]) -> str:
    others = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()} - set(names)
    if name in others:
        return f"{name} is written by its sensor, nobody makes it; there are {', '.join(names)}."
    nearest = one_of(names, name)
    there_are = f"did you mean {nearest.split()[0]}? There are" if nearest.startswith("'") else "there are"
    return f"{name}: no such asset; {there_are} {', '.join(names)}."


def _key(asset: str, grid: dg.PartitionsDefinition[str], spelled: str) -> str:
    """As Dagster names it. ConfigError that names the grid where it is not spelt as one of its partitions."""
    if isinstance(grid, dg.HourlyPartitionsDefinition):
        try:
            return partition_key(parse_hour(spelled))
        except ConfigError as error:
            raise ConfigError(
                f"--partition {shlex.quote(spelled)}: {asset} has hours, write one as 2026-11-20T15 (UTC)."
            ) from error
    try:
        if _DAY.fullmatch(spelled):
            return date.fromisoformat(spelled).isoformat()
    except ValueError:
        pass  # a day that does not exist is told below like any other bad spelling
    raise ConfigError(f"--partition {shlex.quote(spelled)}: {asset} has days, write one as 2026-11-20.")


def _cost(url: str, provider: str, asset: str, run_id: str, now: datetime) -> RunCost | None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return cost_of_run(connection, provider, asset, run_id, now)
    finally:
        engine.dispose()


def _title(run: Wanted) -> str:
    return run.asset if run.partition is None else f"{run.asset} {run.partition}"


def _reason(run: Wanted, ended: Executed) -> str:
    """On a line of its own: what of the partition is missing, and why."""
    reason = ended.made[run.partition or ""].get("reason")
    return f"\n{reason}" if reason else ""


def _questions(metadata: Mapping[str, Any]) -> str:
    """Of a source that asks: how many were answered, and whether by the archive."""
    if not metadata.get("questions"):
        return ""
    answered = f"{metadata['answered']} of {_counted(int(metadata['questions']), 'questions')} answered"
    is_replay = metadata.get("is_replay") and metadata["answered"]
    return f"; {answered}, from the archive, nobody was asked" if is_replay else f"; {answered}"


def _counted(count: int, word: str) -> str:
    singular = {"stories": "story"}.get(word, word.removesuffix("s"))
    return f"{count:,} {singular if count == 1 else word}"
