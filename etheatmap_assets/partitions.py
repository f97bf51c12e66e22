"""The partition sets of the platform: one UTC set a cadence. Entities are rows, never partitions."""

from datetime import datetime

import dagster as dg

from etheatmap_core.hours import HourRange, floor_hour, stored_grid_start
from etheatmap_core.settings import Settings

# Dagster names an hour's partition in this form; `etheatmap_core.hours.partition_key` writes the same.
_KEY_FORMAT = "%Y-%m-%d-%H:%M"


def hour_grid(settings: Settings, now: datetime) -> dg.HourlyPartitionsDefinition:
    """Every hour from the grid's start, growing with time; a replay sets its own start and end (end not included)."""
    start = settings.etheatmap_partitions_start or stored_grid_start(settings.etheatmap_home, now)
    end = settings.etheatmap_partitions_end
    return dg.HourlyPartitionsDefinition(
        start_date=floor_hour(start), end_date=end and floor_hour(end), timezone="UTC", fmt=_KEY_FORMAT
    )


def hours_of(context: dg.AssetExecutionContext) -> HourRange:
    """The hours a run is about: one partition or a whole range of them."""
    window = context.partition_time_window
    return HourRange(floor_hour(window.start), floor_hour(window.end))


def day_grid(hours: dg.HourlyPartitionsDefinition, *, has_today: bool = False) -> dg.DailyPartitionsDefinition:
    """The days of the hour grid, for what is due once a day; ``has_today``: also the one that is not over yet."""
    return dg.DailyPartitionsDefinition(
        start_date=hours.start, end_date=hours.end, timezone="UTC", end_offset=1 if has_today else 0
    )
