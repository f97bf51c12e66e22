"""Storage upkeep: what the archive and the lake may forget, once a day."""

from datetime import timedelta

import dagster as dg
import sqlalchemy as sa

from etheatmap_core.archive import RawArchive
from etheatmap_core.cadence import CADENCES

# The upstream keeps its dumps for years: raw bytes serve replays of the last days. Rows in `captures` stay for ever.
WIKI_RAW_KEPT = timedelta(days=3)
# Four weeks of whole-encyclopedia hours: what spike tests compare with.
WIKI_LAKE_KEPT = timedelta(days=28)


def build_storage_maintenance(grid: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """Retention counts from the capture, not from the hour captured: a replay of 2012 is not deleted on arrival."""

    @dg.asset(
        name="storage_maintenance",
        partitions_def=grid,
        automation_condition=dg.AutomationCondition.on_cron(CADENCES["storage_maintenance"].poll_cron),
        group_name="maintenance",
        kinds={"python"},
        owners=["team:etheatmap"],
        description="Removes raw dumps after 3 days and lake files after 28; their hashes and tracked rows stay.",
    )
    def storage_maintenance(
        context: dg.AssetExecutionContext,
        engine: dg.ResourceParam[sa.Engine],
        archive: dg.ResourceParam[RawArchive],
    ) -> dg.MaterializeResult[None]:
        day_end = context.partition_time_window.end
        with engine.begin() as connection:
            removed = archive.apply_retention(
                connection, "wiki", before_raw=day_end - WIKI_RAW_KEPT, before_lake=day_end - WIKI_LAKE_KEPT
            )
        return dg.MaterializeResult(
            metadata={
                "raw_files_removed": removed.raw_files,
                "lake_files_removed": removed.lake_files,
                "size_bytes_freed": removed.size_bytes,
            }
        )

    return storage_maintenance
