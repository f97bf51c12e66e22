"""What the cadences of sources.yml will use in a month, beside the limits: before anything is spent.

An upper bound: partitions × the most that one of them may ask for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from etheatmap_core.budget.model import Budgets, ProviderBudget
from etheatmap_core.config.model import Config
from etheatmap_core.hours import HOUR

# The longest month: what fits it fits every other.
MONTH = timedelta(days=31)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PlannedUse:
    """What one source will use of its provider: at most so many units a partition, so many partitions a period."""

    source: str
    provider: str
    is_enabled: bool
    cadence: timedelta | None  # None: asked only by hand, so nothing is planned
    units_a_partition: int
    partitions_a_period: int

    @property
    def units(self) -> int:
        return self.units_a_partition * self.partitions_a_period


@dataclass(frozen=True)
class PlannedProvider:
    """A provider's plan for one of its periods; ``units`` of the sources that are on, ``units_with_all`` of all."""

    budget: ProviderBudget
    uses: tuple[PlannedUse, ...]

    @property
    def units(self) -> int:
        return sum(use.units for use in self.uses if use.is_enabled)

    @property
    def units_with_all(self) -> int:
        return sum(use.units for use in self.uses)

    @property
    def is_within(self) -> bool:
        """Also with every source on."""
        return self.units_with_all <= self.budget.limit_units


@dataclass(frozen=True)
class Plan:
    """The whole. Dollars are micro-dollars of a month, fixed costs within."""

    providers: tuple[PlannedProvider, ...]
    usd_micros: int
    usd_micros_with_all: int
    limit_usd_micros: int
    fixed_usd_micros: int

    @property
    def beyond_the_whole(self) -> tuple[ProviderBudget, ...]:
        """Whose own limit of dollars is more than the fixed costs leave of the whole: the whole ends them first."""
        left = self.limit_usd_micros - self.fixed_usd_micros
        budgets = (provider.budget for provider in self.providers if provider.budget.unit == "usd_micros")
        return tuple(budget for budget in budgets if _of_month(budget, budget.limit_units) > left)

    @property
    def is_within(self) -> bool:
        """Also with every source on."""
        return self.usd_micros_with_all <= self.limit_usd_micros and all(each.is_within for each in self.providers)


def plan(config: Config) -> Plan:
    """Of the configuration as it is."""
    budgets = config.budgets
    providers = tuple(
        PlannedProvider(budget, tuple(_uses(config, budgets, budget))) for budget in budgets.providers.values()
    )
    fixed = sum(budgets.fixed_usd_micros.values())
    dollars = [provider for provider in providers if provider.budget.unit == "usd_micros"]
    return Plan(
        providers,
        fixed + sum(_of_month(provider.budget, provider.units) for provider in dollars),
        fixed + sum(_of_month(provider.budget, provider.units_with_all) for provider in dollars),
        budgets.total_usd_micros,
        fixed,
    )


def _uses(config: Config, budgets: Budgets, budget: ProviderBudget) -> Iterator[PlannedUse]:
    for source, use in budgets.uses.items():
        if use.provider == budget.provider:
            entry = config.sources.get(source)
            cadence = None if entry and entry.is_manual else (entry.cadence if entry else None) or HOUR
            yield PlannedUse(
                source=source,
                provider=use.provider,
                is_enabled=config.is_enabled(source),
                cadence=cadence,
                units_a_partition=use.units_a_partition,
                partitions_a_period=_partitions(budget, cadence),
            )


def _partitions(budget: ProviderBudget, cadence: timedelta | None) -> int:
    """No hour is finer than a partition; a rest of one counts whole."""
    length = MONTH if budget.period == "month" else _DAY
    return 0 if cadence is None else -(-length // max(cadence, HOUR))


def _of_month(budget: ProviderBudget, units: int) -> int:
    return units if budget.period == "month" else units * (MONTH // _DAY)
