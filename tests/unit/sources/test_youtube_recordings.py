"""Recorded answers of YouTube: videos into rows read from the files by hand, the rest refused by its name."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from youtube_recordings import chart_of_a_day, recorded, with_counters

from etheatmap_core.config import load_config
from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.youtube import found_ids, next_page, videos

pytestmark = pytest.mark.realdata

COUNTERS = {"viewCount": "1000", "likeCount": "90", "commentCount": "7", "favoriteCount": "0"}
NAMED = {
    "Ariana Grande": 5, "BTS": 5, "Bad Bunny": 1, "Beyoncé": 1, "Billie Eilish": 1, "Blackpink": 1, "Bruno Mars": 1,
    "Charli XCX": 1, "Drake": 1, "Dua Lipa": 1, "Jimmy Fallon": 1, "Lady Gaga": 1, "Post Malone": 2, "Rihanna": 1,
    "Saturday Night Live": 2, "Stephen Colbert": 1, "You": 2,
}  # fmt: skip
CHART = ("videos/videos_chart_paged_1", "videos/videos_chart_paged_2")


def test_a_page_of_a_chart(realdata: Path) -> None:
    first, *others = videos(with_counters(recorded(realdata, CHART[0]), COUNTERS), "chart")
    assert len(others) == 4
    assert first._replace(summary="", names=first.names[:3]) == Item(
        item_id="hDeuSfo_Ys0",
        channel="UCWwWOFsW68TqXE-HZLC3WIA",
        url="https://www.youtube.com/watch?v=hDeuSfo_Ys0",
        title="GIDDY UP ( OFFICIAL MUSIC VIDEO )",
        author="The ACE Family",
        names=("The ACE Family", "the ace family giddy up", "ace family giddy up"),
        published_at=datetime(2019, 11, 29, 20, 0, 11, tzinfo=UTC),
        numbers={"view_count": 1000.0, "like_count": 90.0, "comment_count": 7.0},
    )
    assert first.names[-1] == "giddy up", "the fifth of twelve tags is the last that is looked at"
    assert first.summary.startswith('Download "Giddy Up" on Apple Music')
    assert len(first.summary) <= 500


def test_pages_name_the_next_one_and_the_last_names_none(realdata: Path) -> None:
    assert [next_page(recorded(realdata, name)) for name in CHART] == ["CAUQAA", None]


def test_the_pages_of_a_chart_are_one_answer(realdata: Path) -> None:
    pages = [with_counters(recorded(realdata, name), COUNTERS) for name in CHART]
    items = videos(b"\n".join(pages), "chart")
    assert [item.item_id for item in items][::5] == ["hDeuSfo_Ys0", "MKM90u7pf3U"]
    assert len({item.item_id for item in items}) == 8


def test_videos_by_their_ids(realdata: Path) -> None:
    items = videos(with_counters(recorded(realdata, "videos/videos_info_multi"), COUNTERS), "videos/01")
    assert [(item.item_id, item.author) for item in items] == [
        ("D-lhorsDlUQ", "Google Developers"), ("ovdbrdCIP7U", "NFL Throwback"),
    ]  # fmt: skip


def test_what_searches_have_found(realdata: Path) -> None:
    found = [found_ids(recorded(realdata, f"search/search_by_keywords_p{page}"), "search/x") for page in (1, 2)]
    assert [(len(ids), ids[0]) for ids in found] == [(25, "gQ_1zX-F_No"), (25, "-2IlD-x8wvY")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (CHART[0], r"has a video \(hDeuSfo_Ys0\) without 'statistics'"),  # recorded without that part
        ("search/search_channels", "has found something without an 'id' that has a 'videoId'"),
        ("channels/info", "has the kind 'youtube#channelListResponse' instead of 'youtube#videoListResponse'"),
        ("comment_threads/comment_threads_multi", "has the kind 'youtube#commentThreadListResponse'"),
        ("playlist_items/playlist_items_multi", "has the kind 'youtube#playlistItemListResponse'"),
        ("categories/video_category_multi", "has the kind 'youtube#videoCategoryListResponse'"),
        ("videos/get_rating_response", "has the kind 'youtube#videoGetRatingResponse'"),
        ("videos/insert_response", "has the kind 'youtube#video' instead of"),
        ("error_permission_resp", r"is the error 403 \(The caller does not have permission\)"),
    ],
)
def test_what_is_no_list_of_videos_is_refused_by_its_name(realdata: Path, name: str, told: str) -> None:
    body = recorded(realdata, name)
    with pytest.raises(CorruptCaptureError, match=rf"^x of YouTube {told}"):
        found_ids(body, "x") if name.startswith("search/") else videos(body, "x")


@pytest.mark.parametrize(
    ("country", "count", "hide_likes", "closed"), [("US", 200, 1, 5), ("GB", 77, 0, 3), ("DE", 200, 2, 6)]
)
def test_a_real_day_of_the_chart(realdata: Path, country: str, count: int, hide_likes: int, closed: int) -> None:
    items = [item for page in chart_of_a_day(realdata, country) for item in videos(page, "chart")]
    assert len(items) == count
    assert sum("like_count" not in item.numbers for item in items) == hide_likes, "hidden, and no 0"
    assert sum("comment_count" not in item.numbers for item in items) == closed
    assert min(item.numbers["like_count"] for item in items if "like_count" in item.numbers) > 0


def test_who_is_named_in_a_real_day_of_the_chart(realdata: Path) -> None:
    """Of 200 videos, with the shipped roster. Two are wrong: "Don't Want You To See" is not the series, and neither is
    "Which Member Of BTS Are You?"."""
    config = load_config(Path(__file__).parents[3] / "configs")
    roster = [
        MatchEntity(number, entity.name, entity.type, entity.category, entity.aliases)
        for number, entity in enumerate(config.entities)
    ]
    matcher, names = Matcher(roster, config.common_words), [entity.name for entity in config.entities]
    named: Counter[str] = Counter()
    kept = 0
    for item in (item for page in chart_of_a_day(realdata, "US") for item in videos(page, "chart")):
        entities = {match.entity_id for match in matcher.match(item.text, topics=item.topics).matches}
        kept += bool(entities)
        named.update(names[entity_id] for entity_id in entities)
    assert kept == 25
    assert named == NAMED
