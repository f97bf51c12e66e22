"""Vendor SDKs send through the gateway: what they see, and what they do not."""

import json
from collections.abc import Iterator
from typing import Any

import praw
import prawcore
import pytest
import requests
from http_kit import ATTEMPTS, Kit, Server, answer, limits
from pytrends.request import TrendReq

from etheatmap_assets.resources.http import unwrap
from etheatmap_core.archive import Received
from etheatmap_core.errors import (
    DeferredError,
    EtHeatmapError,
    RateLimitedError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

TOKEN = answer(200, json.dumps({"access_token": "hidden", "expires_in": 3600, "scope": "*"}).encode())
LISTING = answer(
    200,
    json.dumps({"kind": "Listing", "data": {"after": None, "children": [
        {"kind": "t3", "data": {"id": "abc", "title": "Dune", "subreddit": "movies"}}]}}).encode(),
    Content_Type="application/json",
)  # fmt: skip
Archived = list[tuple[requests.PreparedRequest, Received, bytes]]


@pytest.fixture
def archived() -> Archived:
    """What a collector would keep."""
    return []


@pytest.fixture
def reddit(server: Server) -> Iterator[Kit]:
    """The simulator's address stands for both hosts of Reddit."""
    of = {"reddit": limits(source="reddit", hosts=("www.reddit.com", "oauth.reddit.com"), is_absent_unpublished=False)}
    kit = Kit(limits_of=of, simulator_url=f"http://{server.place}")
    yield kit
    kit.gateway.close()


def session(kit: Kit, archived: Archived, source: str = "reddit") -> requests.Session:
    return kit.gateway.session(source, lambda request, received, body: archived.append((request, received, body)))


def titles(kit: Kit, archived: Archived) -> list[str]:
    """As a collector asks Reddit."""
    client = praw.Reddit(
        client_id="id", client_secret="of the app", user_agent="ET Heatmap tests", check_for_updates=False,  # noqa: S106
        check_for_async=False, requestor_kwargs={"session": session(kit, archived)},
    )  # fmt: skip
    return [post.title for post in client.subreddit("movies").hot(limit=5)]


def test_praw_asks_through_the_gateway_and_its_answers_are_archived(
    server: Server, reddit: Kit, archived: Archived
) -> None:
    server.script = [TOKEN, LISTING]
    assert titles(reddit, archived) == ["Dune"]
    assert [asked.path.partition("?")[0] for asked in server.asked] == [
        "/www.reddit.com/api/v1/access_token", "/oauth.reddit.com/r/movies/hot",
    ]  # fmt: skip
    [(request, received, body)] = archived
    assert request.path_url.startswith("/r/movies/hot")
    assert (received.size_bytes, received.content_type) == (len(body), "application/json")
    assert json.loads(body)["kind"] == "Listing"


def test_the_token_is_in_no_archive_and_no_audit(server: Server, reddit: Kit, archived: Archived) -> None:
    server.script = [TOKEN, LISTING]
    titles(reddit, archived)
    assert "hidden" not in str([body for *_, body in archived])
    assert "hidden" not in str(reddit.audit.rows)
    assert reddit.audit.rows[0]["url"] == "https://www.reddit.com/api/v1/access_token"


@pytest.mark.parametrize(
    ("status", "state"), [(500, UpstreamUnreachableError), (429, RateLimitedError), (403, UpstreamRefusedError)]
)
def test_what_praw_wraps_is_found_again_and_not_retried_by_it(
    server: Server, reddit: Kit, archived: Archived, status: int, state: type[EtHeatmapError]
) -> None:
    server.script = [TOKEN, answer(status)]
    with pytest.raises(prawcore.RequestException) as error:
        titles(reddit, archived)
    assert isinstance(unwrap(error.value), state)
    attempts = 1 if status == 403 else ATTEMPTS
    assert len(server.asked) == 1 + attempts


def test_a_deferral_reaches_the_collector_through_praw(server: Server, reddit: Kit, archived: Archived) -> None:
    server.script = [TOKEN, LISTING]
    reddit.limiter.grants = 1
    with pytest.raises(prawcore.RequestException) as error:
        titles(reddit, archived)
    assert isinstance(unwrap(error.value), DeferredError)
    assert len(server.asked) == 1


def test_praw_sees_redirects_because_to_it_they_mean_that_there_is_no_such_subreddit(
    server: Server, reddit: Kit, archived: Archived
) -> None:
    server.script = [TOKEN, answer(302, Location="https://www.reddit.com/subreddits/search?q=x")]
    with pytest.raises(prawcore.Redirect):
        titles(reddit, archived)
    assert (len(server.asked), archived) == (2, [])


def test_a_plain_session_follows_redirects_hop_by_hop(server: Server, reddit: Kit, archived: Archived) -> None:
    server.script = [answer(302, Location="https://www.reddit.com/b"), answer(200, b"there")]
    assert session(reddit, archived).get("https://oauth.reddit.com/a").text == "there"
    assert [asked.path for asked in server.asked] == ["/oauth.reddit.com/a", "/www.reddit.com/b"]
    assert reddit.limiter.taken == [("reddit", 1)] * 2
    server.script = [answer(302, Location="http://169.254.169.254/"), answer(200)]
    with pytest.raises(UpstreamRefusedError):
        session(reddit, archived).get("https://oauth.reddit.com/a")


def test_cookies_stay_in_their_session(server: Server, reddit: Kit, archived: Archived) -> None:
    server.script = [answer(200, Set_Cookie="NID=abc; Path=/"), answer(200)]
    first = session(reddit, archived)
    assert first.get("https://www.reddit.com/a").cookies.get_dict() == {"NID": "abc"}
    first.get("https://www.reddit.com/b")
    session(reddit, archived).get("https://www.reddit.com/c")
    assert [asked.headers["Cookie"] for asked in server.asked] == [None, "NID=abc", None]


def test_what_is_posted_arrives(server: Server, reddit: Kit, archived: Archived) -> None:
    server.script = [answer(200)]
    session(reddit, archived).post("https://www.reddit.com/a", data={"q": "Dune"})
    session(reddit, archived).post("https://www.reddit.com/a", data=iter([b"a", b"b"]))
    assert [asked.body for asked in server.asked] == [b"q=Dune", b"ab"]
    assert server.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_session_says_who_we_are_and_uses_no_proxy_of_the_environment(
    server: Server, reddit: Kit, archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    session(reddit, archived).get("https://www.reddit.com/a")
    assert server.asked[0].headers["User-Agent"] == "ET Heatmap tests"


def test_pytrends_gets_our_states_as_they_are(server: Server, archived: Archived) -> None:
    """Its own session is replaced, its retries are off; nothing is wrapped."""
    of = {"trends": limits(source="trends", hosts=("trends.google.com",))}
    kit = Kit(limits_of=of, simulator_url=f"http://{server.place}")
    server.script = [answer(429, Retry_After="9999")]

    class Trends(TrendReq):  # type: ignore[misc]  # pytrends has no types
        def GetGoogleCookie(self) -> dict[str, str]:  # noqa: N802
            return {}

        def _get_data(self, url: str, method: str = "get", trim_chars: int = 0, **kwargs: Any) -> Any:
            return session(kit, archived, "trends").request(method, url, **kwargs).json()

    with pytest.raises(RateLimitedError):
        Trends().build_payload(["Dune"])
    assert len(server.asked) == 1
    kit.gateway.close()


def test_an_error_of_the_sdk_itself_hides_no_state() -> None:
    assert unwrap(KeyError("x")) is None
    assert unwrap(None) is None
    deferral = DeferredError("later")
    outer = ValueError("outer")
    outer.__cause__, deferral.__cause__ = deferral, outer  # a circle ends
    assert unwrap(outer) is deferral
