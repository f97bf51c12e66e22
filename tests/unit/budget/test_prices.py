"""What a request costs at most, and what it did: whole micro-dollars, and never a bound that an answer can pass."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.budget.prices import (
    ModelPrice,
    Prices,
    TokenUsage,
    openai_cost_micros,
    openai_upper_bound_micros,
    prices_on,
    scraperapi_credits,
    youtube_units,
)
from etheatmap_core.config.prices import read_prices
from etheatmap_core.errors import ConfigError

SHIPPED = read_prices(Path(__file__).parents[3] / "configs" / "prices.yml")[-1]
TOKENS = st.integers(0, 5_000_000)


@st.composite
def model_prices(draw: st.DrawFn) -> Prices:
    """Any table that can be read: what is cached costs no more than what is not."""
    whole = draw(st.integers(0, 10**9))
    price = ModelPrice(whole, draw(st.integers(0, whole)), draw(st.integers(0, 10**9)))
    return Prices(date(2026, 1, 1), "", {"model": price}, {}, {})


@pytest.mark.parametrize(
    ("model", "usage", "micros"),
    [
        ("gpt-4o-mini", TokenUsage(1_000_000, 1_000_000), 750_000),  # $0.15 + $0.60
        ("gpt-4o-mini", TokenUsage(1, 0), 1),  # $0.00000015 is rounded up
        ("gpt-4o-mini", TokenUsage(0, 0), 0),
        ("gpt-5-mini", TokenUsage(1_200, 300), 900),
        ("gpt-5-mini", TokenUsage(1_200, 300, cached_input_tokens=1_000), 675),
        ("gpt-5.4", TokenUsage(10_000, 1_000), 40_000),
    ],
)
def test_an_answer_costs_what_the_table_says(model: str, usage: TokenUsage, micros: int) -> None:
    assert openai_cost_micros(SHIPPED, model, usage) == micros


@given(model_prices(), TOKENS, TOKENS, st.data())
def test_no_answer_within_its_tokens_passes_the_bound(
    prices: Prices, input_tokens: int, max_output: int, data: st.DataObject
) -> None:
    usage = TokenUsage(
        input_tokens=data.draw(st.integers(0, input_tokens)),
        output_tokens=data.draw(st.integers(0, max_output)),
    )
    cached = TokenUsage(usage.input_tokens, usage.output_tokens, data.draw(st.integers(0, usage.input_tokens)))
    bound = openai_upper_bound_micros(prices, "model", input_tokens, max_output)
    assert openai_cost_micros(prices, "model", cached) <= openai_cost_micros(prices, "model", usage) <= bound
    assert isinstance(bound, int)


@given(model_prices(), TOKENS, TOKENS, TOKENS)
def test_more_tokens_never_cost_less(prices: Prices, input_tokens: int, output: int, more: int) -> None:
    bound = openai_upper_bound_micros(prices, "model", input_tokens, output)
    assert openai_upper_bound_micros(prices, "model", input_tokens + more, output) >= bound
    assert openai_upper_bound_micros(prices, "model", input_tokens, output + more) >= bound


@given(model_prices(), TOKENS, TOKENS)
def test_rounding_adds_less_than_a_micro_dollar(prices: Prices, input_tokens: int, output: int) -> None:
    price = prices.openai["model"]
    exact = input_tokens * price.input_micros + output * price.output_micros  # in millionths of a micro-dollar
    assert (
        exact <= openai_cost_micros(prices, "model", TokenUsage(input_tokens, output)) * 1_000_000 < exact + 1_000_000
    )


@pytest.mark.parametrize(
    ("options", "cost"),
    [((), 1), (("premium",), 10), (("render",), 10), (("render", "premium"), 25), (("ultra_premium",), 30),
     (("ultra_premium", "render"), 75)],
)  # fmt: skip
def test_a_page_costs_by_its_options(options: tuple[str, ...], cost: int) -> None:
    assert scraperapi_credits(SHIPPED, options) == cost


def test_a_search_of_videos_is_what_costs() -> None:
    assert (youtube_units(SHIPPED, "search.list"), youtube_units(SHIPPED, "videos.list")) == (100, 1)


def test_what_has_no_price_is_named() -> None:
    with pytest.raises(ConfigError, match=r"prices\.yml: no price of OpenAI's gpt-9"):
        openai_upper_bound_micros(SHIPPED, "gpt-9", 1, 1)
    with pytest.raises(ConfigError, match=r"no price of ScraperAPI's premium\+ultra_premium: expected one of plain,"):
        scraperapi_credits(SHIPPED, ("premium", "ultra_premium"))
    with pytest.raises(ConfigError, match=r"no quota of YouTube's videos\.insert: expected one of search\.list,"):
        youtube_units(SHIPPED, "videos.insert")


@pytest.mark.parametrize("counts", [(-1, 0, 0), (0, -1, 0), (1, 0, 2), (1, 0, -1)])
def test_a_usage_that_cannot_be_is_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no usage of tokens"):
        TokenUsage(counts[0], counts[1], counts[2])


def test_the_newest_version_by_then_holds() -> None:
    first, second = (Prices(date(2026, month, 1), "", {}, {}, {}) for month in (5, 9))
    assert prices_on((first, second), date(2026, 8, 31)) is first
    assert prices_on((second, first), date(2026, 9, 1)) is second
    with pytest.raises(ConfigError, match="no version holds on 2026-04-30"):
        prices_on((first, second), date(2026, 4, 30))
