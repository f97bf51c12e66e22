"""The published JSON about the budget, as types and as functions from the month. The contract's keys come first.

Dollars are told in cents: what is used rounded up, what is left rounded down, so that no cent is promised twice. Whole
units (``*_units``; of dollars the millionths) are exact.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from typing_extensions import TypedDict  # pydantic reads only this one before Python 3.12

from etheatmap_core.budget.model import MICROS_PER_USD, Standing
from etheatmap_core.budget.month import AssetCost, Month, ProviderMonth

_MICROS_PER_CENT = MICROS_PER_USD // 100


class Limits(TypedDict):
    """null: budgets.yml has no such provider."""

    scraperapi_monthly: int | None
    openai_monthly_usd: float | None
    newsapi_daily: int | None


class Amounts(TypedDict):
    scraperapi: int | None
    openai_usd: float | None
    newsapi: int | None


class SourceCost(TypedDict):
    """Of the calendar month."""

    source: str
    calls: int
    spent_units: int
    lost_calls: int
    overruns: int


class Provider(TypedDict):
    """``*_units`` are of its present period, ``calls`` and what follows of the calendar month."""

    provider: str
    unit: str
    period: str
    period_start: str
    period_end: str
    limit_units: int
    spent_units: int
    reserved_units: int
    used_units: int
    remaining_units: int
    forecast_units: int | None
    state: str
    reason: str
    asked: list[str]
    calls: int
    lost_calls: int
    overruns: int
    sources: list[SourceCost]


class Total(TypedDict):
    """Of the calendar month, the fixed costs within."""

    limit_usd: float
    fixed_usd: float
    spent_usd: float
    reserved_usd: float
    remaining_usd: float
    forecast_usd: float | None


class Span(TypedDict):
    start: str
    end: str


class Budget(TypedDict):
    limits: Limits
    usage: Amounts
    remaining: Amounts
    providers: list[Provider]
    total: Total
    fixed: dict[str, float]
    period: Span


def budget(month: Month) -> Budget:
    """``usage`` is spent and set aside: what no one else can have."""
    limits = _amounts(month, lambda standing: standing.limit_units, usd_left)
    return {
        "limits": {
            "scraperapi_monthly": limits["scraperapi"],
            "openai_monthly_usd": limits["openai_usd"],
            "newsapi_daily": limits["newsapi"],
        },
        "usage": _amounts(month, lambda standing: standing.used_units, usd_used),
        "remaining": _amounts(month, lambda standing: standing.remaining_units, usd_left),
        "providers": [_provider(seen) for seen in month.providers],
        "total": _total(month),
        "fixed": {name: usd_used(micros) for name, micros in month.fixed_usd_micros.items()},
        "period": {"start": _iso(month.starts_at), "end": _iso(month.ends_at)},
    }


def usd_used(micros: int) -> float:
    """In cents, rounded up: what is used is never told smaller than it is."""
    return -(-micros // _MICROS_PER_CENT) / 100


def usd_left(micros: int) -> float:
    """In cents, rounded down: what is left is never told larger than it is."""
    return micros // _MICROS_PER_CENT / 100


def _amounts(month: Month, of: Callable[[Standing], int], in_usd: Callable[[int], float]) -> Amounts:
    units = {seen.provider: of(seen.standing) for seen in month.providers}
    openai = units.get("openai")
    return {
        "scraperapi": units.get("scraperapi"),
        "openai_usd": None if openai is None else in_usd(openai),
        "newsapi": units.get("newsapi"),
    }


def _provider(seen: ProviderMonth) -> Provider:
    standing = seen.standing
    return {
        "provider": standing.provider,
        "unit": standing.unit,
        "period": standing.period,
        "period_start": _iso(standing.period_start),
        "period_end": _iso(standing.period_end),
        "limit_units": standing.limit_units,
        "spent_units": standing.spent_units,
        "reserved_units": standing.reserved_units,
        "used_units": standing.used_units,
        "remaining_units": standing.remaining_units,
        "forecast_units": seen.forecast_units,
        "state": seen.state.value,
        "reason": seen.reason,
        "asked": list(seen.asked),
        "calls": seen.calls,
        "lost_calls": seen.lost_calls,
        "overruns": seen.overruns,
        "sources": [_cost(cost) for cost in seen.costs],
    }


def _cost(cost: AssetCost) -> SourceCost:
    return {
        "source": cost.asset,
        "calls": cost.calls,
        "spent_units": cost.spent_units,
        "lost_calls": cost.lost_calls,
        "overruns": cost.overruns,
    }


def _total(month: Month) -> Total:
    standing, forecast = month.total.standing, month.forecast_usd_micros
    return {
        "limit_usd": usd_left(month.limit_usd_micros),
        "fixed_usd": usd_used(month.fixed_sum_usd_micros),
        "spent_usd": usd_used(month.spent_usd_micros),
        "reserved_usd": usd_used(standing.reserved_units),
        "remaining_usd": usd_left(standing.remaining_units),
        "forecast_usd": None if forecast is None else usd_used(forecast),
    }


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
