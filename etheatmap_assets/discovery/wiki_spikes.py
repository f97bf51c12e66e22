"""Articles of the lake that break out in an hour, whoever tracks them.

Asks nobody: read are the lake files that ``wiki`` has made. Becomes: ``wiki_spikes`` of the hour, and what they were
chosen from. Here: the asset and its steps. Not here: which article breaks out (etheatmap_core.discovery.wiki_spikes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import dagster as dg

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.asset import build_collected
from etheatmap_assets.sources.kit import HourByHour
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.database.slots import slot
from etheatmap_core.discovery.spike_store import CHECKS, lake_of, replace_report, require_partitions
from etheatmap_core.discovery.spike_test import LEAST_DAYS
from etheatmap_core.discovery.wiki_spikes import Spike, SpikeReport, wiki_spikes
from etheatmap_core.errors import EtHeatmapError, SourceState
from etheatmap_core.signals.source_hours import SourceHour, record_hour

NAME = "wiki_spikes"
_TOLD = 10  # spikes in the metadata


def build_wiki_spikes(grid: dg.HourlyPartitionsDefinition, *, condition: AssetCondition | None) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself (entity_discovery is off)."""
    spec = dg.AssetSpec(
        NAME,
        deps=["wiki"],
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="discovery",
        kinds={"python", "duckdb", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": NAME, "is_requested": condition is not None},
        description="Articles whose hour stands out of their own week, among all of Wikipedia, tracked or not.",
    )
    return build_collected(spec, CHECKS, lambda kit, _: SpikeCollector(kit), _metadata)


@dataclass(frozen=True)
class CollectedSpikes:
    """What became of one hour."""

    report: SpikeReport
    files: int  # of the lake that were read
    checks: tuple[CheckResult, ...]
    seconds: float
    lag_seconds: float
    is_asked_again: bool = False

    @property
    def reason(self) -> str | None:
        """Why nothing is judged; None where it is."""
        known = self.report.known_days
        told = f"The lake has the same hour of {known} of the last 7 days: nothing is judged before {LEAST_DAYS}."
        return told if known < LEAST_DAYS else None


class SpikeCollector(HourByHour[CollectedSpikes]):
    """Makes hours of spikes for one run."""

    def collect(self, hour: datetime) -> CollectedSpikes:
        """Makes the hour's rows. Raises an EtHeatmapError, whose state is recorded, and leaves the rows untouched."""
        started, kit = perf_counter(), self._kit
        try:
            # The files of a week, on two cores: of two runs the second waits.
            with slot(kit.engine, NAME, 1):
                with kit.engine.begin() as connection:
                    lake = lake_of(connection, kit.archive, hour)
                    require_partitions(connection, hour)
                report = wiki_spikes(lake, hour, kit.settings.wiki_projects[0], kit.config.discovery.spikes)
        except EtHeatmapError as error:
            with kit.engine.begin() as connection:
                record_hour(connection, NAME, hour, SourceHour(error.state, str(error)), ended_at=kit.clock())
            raise
        with kit.engine.begin() as connection:
            checks = replace_report(connection, report).checks
            outcome = SourceHour(SourceState.OK, is_complete=True, items=len(report.spikes))
            record_hour(connection, NAME, hour, outcome, ended_at=kit.clock())
        return CollectedSpikes(
            report, len(lake), checks, perf_counter() - started, lag_seconds=self.hours_since_end(hour) * 3600
        )


def _metadata(collected: CollectedSpikes) -> Mapping[str, dg.MetadataValue]:
    report, reason = collected.report, collected.reason
    kinds = {str(kind): count for kind, count in sorted(report.no_entities.items())}
    told = "\n".join(map(_told, report.spikes[:_TOLD]))
    return {
        **({"reason": dg.MetadataValue.text(reason)} if reason else {}),
        "dagster/partition_row_count": dg.MetadataValue.int(len(report.spikes)),
        "tested": dg.MetadataValue.int(report.tested),
        "spikes": dg.MetadataValue.int(len(report.spikes)),
        "doodle_like": dg.MetadataValue.int(sum(one.is_doodle_like for one in report.spikes)),
        "distrusted": dg.MetadataValue.int(report.distrusted),
        "no_entities": dg.MetadataValue.json(kinds),
        "known_days": dg.MetadataValue.int(report.known_days),
        "lake_files": dg.MetadataValue.int(collected.files),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
        "strongest": dg.MetadataValue.md(told or "none"),
    }


def _told(spike: Spike) -> str:
    doubt = ", like a doodle" if spike.is_doodle_like else ""
    return f"- **{spike.title}** {spike.views:,} views, usually {spike.usual:,.0f} (z {spike.z:.1f}{doubt})"
