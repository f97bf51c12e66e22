"""Where the verdicts on freshness get their facts: which assets are watched, and their newest partitions in Dagster.

Here: facts and the check by hand. Not here: the verdict (etheatmap_core.freshness), who writes it (sensors/freshness).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.resources.http.redact import Redactor, secrets_of
from etheatmap_core.budget import reconcile
from etheatmap_core.cadence import CADENCES, cadence_of
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.config.access import ADVANCED, DISCOVERY
from etheatmap_core.freshness import store
from etheatmap_core.freshness.verdict import Freshness, Verdict, Watched, judge
from etheatmap_core.hours import HOUR, floor_hour, parse_hour
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources

CHECK = "newest_partition"
_DAY = timedelta(days=1)
# Beside the sources: steps of our own, by how much time their partitions hold.
_STEPS: Mapping[str, timedelta] = {
    "heat_scores": HOUR,
    "robust_scores": HOUR,
    "daily_heat": _DAY,
    "storage_maintenance": _DAY,
}
# Those that entity_discovery switches on.
DISCOVERY_STEPS: Mapping[str, timedelta] = {
    "wiki_spikes": HOUR,
    "discovery_candidates": HOUR,
    "admissions": HOUR,
    "entity_standings": HOUR,
}
DISCOVERY_REPORTS: Mapping[str, timedelta] = {"discoveries": _DAY, "discovery_outcomes": _DAY}
# Partitions back from now: who is fresh has one among the first, who is not so for a month one among the second.
_LOOKED_AT = (64, 1024)


def watched_assets(config: Config, settings: Settings) -> list[Watched]:
    """Every asset with a cadence: the sources as they are configured here, and the steps of our own."""
    known = known_sources(config, settings)
    assets = [source for source in known if source.name not in {DISCOVERY, ADVANCED}]  # switches of others
    found = [_watched(source) for source in assets if source.cadence or source.is_manual]
    steps = {**_STEPS, **({reconcile.ASSET: _DAY} if reconcile.is_asked(settings) else {})}
    found += [Watched(name, CADENCES[name], length, length) for name, length in steps.items()]
    discovery, advanced = (next(one for one in known if one.name == name) for name in (DISCOVERY, ADVANCED))
    found.append(replace(_watched(advanced), asset="advanced_scores", cadence=CADENCES["advanced_scores"]))
    return found + [
        replace(_watched(discovery), asset=name, cadence=CADENCES[name], partition=length, interval=length)
        for name, length in {**DISCOVERY_STEPS, **DISCOVERY_REPORTS}.items()
    ]


def _watched(source: KnownSource) -> Watched:
    refused = None if source.refused is None else str(source.refused)
    if source.is_manual and refused is None:
        refused = f"{source.name} is only requested by hand (cadence: manual in sources.yml)."
    cadence = source.cadence or cadence_of(source.name, None)
    return Watched(source.name, cadence, source.partition, source.interval or source.partition, refused)


def verdicts(
    instance: dg.DagsterInstance,
    connection: sa.Connection,
    watched: Sequence[Watched],
    settings: Settings,
    now: datetime,
) -> list[Verdict]:
    """The verdict on each at ``now``; none of the secrets in ``settings`` is in its reason."""
    newest = {one.asset: newest_partition(instance, one, now) for one in watched}
    known = store.facts(connection, newest, now)
    found = [judge(one, known[one.asset], now) for one in watched]
    # Where our own tables do not know why a newer partition is missing, Dagster may.
    unexplained = [one.asset for one in found if not (is_passed(one) or known[one.asset].is_explained)]
    redact = Redactor(secrets_of(settings)).text
    failures = {asset: told for asset in unexplained if (told := last_failure(instance, asset))}
    return [
        replace(one, reason=f"{one.reason} {redact(failures[one.asset])}") if one.asset in failures else one
        for one in found
    ]


def newest_partition(instance: dg.DagsterInstance, watched: Watched, now: datetime) -> datetime | None:
    """The start of the newest partition that was materialized; None: none ever was.

    The youngest partitions are asked for by name; only where none of them is there, all that are.
    """
    key = dg.AssetKey(watched.asset)
    start = floor_hour(now) if watched.partition == HOUR else now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in _LOOKED_AT:
        young = {_spell(start - back * watched.partition, watched.partition) for back in range(number)}
        if found := instance.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION, young):
            return max(map(_read, found))
    return max(map(_read, instance.get_materialized_partitions(key)), default=None)


def last_failure(instance: dg.DagsterInstance, asset: str) -> str | None:
    """Why the newest run that was to make the asset failed; None where it did not, or runs still."""
    planned = instance.get_latest_planned_materialization_info(dg.AssetKey(asset))
    if planned is None:
        return None
    run = instance.get_run_by_id(planned.run_id)
    if run is None or run.status is not dg.DagsterRunStatus.FAILURE:
        return None
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        failure = entry.get_dagster_event().step_failure_data
        if entry.get_dagster_event().step_key == asset and failure.error is not None:
            told = failure.user_failure_data.description if failure.user_failure_data else None
            return f"The last run failed: {_first_line(told or failure.error.message)} (run {run.run_id})."
    return f"The last run failed (run {run.run_id})."


def freshness_states(instance: dg.DagsterInstance, watched: Sequence[Watched]) -> Mapping[str, str]:
    """What Dagster's own policy says of each asset: PASS, WARN, FAIL, UNKNOWN. The one place that asks for it."""
    keys = [dg.AssetKey(one.asset) for one in watched]
    records = instance.get_freshness_state_records(keys)
    return {key.to_user_string(): record.freshness_state.value for key, record in records.items()}


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
            (verdict,) = verdicts(context.instance, connection, watched, settings, clock())
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


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "without a word"


def _read(spelled: str) -> datetime:
    """An hour's key or a day's."""
    return parse_hour(spelled if len(spelled) > len("2026-11-20") else f"{spelled}-00:00")
