"""YouTube simulated: fields as recorded, pages, searches, units by key and day of Pacific time, views that grow."""

import json
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sim_builders import ROSTER, START, client, scenario
from starlette.testclient import TestClient

from etheatmap_sim.hours import HOUR
from etheatmap_sim.videos import Video, Videos

API = "/www.googleapis.com/youtube/v3"
CHART = {"part": "snippet,statistics", "chart": "mostPopular", "maxResults": "50"}


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return client()


@pytest.fixture(scope="module")
def videos() -> Videos:
    return Videos(scenario())


def ask(asked: TestClient, method: str = "videos", key: str | None = "a-key", **words: str) -> Any:
    headers = {} if key is None else {"X-Goog-Api-Key": key}
    return asked.get(f"{API}/{method}", params=words or CHART, headers=headers)


def items(answer: Any) -> list[Mapping[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[Mapping[str, Any]] = answer.json()["items"]
    return found


def reason(answer: Any) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("recording", "method", "words"),
    [
        ("videos/videos_chart_paged_1", "videos", CHART),
        ("search/search_by_keywords_p1", "search", {"part": "snippet", "q": "The Bear", "type": "video"}),
    ],
)
def test_answers_have_the_fields_that_were_recorded(
    asked: TestClient, realdata: Path, recording: str, method: str, words: dict[str, str]
) -> None:
    recorded = json.loads((realdata / "api_youtube" / "apidata" / f"{recording}.json").read_bytes())
    told = ask(asked, method, **words).json()
    assert told["kind"] == recorded["kind"]
    assert set(told) <= set(recorded) | {"nextPageToken"}
    assert set(told["items"][0]) - {"statistics"} <= set(recorded["items"][0])
    assert set(told["items"][0]["snippet"]) <= set(recorded["items"][0]["snippet"])
    assert type(told["items"][0]["id"]) is type(recorded["items"][0]["id"])


def test_the_chart_has_four_pages_of_which_each_names_the_next(asked: TestClient) -> None:
    tokens, ids = [], []
    words = dict(CHART)
    while True:
        answer = ask(asked, **words)
        ids += [video["id"] for video in items(answer)]
        if (token := answer.json().get("nextPageToken")) is None:
            break
        tokens.append(token)
        words["pageToken"] = token
    assert tokens == ["CDIQAA", "CGQQAA", "CJYBEAA"], "as Google spells 50, 100 and 150"
    assert len(ids) == len(set(ids)) == 200
    assert reason(ask(asked, **CHART, pageToken="CAUQAB")) == (400, "invalidPageToken")


def test_some_videos_hide_their_likes_and_some_take_no_comments(asked: TestClient) -> None:
    statistics = [video["statistics"] for video in items(ask(asked))]
    assert all(counters["viewCount"].isdigit() for counters in statistics)
    assert {"likeCount" in counters for counters in statistics} | {"commentCount" in c for c in statistics} == {
        True,
        False,
    }


def test_a_search_finds_who_is_named_the_most_watched_first(asked: TestClient) -> None:
    name = "The Bear"
    words = {"part": "snippet", "q": f'"{name}"', "type": "video", "order": "viewCount", "maxResults": "50"}
    found = items(ask(asked, "search", **words))
    assert found
    assert all(name.casefold() in one["snippet"]["title"].casefold() for one in found)
    ids = [one["id"]["videoId"] for one in found]
    views = [int(one["statistics"]["viewCount"]) for one in items(ask(asked, part="statistics", id=",".join(ids)))]
    assert views == sorted(views, reverse=True)
    assert items(ask(asked, "search", **words | {"q": "Nobody At All"})) == []


def test_what_never_was_is_not_among_the_answers(asked: TestClient, videos: Videos) -> None:
    known = videos.between(START - HOUR, START)[0]
    found = items(ask(asked, part="snippet", id=f"{known.id},AAAAAAAAAAA,not-an-id"))
    assert [video["id"] for video in found] == [known.id]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, (403, "forbidden")),
        ("wrong", (400, "badRequest")),
        ("disabled", (403, "accessNotConfigured")),
    ],
)
def test_keys_that_open_nothing(asked: TestClient, key: str | None, told: tuple[int, str]) -> None:
    assert reason(ask(asked, key=key)) == told


def test_a_question_that_lacks_something_is_refused(asked: TestClient) -> None:
    assert reason(ask(asked, chart="mostPopular")) == (400, "missingRequiredParameter")
    assert reason(ask(asked, part="snippet")) == (400, "missingRequiredParameter")


def test_a_key_has_ten_thousand_units_a_day_of_pacific_time() -> None:
    asked = client()
    search = {"part": "snippet", "q": "Nobody At All", "publishedAfter": "2026-11-20T14:00:00Z"}
    assert {ask(asked, "search", **search).status_code for _ in range(99)} == {200}
    assert {ask(asked, part="snippet", id="AAAAAAAAAAA").status_code for _ in range(100)} == {200}
    assert reason(ask(asked, part="snippet", id="AAAAAAAAAAA")) == (403, "quotaExceeded")
    assert ask(asked, "search", key="another", **search).status_code == 200
    for now, status in (("2026-11-21T07:59", 403), ("2026-11-21T08:00", 200)):
        asked.post("/sim/clock", json={"now": now})
        assert ask(asked, part="snippet", id="AAAAAAAAAAA").status_code == status


def test_views_grow_but_for_what_is_taken_back(videos: Videos) -> None:
    taken_back = 0
    for video in videos.between(START - timedelta(days=4), START):
        views = [videos.views(video, START + hour * HOUR) for hour in range(-100, 40)]
        falls = [(before, after) for before, after in pairwise(views) if after < before]
        assert len(falls) <= 1
        taken_back += bool(falls)
    assert taken_back > 0


def test_views_follow_the_episodes_hours_after_them(videos: Videos) -> None:
    """Of videos that were there before one began, the first days' rush over."""
    told, rises = scenario(), 0
    past = [episode for episode in told.episodes if episode.is_hot and episode.start_at < START - 12 * HOUR]
    for episode in past:
        there = videos.between(told.first_hour, episode.start_at - 72 * HOUR)
        old = [video for video in there if video.name == episode.entity]
        before, after = (_added(videos, old, episode.start_at + hours * HOUR) for hours in (0, 12))
        rises += after > 2 * before
    assert rises > 0


def test_the_same_scenario_tells_the_same_on_any_day_and_in_any_order(videos: Videos) -> None:
    again = Videos(scenario())
    late = again.between(START - HOUR, START)
    assert late == videos.between(START - HOUR, START)
    video = late[-1]
    assert again.by_id(video.id) == video
    assert again.views(video, START + 30 * HOUR) == videos.views(video, START + 30 * HOUR)
    assert {video.name for video in late} <= {None, *(entity.name for entity in ROSTER)}


def _added(videos: Videos, old: list[Video], now: Any) -> int:
    return sum(videos.views(video, now) - videos.views(video, now - 12 * HOUR) for video in old)
