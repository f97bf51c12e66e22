"""Which posts are items, what is refused, and what the posts of an hour add up to."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.item_store import CountedMention
from etheatmap_core.signals.reddit import page_end, posts, reddit_metrics, topics_of

POST = {
    "name": "t3_abc",
    "title": "Zendaya joins the cast",
    "selftext": "",
    "permalink": "/r/movies/comments/abc/zendaya_joins_the_cast/",
    "author": "somebody",
    "subreddit": "movies",
    "created_utc": 1_790_000_000.0,
    "score": 12,
    "num_comments": 3,
    "upvote_ratio": 0.91,
    "over_18": False,
    "stickied": False,
    "removed_by_category": None,
}


def listing(*found: Mapping[str, Any], after: str | None = None) -> bytes:
    children = [{"kind": "t3", "data": post} for post in found]
    return json.dumps({"kind": "Listing", "data": {"after": after, "children": children}}).encode()


@pytest.mark.parametrize(
    "marks",
    [
        {"over_18": True},
        {"promoted": True},
        {"removed_by_category": "moderator"},
        {"removed_by_category": "deleted"},
        {"selftext": "[removed]"},
        {"selftext": "[deleted]", "author": "[deleted]"},
        {"title": "[ Removed by moderator ]"},
        {"title": "[deleted by user]"},
    ],
)
def test_left_out_is_what_nobody_can_read_or_show(marks: dict[str, Any]) -> None:
    assert posts(listing({**POST, **marks}, {**POST, "name": "t3_next"}), "r/movies/new")[0].item_id == "t3_next"


@pytest.mark.parametrize("marks", [{"stickied": True}, {"spoiler": True}, {"locked": True}, {"author": "[deleted]"}])
def test_kept_is_the_rest(marks: dict[str, Any]) -> None:
    assert len(posts(listing({**POST, **marks}), "r/movies/new")) == 1


def test_an_hour_without_posts_is_empty_and_no_error() -> None:
    assert posts(listing(), "r/movies/new") == []


def test_pages_of_one_listing_are_read_one_after_the_other() -> None:
    body = b"\n".join([listing(POST, after="t3_abc"), listing({**POST, "name": "t3_older"})])
    assert [item.item_id for item in posts(body, "r/movies/new")] == ["t3_abc", "t3_older"]


@pytest.mark.parametrize("field", ["name", "title", "permalink", "subreddit", "created_utc", "score", "num_comments"])
@pytest.mark.parametrize("value", ["absent", None, True, []])
def test_a_field_that_is_gone_or_another_is_named(field: str, value: object) -> None:
    post: dict[str, Any] = {key: known for key, known in POST.items() if key != field}
    if value != "absent":
        post[field] = value
    with pytest.raises(CorruptCaptureError, match=f"r/movies/new of reddit has .*'{field}'"):
        posts(listing(post), "r/movies/new")


@pytest.mark.parametrize("created", [1e300, -1e18])
def test_a_time_that_is_no_instant_is_refused(created: float) -> None:
    with pytest.raises(CorruptCaptureError, match="'created_utc' that is no instant"):
        posts(listing({**POST, "created_utc": created}), "r/movies/new")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty: not even an empty listing"),
        (b"  \n", "is empty"),
        (listing(POST)[:200], "is not whole JSON"),
        (listing(POST) + b"\n" + listing(POST)[:50], "is not whole JSON"),
        (b"<!doctype html><title>blocked</title>", "is not whole JSON .*doctype"),
        ('{"kind": "Listing", "title": "Beyoncé"}'.encode("latin-1"), "is not UTF-8"),
        ("\ufeff".encode() + listing(POST), "is not whole JSON"),
        (b'"Listing"', "is a lone str"),
        (b"[]", "is a page of comments"),
        (b"{}", "an object of nothing"),
        (b'{"message": "Too Many Requests", "error": 429}', r"is the error 429 \(Too Many Requests\)"),
        (b'{"kind": "Listing"}', "has no list 'children'"),
        (b'{"kind": "Listing", "data": {"things": []}}', "has no list 'children'"),
        (b'{"kind": "Listing", "data": {"children": [{"kind": "t3"}]}}', "has a post without 'data'"),
        (b'{"kind": "Listing", "data": {"children": ["t3_abc"]}}', "holds None among posts"),
        (b"[" * 100_000, "is not whole JSON"),
    ],
)
def test_what_is_no_listing_is_never_taken_for_silence(body: bytes, reason: str) -> None:
    with pytest.raises(CorruptCaptureError, match=f"r/movies/new of reddit .*{reason}|r/movies/new of reddit {reason}"):
        posts(body, "r/movies/new")


def test_half_a_character_and_a_nul_do_not_reach_the_database() -> None:
    (item,) = posts(listing({**POST, "title": "Cut \ud83d\0 here", "selftext": "ok \ud83d\ude00"}), "r/movies/new")
    assert item.title == "Cut � here"
    assert item.summary == "ok 😀"
    item.title.encode()


def test_a_post_says_what_its_subreddit_is_about() -> None:
    assert topics_of("movies") == ("film", "movies")
    assert topics_of("Television") == ("tv", "television")
    assert topics_of("Music") == ("music",)
    assert topics_of("AskReddit") == ("askreddit",)


def test_where_the_next_page_begins() -> None:
    full = json.loads(listing(POST, {**POST, "created_utc": 1_789_990_000}, after="t3_x"))
    assert page_end(full) == ("t3_x", datetime.fromtimestamp(1_789_990_000, UTC))
    assert page_end(json.loads(listing(POST))) == (None, datetime.fromtimestamp(1_790_000_000, UTC))
    for nothing in (json.loads(listing()), {"kind": "Listing"}, [], None, "text"):
        assert page_end(nothing) == (None, None)


def mention(channel: str = "r/movies", affect: float = 0.0, **numbers: float) -> CountedMention:
    ts = datetime(2026, 11, 20, 14, tzinfo=UTC)
    return CountedMention(1, ts, "t3_abc", channel, "https://www.reddit.com/", "title", None, ts, numbers, affect)


def test_the_metrics_of_an_hour() -> None:
    assert reddit_metrics(
        [
            mention("r/movies", 0.5, score=90, num_comments=40, upvote_ratio=0.9),
            mention("r/movies", -0.25, score=10, num_comments=10),
            mention("r/boxoffice", 0.0, score=0, num_comments=0, upvote_ratio=0.5),
        ]
    ) == {
        "mention_count": 3.0,
        "score_sum": 100.0,
        "comment_sum": 50.0,
        "upvote_ratio": 0.7,
        "subreddit_count": 2.0,
        "engagement_rate": 0.5,  # comments a point
        "affect_sum": 0.25,
    }


def test_without_any_ratio_there_is_no_mean_of_ratios() -> None:
    assert "upvote_ratio" not in reddit_metrics([mention(score=1, num_comments=0)])


def test_posts_without_a_point_count_as_one_point() -> None:
    assert reddit_metrics([mention(score=0, num_comments=7)])["engagement_rate"] == 7.0


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5), st.floats(0, 1)), min_size=1))
def test_the_order_of_posts_does_not_matter_and_nothing_is_negative(rows: list[tuple[int, int, float]]) -> None:
    mentions = [mention(score=score, num_comments=count, upvote_ratio=ratio) for score, count, ratio in rows]
    metrics = reddit_metrics(mentions)
    assert metrics == reddit_metrics(mentions[::-1])
    assert all(value >= 0 for value in metrics.values())
    assert metrics["upvote_ratio"] <= 1
    assert metrics["score_sum"] == sum(score for score, _, _ in rows)


@given(st.integers(0, 10**6))
def test_a_listing_that_was_cut_short_anywhere_is_refused(cut: int) -> None:
    whole = listing(POST, {**POST, "name": "t3_next", "title": "Beyoncé 😀"}, after="t3_next")
    with pytest.raises(CorruptCaptureError):
        posts(whole[: cut % len(whole)], "r/movies/new")
