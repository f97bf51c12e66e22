"""The configuration as it holds here: configs/, with what the environment sets on top."""

from dataclasses import replace

from etheatmap_core.budget.model import MICROS_PER_USD
from etheatmap_core.budget.reconcile import ASSET as RECONCILIATION
from etheatmap_core.config.budgets import with_limits
from etheatmap_core.config.example import with_example
from etheatmap_core.config.loader import load_config
from etheatmap_core.config.model import Config, RequestRate, SourceLimits
from etheatmap_core.settings import Settings

_OF_RECONCILIATION = SourceLimits(
    RECONCILIATION, ("api.scraperapi.com",), RequestRate(12, 3600), attempts=3, credentials=("SCRAPERAPI_KEY",)
)


def installed_config(settings: Settings) -> Config:
    """Raises ConfigError as ``load_config`` does."""
    config = load_config(settings.etheatmap_config_dir)
    usd = settings.openai_monthly_budget
    limits = {
        "scraperapi": settings.scraperapi_monthly_limit,
        "openai": None if usd is None else round(usd * MICROS_PER_USD),
        "newsapi": settings.news_api_daily_limit,
    }
    config = replace(
        config,
        budgets=with_limits(config.budgets, limits),
        # No source, and nothing to set: it is asked once a day.
        limits={**config.limits, RECONCILIATION: _OF_RECONCILIATION},
    )
    return with_example(config) if settings.feature_metered_example else config
