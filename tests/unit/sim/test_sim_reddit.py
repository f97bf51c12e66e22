"""Reddit: tokens, listings and their order, paging; and the real client, praw, on a real socket."""

import html
from collections.abc import Iterator
from datetime import timedelta

import praw
import prawcore
import pytest
from sim_builders import REDDIT_ALL, REDDIT_TOKEN, ROSTER, START, client, signed_in
from starlette.testclient import TestClient

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR
from etheatmap_sim.reddit import CLIENT_ID, CLIENT_SECRET
from etheatmap_sim.testing import Simulator, serve


@pytest.fixture(scope="module")
def asked() -> TestClient:
    return signed_in(client())


def _posts(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    return [child["data"] for child in answer.json()["data"]["children"]]


def test_a_token_is_given_for_the_right_secret_only() -> None:
    asked, form = client(), {"grant_type": "client_credentials"}
    right = asked.post(REDDIT_TOKEN, data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    assert set(right.json()) == {"access_token", "token_type", "expires_in", "scope"}
    for auth in ((CLIENT_ID, "wrong"), ("wrong", CLIENT_SECRET), None):
        wrong = asked.post(REDDIT_TOKEN, data=form, auth=auth)
        assert (wrong.status_code, wrong.json()) == (401, {"message": "Unauthorized", "error": 401})


def test_a_listing_wants_a_token_that_is_ours_and_not_a_day_old(asked) -> None:
    assert client().get(f"{REDDIT_ALL}/hot").status_code == 401
    assert client().get(f"{REDDIT_ALL}/hot", headers={"Authorization": "bearer 1.forged"}).status_code == 401
    late = client(START + timedelta(hours=25))
    assert late.get(f"{REDDIT_ALL}/hot", headers={"Authorization": asked.headers["Authorization"]}).status_code == 401


def test_new_is_by_time_and_pages_without_gap_or_repetition(asked) -> None:
    posts, after = [], None
    for _ in range(4):
        answer = asked.get(f"{REDDIT_ALL}/new", params={"limit": 50, "after": after or ""})
        posts += _posts(answer)
        after = answer.json()["data"]["after"]
        assert after == posts[-1]["name"]
    created = [post["created_utc"] for post in posts]
    assert created == sorted(created, reverse=True)
    assert len({post["id"] for post in posts}) == 200
    assert created[0] <= START.timestamp()


def test_before_leads_back(asked) -> None:
    first = _posts(asked.get(f"{REDDIT_ALL}/new", params={"limit": 10}))
    back = _posts(asked.get(f"{REDDIT_ALL}/new", params={"limit": 100, "before": first[5]["name"]}))
    assert [post["id"] for post in back] == [post["id"] for post in first[:5]]


def test_hot_is_neither_by_time_nor_by_score_and_top_is_by_score(asked) -> None:
    hot = _posts(asked.get(f"{REDDIT_ALL}/hot", params={"limit": 100}))
    assert [post["created_utc"] for post in hot] != sorted((post["created_utc"] for post in hot), reverse=True)
    top = [post["score"] for post in _posts(asked.get(f"{REDDIT_ALL}/top", params={"limit": 100, "t": "day"}))]
    assert top == sorted(top, reverse=True)
    assert [post["score"] for post in hot] != sorted((post["score"] for post in hot), reverse=True)
    assert all(
        post["created_utc"] >= (START - 24 * HOUR).timestamp() for post in _posts(asked.get(f"{REDDIT_ALL}/top"))
    )


def test_a_subreddit_has_its_own_posts_and_several_may_be_asked_for(asked) -> None:
    assert {p["subreddit"] for p in _posts(asked.get("/oauth.reddit.com/r/MOVIES/new"))} == {"movies"}
    both = _posts(asked.get("/oauth.reddit.com/r/movies+television/new", params={"limit": 100}))
    assert {p["subreddit"] for p in both} == {"movies", "television"}


def test_scores_and_comments_grow_and_the_post_stays_itself() -> None:
    def at(hours: float) -> dict[str, dict]:
        listing = signed_in(client(START + timedelta(hours=hours))).get(f"{REDDIT_ALL}/new", params={"limit": 100})
        return {post["id"]: post for post in _posts(listing)}

    young, old = at(0.1), at(1)
    both = young.keys() & old.keys()
    assert len(both) > 20
    assert all(young[i]["title"] == old[i]["title"] and young[i]["permalink"] == old[i]["permalink"] for i in both)
    assert all(
        young[i]["score"] <= old[i]["score"] and young[i]["num_comments"] <= old[i]["num_comments"] for i in both
    )
    assert sum(old[i]["score"] for i in both) > 2 * sum(young[i]["score"] for i in both)


def test_without_raw_json_titles_are_escaped(asked) -> None:
    raw = {p["id"]: p["title"] for p in _posts(asked.get(f"{REDDIT_ALL}/new", params={"limit": 100, "raw_json": 1}))}
    escaped = {p["id"]: p["title"] for p in _posts(asked.get(f"{REDDIT_ALL}/new", params={"limit": 100}))}
    assert any("&" in title for title in raw.values())
    assert escaped == {post: html.escape(title, quote=False) for post, title in raw.items()}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/r/backstagepasses/hot", 403),
        ("/r/nosuchplace/hot", 302),
        ("/r/all/nonsense", 404),
        ("/user/spez/about/", 404),
    ],
)
def test_what_is_not_there_is_refused_as_reddit_does(asked, path, status) -> None:
    assert asked.get(f"/oauth.reddit.com{path}", follow_redirects=False).status_code == status


