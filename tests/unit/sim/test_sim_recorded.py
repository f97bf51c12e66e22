"""What is simulated has the keys, the prefixes and the columns of what was recorded from the real upstreams."""

import gzip
import json
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sim_builders import (
    REDDIT_ALL,
    REDDIT_TOKEN,
    ROSTER,
    START,
    TRENDS_EXPLORE,
    TRENDS_LINES,
    client,
    gkg_rows,
    signed_in,
)

from etheatmap_sim.reddit import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.realdata

# Of the recorded keys, what Reddit no longer sends, or sends only for posts with media.
REDDIT_GONE = {"preview", "post_hint"}


def _json_behind_prefix(text: str) -> dict:
    assert text.startswith(")]}'")
    return json.loads(text.partition("\n")[2])


def _exchanges(folder: Path, name: str) -> list[dict]:
    return json.loads((folder / "api_reddit_praw" / name).read_text())["interactions"]


def _keys(told: object) -> object:
    """The shape: keys all the way down, and of lists the shape of the first."""
    if isinstance(told, dict):
        return {key: _keys(value) for key, value in told.items()}
    return [_keys(told[0])] if isinstance(told, list) and told else type(told).__name__


@pytest.mark.parametrize(("recorded", "keywords"), [("one", ["coffee"]), ("two", ["coffee", "tea"])])
def test_trends_widgets_are_those_that_were_recorded(realdata, recorded, keywords) -> None:
    folder = realdata / "api_google_trends" / "gtrends_mcp_full_0.1.2"
    asked = client()
    asked.get("/trends.google.com/trends/explore/?geo=US")
    items = [{"keyword": keyword, "time": "today 12-m", "geo": "US"} for keyword in keywords]
    req = json.dumps({"comparisonItem": items, "category": 0, "property": ""})
    ours_text = asked.post(TRENDS_EXPLORE, params={"hl": "en-US", "tz": "0", "req": req}).text
    theirs_text = (folder / f"explore_{recorded}.json").read_text()
    assert ours_text[:5] == theirs_text[:5]
    ours, theirs = _json_behind_prefix(ours_text), _json_behind_prefix(theirs_text)
    assert list(ours) == list(theirs)
    assert [widget["id"] for widget in ours["widgets"]] == [widget["id"] for widget in theirs["widgets"]]
    for our, their in zip(ours["widgets"], theirs["widgets"], strict=True):
        assert our.keys() == their.keys()
        assert _keys(our.get("request")) == _keys(their.get("request"))

    widget = ours["widgets"][0]
    lines_text = asked.get(TRENDS_LINES, params={"req": json.dumps(widget["request"]), "token": widget["token"]}).text
    their_lines_text = (folder / f"multiline_{recorded}.json").read_text()
    assert lines_text[:6] == their_lines_text[:6]
    lines, their_lines = (_json_behind_prefix(text)["default"] for text in (lines_text, their_lines_text))
    assert lines.keys() == their_lines.keys()
    for turn in (0, -1):
        assert _keys(lines["timelineData"][turn]) == _keys(their_lines["timelineData"][turn])
    assert len(lines["timelineData"]) == len(their_lines["timelineData"])


def test_the_cookie_comes_with_a_404_as_recorded(realdata) -> None:
    recorded = realdata / "api_google_trends" / "pytrends_cassettes" / "test_interest_over_time_ok.yaml"
    page = yaml.safe_load(recorded.read_text())["interactions"][0]["response"]
    ours = client().get("/trends.google.com/trends/explore/?geo=US")
    assert page["status"]["code"] == ours.status_code
    assert page["headers"]["Set-Cookie"][0].partition("=")[0] == ours.headers["set-cookie"].partition("=")[0]


def test_trending_now_has_the_recorded_elements(realdata) -> None:
    recorded = realdata / "api_google_trends" / "gtrends_mcp_full_0.1.2" / "trending_rss.xml"
    ours = ET.fromstring(client().get("/trends.google.com/trending/rss?geo=US").content)  # noqa: S314
    theirs = ET.fromstring(recorded.read_bytes())  # noqa: S314

    def elements(root: ET.Element, path: str) -> set[str]:
        return {child.tag for parent in root.iterfind(path) for child in parent}

    news = "channel/item/{https://trends.google.com/trending/rss}news_item"
    for path in ("channel", "channel/item", news):
        assert elements(ours, path) == elements(theirs, path)


def test_a_reddit_token_has_the_recorded_keys(realdata) -> None:
    recorded = _exchanges(realdata, "TestFront.test_hot.json")[0]["response"]["body"]["string"]
    form = {"grant_type": "client_credentials"}
    answer = client().post(REDDIT_TOKEN, auth=(CLIENT_ID, CLIENT_SECRET), data=form)
    assert answer.json().keys() == json.loads(recorded).keys()


