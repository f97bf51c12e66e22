"""The books as people read them: each account in its period, at this pace to its end, and what each source has cost.

Here: SQL of the reports, for any driver, and the arithmetic on its rows. Not here: the books' moves (ledger).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from etheatmap_core.budget.gate import Gate, judge, next_units
from etheatmap_core.budget.model import TOTAL, Budgets, ProviderBudget, Standing

# Before this share of a period has passed, a pace is an accident.
_EARLIEST_FORECAST_SHARE = 1 / 24

STANDINGS = """
SELECT l.provider, l.unit, l.period, l.limit_units, coalesce(p.spent_units, 0) AS spent_units,
       coalesce(p.reserved_units, 0) AS reserved_units, calendar.starts_at AS period_start,
       calendar.ends_at AS period_end, p.closed_reason
FROM budget_limits l
CROSS JOIN LATERAL budget_period(l.period, coalesce(%(now)s::timestamptz, clock_timestamp())) AS calendar
LEFT JOIN budget_periods p ON p.provider = l.provider AND p.period_start = calendar.starts_at
ORDER BY l.provider
"""
# Of the calendar month, also of providers that are paid by the day; through budget_reservations_period_idx. What was
# never sent is no call.
MONTH_COSTS = """
SELECT r.provider, r.asset, count(*) AS calls, coalesce(sum(s.units), 0)::bigint AS spent_units,
       count(*) FILTER (WHERE r.state = 'lost') AS lost_calls, count(*) FILTER (WHERE s.is_overrun) AS overruns
FROM budget_reservations r
LEFT JOIN budget_settlements s ON s.reservation_id = r.id
WHERE r.provider = ANY(%(providers)s) AND r.period_start >= %(month_start)s AND r.period_start < %(month_end)s
  AND r.state <> 'released'
GROUP BY r.provider, r.asset ORDER BY r.provider, spent_units DESC, r.asset
"""


@dataclass(frozen=True)
class AssetCost:
    """A row of MONTH_COSTS."""

    provider: str
    asset: str
    calls: int
    spent_units: int
    lost_calls: int
    overruns: int


@dataclass(frozen=True)
class ProviderMonth:
    """One account as people see it. ``forecast_units``: at this pace, at the period's end; None: too early to say."""

    standing: Standing
    gate: Gate
    forecast_units: int | None
    costs: tuple[AssetCost, ...]  # of the calendar month

    @property
    def month_units(self) -> int:
        return sum(cost.spent_units for cost in self.costs)


@dataclass(frozen=True)
class Month:
    """All accounts. ``total`` is what the dollar accounts share; ``fixed_usd_micros`` are paid whatever happens."""

    providers: tuple[ProviderMonth, ...]
    total: ProviderMonth
    total_usd_micros: int
    fixed_usd_micros: dict[str, int]


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """The UTC calendar month around an instant."""
    start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)


def forecast_units(standing: Standing, now: datetime) -> int | None:
    """What will be spent by the period's end, if it goes on as so far; never less than what is used already.

    Rounded up, to a whole unit. None while less than a twenty-fourth of the period has passed.
    """
    length, passed = standing.period_end - standing.period_start, now - standing.period_start
    if passed < length * _EARLIEST_FORECAST_SHARE:
        return None
    seconds, of_seconds = int(passed.total_seconds()), int(length.total_seconds())
    return max(standing.used_units, -(-standing.spent_units * of_seconds // seconds))


def month(
    budgets: Budgets,
    standings: Iterable[Standing],
    costs: Sequence[AssetCost],
    asked: frozenset[str],
    now: datetime,
) -> Month:
    """``asked``: the sources that are asked. An account that the books do not know yet has spent nothing."""
    known = {standing.provider: standing for standing in standings}
    full = {account.provider: known.get(account.provider) or _untouched(account, now) for account in budgets.accounts}

    def seen(provider: str) -> ProviderMonth:
        standing = full[provider]
        total = full[TOTAL] if standing.unit == "usd_micros" and provider != TOTAL else None
        gate = judge(standing, next_units(budgets, provider, asked), total)
        own = tuple(cost for cost in costs if cost.provider == provider)
        return ProviderMonth(standing, gate, forecast_units(standing, now), own)

    return Month(
        tuple(seen(provider) for provider in budgets.providers),
        seen(TOTAL),
        budgets.total_usd_micros,
        dict(budgets.fixed_usd_micros),
    )


def _untouched(account: ProviderBudget, now: datetime) -> Standing:
    start, end = month_of(now)
    if account.period == "day":
        start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end = start + timedelta(days=1)
    return Standing(account.provider, account.unit, account.period, account.limit_units, 0, 0, start, end)
