"""prices.yml: dollars are read exactly, and mistakes are told with their lines."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from etheatmap_core.budget.prices import ModelPrice, Prices
from etheatmap_core.config.prices import read_prices
from etheatmap_core.errors import ConfigError

SMALL = """prices:
  - from: 2026-05-04
    note: as read
    openai:
      small: {input: 0.075, cached_input: 0.01875, output: 0.3}
      plain: {input: 1, output: 4}
    scraperapi: {plain: 1, premium+render: 25}
    youtube: {search.list: 100}
"""
Read = Callable[[str], tuple[Prices, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> tuple[Prices, ...]:
        (tmp_path / "prices.yml").write_text(text)
        return read_prices(tmp_path / "prices.yml")

    return read_text


def test_dollars_are_whole_micro_dollars(read: Read) -> None:
    (prices,) = read(SMALL)
    assert prices.since == date(2026, 5, 4)
    assert prices.openai["small"] == ModelPrice(75_000, 18_750, 300_000)
    assert prices.openai["plain"] == ModelPrice(1_000_000, 1_000_000, 4_000_000)  # a cache that saves nothing
    assert prices.scraperapi == {frozenset({"plain"}): 1, frozenset({"premium", "render"}): 25}
    assert prices.youtube == {"search.list": 100}


def test_versions_follow_each_other(read: Read) -> None:
    later = SMALL.partition("\n")[2].replace("2026-05-04", "2026-09-01")
    assert [prices.since.month for prices in read(SMALL + later)] == [5, 9]
    with pytest.raises(ConfigError, match="each version after the one above it, not 2026-05-04"):
        read(SMALL + SMALL.partition("\n")[2])


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("from: 2026-05-04", "from: May", "prices.yml:2: from: expected a day like 2026-11-01, found 'May'."),
        ("output: 0.3", "output: -1", "prices.yml:5: openai.small.output: expected US dollars"),
        ("input: 0.075", "input: 0.0000001", "prices.yml:5: openai.small.input: expected US dollars"),
        (", output: 4", "", "prices.yml:6: openai.plain.output: expected US dollars"),
        ("0.01875", "0.5", "prices.yml:5: openai.small.cached_input: expected no more than input."),
        ("output: 0.3", "outptu: 0.3", "prices.yml:5: openai.small.outptu: expected 'output' (the nearest known)"),
        ("premium+render", "premum+render", "prices.yml:7: scraperapi.premum+render: expected 'premium'"),
        ("search.list: 100", "search.list: 0", "prices.yml:8: youtube.search.list: expected a whole number above 0"),
        ("    note: as read\n", "", "prices.yml:2: note: expected this key, which has no default"),
        ("note: as read", "nota: as read", "prices.yml:3: nota: expected 'note' (the nearest known), found 'nota'."),
    ],
)
def test_a_mistake_is_named_with_its_line(read: Read, right: str, wrong: str, message: str) -> None:
    assert right in SMALL
    with pytest.raises(ConfigError) as raised:
        read(SMALL.replace(right, wrong))
    assert message in str(raised.value)


@pytest.mark.parametrize("text", ["prices: []\n", "prices: 5\n", "prices: {from: 2026-05-04}\n"])
def test_a_file_without_versions_is_a_mistake(read: Read, text: str) -> None:
    with pytest.raises(ConfigError, match=r"prices\.yml:1: prices: expected a list of versions"):
        read(text)
