"""Bad days of every upstream: each kind of fault as a client meets it, and what narrows it."""

import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import feedparser
import httpx2
import pytest
from sim_builders import ROSTER, START

from etheatmap_sim.testing import Simulator, serve

# One address an upstream. None needs a token or a cookie: a fault strikes before either is looked at.
ADDRESSES = {
    "dumps": "/dumps.wikimedia.org/other/pageviews/2026/2026-11/pageviews-20261120-140000.gz",
    "pageviews_rest": "/wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/"
    "Beyonc%C3%A9/daily/20261110/20261112",
    "wikipedia": "/en.wikipedia.org/w/api.php?action=query&titles=X&format=json&formatversion=2",
    "wikidata": "/www.wikidata.org/w/api.php?action=wbgetentities&ids=Q1&format=json",
    "trends": "/trends.google.com/trends/explore/?geo=US",
    "trends_rss": "/trends.google.com/trending/rss?geo=US",
    "reddit": "/oauth.reddit.com/r/all/hot",
    "feeds": "/variety.com/feed/",
    "google_news": "/news.google.com/rss/search?q=gala",
    "gdelt": "/data.gdeltproject.org/gdeltv2/lastupdate.txt",
    "metered": "/metered.example/v1/account",
    "newsapi": "/newsapi.org/v2/top-headlines?category=entertainment",
    "youtube": "/www.googleapis.com/youtube/v3/videos?part=snippet&chart=mostPopular",
    "scraperapi": "/api.scraperapi.com/account?api_key=any",
    "apify": "/api.apify.com/v2/users/me/usage/monthly?token=any",
    "slack": "/slack.com/api/auth.test",
}
FEED = ADDRESSES["feeds"]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(ROSTER, START) as running:
        yield running


@pytest.fixture(scope="module")
def client(simulator) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=simulator.url) as client:
        yield client


@pytest.fixture(autouse=True)
def good_days_again(simulator) -> Iterator[None]:
    yield
    simulator.clear_faults()
    simulator.forget_requests()


@pytest.mark.parametrize("upstream", ADDRESSES)
def test_every_upstream_can_refuse_and_no_other_suffers(simulator, client, upstream) -> None:
    simulator.order(upstream, "status", status=429, retry_after=2)
    for name, address in ADDRESSES.items():
        answer = client.get(address)
        assert (answer.status_code == 429) is (name == upstream)
    assert client.get(ADDRESSES[upstream]).headers["retry-after"] == "2"


@pytest.mark.parametrize("upstream", ADDRESSES)
def test_every_upstream_can_break_off(simulator, client, upstream) -> None:
    simulator.order(upstream, "reset", count=1)
    simulator.order(upstream, "truncate", count=1)
    with pytest.raises(httpx2.ReadError):
        client.get(ADDRESSES[upstream])
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get(ADDRESSES[upstream])


@pytest.mark.parametrize("kind", ["malformed", "encoding", "empty", "html"])
def test_a_spoilt_body_comes_whole_with_status_200_and_without_validators(simulator, client, kind) -> None:
    good = client.get(FEED)
    simulator.order("feeds", kind)
    # Even to a client that has the feed already: a fault that hides behind a 304 would be none.
    bad = client.get(FEED, headers={"If-None-Match": good.headers["etag"]})
    assert bad.status_code == 200
    assert bad.content != good.content
    assert bad.headers["content-length"] == str(len(bad.content))
    assert "etag" not in bad.headers
    assert "last-modified" not in bad.headers


def test_malformed_xml_and_json_end_too_early(simulator, client) -> None:
    simulator.order("feeds", "malformed")
    simulator.order("wikidata", "malformed")
    assert feedparser.parse(client.get(FEED).content).bozo
    with pytest.raises(json.JSONDecodeError):
        client.get(ADDRESSES["wikidata"]).json()


def test_a_charset_that_lies(simulator, client) -> None:
    simulator.order("feeds", "encoding")
    answer = client.get(FEED)
    assert "utf-8" in answer.headers["content-type"].lower()
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()


