"""Google Trends: the cookie, widgets, lines, trending-now; and the real client, pytrends, on a real socket."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest
import pytrends.request
from pytrends.exceptions import ResponseError, TooManyRequestsError
from sim_builders import ROSTER, SEED, START, TRENDS_EXPLORE, TRENDS_LINES, client
from starlette.testclient import TestClient

from etheatmap_sim.scenario import Scenario
from etheatmap_sim.testing import Simulator, serve

RSS = "/trends.google.com/trending/rss?geo=US"
NOW = START + timedelta(minutes=20)


@pytest.fixture
def asked() -> TestClient:
    """Has the page's cookie already."""
    visitor = client(NOW)
    visitor.get("/trends.google.com/trends/explore/?geo=US")
    return visitor


def _explore(asked: TestClient, *keywords: str, time: str = "now 7-d", geo: str = "US", method: str = "POST"):
    items = [{"keyword": keyword, "time": time, "geo": geo} for keyword in keywords]
    req = json.dumps({"comparisonItem": items, "category": 0, "property": ""})
    return asked.request(method, TRENDS_EXPLORE, params={"hl": "en-US", "tz": "360", "req": req})


def _points(asked: TestClient, *keywords: str, time: str = "now 7-d") -> list[dict]:
    explored = _explore(asked, *keywords, time=time)
    assert explored.text.startswith(")]}'\n")
    widget = json.loads(explored.text[5:])["widgets"][0]
    params = {"hl": "en-US", "tz": "360", "req": json.dumps(widget["request"]), "token": widget["token"]}
    lines = asked.get(TRENDS_LINES, params=params)
    assert lines.text.startswith(")]}',\n")
    return json.loads(lines.text[5:])["default"]["timelineData"]


def test_the_page_answers_404_with_a_cookie_as_it_did_when_recorded() -> None:
    answer = client().get("/trends.google.com/trends/explore/?geo=US")
    assert answer.status_code == 404
    assert answer.cookies["NID"]


def test_who_never_opened_the_page_is_refused() -> None:
    assert _explore(client(), "coffee").status_code == 429


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_explore_gives_a_widget_and_a_token(asked, method) -> None:
    widget = json.loads(_explore(asked, "coffee", method=method).text[5:])["widgets"][0]
    assert (widget["id"], widget["request"]["resolution"]) == ("TIMESERIES", "HOUR")
    assert widget["request"]["comparisonItem"][0]["complexKeywordsRestriction"]["keyword"][0]["value"] == "coffee"


def test_a_token_is_good_for_its_own_request_only(asked) -> None:
    widget = json.loads(_explore(asked, "coffee").text[5:])["widgets"][0]
    other = widget["request"] | {"locale": "de"}
    assert asked.get(TRENDS_LINES, params={"req": json.dumps(other), "token": widget["token"]}).status_code == 401


def test_a_week_has_hourly_points_and_the_last_one_is_partial(asked) -> None:
    points = _points(asked, "Beyoncé", "coffee")
    times = [datetime.fromtimestamp(int(point["time"]), UTC) for point in points]
    assert times[-1] == START
    assert times == [START - timedelta(hours=turn) for turn in reversed(range(len(times)))]
    assert len(times) == 168
    assert [point.get("isPartial", False) for point in points] == [False] * 167 + [True]
    assert all(len(point["value"]) == len(point["hasData"]) == len(point["formattedValue"]) == 2 for point in points)


def test_the_partial_point_is_less_than_it_will_be(asked) -> None:
    partial = _points(asked, "coffee")[-1]
    asked.post("/sim/clock", json={"now": (NOW + timedelta(hours=1)).isoformat()})
    final = _points(asked, "coffee")[-2]
    assert partial["time"] == final["time"]
    assert partial["value"][0] < 0.5 * final["value"][0]


def test_values_are_scaled_by_the_highest_of_all_keywords(asked) -> None:
    names = ["Beyoncé", "The Bear", "Film 1", "Gala 1", "Person 1"]
    together = _points(asked, *names)
    highest = [max(point["value"][turn] for point in together) for turn in range(5)]
    assert max(highest) == 100
    assert min(highest) < 80
    quietest = names[highest.index(min(highest))]
    assert max(point["value"][0] for point in _points(asked, quietest)) == 100


