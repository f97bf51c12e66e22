"""A source that costs, for trying budgets out: only where FEATURE_METERED_EXAMPLE is on, and asked of the simulator.

The demo switches it on. It is in no file of configs/, because no operator would ever want it.
"""

from dataclasses import replace

from etheatmap_core.budget.model import ProviderBudget, SourceUse
from etheatmap_core.config.model import Config, RequestRate, SourceConfig, SourceLimits

EXAMPLE = "metered_example"
PROVIDER = "example"
HOST = "metered.example"  # RFC 2606 keeps this name from ever being anybody's
_CREDITS_A_DAY = 60
_SECONDS_A_QUARTER = 900


def with_example(config: Config) -> Config:
    """``config`` with the source, its provider of 60 credits a day, and one credit an hour."""
    limits = SourceLimits(EXAMPLE, (HOST,), RequestRate(600, 60), attempts=2, ttl_seconds=_SECONDS_A_QUARTER)
    budget = ProviderBudget(PROVIDER, "credits", "day", _CREDITS_A_DAY, None, expires_after_seconds=600)
    return replace(
        config,
        sources={**config.sources, EXAMPLE: SourceConfig(EXAMPLE, enabled=True, weight=0.0)},
        limits={**config.limits, EXAMPLE: limits},
        budgets=replace(
            config.budgets,
            providers={**config.budgets.providers, PROVIDER: budget},
            uses={**config.budgets.uses, EXAMPLE: SourceUse(PROVIDER, 1, 1)},
        ),
    )
