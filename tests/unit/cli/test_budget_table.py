"""`etheatmap budget`: the month as a person reads it, and the plan of the shipped files."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from etheatmap_cli.budget import month_table, plan_table, require_known
from etheatmap_core.budget.model import Standing
from etheatmap_core.budget.month import AssetCost, month
from etheatmap_core.budget.plan import plan
from etheatmap_core.config import Config, load_config
from etheatmap_core.errors import ConfigError

NOW = datetime(2026, 11, 16, tzinfo=UTC)  # half of November is over
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
STANDINGS = (
    Standing("scraperapi", "credits", "month", 100_000, 99_980, 10, START, END),
    Standing("openai", "usd_micros", "month", 30_000_000, 12_400_000, 0, START, END),
    Standing("total", "usd_micros", "month", 132_000_000, 12_400_000, 150_000, START, END),
)
COSTS = (
    AssetCost("scraperapi", "scrape_news", 9_998, 99_980, 2, 0),
    AssetCost("openai", "insights", 40, 12_400_000, 0, 0),
)


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(Path(__file__).parents[3] / "configs")


def shown(table: RenderableType, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def of_month(config: Config, *standings: Standing, costs: tuple[AssetCost, ...] = COSTS) -> str:
    found = month(config.budgets, standings, costs, frozenset({"scrape_news"}), NOW)
    return shown(month_table(found, NOW))


def test_the_month_tells_what_is_spent_left_held_and_why(config: Config) -> None:
    text = of_month(config, *STANDINGS)
    for words in (
        "Budget of November 2026 at 2026-11-16 00:00 UTC",
        "held",
        "99,980",
        "99 %",
        "100,000 credits",
        "2026-12-01",
        "9,998",
        "$12.40",
        "The whole month: $80.40 of $200.00, $0.15 set aside; at this pace $92.80 by its end.",
        "fixed: $68.00 (server $13.00, scraperapi $49.00, backup $5.00, domain $1.00)",
        "no source of theirs is asked: newsapi, youtube, apify",
    ):
        assert words in text


def test_a_forecast_over_the_limit_says_so_in_a_word(config: Config) -> None:
    assert re.search(r"\bover\b", of_month(config, *STANDINGS))
    assert not re.search(r"\bover\b", of_month(config, *STANDINGS[1:], costs=COSTS[1:]))


def test_a_fresh_month_is_no_empty_page(config: Config) -> None:
    text = of_month(config, costs=())
    assert "The whole month: $68.00 of $200.00" in text
    assert "What each source cost" not in text


def test_where_all_dollars_are_used_up_the_whole_says_so(config: Config) -> None:
    text = of_month(config, *STANDINGS[:2], replace(STANDINGS[2], spent_units=132_000_000))
    assert "What is paid in dollars is held: total: $132.15 of $132.00 used, next period 2026-12-01." in text


def test_a_closed_provider_says_how_it_is_opened(config: Config) -> None:
    closed = replace(STANDINGS[0], spent_units=12, closed_reason="a call of scrape_news cost 12 credits")
    text = of_month(config, closed)
    assert "closed" in text
    assert "--reopen" in text


def test_the_plan_tells_each_source_its_sum_and_the_whole(config: Config) -> None:
    off = replace(config.sources["scrape_news"], enabled=False)
    text = shown(plan_table(plan(replace(config, sources={**config.sources, "scrape_news": off}))))
    for words in (
        "off (every 12 hours)",
        "only by hand",
        "62 × 400",
        "24,800",
        "within 100,000 credits a month",
        "within 500 requests a day",
        "A month of 31 days: $68.00 with what is switched on, $68.00 with all, of $200.00; fixed $68.00.",
    ):
        assert words in text
    assert "OVER" not in text
    assert "the whole ends it first" not in text


def test_a_limit_that_is_more_than_the_whole_leaves_is_named(config: Config) -> None:
    providers = config.budgets.providers
    own = {**providers, "openai": replace(providers["openai"], limit_units=132_000_001)}
    text = shown(plan_table(plan(replace(config, budgets=replace(config.budgets, providers=own)))))
    assert "openai: its own limit, $132.00 a month, is more than the whole leaves" in text
    own = {**providers, "openai": replace(providers["openai"], limit_units=132_000_000)}
    assert "more than" not in shown(plan_table(plan(replace(config, budgets=replace(config.budgets, providers=own)))))


def test_a_plan_over_a_limit_says_so_in_words(config: Config) -> None:
    hourly = replace(config.sources["scrape_news"], cadence=None)
    text = shown(plan_table(plan(replace(config, sources={**config.sources, "scrape_news": hourly}))))
    assert "OVER 100,000 credits a month" in text
    assert "calls beyond it will be refused" in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(config: Config, width: int) -> None:
    found = month(config.budgets, STANDINGS, COSTS, frozenset(), NOW)
    for table in (month_table(found, NOW), plan_table(plan(config))):
        assert max(len(line) for line in shown(table, width).splitlines()) <= width


def test_an_unknown_provider_is_named_with_the_nearest(config: Config) -> None:
    with pytest.raises(ConfigError, match="expected 'scraperapi'"):
        require_known(config.budgets, "scrapeapi")
