"""YouTube: what is asked for how many units, what an answer becomes, and what a renamed field is called."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_gateway import Reply, ScriptedGateway
from youtube_plans import CONFIG, HOUR, NAMES, plan
from youtube_recordings import found_page, page_of

from etheatmap_assets.resources.http import Call
from etheatmap_assets.sources.source import Answer, Parsed, Question
from etheatmap_assets.sources.spending import within_plan
from etheatmap_assets.sources.youtube import SEARCHED_ENTITIES, SOURCE, follow, open_asker, parse, questions
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.hours import HOUR as ONE_HOUR
from etheatmap_core.signals.youtube_store import MOST_WATCHED, KnownVideo, by_worth

IDS = [f"video-{number:05}" for number in range(MOST_WATCHED)]
STATISTICS = {"viewCount": "1200", "likeCount": "90", "commentCount": "7"}


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def video(number: int, statistics: Mapping[str, Any] = STATISTICS, **snippet: Any) -> dict[str, Any]:
    told = {
        "publishedAt": "2026-11-20T11:00:00Z", "channelId": "UC1", "title": "Zendaya smiles", "description": "",
        "channelTitle": "Smiles", "tags": ["smile"], "categoryId": "1",
    }  # fmt: skip
    return {"id": IDS[number], "snippet": {**told, **snippet}, "statistics": dict(statistics)}


def parsed(body: bytes, key: str = "chart") -> Parsed:
    return parse(Answer(Question(key, "https://www.googleapis.com/youtube/v3/videos"), body, None, HOUR, CONFIG))


class TestWhatIsAsked:
    def test_the_chart_then_the_watched_videos_then_searches(self) -> None:
        found = questions(plan(NAMES, IDS[:51]))
        keys = ["chart", "videos/01", "videos/02", "search/Zendaya", "search/Brad Pitt", "search/Blackpink"]
        assert [question.key for question in found] == keys
        assert [question.units for question in found] == [4, 1, 1, 100, 100, 100]
        assert asked(found[0].url)["chart"] == "mostPopular"
        assert (asked(found[0].url)["regionCode"], asked(found[0].url)["maxResults"]) == ("US", "50")
        assert asked(found[1].url)["id"].split(",") == IDS[:50]
        assert asked(found[2].url)["id"] == IDS[50]

    def test_the_key_is_in_a_header_and_in_no_address(self) -> None:
        found = questions(plan(NAMES, IDS[:1]))
        assert {question.headers["X-Goog-Api-Key"] for question in found} == {"a-key"}
        assert "a-key" not in repr(found)

    def test_a_search_is_for_the_words_of_the_name_among_the_videos_of_a_week(self) -> None:
        *_, search = questions(plan(['The "Rock" & Roll']))
        words = asked(search.url)
        assert words["q"] == '"The  Rock  & Roll"'
        assert (words["type"], words["order"], words["publishedAfter"]) == (
            "video",
            "viewCount",
            "2026-11-13T00:00:00Z",
        )
        assert search.entities == ('The "Rock" & Roll',)

    def test_the_first_is_searched_for_every_hour_and_the_others_of_the_top_in_turn(self) -> None:
        names = [f"Name {number}" for number in range(40)]
        turns: dict[str, datetime] = {}
        searched: list[str] = []
        for number in range(12):
            found = [question.entities[0] for question in questions(plan(names, last_asked=turns)) if question.entities]
            turns |= dict.fromkeys(found, HOUR + number * ONE_HOUR)
            searched += found
        assert searched.count("Name 0") == 12
        assert set(searched) == set(names[:SEARCHED_ENTITIES])

    def test_what_a_search_finds_is_asked_for_in_the_same_hour(self) -> None:
        found = parsed(found_page("b", "a", "b"), "search/Zendaya")
        nothing = parsed(found_page(), "search/Blackpink")
        assert (found.items, found.links, nothing.links) == ((), ["b,a"], ())
        (question,) = follow(plan(NAMES), [parsed(page_of([video(1)])), found, nothing])
        assert question.key.startswith("found/2026-11-20T14/")
        assert (asked(question.url)["id"], question.units) == ("b,a", 1)

    def test_a_whole_hour_is_within_what_is_planned_for_it_and_a_day_within_googles(self) -> None:
        use = CONFIG.budgets.uses["youtube"]
        first = questions(plan(NAMES, IDS))
        found = [parsed(found_page(*IDS[start : start + 50]), "search/x") for start in (0, 50, 100)]
        every = [*first, *follow(plan(NAMES), found)]
        assert within_plan("youtube", use, every)[0] == every
        units = sum(question.units or 0 for question in every)
        assert units == 4 + 20 + 300 + 3
        assert 24 * units <= 24 * use.units_a_partition <= 10_000

    def test_of_each_entity_the_most_watched_video_comes_before_anybodys_second(self) -> None:
        known = [
            KnownVideo("c1", 2, 10.0), KnownVideo("b2", 1, 5.0), KnownVideo("b1", 1, 500.0),
            KnownVideo("both", 1, 400.0), KnownVideo("both", 2, 400.0), KnownVideo("gone", 9, 1e9),
        ]  # fmt: skip
        assert by_worth(known, [1, 2]) == ["b1", "both", "c1", "b2"]
        assert by_worth(known[::-1], [2, 1]) == ["both", "b1", "c1", "b2"]


class TestTheChart:
    def ask(self, tmp_path: Path, pages: list[bytes]) -> tuple[bytes, list[str]]:
        script = iter(pages)

        def answer(_call: Call) -> Reply:
            return Reply(next(script))

        gateway, chart = ScriptedGateway(answer), questions(plan(NAMES))[0]
        with open_asker(gateway.as_gateway(), plan(NAMES)) as ask:
            ask(chart, tmp_path / "answer", None)
        assert all(call.is_read for call in gateway.calls)
        return (tmp_path / "answer").read_bytes(), [call.url for call in gateway.calls]

    def test_is_read_page_by_page_to_its_end(self, tmp_path: Path) -> None:
        pages = [page_of([video(0)], nextPageToken="CDIQAA"), page_of([video(1)])]
        body, urls = self.ask(tmp_path, pages)
        assert [item.item_id for item in parsed(body).items] == IDS[:2]
        assert [asked(url).get("pageToken") for url in urls] == [None, "CDIQAA"]

    def test_ends_with_the_fourth_page(self, tmp_path: Path) -> None:
        body, urls = self.ask(tmp_path, [page_of([video(number)], nextPageToken="more") for number in range(6)])
        assert (len(parsed(body).items), len(urls)) == (4, 4)

    def test_ends_where_a_page_is_none_which_is_then_told(self, tmp_path: Path) -> None:
        body, urls = self.ask(tmp_path, [page_of([video(0)], nextPageToken="more"), b"<html>", page_of([])])
        assert len(urls) == 2
        with pytest.raises(CorruptCaptureError, match=r"^chart of YouTube is not whole JSON"):
            parsed(body)


class TestAnAnswer:
    def test_hidden_counters_are_not_there(self) -> None:
        (item,) = parsed(page_of([video(0, {"viewCount": "5", "commentCount": "0"})])).items
        assert item.numbers == {"view_count": 5.0, "comment_count": 0.0}

    def test_names_are_looked_for_in_title_description_channel_and_the_first_tags(self) -> None:
        tags = ["one", "two", "three", "four", "five", "six"]
        (item,) = parsed(page_of([video(0, description="Of  Dune.\n\n" + 600 * "x", tags=tags)])).items
        assert item.title == "Zendaya smiles"
        assert (item.summary[:9], len(item.summary)) == ("Of  Dune.", 500)
        assert item.names == ("Smiles", "one", "two", "three", "four", "five")
        assert item.topics == ("film",)

    def test_one_without_tags_is_no_error(self) -> None:
        without = video(0)
        del without["snippet"]["tags"]
        assert parsed(page_of([without])).items[0].names == ("Smiles",)

    def test_none_is_no_error(self) -> None:
        assert parsed(page_of([])).items == []
        assert parsed(b'{"kind": "youtube#videoListResponse", "pageInfo": {"totalResults": 0}}').items == []

    @pytest.mark.parametrize(
        ("field", "told"),
        [
            ("items", "has no list 'items'"),
            ("kind", "has the kind None instead of 'youtube#videoListResponse'"),
            ("id", "has a video without an 'id'"),
            ("snippet", r"has a video \(video-00000\) without 'snippet'"),
            ("statistics", r"has a video \(video-00000\) without 'statistics'"),
            ("title", r"has a video \(video-00000\) without 'title'"),
            ("description", r"has a video \(video-00000\) without 'description'"),
            ("channelId", r"has a video \(video-00000\) without 'channelId'"),
            ("channelTitle", r"has a video \(video-00000\) without 'channelTitle'"),
            ("publishedAt", r"has a video \(video-00000\) without 'publishedAt'"),
            ("categoryId", r"has a video \(video-00000\) without 'categoryId'"),
            ("tags", r"in its 'snippet', has no 'tags' anywhere, but 'renamed'"),
            ("viewCount", r"in its 'statistics', has no 'viewCount' anywhere, but 'renamed', which nobody knows"),
            ("likeCount", r"in its 'statistics', has no 'likeCount' anywhere, but 'renamed'"),
            ("commentCount", r"in its 'statistics', has no 'commentCount' anywhere, but 'renamed'"),
        ],
    )
    def test_a_renamed_field_is_named(self, field: str, told: str) -> None:
        renamed = page_of([video(number) for number in range(6)]).replace(f'"{field}":'.encode(), b'"renamed":')
        with pytest.raises(CorruptCaptureError, match=f"^chart of YouTube.*{told}"):
            parsed(renamed)

    @pytest.mark.parametrize("field", ["viewCount", "likeCount", "commentCount"])
    def test_a_counter_that_no_video_has_is_named(self, field: str) -> None:
        counters = {name: count for name, count in STATISTICS.items() if name != field}
        assert len(parsed(page_of([video(number, counters) for number in range(4)])).items) == 4, "of few it may be so"
        with pytest.raises(CorruptCaptureError, match=f"has 5 videos and no '{field}' in the 'statistics' of any"):
            parsed(page_of([video(number, counters) for number in range(5)]))

    def test_twenty_videos_without_tags_are_no_accident(self) -> None:
        without = [video(number) for number in range(20)]
        for one in without:
            del one["snippet"]["tags"]
        assert len(parsed(page_of(without[:19])).items) == 19
        with pytest.raises(CorruptCaptureError, match="has 20 videos and none has 'tags': they may be renamed"):
            parsed(page_of(without))

    def test_a_full_page_that_names_no_other_is_the_last_one(self) -> None:
        counted = {"totalResults": 4, "resultsPerPage": 2}
        pages = [page_of([video(0), video(1)], nextPageToken="CAIQAA", pageInfo=counted)]
        assert len(parsed(b"\n".join([*pages, page_of([video(2)], pageInfo=counted)])).items) == 3, "one was blocked"
        with pytest.raises(CorruptCaptureError, match="has 2 of 4 videos, and no 'nextPageToken'"):
            parsed(pages[0].replace(b"nextPageToken", b"following"))

    @pytest.mark.parametrize(
        ("spoilt", "told"),
        [
            (b"", "is empty"),
            (b"[]", "is a lone list instead of a list"),
            (b"\xff", "is not UTF-8"),
            (b'{"kind"', "is not whole JSON"),
            (page_of([video(0, {"viewCount": "-5"})]), "whose 'viewCount' is no count: '-5'"),
            (page_of([video(0, {"viewCount": None})]), "whose 'viewCount' is no count: 'None'"),
            (page_of([video(0, publishedAt="yesterday")]), "whose 'publishedAt' is no instant: 'yesterday'"),
            (page_of([video(0, title=" ")]), "whose 'title' is blank"),
            (page_of([video(0, tags="smile")]), "whose 'tags' are no list of words"),
            (page_of([video(0)])[:-30], "is not whole JSON"),
        ],
    )
    def test_what_is_spoilt_is_told(self, spoilt: bytes, told: str) -> None:
        with pytest.raises(CorruptCaptureError, match=told):
            parsed(spoilt)

    def test_letters_that_no_column_takes_are_left_out(self) -> None:
        body = json.dumps({**json.loads(page_of([video(0, title="Zen\x00daya \ud83d smiles")]))}).encode()
        assert parsed(body).items[0].title == "Zendaya \N{REPLACEMENT CHARACTER} smiles"


def test_the_source_keeps_what_names_somebody_and_tells_now() -> None:
    assert (SOURCE.keeps, SOURCE.is_now_only, SOURCE.metrics) == ("named", True, None)