def test_a_value_of_the_past_is_the_same_in_every_answer(asked) -> None:
    one = {point["time"]: point["value"] for point in _points(asked, "Beyoncé", "coffee")}
    asked.post("/sim/clock", json={"now": (NOW + timedelta(hours=2)).isoformat()})
    later = {point["time"]: point["value"] for point in _points(asked, "Beyoncé", "coffee")}
    shared = sorted(one.keys() & later.keys())[:-1]
    assert len(shared) == 165
    assert [one[time] for time in shared] == [later[time] for time in shared]


@pytest.mark.parametrize(
    ("time", "resolution", "points"),
    [
        ("now 1-d", "HOUR", 24),
        ("today 1-m", "DAY", 30),
        ("today 3-m", "DAY", 90),
        ("today 12-m", "WEEK", 53),
        ("2026-11-01 2026-11-10", "DAY", 10),
        ("2026-11-10T00 2026-11-12T00", "HOUR", 48),
    ],
)
def test_the_range_decides_the_resolution(asked, time, resolution, points) -> None:
    widget = json.loads(_explore(asked, "coffee", time=time).text[5:])["widgets"][0]
    assert widget["request"]["resolution"] == resolution
    assert len(_points(asked, "coffee", time=time)) == points


@pytest.mark.parametrize("keywords", [(), ("",), tuple("abcdef")])
def test_none_an_empty_or_six_keywords_are_a_bad_request(asked, keywords) -> None:
    assert _explore(asked, *keywords).status_code == 400


def test_a_range_that_is_none_is_a_bad_request(asked) -> None:
    assert _explore(asked, "coffee", time="yesterday").status_code == 400
    assert asked.get(TRENDS_LINES).status_code == 400


def test_trending_now_names_who_broke_out_within_the_day_and_other_things(asked) -> None:
    entries = feedparser.parse(asked.get(RSS).content).entries
    titles = [entry.title for entry in entries]
    coverage = Scenario(SEED, START, ROSTER).coverage
    unlisted = {name.lower() for name in coverage.unlisted_people}
    listed = {name.lower() for name in coverage.names} - unlisted
    assert set(titles) & unlisted
    assert set(titles) & listed
    assert set(titles) - listed - unlisted
    assert all(entry.ht_approx_traffic.endswith("+") for entry in entries)
    dates = [parsedate_to_datetime(entry.published) for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert all(date <= NOW for date in dates)


def test_trending_now_is_of_the_us() -> None:
    assert client().get("/trends.google.com/trending/rss?geo=XX").status_code == 404


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(ROSTER, NOW, start=START) as running:
        yield running


@pytest.fixture
def google(simulator, monkeypatch) -> pytrends.request.TrendReq:
    """pytrends, with its addresses led to the simulator."""
    base = f"{simulator.url}/trends.google.com/trends"
    monkeypatch.setattr(pytrends.request, "BASE_TRENDS_URL", base)
    monkeypatch.setattr(pytrends.request.TrendReq, "GENERAL_URL", f"{base}/api/explore")
    monkeypatch.setattr(pytrends.request.TrendReq, "INTEREST_OVER_TIME_URL", f"{base}/api/widgetdata/multiline")
    return pytrends.request.TrendReq(hl="en-US", tz=0, geo="US")


@pytest.mark.filterwarnings("ignore::FutureWarning:pytrends")
def test_pytrends_reads_a_week_of_five_keywords(google) -> None:
    keywords = ["Beyoncé", "The Bear", "Kendrick Lamar", "Film 1", "coffee"]
    google.build_payload(keywords, timeframe="now 7-d")
    frame = google.interest_over_time()
    assert list(frame.columns) == [*keywords, "isPartial"]
    assert len(frame) == 168
    assert frame.isPartial.tolist() == [False] * 167 + [True]
    assert frame[keywords].to_numpy().max() == 100
    assert frame.index[-1].to_pydatetime().replace(tzinfo=UTC) == START


def test_pytrends_says_in_its_own_words_what_went_wrong(google, simulator) -> None:
    simulator.order("trends", "status", status=429, count=1)
    with pytest.raises(TooManyRequestsError):
        google.build_payload(["coffee"], timeframe="now 7-d")
    simulator.order("trends", "html", count=1)
    with pytest.raises(ResponseError):
        google.build_payload(["coffee"], timeframe="now 7-d")
    simulator.order("trends", "malformed", count=1)
    with pytest.raises(json.JSONDecodeError):
        google.build_payload(["coffee"], timeframe="now 7-d")
