"""The published JSON about sources and mentions, as types and as functions from rows. Keys of the contract come first,
in its order; what was added to them follows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from typing_extensions import TypedDict  # pydantic reads only this one before Python 3.12

from etheatmap_api.budget_shapes import usd_used
from etheatmap_api.mention_queries import MentionRow, TieRow
from etheatmap_api.source_queries import HourRow, Traffic
from etheatmap_core.budget.month import SourceCost
from etheatmap_core.signals.source_status import SourceStatus, Standing, by_standing, next_due


class SourceHealth(TypedDict):
    """Rates are of the last hour; null where nothing was asked in it."""

    status: str
    last_success_ts: str | None
    last_error: str | None
    rolling_error_rate: float | None
    qps: float | None
    cache_hit_rate: float | None
    circuit_breaker: str
    state: str
    reason: str | None


class HealthRow(TypedDict):
    source: str
    last_ok: str | None
    last_error: str | None
    consecutive_errors: int
    circuit_open_until: str | None
    state: str
    reason: str | None


class HealthRows(TypedDict):
    count: int
    items: list[HealthRow]


class SourceMonth(TypedDict):
    """Of the calendar month, in the provider's unit; ``usd`` in cents, null where it costs no dollars."""

    provider: str
    unit: str
    units: int
    calls: int
    usd: float | None


class SourceLine(TypedDict):
    source: str
    name: str
    description: str
    type: str
    status: str
    last_ok: str | None
    last_error: str | None
    last_run: str | None
    consecutive_errors: int
    circuit_open: bool
    expected_interval: str | None
    state: str
    reason: str | None
    newest_hour: str | None
    age_seconds: int | None
    coverage: float | None
    deferred: int | None
    cadence: str | None
    next_due: str | None
    cost: SourceMonth | None


class SourceLines(TypedDict):
    total_sources: int
    healthy: int
    warning: int
    failing: int
    never_run: int
    sources: list[SourceLine]
    last_updated: str


class SourceHour(TypedDict):
    ts: str
    state: str
    reason: str | None
    is_complete: bool
    questions: int
    answered: int
    deferred: int
    items: int
    mentions: int
    ended_at: str


class SourceHours(TypedDict):
    source: str
    count: int
    items: list[SourceHour]


class Match(TypedDict):
    alias: str
    alias_class: str
    evidence: list[str]


class Mention(TypedDict):
    """``counted_ts`` is the hour it counts in; null: it was seen too late to count."""

    source: str
    channel: str
    title: str
    url: str
    author: str | None
    published_at: str | None
    first_seen_ts: str
    counted_ts: str | None
    matched: Match
    affect: float


class Mentions(TypedDict):
    entity: str
    count: int
    items: list[Mention]


class Tie(TypedDict):
    source: str
    channel: str
    title: str
    url: str
    published_at: str | None
    first_seen_ts: str
    alias: str
    position: int
    candidates: list[str]
    reason: str


class Ties(TypedDict):
    count: int
    items: list[Tie]


def health_sources(statuses: Sequence[SourceStatus], traffic: Mapping[str, Traffic]) -> dict[str, SourceHealth]:
    return {status.source.name: _health(status, traffic.get(status.source.name)) for status in statuses}


def health_rows(statuses: Sequence[SourceStatus]) -> HealthRows:
    items = [_health_row(status) for status in statuses]
    return {"count": len(items), "items": items}


def source_lines(
    statuses: Sequence[SourceStatus], now: datetime, costs: Mapping[str, SourceCost] = MappingProxyType({})
) -> SourceLines:
    """``costs``: of the sources that cost."""
    counts = {standing: sum(status.standing is standing for status in statuses) for standing in Standing}
    return {
        "total_sources": len(statuses),
        "healthy": counts[Standing.HEALTHY],
        "warning": counts[Standing.WARNING],
        "failing": counts[Standing.FAILING],
        "never_run": counts[Standing.NEVER_RUN],
        "sources": [_line(status, now, costs.get(status.source.name)) for status in by_standing(statuses)],
        "last_updated": _iso(now),
    }


