"""Statements about the advanced score of one entity, and how many alerts people have judged.

Here: SQL and the rows it yields. Not here: whom a name is about (``mention_queries``), the JSON (``advanced_shapes``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from etheatmap_core.scoring.advanced.inputs import MODEL

# The primary key's newest entry of the entity: no scan.
NEWEST_ROW = """
SELECT ts, heat, novelty, et_fit, tentpole, decay, risk, reasons, evidence FROM scores
WHERE entity_id = %(entity_id)s AND model = %(model)s ORDER BY ts DESC LIMIT 1
"""
JUDGED = "SELECT count(*), avg(usefulness) FROM alerts WHERE usefulness IS NOT NULL"


@dataclass(frozen=True)
class AdvancedRow:
    """The newest advanced score of one entity."""

    ts: datetime
    heat: float | None
    novelty: float | None
    et_fit: float | None
    tentpole: float | None
    decay: float | None
    risk: float | None
    reasons: list[str]
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """The alerts that people have judged. ``useful_share``: None where there is none."""

    alerts: int
    useful_share: float | None


async def newest_row(connection: AsyncConnection, entity_id: int) -> AdvancedRow | None:
    """None where no hour of the entity was scored yet."""
    async with connection.cursor(row_factory=class_row(AdvancedRow)) as cursor:
        await cursor.execute(NEWEST_ROW, {"entity_id": entity_id, "model": MODEL})
        return await cursor.fetchone()


async def judged(connection: AsyncConnection) -> Judged:
    row = await (await connection.execute(JUDGED)).fetchone()
    return Judged(0, None) if row is None else Judged(row[0], row[1])
