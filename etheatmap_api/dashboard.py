"""What the dashboard says, as plain data: the template only places it.

Here: from score rows and the current time to texts, counts and states. Not here: SQL, HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from etheatmap_api.heat_map import LAYOUTS, HeatMap, Mapped, heat_map, heat_step
from etheatmap_api.queries import Overview, ScoreRow, UnscoredRow
from etheatmap_api.source_panel import ReceiptLink
from etheatmap_api.wording import ago, compact, heat_text, hour_span, percent, signed, times_usual

STALE_AFTER = timedelta(hours=2)
HOT_HEAT = 1.0
_ALL_TYPES = 3  # spread is always counted over all three source types, collected or not
_LIMITS = (10, 20, 50, 100, 200)
_TIMEFRAMES = {"now": "72 hours", "1h": "1 hour", "24h": "24 hours", "7d": "7 days"}


@dataclass(frozen=True)
class Filters:
    """What was asked for, as the form shows it and as the links carry it."""

    category: str | None
    limit: int
    timeframe: str

    @property
    def query(self) -> str:
        named = {"category": self.category, "limit": self.limit, "timeframe": self.timeframe}
        return urlencode({key: value for key, value in named.items() if value is not None})

    @property
    def limits(self) -> list[int]:
        return sorted({*_LIMITS, self.limit})

    @property
    def timeframes(self) -> dict[str, str]:
        return {**_TIMEFRAMES, self.timeframe: _TIMEFRAMES.get(self.timeframe, self.timeframe)}


@dataclass(frozen=True)
class Trend:
    """One row of the table."""

    anchor: str
    rank: int
    entity: str
    category: str
    heat: str
    step: int
    phase: str
    usual: str
    attention: str
    velocity: str
    unclipped: str
    acceleration: str
    spread: str
    reasons: tuple[str, ...]
    confidence: str
    as_of: str
    receipts: tuple[ReceiptLink, ...]


@dataclass(frozen=True)
class DataTime:
    """The hour the newest scores speak of, in words and for machines."""

    span: str
    iso: str
    age: str
    is_stale: bool


@dataclass(frozen=True)
class Page:
    """Everything the template shows."""

    filters: Filters
    categories: Sequence[str]
    data_time: DataTime | None
    trends: tuple[Trend, ...]
    maps: tuple[HeatMap, ...]
    total: int
    hot_count: int
    without_attention: int
    warming_up: tuple[UnscoredRow, ...]
    without_data: tuple[UnscoredRow, ...]
    uncollected_types: tuple[str, ...]


def build_page(
    overview: Overview,
    now: datetime,
    filters: Filters,
    receipts: Mapping[int, tuple[ReceiptLink, ...]] = MappingProxyType({}),
) -> Page:
    """The page of what was found for ``filters``, read at ``now``; ``receipts`` by entity."""
    rows, newest = overview.rows, overview.newest
    mapped = [_mapped(row, newest) for row in rows]
    return Page(
        filters=filters,
        categories=overview.categories,
        data_time=data_time(newest, now) if newest else None,
        trends=tuple(
            _trend(rank, row, newest, receipts.get(row.entity_id, ())) for rank, row in enumerate(rows, start=1)
        ),
        maps=tuple(heat_map(mapped, layout) for layout in LAYOUTS),
        total=rows[0].total if rows else 0,
        hot_count=sum(row.heat >= HOT_HEAT for row in rows),
        without_attention=sum(entity.attention <= 0 for entity in mapped),
        warming_up=tuple(row for row in overview.unscored if row.state == "warming_up"),
        without_data=tuple(row for row in overview.unscored if row.state == "no_data"),
        uncollected_types=tuple(sorted({name for row in rows for name in _source_types(row, "unavailable")})),
    )


def data_time(hour: datetime, now: datetime) -> DataTime:
    """An hour is over at its end: that is where its age begins."""
    ended_at = hour + timedelta(hours=1)
    return DataTime(hour_span(hour), hour.astimezone(UTC).isoformat(), ago(ended_at, now), now - ended_at > STALE_AFTER)


def attention(evidence: dict[str, Any]) -> float:
    """How much was seen in the observed window: the mean an hour × the hours known, over the primary metrics."""
    return sum((metric.get("observed") or 0.0) * (metric.get("observed_hours") or 0) for metric in _metrics(evidence))


def usual_ratio(evidence: dict[str, Any]) -> float | None:
    """Observed over usual of the metric that weighs most in the velocity; None where nothing is usual yet."""
    known = [metric for metric in _metrics(evidence) if metric.get("ratio") is not None]
    if not known:
        return None
    ratio: float = max(known, key=lambda metric: (metric.get("weight") or 0.0) * abs(metric.get("z") or 0.0))["ratio"]
    return ratio


def phase(evidence: dict[str, Any]) -> str:
    """Where the entity is in its episode of heat: nothing, rising, or past its peak."""
    episode = evidence.get("episode") or {}
    if not episode.get("is_open"):
        return ""
    hours = episode.get("hours_since_peak") or 0
    return f"peak {hours:.0f} h ago" if hours else "rising"


def _metrics(evidence: dict[str, Any]) -> list[dict[str, Any]]:
    metrics: list[dict[str, Any]] = evidence.get("metrics") or []
    return metrics


def _source_types(row: ScoreRow, key: str) -> list[str]:
    names: list[str] = (row.evidence.get("source_types") or {}).get(key) or []
    return names


def _mapped(row: ScoreRow, newest: datetime | None) -> Mapped:
    ratio = usual_ratio(row.evidence)
    usual = f"{times_usual(ratio)} usual" if ratio is not None else ""
    age = "" if row.ts == newest else f" at {hour_span(row.ts)}"
    why = row.reasons[0] if row.reasons else ""
    return Mapped(
        anchor=_anchor(row),
        entity=row.entity,
        heat=row.heat,
        attention=attention(row.evidence),
        usual=usual,
        summary=": ".join(part for part in (f"{row.entity}, heat {heat_text(row.heat)}{age}", why) if part),
    )


def _trend(rank: int, row: ScoreRow, newest: datetime | None, receipts: tuple[ReceiptLink, ...]) -> Trend:
    is_clipped = row.velocity_raw is not None and row.velocity_raw != row.velocity_z
    return Trend(
        anchor=_anchor(row),
        rank=rank,
        entity=row.entity,
        category=row.category,
        heat=heat_text(row.heat),
        step=heat_step(row.heat),
        phase=phase(row.evidence),
        usual=times_usual(usual_ratio(row.evidence)),
        attention=compact(attention(row.evidence)),
        velocity=signed(row.velocity_z, "σ"),
        unclipped=signed(row.velocity_raw, "σ") if is_clipped else "",
        acceleration=signed(row.accel, "σ"),
        spread=f"{round((row.xplat or 0.0) * _ALL_TYPES)}/{_ALL_TYPES}",
        reasons=tuple(row.reasons),
        confidence=percent(row.confidence),
        as_of="" if row.ts == newest else hour_span(row.ts),
        receipts=receipts,
    )


def _anchor(row: ScoreRow) -> str:
    return f"entity-{row.entity_id}"
