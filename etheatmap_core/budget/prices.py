"""What a request costs: at most before it is sent, exactly after its answer. Integers only, always rounded up.

Here: arithmetic on a price table. Not here: where the table is read (config.prices), who asks (the sources).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from etheatmap_core.errors import ConfigError

PLAIN = "plain"  # a page without options
# Of a page; ``protected`` is not asked for, it is what a page behind a protection costs more.
PAGE_OPTIONS = frozenset({"premium", "ultra_premium", "render", "protected"})
_TOKENS_A_PRICE = 1_000_000


@dataclass(frozen=True)
class ModelPrice:
    """Micro-dollars per million tokens."""

    input_micros: int
    cached_input_micros: int  # never above ``input_micros``: the bound counts on it
    output_micros: int


@dataclass(frozen=True)
class Prices:
    """One version of prices.yml, which holds from ``since`` on."""

    since: date
    note: str
    openai: Mapping[str, ModelPrice]
    scraperapi: Mapping[frozenset[str], int]
    youtube: Mapping[str, int]


@dataclass(frozen=True)
class TokenUsage:
    """As OpenAI's answer counts it: the cached are part of the input, reasoning is part of the output."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.cached_input_tokens <= self.input_tokens or self.output_tokens < 0:
            raise ValueError(f"no usage of tokens can be {self}")


def prices_on(versions: Collection[Prices], day: date) -> Prices:
    """The newest version that holds by then. ConfigError before the first."""
    held = [prices for prices in versions if prices.since <= day]
    if not held:
        raise ConfigError(f"prices.yml: no version holds on {day}: add one with an earlier day in from.")
    return max(held, key=lambda prices: prices.since)


def openai_upper_bound_micros(prices: Prices, model: str, input_tokens: int, max_output_tokens: int) -> int:
    """No answer within ``max_output_tokens`` costs more: nothing of the input cached, all of the output used."""
    return openai_cost_micros(prices, model, TokenUsage(input_tokens, max_output_tokens))


def openai_cost_micros(prices: Prices, model: str, usage: TokenUsage) -> int:
    """``model``: the name that was asked for. ConfigError where prices.yml does not know it."""
    price = prices.openai.get(model)
    if price is None:
        raise ConfigError(
            f"prices.yml: no price of OpenAI's {model}: add it, or ask one of {', '.join(prices.openai)}."
        )
    fresh = usage.input_tokens - usage.cached_input_tokens
    priced = (
        fresh * price.input_micros
        + usage.cached_input_tokens * price.cached_input_micros
        + usage.output_tokens * price.output_micros
    )
    return -(-priced // _TOKENS_A_PRICE)


def scraperapi_credits(prices: Prices, options: Collection[str]) -> int:
    """Of one page asked with these options (``premium``, ``render``, ...); ConfigError where they have no price."""
    cost = prices.scraperapi.get(frozenset(options) or frozenset({PLAIN}))
    if cost is None:
        known = ", ".join("+".join(sorted(names)) for names in prices.scraperapi)
        raise ConfigError(f"prices.yml: no price of ScraperAPI's {'+'.join(sorted(options))}: expected one of {known}.")
    return cost


def youtube_units(prices: Prices, method: str) -> int:
    """Quota of one call of a method like ``search.list``; ConfigError where it has no price."""
    units = prices.youtube.get(method)
    if units is None:
        raise ConfigError(f"prices.yml: no quota of YouTube's {method}: expected one of {', '.join(prices.youtube)}.")
    return units
