"""The trade feeds and Google News: WordPress-like RSS by host and path, with validators; searches over all outlets."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from sim_builders import ROSTER, SEED, START, client
from starlette.testclient import TestClient

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import TRADES
from etheatmap_sim.scenario import Scenario

VARIETY = "/variety.com/feed/"
SEARCH = "/news.google.com/rss/search"
TOPIC = "/news.google.com/rss/headlines/section/topic/ENTERTAINMENT"


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client()


@pytest.fixture(scope="module")
def articles() -> list[Item]:
    """What the trades published in the five days up to the start."""
    return Items(Scenario(SEED, START, ROSTER)).between(Channel.TRADE, START - timedelta(days=5), START)


def _entries(answer) -> list:
    read = feedparser.parse(answer.content)
    assert not read.bozo, read.get("bozo_exception")
    return read.entries


def _feed_of(outlet) -> str:
    return f"/{outlet.host}{outlet.path}"


@pytest.mark.parametrize("outlet", TRADES, ids=lambda outlet: outlet.host)
def test_a_feed_shows_its_newest_articles_and_no_more(asked, articles, outlet) -> None:
    expected = [(at, item) for item in articles if (at := item.shown_in(outlet.host)) and at <= START]
    newest = sorted(expected, key=lambda pair: (pair[0], pair[1].serial), reverse=True)[: outlet.newest]
    entries = _entries(asked.get(_feed_of(outlet)))
    assert [entry.link for entry in entries] == [item.link_in(outlet.host) for _, item in newest]
    assert [entry.title for entry in entries] == [item.title_at(START) for _, item in newest]


def test_an_entry_is_as_wordpress_writes_it(asked) -> None:
    answer = asked.get(VARIETY)
    assert answer.headers["content-type"] == "application/rss+xml; charset=UTF-8"
    entry = _entries(answer)[0]
    assert entry.id.startswith("https://variety.com/?p=")
    assert not entry.guidislink
    assert entry.author
    assert entry.tags[0].term == "News"
    assert "&#8217;" in answer.text or "&#8216;" in answer.text
    assert "appeared first on Variety" in entry.summary


def test_an_article_is_not_there_before_it_is_published(articles) -> None:
    article = next(item for item in reversed(articles) if item.place == "variety.com")
    before = client(article.published_at - timedelta(seconds=1)).get(VARIETY)
    after = client(article.published_at).get(VARIETY)
    assert article.link not in before.text
    assert article.link in after.text


def test_dates_are_missing_wrong_or_right_as_labelled(articles) -> None:
    def shown(item: Item) -> feedparser.FeedParserDict:
        outlet = next(one for one in TRADES if one.host == item.place)
        return next(e for e in _entries(client(item.published_at).get(_feed_of(outlet))) if e.link == item.link)

    undated = next(item for item in articles if item.is_undated)
    assert "published" not in shown(undated)
    ahead = next(item for item in articles if item.dated_ahead)
    dated = parsedate_to_datetime(shown(ahead).published)
    assert timedelta(0) < dated - ahead.published_at <= timedelta(minutes=10)
    usual = next(item for item in articles if not item.is_undated and not item.dated_ahead)
    assert parsedate_to_datetime(shown(usual).published) == usual.published_at


def test_an_edited_article_keeps_its_guid_and_changes_its_title(articles) -> None:
    edited = next(item for item in articles if item.edited_at and item.place == "variety.com")
    assert edited.edited_at
    before = client(edited.edited_at - timedelta(seconds=1)).get(VARIETY)
    after = client(edited.edited_at).get(VARIETY)
    entry = next(entry for entry in _entries(after) if entry.link == edited.link)
    assert entry.title == edited.edited_title
    assert entry.id in before.text
    assert before.headers["etag"] != after.headers["etag"]
    assert before.headers["last-modified"] != after.headers["last-modified"]


@pytest.mark.parametrize("shares_link", [True, False])
def test_a_story_in_two_feeds_shares_its_link_or_only_its_title(articles, shares_link) -> None:
    copied = next(item for item in articles if item.also_in and item.also_at and item.shares_link == shares_link)
    assert copied.also_at
    other = next(outlet for outlet in TRADES if outlet.host == copied.also_in)
    entries = _entries(client(copied.also_at).get(_feed_of(other)))
    copy = next(entry for entry in entries if entry.title == copied.title_at(copied.also_at))
    assert (copy.link == copied.link) is shares_link


def test_an_unchanged_feed_is_not_sent_again(asked) -> None:
    first = asked.get(VARIETY)
    again = asked.get(VARIETY, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    since = asked.get(VARIETY, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert since.status_code == 304
    assert asked.get(VARIETY, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_same_clock_gives_the_same_bytes() -> None:
    assert client().get(VARIETY).content == client().get(VARIETY).content


def test_google_news_has_outlets_behind_titles_and_google_behind_links(asked) -> None:
    entries = _entries(asked.get(TOPIC, params={"hl": "en-US", "gl": "US", "ceid": "US:en"}))
    assert len(entries) == 70
    for entry in entries:
        assert entry.title.endswith(f" - {entry.source.title}")
        assert entry.link.startswith("https://news.google.com/rss/articles/CBMi")
        assert START - 24 * HOUR <= parsedate_to_datetime(entry.published) <= START
    assert entries == sorted(entries, key=lambda entry: entry.published_parsed, reverse=True)


def test_a_search_finds_what_names_it_in_all_outlets_of_a_week(asked) -> None:
    entries = _entries(asked.get(SEARCH, params={"q": '"The Bear"'}))
    items = Items(Scenario(SEED, START, ROSTER))
    since = START - timedelta(days=7)
    said = items.between(Channel.NEWS, since, START) + items.between(Channel.TRADE, since, START)
    named = [item for item in said if "The Bear" in item.title and item.published_at < START - timedelta(minutes=5)]
    assert len(entries) >= len(named) > 0
    assert all("the bear" in entry.title.lower() for entry in entries)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("gala OR nobody", lambda title: "gala" in title),
        ('"Beyoncé" when:1h', lambda title: "beyoncé" in title),
        ("box office", lambda title: "box" in title and "office" in title),
        ("site:variety.com", lambda title: title.endswith("variety")),
    ],
)
def test_searches_know_or_and_when_and_site(asked, query, fits) -> None:
    assert all(fits(entry.title.lower()) for entry in _entries(asked.get(SEARCH, params={"q": query})))


def test_a_search_for_nothing_known_is_an_empty_feed_and_for_nothing_an_error(asked) -> None:
    assert _entries(asked.get(SEARCH, params={"q": "xyzzy"})) == []
    assert asked.get(SEARCH).status_code == 400
    assert asked.get("/news.google.com/rss/headlines/section/topic/NONSENSE").status_code == 404
