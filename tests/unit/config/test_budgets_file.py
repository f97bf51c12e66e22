"""budgets.yml: the shipped file, the environment on top, and mistakes with their lines."""

from pathlib import Path

import pytest

from etheatmap_core.budget.model import MICROS_PER_USD, ProviderBudget, SourceUse
from etheatmap_core.config.budgets import read_budgets
from etheatmap_core.config.installed import installed_config
from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import load_settings

SHIPPED = Path(__file__).parents[3] / "configs"
SMALL = """budgets:
  total: {limit_usd: 200, fixed_usd: {server: 13}}
  soft_share: 0.9
  providers:
    openai: {unit: usd, limit: 30.5, period: month, pace_ahead: 2d, lost_after_seconds: 60}
    newsapi: {unit: requests, limit: 500, period: day}
  sources:
    newsapi: {provider: newsapi, a_partition: 18, a_request: 1}
"""


@pytest.fixture
def read(tmp_path: Path):
    def read_text(text: str):
        (tmp_path / "budgets.yml").write_text(text)
        return read_budgets(tmp_path / "budgets.yml")

    return read_text


def test_what_is_written_is_read_in_whole_units(read) -> None:
    budgets = read(SMALL)
    assert budgets.providers["openai"] == ProviderBudget("openai", "usd_micros", "month", 30_500_000, 172_800, 60)
    assert budgets.providers["newsapi"] == ProviderBudget("newsapi", "requests", "day", 500, None, 600)
    assert budgets.uses == {"newsapi": SourceUse("newsapi", 18, 1)}
    assert budgets.soft_share == 0.9
    total = budgets.accounts[-1]
    assert (total.provider, total.unit, total.limit_units) == ("total", "usd_micros", 187 * MICROS_PER_USD)


def test_the_shipped_file_holds_the_published_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = read_budgets(SHIPPED / "budgets.yml")
    limits = {name: budget.limit_units for name, budget in budgets.providers.items()}
    assert limits["scraperapi"] == 100_000
    assert (limits["openai"], limits["newsapi"], limits["youtube"]) == (30 * MICROS_PER_USD, 500, 10_000)
    assert budgets.total_usd_micros == 200 * MICROS_PER_USD
    assert sum(budgets.fixed_usd_micros.values()) == (13 + 49 + 5 + 1) * MICROS_PER_USD


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRAPERAPI_MONTHLY_LIMIT", "5000")
    monkeypatch.setenv("OPENAI_MONTHLY_BUDGET", "0.3")
    monkeypatch.setenv("ETHEATMAP_CONFIG_DIR", str(SHIPPED))
    providers = installed_config(load_settings(None)).budgets.providers
    assert providers["scraperapi"].limit_units == 5000
    assert providers["openai"].limit_units == 300_000
    assert providers["newsapi"].limit_units == 500


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "limit: 500",
            "limit: many",
            "budgets.yml:6: newsapi.limit: expected a whole number of at least 0, found 'many'",
        ),
        ("limit: 30.5", "limit: 0.0000001", "budgets.yml:5: openai.limit: expected US dollars of at least 0"),
        ("limit: 500", "limit: -1", "budgets.yml:6: newsapi.limit"),
        ("unit: usd", "unit: euro", "budgets.yml:5: openai.unit: expected one of credits, requests, units, usd"),
        ("period: day", "period: week", "budgets.yml:6: newsapi.period: expected day or month, found 'week'"),
        ("pace_ahead: 2d", "pace_ahead: fast", "budgets.yml:5: openai.pace_ahead: expected a time like 2h or 3d"),
        ("soft_share: 0.9", "soft_share: 2", "budgets.yml:3: soft_share: expected a number above 0, at most 1"),
        ("provider: newsapi", "provider: newsap", "budgets.yml:8: newsapi.provider: expected 'newsapi'"),
        ("a_request: 1", "a_request: 19", "budgets.yml:8: newsapi.a_request: expected no more than a_partition"),
        ("    newsapi: {provider", "    newspai: {provider", "budgets.yml:8: newspai: expected 'newsapi'"),
        ("server: 13", "server: 300", "budgets.yml:2: total: expected fixed costs within limit_usd"),
        ("  soft_share", "  soft_shard", "budgets.yml:3: soft_shard: expected 'soft_share'"),
        ("    openai:", "    total:", "budgets.yml:5: total: expected a name in small letters other than total"),
    ],
)
def test_mistakes_are_told_with_their_line(read, right: str, wrong: str, told: str) -> None:
    assert right in SMALL
    with pytest.raises(ConfigError) as error:
        read(SMALL.replace(right, wrong))
    assert told in str(error.value)
