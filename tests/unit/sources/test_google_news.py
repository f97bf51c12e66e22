"""Google News: who is searched for, and what an article becomes. No recording exists: the feed is built from what
readers of it document."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from etheatmap_assets.sources.google_news import SOURCE
from etheatmap_assets.sources.source import Answer, Plan, Question
from etheatmap_core.config import load_config
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.hours import HOUR as ONE_HOUR
from etheatmap_core.settings import Settings
from etheatmap_core.signals.items import Item

CONFIG = load_config(Path(__file__).parents[3] / "configs")
HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
SEARCH = "search/Maya Rudolph"


def entry(title: str, outlet: str, site: str, guid: str = "CBMiQ1") -> str:
    link = f"https://news.google.com/rss/articles/{guid}?oc=5"
    return (
        f'<item><title>{title} - {outlet}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>'
        "<pubDate>Fri, 20 Nov 2026 14:05:10 GMT</pubDate><description>&lt;ol&gt;&lt;li&gt;&lt;a&gt;Kevin Hart too"
        f'&lt;/a&gt;&lt;/li&gt;&lt;/ol&gt;</description><source url="{site}">{outlet}</source></item>'
    )


def feed(*entries: str) -> str:
    return f'<rss version="2.0"><channel><title>Google News</title>{"".join(entries)}</channel></rss>'


def articles(document: str, key: str = SEARCH) -> list[Item]:
    question = Question(key, "https://news.google.com/rss/search?q=x")
    return list(SOURCE.parse(Answer(question, document.encode(), None, HOUR, CONFIG)).items)


def questions(names: list[str], last_asked: dict[str, datetime] | None = None) -> list[Question]:
    entities = [Tracked(number, name, "person", "film", None) for number, name in enumerate(names)]
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    return list(SOURCE.questions(Plan("google_news", HOUR, settings, CONFIG, entities, last_asked or {})))


def test_the_entertainment_page_is_asked_first() -> None:
    first, *_ = questions(["Maya Rudolph"])
    assert first == Question(
        "topic/entertainment",
        "https://news.google.com/rss/headlines/section/topic/ENTERTAINMENT?hl=en-US&gl=US&ceid=US%3Aen",
    )


def test_a_search_quotes_the_name_and_asks_for_the_last_day() -> None:
    (_, search) = questions(['Maya "M" Rudolph & Friends'])
    assert (search.key, search.entities) == ('search/Maya "M" Rudolph & Friends', ('Maya "M" Rudolph & Friends',))
    parts = urlsplit(search.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://news.google.com/rss/search"
    assert parse_qs(parts.query) == {
        "q": ['"Maya  M  Rudolph & Friends" when:1d'],
        "hl": ["en-US"],
        "gl": ["US"],
        "ceid": ["US:en"],
    }


def test_the_hottest_are_always_searched_for_and_the_others_in_turn() -> None:
    names = [f"Entity {number}" for number in range(24)]
    last_asked = {"Entity 20": HOUR, "Entity 21": HOUR - 2 * ONE_HOUR, "Entity 22": HOUR - ONE_HOUR}
    asked = [question.key for question in questions(names, last_asked)]
    assert asked[1:21] == [f"search/Entity {number}" for number in range(20)]
    assert asked[21:] == ["search/Entity 23", "search/Entity 21", "search/Entity 22", "search/Entity 20"]


def test_an_article_is_known_by_googles_id_and_its_outlet_is_its_author() -> None:
    found = articles(feed(entry("BREAKING: Maya Rudolph Exits ‘Loot’", "Variety", "https://variety.com")))
    assert found == [
        Item(
            item_id="CBMiQ1",
            channel=SEARCH,
            url="https://news.google.com/rss/articles/CBMiQ1?oc=5",
            title="BREAKING: Maya Rudolph Exits ‘Loot’",
            author="Variety",
            published_at=datetime(2026, 11, 20, 14, 5, 10, tzinfo=UTC),
            numbers={"tier": 1.0, "is_breaking": 1.0},
        )
    ]


@pytest.mark.parametrize(
    ("outlet", "site", "author", "tier"),
    [
        ("Variety", "https://variety.com", "Variety", 1.0),
        ("BBC.com", "https://www.bbc.com", "BBC", 1.0),
        ("People.com", "https://people.com", "People", 2.0),
        ("Yahoo", "https://ca.news.yahoo.com", "Yahoo", 3.0),
        ("Somewhere", "", "Somewhere", 3.0),
    ],
)
def test_the_tier_is_that_of_the_outlets_domain(outlet: str, site: str, author: str, tier: float) -> None:
    (found,) = articles(feed(entry("Maya Sings - Live", outlet, site)))
    assert (found.title, found.author, found.numbers["tier"]) == ("Maya Sings - Live", author, tier)


def test_only_the_page_is_about_something() -> None:
    document = feed(entry("Maya Sings", "Variety", "https://variety.com"))
    assert articles(document, "topic/entertainment")[0].topics == ("entertainment",)
    assert articles(document, SEARCH)[0].topics == ()


def test_no_hits_are_an_answer() -> None:
    assert articles(feed()) == []


def test_outlets_under_another_name_are_missed() -> None:
    renamed = feed(entry("Maya Sings", "Variety", "https://variety.com")).replace("source", "publisher")
    with pytest.raises(CorruptCaptureError, match=r"^Google News' answer to search/Maya Rudolph has no <source>"):
        articles(renamed)


def test_a_page_of_consent_is_no_feed() -> None:
    with pytest.raises(CorruptCaptureError, match="is an HTML page, not a feed"):
        articles("<!doctype html><html><title>Before you continue</title></html>")
