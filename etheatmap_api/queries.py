"""Statements about scores and who is scored. Values travel as parameters; what comes back is plain rows.

Here: SQL and the rows it yields. Not here: those of the sources (``source_queries.py``) and of mentions
(``mention_queries.py``), JSON shapes (``shapes.py``), wording (``wording.py``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

MODEL = "mvp"

# Both are answered by scores_ts_heat_idx (ts DESC, model, heat DESC): the newest entry, no scan.
NEWEST_SCORED_HOUR = "SELECT ts FROM scores WHERE model = %(model)s AND heat IS NOT NULL ORDER BY ts DESC LIMIT 1"
_NEWEST_JUDGED_HOUR = "SELECT ts FROM scores WHERE model = %(model)s ORDER BY ts DESC LIMIT 1"

# One look into the primary key an entity: the first partition that has its newest score ends the search, so that the
# cost does not grow with the length of the window.
HOTTEST = """
SELECT e.id AS entity_id, e.name AS entity, coalesce(nullif(e.category, ''), 'unknown') AS category,
       s.ts, s.heat, s.velocity_z, s.velocity_raw, s.accel, s.xplat, s.tentpole, s.confidence, s.reasons, s.evidence,
       count(*) OVER () AS total
FROM entities e
CROSS JOIN LATERAL (
    SELECT * FROM scores
    WHERE entity_id = e.id AND model = %(model)s AND heat IS NOT NULL
      AND ts <= %(newest)s AND ts > %(newest)s - make_interval(hours => %(lookback_hours)s)
    ORDER BY ts DESC LIMIT 1
) s
WHERE e.is_active
  AND (%(category)s::text IS NULL OR lower(coalesce(nullif(e.category, ''), 'unknown')) = lower(%(category)s))
ORDER BY s.heat DESC, s.velocity_raw DESC NULLS LAST, e.name
LIMIT %(limit)s OFFSET %(offset)s
"""

_UNSCORED = f"""
SELECT e.name AS entity, s.state, s.reasons
FROM scores s JOIN entities e ON e.id = s.entity_id
WHERE s.model = %(model)s AND s.ts = ({_NEWEST_JUDGED_HOUR}) AND s.state <> 'ok' AND e.is_active
ORDER BY e.name
"""

_CATEGORIES = "SELECT DISTINCT coalesce(nullif(category, ''), 'unknown') FROM entities WHERE is_active ORDER BY 1"


@dataclass(frozen=True)
class ScoreRow:
    """The newest score of one entity. ``total`` is how many entities the selection has beyond its limit."""

    entity_id: int
    entity: str
    category: str
    ts: datetime
    heat: float
    velocity_z: float | None
    velocity_raw: float | None
    accel: float | None
    xplat: float | None
    tentpole: float | None
    confidence: float
    reasons: list[str]
    evidence: dict[str, Any]
    total: int


@dataclass(frozen=True)
class UnscoredRow:
    """An entity that was looked at in the newest hour and got no heat."""

    entity: str
    state: str
    reasons: list[str]


@dataclass(frozen=True)
class Selection:
    """Which scores a list holds: those of entities whose newest score is in the ``lookback_hours`` that end with the
    newest scored hour. Counted from the data and not from the clock, so that a replay of 2012 is served like today."""

    limit: int
    lookback_hours: int
    offset: int = 0
    category: str | None = None


@dataclass(frozen=True)
class Overview:
    """The rows of one page. ``newest`` is the newest scored hour, None before the first."""

    newest: datetime | None
    rows: list[ScoreRow]
    unscored: list[UnscoredRow]
    categories: list[str]


async def newest_scored_hour(connection: AsyncConnection) -> datetime | None:
    """The newest hour that has any heat; None before the first."""
    row = await (await connection.execute(NEWEST_SCORED_HOUR, {"model": MODEL})).fetchone()
    return row[0] if row else None


async def hottest(connection: AsyncConnection, selection: Selection) -> list[ScoreRow]:
    """The selection, hottest first; equal heat is ordered by unclipped velocity, then by name."""
    newest = await newest_scored_hour(connection)
    if newest is None:
        return []
    async with connection.cursor(row_factory=class_row(ScoreRow)) as cursor:
        await cursor.execute(HOTTEST, {"model": MODEL, "newest": newest, **vars(selection)})
        return await cursor.fetchall()


async def unscored(connection: AsyncConnection) -> list[UnscoredRow]:
    """Entities without heat in the newest hour, by name: still warming up, or without data."""
    async with connection.cursor(row_factory=class_row(UnscoredRow)) as cursor:
        await cursor.execute(_UNSCORED, {"model": MODEL})
        return await cursor.fetchall()


async def categories(connection: AsyncConnection) -> list[str]:
    """Every category the active roster has, in order."""
    return [row[0] for row in await (await connection.execute(_CATEGORIES)).fetchall()]


async def overview(connection: AsyncConnection, selection: Selection) -> Overview:
    """Everything the dashboard shows of a selection."""
    return Overview(
        newest=await newest_scored_hour(connection),
        rows=await hottest(connection, selection),
        unscored=await unscored(connection),
        categories=await categories(connection),
    )


async def ping(connection: AsyncConnection) -> None:
    """Returns when the server answers."""
    await connection.execute("SELECT 1")