def test_a_reddit_listing_has_the_recorded_keys(realdata) -> None:
    recorded = json.loads(
        _exchanges(realdata, "TestSubredditStreams.test_submissions.json")[1]["response"]["body"]["string"]
    )
    ours = signed_in(client()).get(f"{REDDIT_ALL}/new", params={"limit": 100, "raw_json": 1}).json()
    assert ours["kind"] == recorded["kind"]
    assert recorded["data"].keys() <= ours["data"].keys()
    their_posts = [child["data"] for child in recorded["data"]["children"]]
    our_posts = [child["data"] for child in ours["data"]["children"]]
    everywhere = set.intersection(*(set(post) for post in their_posts)) - REDDIT_GONE
    for post in our_posts:
        assert everywhere <= post.keys()
    for key in ("created_utc", "score", "num_comments", "title", "permalink", "name", "over_18", "subreddit_id"):
        assert {type(post[key]) for post in our_posts} == {type(post[key]) for post in their_posts}


def test_a_reddit_refusal_has_the_recorded_body_and_limits(realdata) -> None:
    recorded = _exchanges(realdata, "TestInbox.test_message__unauthorized.json")[-1]["response"]
    ours = signed_in(client()).get("/oauth.reddit.com/r/backstagepasses/hot")
    assert ours.status_code == recorded["status"]["code"]
    assert json.loads(recorded["body"]["string"]).items() <= ours.json().items()
    for name in ("x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-used"):
        assert name in recorded["headers"]
        assert name in ours.headers


def test_daily_views_have_the_recorded_keys_and_problems_too(realdata) -> None:
    text = (realdata / "api_wikimedia" / "wikiedu_vcr_pageviews_per_article_2025.yml").read_text()
    # The base loader takes the recorder's own tags for plain strings.
    recorded = yaml.load(text, Loader=yaml.BaseLoader)["http_interactions"]  # noqa: S506
    by_status = {int(one["response"]["status"]["code"]): one["response"] for one in recorded[:1] + recorded[-1:]}
    base = "/wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user"
    found = client().get(f"{base}/Beyonc%C3%A9/daily/2026111000/2026111200")
    missing = client().get(f"{base}/THIS_IS_NOT_A_REAL_ARTICLE/daily/2026111000/2026111200")
    for ours in (found, missing):
        theirs = by_status[ours.status_code]
        assert _keys(ours.json()) == _keys(json.loads(theirs["body"]["string"]))
        assert ours.headers["content-type"].partition(";")[0] == theirs["headers"]["Content-Type"][0].partition(";")[0]


def test_gkg_rows_fill_the_columns_that_recorded_ones_fill(realdata) -> None:
    text = (realdata / "api_gdelt" / "spark-gdelt" / "gkg.csv").read_text()
    recorded = [line.split("\t") for line in text.splitlines()]
    ours = gkg_rows(client(START + timedelta(minutes=5)), START)
    assert {len(row) for row in ours} == {len(row) for row in recorded}

    def always_filled(rows: list[list[str]]) -> set[int]:
        return {column for column in range(27) if all(row[column] for row in rows)}

    assert always_filled(recorded) - {17} <= always_filled(ours) | {17}
    assert all(len(row[15].split(",")) == 7 for row in (*ours, *recorded))
    assert ours[0][0].partition("-")[0] == ours[0][1]
    assert recorded[0][0].partition("-")[0] == recorded[0][1]


def test_feeds_have_the_elements_of_recorded_wordpress_items(realdata) -> None:
    recorded = ET.fromstring((realdata / "api_rss_atom" / "TechCrunch.xml").read_bytes().strip())  # noqa: S314
    ours = ET.fromstring(client().get("/variety.com/feed/").content)  # noqa: S314
    theirs = {child.tag for item in recorded.iterfind("channel/item") for child in item}
    for item in ours.iterfind("channel/item"):
        assert {child.tag for child in item} <= theirs


def test_dumps_have_the_four_columns_of_a_recorded_hour(realdata) -> None:
    recorded = gzip.decompress((realdata / "api_wikimedia" / "pageviews-20240803-060000.gz").read_bytes()).decode()
    path = "/dumps.wikimedia.org/other/pageviews/2026/2026-11/pageviews-20261120-150000.gz"
    ours = gzip.decompress(client(START, ROSTER).get(path).content).decode()
    for text in (recorded, ours):
        assert {len(line.split(" ")) for line in text.splitlines()} == {4}
