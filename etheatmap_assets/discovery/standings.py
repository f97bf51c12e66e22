"""Standings: who falls asleep because nothing is heard of it, and who is woken by a spike.

Asks nobody: read are the hour's spikes and scores, and the week before them. Becomes: ``entities.asleep_since``, and a
row of ``entity_standings`` where that changes. Here: the asset and its steps. Not here: the rule
(etheatmap_core.discovery.lifecycle), who is paid for (sources.collector).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import dagster as dg

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.asset import build_collected
from etheatmap_assets.sources.day_answers import collecting
from etheatmap_assets.sources.kit import HourByHour
from etheatmap_core.config.access import DISCOVERY
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.discovery.standing_store import AS_TOLD, AS_TOLD_MEANING, NAME, Standings, judge_standings
from etheatmap_core.entities.roster import sync_roster
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import partition_key
from etheatmap_core.signals.source_hours import SourceHour, record_hour


@dataclass(frozen=True)
class _AsTold:
    """Passes while ``entities`` says the same as the newest standings; it warns, and stops nothing."""

    name: str = AS_TOLD
    meaning: str = AS_TOLD_MEANING


def build_entity_standings(
    grid: dg.HourlyPartitionsDefinition, *, condition: AssetCondition | None
) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself (entity_discovery is off)."""
    spec = dg.AssetSpec(
        NAME,
        deps=["wiki_spikes", "heat_scores"],
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="discovery",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": NAME, "is_requested": condition is not None},
        description="Who sleeps because nothing is heard of it, and who wakes: nothing paid is asked for who sleeps.",
    )
    return build_collected(spec, (_AsTold(),), lambda kit, _: StandingCollector(kit), _metadata)


@dataclass(frozen=True)
class CollectedStandings:
    """What became of one hour."""

    standings: Standings
    seconds: float
    lag_seconds: float
    is_asked_again: bool = False

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return self.standings.checks

    @property
    def reason(self) -> str | None:
        """Why nothing was judged; None where it was."""
        newer = self.standings.newer
        told = "was judged before: who sleeps is decided forward in time, and this hour changes nothing."
        return None if newer is None else f"{partition_key(newer)} {told}"


class StandingCollector(HourByHour[CollectedStandings]):
    """Makes hours of standings for one run."""

    def collect(self, hour: datetime) -> CollectedStandings:
        """Judges the hour. Raises an EtHeatmapError, whose state is recorded, and leaves the rows untouched."""
        started, kit = perf_counter(), self._kit
        with collecting(kit, NAME, hour, needs=(DISCOVERY,)):
            with kit.engine.begin() as connection:
                sync_roster(connection, kit.config.entities, hour)
            with kit.engine.begin() as connection:
                found = judge_standings(connection, hour, kit.config.discovery.lifecycle)
                changes = len(found.fallen_asleep) + len(found.woken)
                state = SourceState.OK if changes else SourceState.EMPTY
                outcome = SourceHour(state, is_complete=True, items=changes)
                record_hour(connection, NAME, hour, outcome, ended_at=kit.clock())
        return CollectedStandings(found, perf_counter() - started, lag_seconds=self.hours_since_end(hour) * 3600)


def _metadata(collected: CollectedStandings) -> Mapping[str, dg.MetadataValue]:
    found, reason = collected.standings, collected.reason
    return {
        **({"reason": dg.MetadataValue.text(reason)} if reason else {}),
        "dagster/partition_row_count": dg.MetadataValue.int(len(found.fallen_asleep) + len(found.woken)),
        "fallen_asleep": dg.MetadataValue.int(len(found.fallen_asleep)),
        "woken": dg.MetadataValue.int(len(found.woken)),
        "awake": dg.MetadataValue.int(found.awake),
        "asleep": dg.MetadataValue.int(found.asleep),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
    }
