"""The month from rows of the books: who is held, what is left, the fixed costs among the whole."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etheatmap_core.budget.model import Budgets, Standing
from etheatmap_core.budget.month import AssetCost, Month, SourceCost, State, cost_by_source, month, month_of
from etheatmap_core.config import load_config

NOON = datetime(2026, 11, 16, tzinfo=UTC)  # half of November is over
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
CREDITS = Standing("scraperapi", "credits", "month", 100_000, 10_000, 400, START, END)
DOLLARS = Standing("openai", "usd_micros", "month", 30_000_000, 12_400_001, 0, START, END)
TOTAL = Standing("total", "usd_micros", "month", 132_000_000, 12_400_001, 0, START, END)


@pytest.fixture(scope="module")
def budgets() -> Budgets:
    return load_config(Path(__file__).parents[3] / "configs").budgets


def read(budgets: Budgets, *standings: Standing, costs: tuple[AssetCost, ...] = (), asked: str = "") -> Month:
    return month(budgets, standings, costs, frozenset(asked.split()), NOON)


def state(found: Month, provider: str) -> State:
    seen = found.of(provider)
    assert seen is not None
    return seen.state


def test_before_anything_is_booked_everything_is_left(budgets: Budgets) -> None:
    found = read(budgets)
    assert [seen.provider for seen in found.providers] == list(budgets.providers)
    assert all(seen.standing.used_units == 0 and seen.state is State.OPEN for seen in found.providers)
    assert not any(seen.is_in_use for seen in found.providers)
    assert (found.limit_usd_micros, found.spent_usd_micros) == (200_000_000, 68_000_000)
    newsapi = found.of("newsapi")
    assert newsapi is not None
    assert (newsapi.standing.period_start, newsapi.standing.period_end) == (NOON, NOON.replace(day=17))


def test_the_fixed_costs_are_among_the_whole(budgets: Budgets) -> None:
    found = read(budgets, DOLLARS, TOTAL)
    assert found.spent_usd_micros == 68_000_000 + 12_400_001
    assert found.forecast_usd_micros == 68_000_000 + 2 * 12_400_001
    assert found.limit_usd_micros == 200_000_000


def test_costs_are_those_of_the_provider(budgets: Budgets) -> None:
    costs = (
        AssetCost("scraperapi", "scrape_news", 900, 9_000, 2, 0),
        AssetCost("scraperapi", "gdelt_pages", 100, 1_000, 1, 1),
        AssetCost("openai", "insights", 3, 12_400_001, 0, 0),
    )
    seen = read(budgets, CREDITS, DOLLARS, TOTAL, costs=costs).of("scraperapi")
    assert seen is not None
    assert [cost.asset for cost in seen.costs] == ["scrape_news", "gdelt_pages"]
    assert (seen.month_units, seen.calls, seen.lost_calls, seen.overruns) == (10_000, 1_000, 3, 1)
    assert seen.is_in_use


@pytest.mark.parametrize(
    ("spent", "closed", "expected"),
    [
        (94_599, None, State.OPEN),
        (94_600, None, State.NEAR_LIMIT),  # 95 % with the 400 that are set aside
        (99_201, None, State.HELD),  # the next partition may cost 400
        (100_000, None, State.HELD),
        (100, "a call cost too much", State.CLOSED),
    ],
)
def test_the_state_is_the_gates_word(budgets: Budgets, spent: int, closed: str | None, expected: State) -> None:
    standing = replace(CREDITS, spent_units=spent, closed_reason=closed)
    assert state(read(budgets, standing, asked="scrape_news"), "scraperapi") is expected


def test_near_its_limit_it_says_what_automation_does(budgets: Budgets) -> None:
    seen = read(budgets, replace(CREDITS, spent_units=95_000)).of("scraperapi")
    assert seen is not None
    assert seen.reason.endswith("next period 2026-12-01; automation keeps the last answers, the rest is left to people")


def test_the_total_holds_whoever_is_paid_in_dollars_and_nobody_else(budgets: Budgets) -> None:
    full = replace(TOTAL, spent_units=TOTAL.limit_units)
    found = read(budgets, CREDITS, DOLLARS, full)
    assert (state(found, "openai"), state(found, "apify"), state(found, "scraperapi")) == ("held", "held", "open")


def test_who_left_budgets_yml_is_shown_while_the_books_know_it(budgets: Budgets) -> None:
    left = replace(CREDITS, provider="gone", spent_units=5)
    assert read(budgets, left).providers[-1].provider == "gone"


@pytest.mark.parametrize(("month_number", "end"), [(12, (2027, 1)), (2, (2026, 3))])
def test_a_month_ends_where_the_next_begins(month_number: int, end: tuple[int, int]) -> None:
    starts, ends = month_of(datetime(2026, month_number, 28, 23, 59, tzinfo=UTC))
    assert (starts.month, starts.day, (ends.year, ends.month), ends.day) == (month_number, 1, end, 1)


def test_each_source_costs_in_its_providers_unit_and_in_dollars_where_it_has_a_price(budgets: Budgets) -> None:
    costs = (
        AssetCost("scraperapi", "scrape_news", 130, 1_200, 0, 0),
        AssetCost("newsapi", "newsapi", 18, 18, 0, 0),
        AssetCost("apify", "tt_cc", 1, 50_000, 0, 0),
    )
    found = cost_by_source(read(budgets, CREDITS, costs=costs), budgets)
    assert found["newsapi"] == SourceCost("newsapi", "requests", 18, 18, None), "its plan is free"
    assert found["tt_cc"] == SourceCost("apify", "usd_micros", 50_000, 1, 50_000)
    # $49 a month buy 100,000 credits.
    assert found["scrape_news"] == SourceCost("scraperapi", "credits", 1_200, 130, 588_000)
    assert found["youtube"] == SourceCost("youtube", "units", 0, 0, None), "nothing yet"
    assert set(found) == set(budgets.uses)


def test_a_share_of_a_cent_is_rounded_up(budgets: Budgets) -> None:
    limited = replace(CREDITS, limit_units=3)
    costs = (AssetCost("scraperapi", "scrape_news", 1, 1, 0, 0),)
    assert cost_by_source(read(budgets, limited, costs=costs), budgets)["scrape_news"].usd_micros == 16_333_334
    nothing = replace(CREDITS, limit_units=0)
    assert cost_by_source(read(budgets, nothing, costs=costs), budgets)["scrape_news"].usd_micros is None
