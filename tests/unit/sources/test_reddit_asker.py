"""What praw sends for a listing, and what becomes of it when it does not get one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from plans import HOUR, plan_of
from scripted_gateway import Reply, ScriptedGateway

from etheatmap_assets.resources.http import Call
from etheatmap_assets.sources.reddit import SOURCE, open_asker, parse, questions
from etheatmap_assets.sources.source import Answer, Plan, Question
from etheatmap_core.archive import Received
from etheatmap_core.errors import (
    CorruptCaptureError,
    DeferredError,
    EtHeatmapError,
    NoCredentialsError,
    RateLimitedError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

TOKEN = Reply(b'{"access_token": "t0ken", "token_type": "bearer", "expires_in": 86400, "scope": "*"}')
TOKEN_CALL = "POST https://www.reddit.com/api/v1/access_token"
NEW = Question("r/movies/new", "https://oauth.reddit.com/r/movies/new?limit=100")
KEYS = {"reddit_client_id": "an-id", "reddit_client_secret": "a-secret"}


def plan(**settings: object) -> Plan:
    return plan_of("reddit", **{**KEYS, "http_user_agent": "ETHeatmap tests", **settings})


def page(first: int, posts: int, created: datetime, after: str | None = None, subreddit: str = "movies") -> bytes:
    """A page of posts, a minute apart."""
    children = [
        {
            "kind": "t3",
            "data": {
                "name": f"t3_{number}",
                "title": f"Post {number}",
                "author": "somebody",
                "selftext": "",
                "over_18": False,
                "upvote_ratio": 0.9,
                "permalink": f"/r/{subreddit}/comments/{number}/post/",
                "subreddit": subreddit,
                "created_utc": (created - timedelta(minutes=number - first)).timestamp(),
                "score": 1,
                "num_comments": 0,
            },
        }
        for number in range(first, first + posts)
    ]
    return json.dumps({"kind": "Listing", "data": {"after": after, "children": children}}).encode()


def ask(gateway: ScriptedGateway, to: Path, *asked: Question, plan: Plan | None = None) -> list[Received]:
    with open_asker(gateway.as_gateway(), plan or globals()["plan"]()) as asker:
        answers = [asker(question, to, None) for question in asked]
    assert all(isinstance(answer, Received) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Received)]


def answering(listing: Callable[[Call], Reply], token: Reply = TOKEN) -> ScriptedGateway:
    return ScriptedGateway(lambda call: token if call.url.endswith("/access_token") else listing(call))


def refusing(error: EtHeatmapError) -> Callable[[Call], Reply]:
    def refuse(_: Call) -> Reply:
        raise error

    return refuse


def test_all_of_reddit_first_then_each_target_hot_and_new() -> None:
    asked = questions(plan(reddit_target_subs="movies,r/Music,Movies,all", reddit_fetch_limit=250))
    assert [question.key for question in asked] == [
        "r/all/hot", "r/all/new", "r/movies/hot", "r/movies/new", "r/Music/hot", "r/Music/new",
    ]  # fmt: skip
    assert asked[0].url == "https://oauth.reddit.com/r/all/hot?limit=100"
    assert SOURCE.is_now_only


@pytest.mark.parametrize("name", ["mov ies", "movies/../admin", "a?b", "x"])
def test_a_target_that_is_no_subreddit_is_a_mistake_in_the_settings(name: str) -> None:
    with pytest.raises(EtHeatmapError, match=r"REDDIT_TARGET_SUBS: .* is no name of a subreddit"):
        questions(plan(reddit_target_subs=name))


def test_one_token_for_all_listings_and_the_bytes_as_reddit_sent_them(tmp_path: Path) -> None:
    body = page(1, 3, HOUR).replace(b", ", b" ,  ")
    gateway = answering(lambda _: Reply(body))
    (hot, again) = ask(gateway, tmp_path / "answer", Question("r/all/hot", ""), Question("r/all/new", ""))
    assert gateway.asked == [
        TOKEN_CALL,
        "GET https://oauth.reddit.com/r/all/hot?limit=100&raw_json=1",
        "GET https://oauth.reddit.com/r/all/new?limit=100&raw_json=1",
    ]
    assert (tmp_path / "answer").read_bytes() == body
    assert hot.content_hash == again.content_hash
    assert (hot.url, hot.status_code, hot.size_bytes) == (gateway.calls[1].url, 200, len(body))


def test_the_token_is_asked_for_as_a_secret_and_never_written(tmp_path: Path) -> None:
    gateway = answering(lambda _: Reply(page(1, 1, HOUR)))
    ask(gateway, tmp_path / "answer", Question("r/all/hot", ""))
    assert [call.is_secret for call in gateway.calls] == [True, False]
    assert gateway.calls[0].body == b"grant_type=client_credentials"
    assert gateway.calls[1].headers["Authorization"] == "bearer t0ken"
    assert b"t0ken" not in (tmp_path / "answer").read_bytes()


def test_new_posts_are_read_until_the_lookback_is_covered(tmp_path: Path) -> None:
    """A post a minute from 15:10 on: page two ends at 11:51, before 13:00."""
    start = HOUR + timedelta(minutes=70)

    def listing(call: Call) -> Reply:
        after = parse_qs(urlsplit(call.url).query).get("after")
        first = 1 if after is None else int(after[0].removeprefix("t3_")) + 1
        return Reply(page(first, 100, start - timedelta(minutes=first - 1), after=f"t3_{first + 99}"))

    gateway = answering(listing)
    (received,) = ask(gateway, tmp_path / "answer", NEW)
    assert [parse_qs(urlsplit(call.url).query).get("after") for call in gateway.calls[1:]] == [None, ["t3_100"]]
    body = (tmp_path / "answer").read_bytes()
    assert received.size_bytes == len(body)
    found = parse(Answer(NEW, body, None, HOUR)).items
    assert [item.item_id for item in found] == [f"t3_{number}" for number in range(1, 201)]


def test_a_long_lookback_still_ends(tmp_path: Path) -> None:
    gateway = answering(lambda _: Reply(page(1, 100, HOUR, after="t3_100")))
    ask(gateway, tmp_path / "answer", NEW, plan=plan(reddit_lookback_minutes=100_000))
    assert len(gateway.calls) == 1 + 5


@pytest.mark.parametrize("key", ["r/all/new", "r/movies/hot"])
def test_hot_and_all_of_reddit_are_one_page(tmp_path: Path, key: str) -> None:
    gateway = answering(lambda _: Reply(page(1, 100, HOUR + timedelta(hours=1), after="t3_100")))
    ask(gateway, tmp_path / "answer", Question(key, ""))
    assert len(gateway.calls) == 2


def test_the_end_of_a_listing_is_its_end(tmp_path: Path) -> None:
    gateway = answering(lambda _: Reply(page(1, 3, HOUR)))
    ask(gateway, tmp_path / "answer", NEW)
    assert len(gateway.calls) == 2


def test_a_page_that_fails_fails_its_listing_alone(tmp_path: Path) -> None:
    def listing(call: Call) -> Reply:
        if "after=" in call.url:
            raise RateLimitedError("oauth.reddit.com limits us.")
        return Reply(page(1, 100, HOUR + timedelta(hours=1), after="t3_100"))

    gateway = answering(listing)
    with open_asker(gateway.as_gateway(), plan()) as asker:
        with pytest.raises(RateLimitedError):
            asker(NEW, tmp_path / "new", None)
        assert isinstance(asker(Question("r/movies/hot", ""), tmp_path / "hot", None), Received)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "error",
    [
        RateLimitedError("oauth.reddit.com limits us.", datetime(2026, 11, 20, 16, tzinfo=UTC)),
        DeferredError("reddit: 60/minute are used."),
        UpstreamUnreachableError("oauth.reddit.com cannot be reached (status 503)."),
        CorruptCaptureError("packed as br."),
    ],
)
def test_a_state_of_the_gateway_comes_through_praw_as_it_is_and_is_not_sent_again(
    tmp_path: Path, error: EtHeatmapError
) -> None:
    gateway = answering(refusing(error))
    with pytest.raises(type(error)) as raised:
        ask(gateway, tmp_path / "answer", NEW)
    assert raised.value is error
    assert len(gateway.calls) == 2


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "r/movies is private or quarantined"), (404, "r/movies is banned, or there is none")],
)
def test_a_subreddit_that_is_closed_is_named_with_the_remedy(tmp_path: Path, status: int, reason: str) -> None:
    gateway = answering(refusing(UpstreamRefusedError(f"status {status}: check REDDIT_CLIENT_ID.", status)))
    with pytest.raises(UpstreamRefusedError, match=f"{reason}.*take it out of REDDIT_TARGET_SUBS") as raised:
        ask(gateway, tmp_path / "answer", NEW)
    assert raised.value.status_code == status


def test_a_subreddit_that_never_was_redirects_to_a_search(tmp_path: Path) -> None:
    there = {"location": "https://oauth.reddit.com/subreddits/search?q=movies"}
    gateway = answering(lambda _: Reply(b"", 302, there))
    with pytest.raises(UpstreamRefusedError, match=r"There is no r/movies: .*REDDIT_TARGET_SUBS"):
        ask(gateway, tmp_path / "answer", NEW)
    assert len(gateway.calls) == 2


@pytest.mark.parametrize(
    "token",
    [
        refusing(UpstreamRefusedError("www.reddit.com/... was refused with status 401.", 401)),
        lambda _: Reply(b'{"error": "unsupported_grant_type"}'),
        lambda _: Reply(b'{"error": 401, "message": "Unauthorized"}'),
    ],
)
def test_wrong_keys_are_named_and_asked_about_once(tmp_path: Path, token: Callable[[Call], Reply]) -> None:
    gateway = ScriptedGateway(token)
    with open_asker(gateway.as_gateway(), plan()) as asker:
        for question in (NEW, Question("r/all/hot", ""), NEW):
            with pytest.raises(UpstreamRefusedError, match="check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"):
                asker(question, tmp_path / "answer", None)
    assert gateway.asked == [TOKEN_CALL]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "not whole JSON"),
        (b"[]", "no 'access_token'"),
        (b'{"access_token": "t0ken", "scope": "*"}', "no 'expires_in'"),
        (b'{"access_token": null, "expires_in": 1, "scope": "*"}', "no 'access_token'"),
    ],
)
def test_a_token_that_is_none_is_told_without_its_text(tmp_path: Path, body: bytes, reason: str) -> None:
    gateway = answering(lambda _: Reply(b""), Reply(body))
    with pytest.raises(CorruptCaptureError, match=f"token of reddit .*{reason}|token of reddit has {reason}") as raised:
        ask(gateway, tmp_path / "answer", NEW)
    assert "t0ken" not in str(raised.value)


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", page(1, 2, HOUR)[:120], b""])
def test_an_answer_that_is_no_json_is_handed_over_as_evidence(tmp_path: Path, body: bytes) -> None:
    gateway = answering(lambda _: Reply(body))
    ask(gateway, tmp_path / "answer", NEW)
    assert (tmp_path / "answer").read_bytes() == body
    with pytest.raises(CorruptCaptureError):
        parse(Answer(NEW, body, None, HOUR))


def test_praw_never_sleeps_for_reddits_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that is used up would let it sleep to the window's end."""

    def no_sleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    monkeypatch.setattr("prawcore.rate_limit.time.sleep", no_sleep)
    used_up = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "600", "x-ratelimit-reset": "540"}
    gateway = answering(lambda _: Reply(page(1, 1, HOUR), 200, {"content-type": "application/json", **used_up}))
    ask(gateway, tmp_path / "answer", NEW, NEW, NEW)
    assert len(gateway.calls) == 4


def test_without_keys_nothing_is_sent(tmp_path: Path) -> None:
    gateway = answering(lambda _: Reply(b""))
    with (
        pytest.raises(NoCredentialsError, match="REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"),
        open_asker(gateway.as_gateway(), plan_of("reddit")),
    ):
        raise AssertionError
    assert gateway.calls == []
