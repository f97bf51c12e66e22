"""Accounts and entries of the ledger, as immutable values. Amounts are integers: credits, requests, micro-dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Unit = Literal["credits", "requests", "units", "usd_micros"]
Period = Literal["day", "month"]

# The account of the operator's whole month, less its fixed costs. Every dollar account also counts for it.
TOTAL = "total"
MICROS_PER_USD = 1_000_000


@dataclass(frozen=True)
class ProviderBudget:
    """An entry of budgets.yml: what may be spent with one provider in a UTC day or month."""

    provider: str
    unit: Unit
    period: Period
    limit_units: int
    # How far automation's spending may run ahead of an even pace; None: as fast as it likes.
    pace_ahead_seconds: int | None
    # A call that is not settled by then is taken for lost, and booked whole.
    expires_after_seconds: int


@dataclass(frozen=True)
class SourceUse:
    """The most that a source may spend with its provider: for one of its partitions, and with one request."""

    provider: str
    units_a_partition: int
    units_a_request: int


@dataclass(frozen=True)
class Budgets:
    """budgets.yml, with the environment's limits on top."""

    total_usd_micros: int
    fixed_usd_micros: Mapping[str, int]  # what is paid each month whatever happens, by what for
    providers: Mapping[str, ProviderBudget]
    uses: Mapping[str, SourceUse]  # by source; a source that is missing here costs nothing
    soft_share: float  # from this share of a limit on, automation is served the last capture

    @property
    def accounts(self) -> tuple[ProviderBudget, ...]:
        """Those of the providers and the total's."""
        left = max(0, self.total_usd_micros - sum(self.fixed_usd_micros.values()))
        longest = max((budget.expires_after_seconds for budget in self.providers.values()), default=600)
        total = ProviderBudget(TOTAL, "usd_micros", "month", left, None, longest)
        return (*self.providers.values(), total)


@dataclass(frozen=True)
class Entry:
    """Whom a reservation is for. ``request`` is what is asked, without secrets; ``run_id`` is '' outside of runs."""

    asset: str
    partition_key: str
    run_id: str
    request: str


@dataclass(frozen=True)
class Reservation:
    """Units set aside for one attempt."""

    id: int
    provider: str
    units: int


@dataclass(frozen=True)
class Begun:
    """What a call has begun and is charged when it ends. ``name`` is the upstream's."""

    reservation: Reservation
    name: str
    is_settled: bool


@dataclass(frozen=True)
class Standing:
    """One account in one period. ``reserved`` is set aside and not yet known to be spent."""

    provider: str
    unit: Unit
    period: Period
    limit_units: int
    spent_units: int
    reserved_units: int
    period_start: datetime
    period_end: datetime
    closed_reason: str | None = None
    closed_at: datetime | None = None

    @property
    def used_units(self) -> int:
        """Spent or set aside: what no one else can have."""
        return self.spent_units + self.reserved_units

    @property
    def remaining_units(self) -> int:
        """0 where more was spent than the limit now allows."""
        return max(0, self.limit_units - self.used_units)

    @property
    def share(self) -> float:
        """Of the limit that is used; 1 where nothing may be spent at all."""
        return self.used_units / self.limit_units if self.limit_units else 1.0
