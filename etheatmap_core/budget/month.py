"""The books as people read them: each account in its period, at this pace to its end, and what each source has cost.

Here: SQL of the reports, for any driver, and the arithmetic on its rows. Not here: the books' moves (ledger).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from etheatmap_core.budget.forecast import forecast_units
from etheatmap_core.budget.gate import Gate, judge, next_units
from etheatmap_core.budget.model import TOTAL, Budgets, ProviderBudget, Standing, Unit

NO_BUDGETS = Budgets(0, {}, {}, {}, soft_share=1.0)  # of an API that serves no configs/

STANDINGS = """
SELECT l.provider, l.unit, l.period, l.limit_units, coalesce(p.spent_units, 0) AS spent_units,
       coalesce(p.reserved_units, 0) AS reserved_units, calendar.starts_at AS period_start,
       calendar.ends_at AS period_end, p.closed_reason, p.closed_at
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


class State(StrEnum):
    """Whether automation goes on spending with a provider. ``closed``: an overrun closed it, people are refused too."""

    OPEN = "open"
    NEAR_LIMIT = "near limit"
    HELD = "held"
    CLOSED = "closed"


@dataclass(frozen=True)
class ProviderMonth:
    """One account as people see it. ``forecast_units``: at this pace, at the period's end; None: too early to say."""

    standing: Standing
    gate: Gate
    state: State
    forecast_units: int | None
    costs: tuple[AssetCost, ...]  # of the calendar month
    asked: tuple[str, ...]  # its sources that are asked here

    @property
    def provider(self) -> str:
        return self.standing.provider

    @property
    def reason(self) -> str:
        """Why it is in its state, and until when."""
        soft = "; automation keeps the last answers, the rest is left to people"
        return f"{self.gate.reason}{soft}" if self.state is State.NEAR_LIMIT else self.gate.reason

    @property
    def month_units(self) -> int:
        return sum(cost.spent_units for cost in self.costs)

    @property
    def calls(self) -> int:
        return sum(cost.calls for cost in self.costs)

    @property
    def lost_calls(self) -> int:
        return sum(cost.lost_calls for cost in self.costs)

    @property
    def overruns(self) -> int:
        return sum(cost.overruns for cost in self.costs)

    @property
    def is_in_use(self) -> bool:
        """Whether there is anything to read of it: it is asked, or it was this month."""
        return bool(self.asked or self.costs or self.standing.used_units)


@dataclass(frozen=True)
class Month:
    """All accounts. ``total`` is what the dollar accounts share; ``fixed_usd_micros`` are paid whatever happens."""

    starts_at: datetime
    ends_at: datetime
    providers: tuple[ProviderMonth, ...]
    total: ProviderMonth
    fixed_usd_micros: Mapping[str, int]

    @property
    def fixed_sum_usd_micros(self) -> int:
        return sum(self.fixed_usd_micros.values())

    @property
    def limit_usd_micros(self) -> int:
        """Of the whole month: what the books allow beside the fixed costs, and these."""
        return self.total.standing.limit_units + self.fixed_sum_usd_micros

    @property
    def spent_usd_micros(self) -> int:
        """The fixed costs among it, from the first day on: they will be paid."""
        return self.total.standing.spent_units + self.fixed_sum_usd_micros

    @property
    def forecast_usd_micros(self) -> int | None:
        forecast = self.total.forecast_units
        return None if forecast is None else forecast + self.fixed_sum_usd_micros

    def of(self, provider: str) -> ProviderMonth | None:
        """None where neither budgets.yml nor the books know it."""
        return next((seen for seen in self.providers if seen.provider == provider), None)


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """The UTC calendar month around an instant."""
    start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)


def month(
    budgets: Budgets,
    standings: Iterable[Standing],
    costs: Sequence[AssetCost],
    asked: frozenset[str],
    now: datetime,
) -> Month:
    """``asked``: the sources that are asked. An account that the books do not know yet has spent nothing."""
    known = {standing.provider: standing for standing in standings}
    configured = {account.provider: _untouched(account, now) for account in budgets.accounts}
    full = {**configured, **known}  # the books' limit is the one that calls are measured by

    def seen(provider: str) -> ProviderMonth:
        standing = full[provider]
        total = full[TOTAL] if standing.unit == "usd_micros" and provider != TOTAL else None
        gate = judge(standing, next_units(budgets, provider, asked), total)
        return ProviderMonth(
            standing=standing,
            gate=gate,
            state=_state(standing, gate, budgets.soft_share),
            forecast_units=forecast_units(standing, now),
            costs=tuple(cost for cost in costs if cost.provider == provider),
            asked=tuple(name for name, use in budgets.uses.items() if use.provider == provider and name in asked),
        )

    starts_at, ends_at = month_of(now)
    providers = tuple(seen(provider) for provider in full if provider != TOTAL)
    return Month(starts_at, ends_at, providers, seen(TOTAL), budgets.fixed_usd_micros)


@dataclass(frozen=True)
class SourceCost:
    """What one source has cost this month, in its provider's unit. ``usd_micros``: in dollars, where the provider is
    paid in them, or as a share of its fixed price a month; None: it costs none."""

    provider: str
    unit: Unit
    units: int
    calls: int
    usd_micros: int | None


def cost_by_source(found: Month, budgets: Budgets) -> Mapping[str, SourceCost]:
    """Of each source that costs, also of one that has not cost anything yet."""
    costs: dict[str, SourceCost] = {}
    for source, use in budgets.uses.items():
        seen = found.of(use.provider)
        if seen is None:
            continue
        booked = next((cost for cost in seen.costs if cost.asset == source), None)
        units, calls = (booked.spent_units, booked.calls) if booked else (0, 0)
        costs[source] = SourceCost(use.provider, seen.standing.unit, units, calls, _usd_micros(seen, units, budgets))
    return costs


def _usd_micros(seen: ProviderMonth, units: int, budgets: Budgets) -> int | None:
    """A month's fixed price buys the month's limit: rounded up, as all that is used."""
    standing, price = seen.standing, budgets.fixed_usd_micros.get(seen.provider)
    if standing.unit == "usd_micros":
        return units
    if price is None or standing.period != "month" or not standing.limit_units:
        return None
    return -(-units * price // standing.limit_units)


def _state(standing: Standing, gate: Gate, soft_share: float) -> State:
    if standing.closed_reason is not None:
        return State.CLOSED
    if not gate.is_open:
        return State.HELD
    return State.NEAR_LIMIT if standing.share >= soft_share else State.OPEN


def _untouched(account: ProviderBudget, now: datetime) -> Standing:
    start, end = month_of(now)
    if account.period == "day":
        start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end = start + timedelta(days=1)
    return Standing(account.provider, account.unit, account.period, account.limit_units, 0, 0, start, end)
