"""Where the verdicts on freshness get their facts: which assets are watched, and their newest partitions in Dagster.

Here: facts and the check by hand. Not here: the verdict (etheatmap_core.freshness), who writes it (sensors/freshness).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.definitions.freshness import FreshnessState

from etheatmap_core.cadence import CADENCES
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.freshness import store
from etheatmap_core.freshness.verdict import Facts, Freshness, Verdict, Watched, judge
from etheatmap_core.hours import HOUR, floor_hour, parse_hour
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import known_sources

CHECK = "newest_partition"
_DAY = timedelta(days=1)
# Beside the sources: steps of our own, by how much time their partitions hold.
_STEPS = {"heat_scores": HOUR, "storage_maintenance": _DAY}
_LOOKED_AT = 64  # partitions back from the newest; beyond them any asset is stale


def watched_assets(config: Config, settings: Settings) -> list[Watched]:
    """Every asset with a cadence: the sources as they are configured here, and the steps of our own."""
    found = [
        Watched(source.name, source.cadence, source.partition, None if source.refused is None else str(source.refused))
        for source in known_sources(config, settings)
        if source.cadence is not None
    ]
    return found + [Watched(name, CADENCES[name], partition) for name, partition in _STEPS.items()]


def verdicts(
    instance: dg.DagsterInstance, connection: sa.Connection, watched: Sequence[Watched], now: datetime
) -> list[Verdict]:
    """The verdict on each at ``now``."""
    first = store.first_judged(connection)
    tried = store.tried(connection, [one.asset for one in watched], now)
    return [
        judge(
            one,
            Facts(newest_partition(instance, one, now), first.get(one.asset, now), *tried.get(one.asset, (None, None))),
            now,
        )
        for one in watched
    ]


def newest_partition(instance: dg.DagsterInstance, watched: Watched, now: datetime) -> datetime | None:
    """The start of the newest partition that was materialized; None: none ever was.

    The youngest partitions are asked for by name; only where none of them is there, all that are.
    """
    key = dg.AssetKey(watched.asset)
    start = floor_hour(now) if watched.partition == HOUR else now.replace(hour=0, minute=0, second=0, microsecond=0)
    young = [_spell(start - number * watched.partition, watched.partition) for number in range(_LOOKED_AT)]
    asked = dg.AssetRecordsFilter(asset_key=key, asset_partitions=young)
    records = instance.fetch_materializations(asked, limit=_LOOKED_AT).records
    found = {record.partition_key for record in records if record.partition_key}
    if not found:
        found = set(instance.get_materialized_partitions(key))
    return max((_read(spelled) for spelled in found), default=None)


def freshness_states(instance: dg.DagsterInstance, watched: Sequence[Watched]) -> Mapping[str, str]:
    """What Dagster's own policy says of each asset: PASS, WARN, FAIL, UNKNOWN. The one place that asks for it."""
    keys = [dg.AssetKey(one.asset) for one in watched]
    records = instance.get_freshness_state_records(keys)
    return {key.to_user_string(): record.freshness_state.value for key, record in records.items()}


def with_policy(verdict: Verdict, policy_state: str | None) -> Verdict:
    """Where Dagster's policy fails and the newest partition is there all the same, somebody should look."""
    if verdict.state is Freshness.FRESH and policy_state == FreshnessState.FAIL.value:
        told = f"{verdict.reason} Yet Dagster's freshness policy fails: nothing has been made for too long."
        return Verdict(verdict.asset, Freshness.LATE, told, verdict.due, verdict.newest, verdict.age, verdict.limit)
    return verdict


def freshness_checks(assets: Collection[str]) -> list[dg.AssetChecksDefinition]:
    """One an asset, which fails without holding anything: the sensor writes it, and it can be run by hand."""
    return [_check(asset) for asset in sorted(assets)]


def _check(asset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(asset),
        name=CHECK,
        description="Passes while the newest due partition is there; a backfill of an old one does not count.",
    )
    def newest(
        context: dg.AssetCheckExecutionContext,
        engine: dg.ResourceParam[sa.Engine],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        watched = [one for one in watched_assets(configs, settings) if one.asset == asset]
        with engine.begin() as connection:
            (verdict,) = verdicts(context.instance, connection, watched, clock())
        return dg.AssetCheckResult(
            passed=is_passed(verdict),
            severity=dg.AssetCheckSeverity.WARN,
            description=verdict.reason,
            metadata=metadata_of(verdict),
        )

    return newest


def is_passed(verdict: Verdict) -> bool:
    """Late and stale fail; what waits, is held or is off has told its reason."""
    return verdict.state not in {Freshness.LATE, Freshness.STALE}


def metadata_of(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": str(verdict.state),
        "age_hours": verdict.age / HOUR,
        "stale_after_hours": verdict.limit / HOUR,
        "due": verdict.due.isoformat(),
        "newest": None if verdict.newest is None else verdict.newest.isoformat(),
    }


def _spell(start: datetime, length: timedelta) -> str:
    return f"{start:%Y-%m-%d-%H:%M}" if length == HOUR else f"{start:%Y-%m-%d}"


def _read(spelled: str) -> datetime:
    """An hour's key or a day's."""
    return parse_hour(spelled if len(spelled) > len("2026-11-20") else f"{spelled}-00:00")
