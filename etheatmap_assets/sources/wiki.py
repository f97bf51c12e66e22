"""Wikipedia: hourly views of every article, from Wikimedia's hourly dumps.

Asked: one file an hour, ``pageviews-YYYYMMDD-HH0000.gz``, stamped with the END of its hour.
Comes back: a line a page of every wiki. Becomes: ``views``, ``views_desktop`` and ``views_mobile`` of the tracked
entities in ``signals``, and all pages of the chosen wikis in the Parquet lake.
https://wikitech.wikimedia.org/wiki/Data_Platform/Data_Lake/Traffic/Pageviews
"""

import dagster as dg

from etheatmap_assets.sources.asset import build_collected
from etheatmap_assets.sources.wiki_collector import CHECKS, CollectedHour, WikiCollector


def build_wiki(
    grid: dg.HourlyPartitionsDefinition, *, condition: dg.AutomationCondition[dg.AssetKey] | None
) -> dg.AssetsDefinition:
    """The asset ``wiki``. ``condition`` None: switched off, it stays in the graph and is never requested by itself."""
    spec = dg.AssetSpec(
        "wiki",
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="sources",
        kinds={"wikipedia", "duckdb", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "signals", "is_requested": condition is not None},
        description="Hourly Wikipedia views: tracked entities as signals, all pages of the chosen wikis in the lake.",
    )
    return build_collected(spec, CHECKS, lambda kit, must_ask: WikiCollector(kit, must_ask=must_ask), _metadata)


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
