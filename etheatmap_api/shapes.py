"""The published JSON, as types and as functions from rows. The order of keys is part of the contract."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic reads only this one before Python 3.12

from etheatmap_api.operations import Daemon
from etheatmap_api.queries import ScoreRow


class Health(TypedDict):
    status: str
    detail: NotRequired[str]


class DatabaseHealth(TypedDict):
    ok: bool
    error: str | None


class CacheHealth(TypedDict):
    entries: int
    hits: int
    misses: int
    hit_rate: float | None


class ExtendedHealth(TypedDict):
    """``daemon`` was added to the published keys; null where the database cannot be asked."""

    status: str
    db: DatabaseHealth
    cache: CacheHealth
    time: str
    daemon: Daemon | None


class Components(TypedDict):
    """Velocity in σ, clipped to [−4, 4]; acceleration in σ an hour; cross_platform a share; null where unknown."""

    velocity: float | None
    acceleration: float | None
    cross_platform: float | None
    tentpole: float | None


class Trend(TypedDict):
    rank: int
    entity: str
    category: str
    heat: float
    components: Components
    reasons: list[str]
    timestamp: str
    evidence: NotRequired[dict[str, Any]]


class TrendList(TypedDict):
    count: int
    format: str
    strategy: str
    category: str | None
    timeframe: str
    trends: list[Trend]


class TopItem(TypedDict):
    rank: int
    entity: str
    heat: float
    reasons: list[str]


class Problem(TypedDict):
    detail: str


def top_item(rank: int, row: ScoreRow) -> TopItem:
    return {"rank": rank, "entity": row.entity, "heat": row.heat, "reasons": row.reasons}


def trend(rank: int, row: ScoreRow, *, has_evidence: bool = False) -> Trend:
    """``T`` of the contract; with ``has_evidence`` the observed and usual figures it rests on follow."""
    shape: Trend = {
        "rank": rank,
        "entity": row.entity,
        "category": row.category,
        "heat": row.heat,
        "components": {
            "velocity": row.velocity_z,
            "acceleration": row.accel,
            "cross_platform": row.xplat,
            "tentpole": row.tentpole,
        },
        "reasons": row.reasons,
        "timestamp": row.ts.astimezone(UTC).isoformat(),
    }
    if has_evidence:
        shape["evidence"] = row.evidence
    return shape


def trend_list(trends: Sequence[Trend], *, strategy: str, category: str | None, timeframe: str) -> TrendList:
    return {
        "count": len(trends),
        "format": "json",
        "strategy": strategy,
        "category": category,
        "timeframe": timeframe,
        "trends": list(trends),
    }