def test_an_error_page_with_the_status_of_success(simulator, client) -> None:
    simulator.order("google_news", "html")
    answer = client.get(ADDRESSES["google_news"])
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html>" in answer.content


def test_an_empty_body(simulator, client) -> None:
    simulator.order("pageviews_rest", "empty")
    assert client.get(ADDRESSES["pageviews_rest"]).content == b""


def test_a_body_that_drips_is_right_and_slow(simulator, client) -> None:
    good = client.get(FEED).content
    simulator.order("feeds", "drip", seconds=0.4)
    asked_at = time.monotonic()
    assert client.get(FEED).content == good
    assert time.monotonic() - asked_at >= 0.4


def test_a_clock_that_is_wrong_shows_in_the_header_and_in_the_content(simulator, client) -> None:
    good = client.get(FEED)
    simulator.order("feeds", "skew", seconds=7_200)
    wrong = client.get(FEED)
    assert parsedate_to_datetime(good.headers["date"]) == START
    ahead = parsedate_to_datetime(wrong.headers["date"]) - parsedate_to_datetime(good.headers["date"])
    assert ahead.total_seconds() == 7_200
    dates = [[e.get("published_parsed") for e in feedparser.parse(one.content).entries] for one in (good, wrong)]
    shifts = {time.mktime(w) - time.mktime(g) for g, w in zip(*dates, strict=True) if g and w}
    assert shifts == {7_200.0}


def test_a_redirect_leads_where_the_fault_says(simulator, client) -> None:
    simulator.order("feeds", "status", status=302, location="http://10.0.0.1/")
    answer = client.get(FEED)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://10.0.0.1/")


def test_retry_after_may_be_a_date(simulator, client) -> None:
    simulator.order("feeds", "status", status=503, retry_after="Fri, 20 Nov 2026 15:10:00 GMT")
    assert client.get(FEED).headers["retry-after"] == "Fri, 20 Nov 2026 15:10:00 GMT"


@pytest.mark.parametrize(
    ("upstream", "path", "struck", "spared"),
    [
        ("feeds", "variety.com", "/variety.com/feed/", "/deadline.com/feed/"),
        ("reddit", "/r/all/", "/oauth.reddit.com/r/all/hot", "/oauth.reddit.com/r/movies/hot"),
        ("google_news", "q=gala", "/news.google.com/rss/search?q=gala", "/news.google.com/rss/search?q=film"),
        ("wikidata", "ids=Q2&", f"{ADDRESSES['wikidata']}&ids=Q2&", ADDRESSES["wikidata"]),
    ],
)
def test_a_path_narrows_a_fault_to_one_address(simulator, client, upstream, path, struck, spared) -> None:
    simulator.order(upstream, "status", path=path)
    assert client.get(struck).status_code == 503
    assert client.get(spared).status_code != 503


def test_hours_narrow_a_fault_of_files_to_theirs(simulator, client) -> None:
    simulator.pin("2026-11-20T15:05")
    base = "/data.gdeltproject.org/gdeltv2"
    simulator.order("gdelt", "status", hours=["2026-11-20T14"])
    assert client.get(f"{base}/20261120150000.gkg.csv.zip").status_code == 503
    assert client.get(f"{base}/20261120140000.gkg.csv.zip").status_code == 200
    simulator.pin(START)


def test_requests_are_counted_an_upstream_struck_ones_too(simulator, client) -> None:
    simulator.order("feeds", "status", count=1)
    for address in (FEED, FEED, ADDRESSES["gdelt"]):
        client.get(address)
    assert simulator.requests() == {"feeds": 2, "gdelt": 1}
    counted = client.get("/sim/requests.json").json()
    assert counted == dict.fromkeys(ADDRESSES, 0) | {"feeds": 2, "gdelt": 1}
    assert client.delete("/sim/requests.json").status_code == 204
    assert set(client.get("/sim/requests.json").json().values()) == {0}
