"""The day's report of discoveries in the database: replaced as a whole. Here: the table discoveries."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult, RowCheck, replace_hours
from etheatmap_core.discovery.discovered import YOUNG_DAYS, young
from etheatmap_core.hours import HOUR

TABLE = "discoveries"
CHECKS = (
    RowCheck("seen_since_it_was_admitted", "last_seen < admitted_ts", "it was last seen before it was admitted"),
    RowCheck("confidence_is_a_share", "confidence NOT BETWEEN 0 AND 1", "confidence is outside [0, 1]"),
)
_COLUMNS = (
    "ts", "entity_id", "entity", "category", "admitted_ts", "last_seen", "confidence", "velocity", "peak_heat",
)  # fmt: skip
_YOUNG = sa.text(young(":last", str(YOUNG_DAYS), "NULL"))
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Discovery:
    """An admitted entity that is still young. Null: no score it could be read off."""

    entity_id: int
    entity: str
    category: str
    admitted_ts: datetime
    last_seen: datetime
    confidence: float | None
    velocity: float | None
    peak_heat: float | None


@dataclass(frozen=True)
class Report:
    discoveries: Sequence[Discovery]  # newest first
    checks: tuple[CheckResult, ...]


def require_partitions(connection: sa.Connection, day: datetime) -> None:
    """In a short transaction of its own, before the one that writes."""
    ensure_day_partitions(connection, TABLE, [day])


def write_discoveries(connection: sa.Connection, day: datetime) -> Report:
    """Makes the report of the day, as it was at its end; in the caller's transaction."""
    found = [Discovery(*row) for row in connection.execute(_YOUNG, {"last": day + _DAY - HOUR})]
    rows = [(day, *astuple(one)) for one in found]
    return Report(found, replace_hours(connection, TABLE, [day], {}, _COLUMNS, rows, CHECKS).checks)
