"""Providers that cost, as Dagster sees them: external assets above every source they are asked for, with one check.

Here: the assets, the check by hand, and the gate in a condition. Not here: the verdict (etheatmap_core.budget.gate),
who writes it (sensors/budget), the limit that nobody passes (the ledger).
"""

from typing import Any

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_core.budget.gate import Gate, judge, next_units
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Budgets, Standing
from etheatmap_core.budget.wording import amount
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.config.access import asked_sources
from etheatmap_core.settings import Settings

GROUP = "budgets"
CHECK = "within_limit"


def budget_key(provider: str) -> dg.AssetKey:
    """``budget/scraperapi``."""
    return dg.AssetKey(["budget", provider])


def budget_deps(budgets: Budgets, source: str) -> list[dg.AssetKey]:
    """What a source that costs stands below; nothing for a free one."""
    use = budgets.uses.get(source)
    return [] if use is None else [budget_key(use.provider)]


def budget_assets(budgets: Budgets) -> list[dg.AssetSpec]:
    """One a provider."""
    return [
        dg.AssetSpec(
            budget_key(budget.provider),
            group_name=GROUP,
            kinds={"budget"},
            owners=["team:etheatmap"],
            description=f"What is left with {budget.provider}: {amount(budget.limit_units, budget.unit)} a "
            f"{budget.period} at most. Written by its sensor from the ledger.",
        )
        for budget in budgets.providers.values()
    ]


def budget_checks(budgets: Budgets) -> list[dg.AssetChecksDefinition]:
    """The check that holds automation, to be run by hand too: it asks the same function as the sensor."""
    return [_check(provider) for provider in budgets.providers]


def _check(provider: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=budget_key(provider),
        name=CHECK,
        blocking=True,
        description="Passes while the next hour of the provider's sources fits within its limit.",
    )
    def within_limit(
        engine: dg.ResourceParam[sa.Engine],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        standing, gate = verdict(open_ledger(engine, clock), configs, settings, provider)
        return dg.AssetCheckResult(passed=gate.is_open, description=gate.reason, metadata=metadata_of(standing))

    return within_limit


def verdict(ledger: Ledger, config: Config, settings: Settings, provider: str) -> tuple[Standing, Gate]:
    """How the provider stands now, and whether its sources may be asked by automation."""
    ledger.configure(config.budgets.accounts)
    ledger.expire()
    standings = ledger.standings()
    standing = standings[provider]
    total = standings[TOTAL] if standing.unit == "usd_micros" else None
    wanted = next_units(config.budgets, provider, asked_sources(config, settings))
    return standing, judge(standing, wanted, total)


def metadata_of(standing: Standing) -> dict[str, Any]:
    """Numbers that the UI plots; dollars as micro-dollars, as the books have them."""
    return {
        "used": standing.used_units,
        "spent": standing.spent_units,
        "reserved": standing.reserved_units,
        "limit": standing.limit_units,
        "share": standing.share,
        "unit": standing.unit,
        "period_end": dg.MetadataValue.timestamp(standing.period_end),
    }


def is_budget(key: dg.AssetKey) -> bool:
    """Whether the asset is a provider's budget, which nobody materializes."""
    return key.path[0] == "budget"