def hour_list(source: str, rows: Sequence[HourRow]) -> SourceHours:
    items: list[SourceHour] = [
        {
            "ts": _iso(row.ts),
            "state": row.state,
            "reason": row.reason,
            "is_complete": row.is_complete,
            "questions": row.questions,
            "answered": row.answered,
            "deferred": row.deferred,
            "items": row.items,
            "mentions": row.mentions,
            "ended_at": _iso(row.ended_at),
        }
        for row in rows
    ]
    return {"source": source, "count": len(items), "items": items}


def mention_list(entity: str, rows: Sequence[MentionRow]) -> Mentions:
    items: list[Mention] = [
        {
            "source": row.source,
            "channel": row.channel,
            "title": row.title,
            "url": row.url,
            "author": row.author,
            "published_at": _iso_or_none(row.published_at),
            "first_seen_ts": _iso(row.first_ts),
            "counted_ts": _iso_or_none(row.counted_ts),
            "matched": {"alias": row.alias, "alias_class": row.alias_class, "evidence": row.evidence},
            "affect": row.affect,
        }
        for row in rows
    ]
    return {"entity": entity, "count": len(items), "items": items}


def tie_list(rows: Sequence[TieRow]) -> Ties:
    items: list[Tie] = [
        {
            "source": row.source,
            "channel": row.channel,
            "title": row.title,
            "url": row.url,
            "published_at": _iso_or_none(row.published_at),
            "first_seen_ts": _iso(row.first_ts),
            "alias": row.alias,
            "position": row.position,
            "candidates": row.candidates,
            "reason": row.reason,
        }
        for row in rows
    ]
    return {"count": len(items), "items": items}


def _health(status: SourceStatus, traffic: Traffic | None) -> SourceHealth:
    return {
        "status": "ok" if status.standing is Standing.HEALTHY else "degraded",
        "last_success_ts": _iso_or_none(status.last_ok),
        "last_error": status.facts.last_error,
        "rolling_error_rate": traffic.error_rate if traffic else None,
        "qps": traffic.requests_per_second if traffic else None,
        "cache_hit_rate": traffic.cache_hit_rate if traffic else None,
        "circuit_breaker": "open" if status.is_circuit_open else "closed",
        "state": status.state,
        "reason": status.reason,
    }


def _health_row(status: SourceStatus) -> HealthRow:
    return {
        "source": status.source.name,
        "last_ok": _iso_or_none(status.facts.last_ok),
        "last_error": status.facts.last_error,
        "consecutive_errors": status.facts.consecutive_errors,
        "circuit_open_until": _iso_or_none(status.facts.circuit_open_until),
        "state": status.state,
        "reason": status.reason,
    }


def _line(status: SourceStatus, now: datetime, cost: SourceCost | None) -> SourceLine:
    source, facts = status.source, status.facts
    return {
        "source": source.name,
        "name": source.title,
        "description": source.description,
        "type": source.type,
        "status": status.standing,
        "last_ok": _iso_or_none(status.last_ok),
        "last_error": facts.last_error,
        "last_run": _iso_or_none(facts.last_run),
        "consecutive_errors": facts.consecutive_errors,
        "circuit_open": status.is_circuit_open,
        "expected_interval": source.expected_interval,
        "state": status.state,
        "reason": status.reason,
        "newest_hour": _iso_or_none(status.newest_hour),
        "age_seconds": None if status.age is None else int(status.age.total_seconds()),
        "coverage": status.coverage,
        "deferred": facts.deferred,
        "cadence": source.spelled_cadence,
        "next_due": _iso_or_none(next_due(status, now)),
        "cost": None if cost is None else _month(cost),
    }


def _month(cost: SourceCost) -> SourceMonth:
    return {
        "provider": cost.provider,
        "unit": cost.unit,
        "units": cost.units,
        "calls": cost.calls,
        "usd": None if cost.usd_micros is None else usd_used(cost.usd_micros),
    }


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _iso_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else _iso(instant)
