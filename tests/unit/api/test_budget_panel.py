"""What the dashboard says of the budget: words that stand without the bar, and a bar that never lies about an end."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_api.budget_panel import BAR_WIDTH, BudgetLine, BudgetPanel, budget_panel
from etheatmap_core.budget.model import Budgets, Standing
from etheatmap_core.budget.month import month
from etheatmap_core.config import load_config

NOW = datetime(2026, 11, 16, tzinfo=UTC)  # half of November is over
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
CREDITS = Standing("scraperapi", "credits", "month", 100_000, 12_400, 10, START, END)
TOTAL = Standing("total", "usd_micros", "month", 132_000_000, 12_400_001, 150_000, START, END)
BUDGETS = load_config(Path(__file__).parents[3] / "configs").budgets


def panel(*standings: Standing, budgets: Budgets = BUDGETS, now: datetime = NOW) -> BudgetPanel:
    return budget_panel(month(budgets, standings, [], frozenset({"scrape_news"}), now))


def line(standing: Standing, now: datetime = NOW) -> BudgetLine:
    return panel(standing, now=now).lines[0]


def test_a_line_says_all_of_it_in_words() -> None:
    told = line(CREDITS)
    assert (told.name, told.period, told.sign, told.state, told.reason) == ("scraperapi", "a month", "✓", "open", "")
    assert told.told == "12,400 of 100,000 credits spent (12 %), 10 set aside"
    assert told.forecast == "24,800 by 2026-12-01 at this pace"
    assert told.bar is not None
    assert (told.bar.spent, told.bar.reserved, told.bar.forecast) == (124, 1, 248)


@pytest.mark.parametrize(
    ("changes", "sign", "state"),
    [
        ({"spent_units": 95_000}, "!", "near limit"),
        ({"spent_units": 99_999}, "!", "held"),
        ({"closed_reason": "a call cost 12 credits"}, "✕", "closed"),
    ],
)
def test_whoever_sees_no_colour_sees_sign_word_and_reason(changes: dict[str, object], sign: str, state: str) -> None:
    told = line(replace(CREDITS, **changes))  # type: ignore[arg-type]
    assert (told.sign, told.state) == (sign, state)
    assert told.reason.startswith("scraperapi: ")
    assert panel(replace(CREDITS, **changes)).needs_attention  # type: ignore[arg-type]


def test_a_forecast_over_the_limit_says_so_and_is_drawn_at_the_end() -> None:
    told = line(replace(CREDITS, spent_units=60_000))
    assert told.forecast == "120,000 by 2026-12-01 at this pace, over the limit"
    assert told.bar is not None
    assert told.bar.forecast == BAR_WIDTH


def test_too_early_is_no_zero() -> None:
    told = line(CREDITS, now=START.replace(hour=5))
    assert told.forecast == "too early to forecast"
    assert told.bar is not None
    assert told.bar.forecast is None


def test_the_whole_holds_the_fixed_costs() -> None:
    found = panel(CREDITS, TOTAL)
    assert found.whole.told == "$80.40 of $200.00 spent (40 %), $0.15 set aside"
    assert found.whole.forecast == "$92.80 by 2026-12-01 at this pace"
    assert found.fixed == "server $13.00, scraperapi $49.00, backup $5.00, domain $1.00"
    assert found.idle == ("newsapi", "youtube", "openai", "apify")


def test_a_limit_of_nothing_has_no_bar() -> None:
    told = line(replace(CREDITS, limit_units=0, spent_units=0, reserved_units=0))
    assert told.bar is None
    assert told.told == "0 of 0 credits spent"
    assert "its limit is 0" in told.reason


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_bar_stays_within_its_frame_and_shows_whatever_is_spent(limit: int, spent: int, reserved: int) -> None:
    bar = line(replace(CREDITS, limit_units=limit, spent_units=spent, reserved_units=reserved)).bar
    assert bar is not None
    assert 0 <= bar.spent <= bar.spent + bar.reserved <= BAR_WIDTH
    assert (bar.spent > 0) == (spent > 0)
    assert bar.forecast is not None
    assert bar.spent <= bar.forecast <= BAR_WIDTH