def test_rate_limit_headers_count_down() -> None:
    asked = signed_in(client())
    one, two = asked.get(f"{REDDIT_ALL}/hot").headers, asked.get(f"{REDDIT_ALL}/hot").headers
    assert (one["x-ratelimit-used"], two["x-ratelimit-used"]) == ("1", "2")
    assert float(one["x-ratelimit-remaining"]) - float(two["x-ratelimit-remaining"]) == 1
    assert 0 < int(one["x-ratelimit-reset"]) <= 600


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(ROSTER, START) as running:
        yield running


def _praw(simulator: Simulator, secret: str = CLIENT_SECRET) -> praw.Reddit:
    return praw.Reddit(
        client_id=CLIENT_ID,
        client_secret=secret,
        user_agent="tests of the simulator",
        reddit_url=f"{simulator.url}/www.reddit.com",
        oauth_url=f"{simulator.url}/oauth.reddit.com/",  # praw joins paths to it, so the slash at its end counts
        check_for_updates=False,
    )


def test_praw_reads_three_pages_of_new(simulator) -> None:
    with _praw(simulator) as reddit:
        posts = list(reddit.subreddit("all").new(limit=250))
    listed = [item for item in simulator.said(Channel.REDDIT, START - 12 * HOUR, START) if item.published_at < START]
    assert len(posts) == 250
    assert {post.name for post in posts} <= {item.id for item in listed}
    assert posts[0].author.name
    assert posts[0].subreddit.display_name


def test_praw_reads_hot_of_a_subreddit_with_scores(simulator) -> None:
    with _praw(simulator) as reddit:
        posts = list(reddit.subreddit("popculturechat").hot(limit=20))
    assert len(posts) == 20
    assert all(isinstance(post.score, int) and 0 < post.upvote_ratio <= 1 for post in posts)


def test_praw_says_in_its_own_words_what_went_wrong(simulator) -> None:
    with _praw(simulator, "wrong") as reddit, pytest.raises(prawcore.exceptions.ResponseException, match="401"):
        list(reddit.subreddit("all").hot())
    with _praw(simulator) as reddit:
        with pytest.raises(prawcore.exceptions.Redirect):
            list(reddit.subreddit("nosuchplace").hot())
        with pytest.raises(prawcore.exceptions.Forbidden):
            list(reddit.subreddit("backstagepasses").hot())
        simulator.order("reddit", "status", status=429, retry_after=7, count=1)
        with pytest.raises(prawcore.exceptions.TooManyRequests):
            list(reddit.subreddit("all").hot())
        simulator.order("reddit", "malformed", count=1)
        with pytest.raises(prawcore.exceptions.BadJSON):
            list(reddit.subreddit("all").hot())
