"""Storage upkeep: what the archive, the lake and the tables of items may forget, once a day."""

from collections import Counter
from datetime import timedelta

import dagster as dg
import sqlalchemy as sa

from etheatmap_core.archive import RawArchive
from etheatmap_core.cadence import CADENCES
from etheatmap_core.config import Config
from etheatmap_core.discovery.candidate_store import forget_discovery
from etheatmap_core.signals.item_store import forget_items

# Raw bytes serve replays. The big upstreams keep theirs for years; what only told "now" can be had nowhere else.
# Rows in `captures` stay for ever.
RAW_KEPT = {"wiki": timedelta(days=3), "gdelt_gkg": timedelta(days=3)}
RAW_OTHERWISE_KEPT = timedelta(days=30)
# Four weeks of whole-encyclopedia hours: what spike tests compare with.
LAKE_KEPT = timedelta(days=28)
# Longer than any listing shows an item: its hour follows from the earliest sighting.
SIGHTINGS_KEPT = timedelta(days=14)
# Quotas are of an hour or a day.
BUCKETS_KEPT = timedelta(days=3)
_OLD_BUCKETS = sa.text("DELETE FROM rate_buckets WHERE refilled_at < :before")
# Longer than anybody compares years. What periods sum up stays for ever.
CALLS_KEPT = timedelta(days=400)
_OLD_CALLS = sa.text("""
    DELETE FROM budget_reservations WHERE state IN ('settled', 'released', 'lost') AND period_start < :before""")
_OLD_MESSAGES = sa.text("DELETE FROM outbox WHERE ended_at < :before")
# As long as the scores whose receipts they are.
ITEMS_KEPT = timedelta(days=60)
# The week that velocities are measured by, and some weeks to look back; what admissions rest on stays for ever.
DISCOVERY_SIGHTINGS_KEPT, CANDIDATES_KEPT = timedelta(days=30), timedelta(days=60)


def build_storage_maintenance(grid: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """Retention counts from the capture, not from the hour captured: a replay of 2012 is not deleted on arrival."""

    @dg.asset(
        name="storage_maintenance",
        partitions_def=grid,
        automation_condition=dg.AutomationCondition.on_cron(CADENCES["storage_maintenance"].poll_cron),
        group_name="maintenance",
        kinds={"python"},
        owners=["team:etheatmap"],
        description="Removes raw answers, lake files, items, paid calls and messages when their time is over.",
    )
    def storage_maintenance(
        context: dg.AssetExecutionContext,
        engine: dg.ResourceParam[sa.Engine],
        archive: dg.ResourceParam[RawArchive],
        configs: dg.ResourceParam[Config],
    ) -> dg.MaterializeResult[None]:
        day_end = context.partition_time_window.end
        removed: Counter[str] = Counter()
        with engine.begin() as connection:
            for source in configs.source_names:
                raw_kept = RAW_KEPT.get(source, RAW_OTHERWISE_KEPT)
                result = archive.apply_retention(
                    connection, source, before_raw=day_end - raw_kept, before_lake=day_end - LAKE_KEPT
                )
                removed["raw_files_removed"] += result.raw_files
                removed["lake_files_removed"] += result.lake_files
                removed["size_bytes_freed"] += result.size_bytes
            connection.execute(_OLD_BUCKETS, {"before": day_end - BUCKETS_KEPT})
            calls = connection.execute(_OLD_CALLS, {"before": day_end - CALLS_KEPT}).rowcount
            messages = connection.execute(_OLD_MESSAGES, {"before": day_end - CALLS_KEPT}).rowcount
            days, items = forget_items(
                connection, sightings_before=day_end - SIGHTINGS_KEPT, items_before=day_end - ITEMS_KEPT
            )
            removed["discovery_days_removed"] = forget_discovery(
                connection,
                sightings_before=day_end - DISCOVERY_SIGHTINGS_KEPT,
                candidates_before=day_end - CANDIDATES_KEPT,
            )
        removed.update(sighting_days_removed=days, items_removed=items, calls_removed=calls, messages_removed=messages)
        return dg.MaterializeResult(metadata={**removed})

    return storage_maintenance
