"""trade_feeds.yml: who publishes, and the words with which mistakes in it are told."""

from pathlib import Path

import pytest

from etheatmap_core.config import Outlet, load_config
from etheatmap_core.config.outlets import read_outlets
from etheatmap_core.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "configs"


def outlets(folder: Path, text: str) -> tuple[Outlet, ...]:
    path = folder / "trade_feeds.yml"
    path.write_text(f"outlets:\n{text}\n", encoding="utf-8")
    return read_outlets(path)


def test_the_shipped_file_reads_the_seven_trades() -> None:
    feeds = load_config(SHIPPED).trade_feeds
    assert [(feed.name, feed.tier) for feed in feeds] == [
        ("Variety", 1),
        ("The Hollywood Reporter", 1),
        ("Deadline", 1),
        ("Entertainment Weekly", 2),
        ("Vulture", 2),
        ("IndieWire", 2),
        ("TheWrap", 2),
    ]
    assert feeds[0].url == "https://variety.com/feed/"
    assert feeds[0].topics == ("film", "television", "music")


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("variety.com", "Variety"),
        ("www.variety.com", "Variety"),
        ("news.bbc.co.uk", "BBC News"),
        ("notvariety.com", None),
        ("com", None),
        (None, None),
    ],
)
def test_an_outlet_is_known_by_its_domain_and_those_below_it(domain: str | None, name: str | None) -> None:
    found = load_config(SHIPPED).outlet_of(domain)
    assert (found.name if found else None) == name


def test_an_outlet_without_a_feed_has_only_a_tier(tmp_path: Path) -> None:
    assert outlets(tmp_path, "  AP: {domain: apnews.com, tier: 1}") == (Outlet("AP", "apnews.com", 1),)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("  AP: {tier: 1}", 2, "AP.domain: expected a domain like variety.com, in small letters and without www.,"),
        ("  AP: {domain: apnews.com}", 2, "AP.tier: expected 1, 2 or 3, found 'nothing'."),
        ("  AP: {domain: apnews.com, tier: 4}", 2, "AP.tier: expected 1, 2 or 3, found 4."),
        ("  AP: {domain: apnews.com, tier: true}", 2, "AP.tier: expected 1, 2 or 3, found True."),
        ("  AP: {domain: www.apnews.com, tier: 1}", 2, "AP.domain: expected a domain like variety.com"),
        ("  AP: {domain: apnews, tier: 1}", 2, "AP.domain: expected a domain like variety.com"),
        ("  AP: {domain: apnews.com, tier: 1, feed: /feed}", 2, "AP.feed: expected an address that starts with http"),
        ("  AP: {domain: apnews.com, tier: 1, topics: film}", 2, "AP.topics: expected a list of words like [film,"),
        ("  AP: {domain: apnews.com, tier: 1, topic: [film]}", 2, "AP.topic: expected 'topics' (the nearest known)"),
        ("  AP: {domain: a.com, tier: 1}\n  AP: {domain: b.com, tier: 1}", 3, "AP: expected each name once"),
        (
            "  AP: {domain: a.com, tier: 1}\n  Ap: {domain: a.com, tier: 1}",
            3,
            "Ap.domain: expected a domain of its own; AP above has this one, found 'a.com'.",
        ),
        ("  AP: apnews.com", 2, "AP: expected names with a colon, one a line, found 'apnews.com'."),
    ],
)
def test_a_mistake_is_told_with_line_and_field(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        outlets(tmp_path, text)
    assert f"trade_feeds.yml:{line}: {message}" in str(raised.value)
