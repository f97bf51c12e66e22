"""Providers that cost, as Dagster sees them: external assets above every source they are asked for, with one check.

Here: the assets, the check by hand, and the gate in a condition. Not here: the verdict (etheatmap_core.budget.gate),
who writes it (sensors/budget), the limit that nobody passes (the ledger).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_core.budget.forecast import forecast_units
from etheatmap_core.budget.gate import Gate, judge, next_units, sources_of
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Budgets, ProviderBudget, Standing
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
    """One an account. Those in dollars stand below the total, which holds them too."""
    return [
        dg.AssetSpec(
            budget_key(account.provider),
            deps=[budget_key(TOTAL)] if account.unit == "usd_micros" and account.provider != TOTAL else [],
            group_name=GROUP,
            kinds={"budget"},
            owners=["team:etheatmap"],
            description=_description(account),
        )
        for account in budgets.accounts
    ]


def _description(account: ProviderBudget) -> str:
    limit = f"{amount(account.limit_units, account.unit)} a {account.period} at most"
    what = "of the whole month after its fixed costs" if account.provider == TOTAL else f"with {account.provider}"
    return f"What is left {what}: {limit}. Written by its sensor from the ledger."


def budget_checks(budgets: Budgets) -> list[dg.AssetChecksDefinition]:
    """The check that holds automation, to be run by hand too: it asks the same function as the sensor."""
    return [_check(account.provider) for account in budgets.accounts]


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
        found = verdict(open_ledger(engine, clock), configs, settings, provider)
        return dg.AssetCheckResult(
            passed=found.gate.is_open, description=found.gate.reason, metadata=metadata_of(found, clock())
        )

    return within_limit


@dataclass(frozen=True)
class Verdict:
    """How an account stands, and whether ``sources``, those that are asked and paid from it, may be by automation."""

    standing: Standing
    gate: Gate
    sources: frozenset[str]
    wanted_units: int


def verdict(
    ledger: Ledger, config: Config, settings: Settings, provider: str, *, are_limits_written: bool = False
) -> Verdict:
    """The verdict of now; what crashes left is ended first.

    ``are_limits_written``: by the caller, earlier. Whoever has read newer files since may have written others.
    """
    ledger.expire()
    standings = ledger.standings() if are_limits_written else {}
    if not {provider, TOTAL} <= standings.keys():
        ledger.configure(config.budgets.accounts)
        standings = ledger.standings()
    standing, asked = standings[provider], asked_sources(config, settings)
    total = standings[TOTAL] if standing.unit == "usd_micros" and provider != TOTAL else None
    wanted = next_units(config.budgets, provider, asked)
    gate = judge(standing, wanted, total)
    return Verdict(standing, gate, sources_of(config.budgets, provider, asked), wanted)


def metadata_of(found: Verdict, now: datetime) -> dict[str, Any]:
    """Numbers that the UI plots; dollars as micro-dollars, as the books have them. No forecast: too early to say."""
    standing = found.standing
    forecast = forecast_units(standing, now)
    return {
        "used": standing.used_units,
        "spent": standing.spent_units,
        "reserved": standing.reserved_units,
        "limit": standing.limit_units,
        "share": standing.share,
        **({} if forecast is None else {"forecast": forecast}),
        "unit": standing.unit,
        "period_end": dg.MetadataValue.timestamp(standing.period_end),
        "reason": found.gate.reason,
    }


def is_budget(key: dg.AssetKey) -> bool:
    """Whether the asset is a provider's budget, which nobody materializes."""
    return key.path[0] == "budget"
