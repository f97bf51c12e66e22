"""What becomes of a call: its answer, what it means that nothing new comes; and what is written down about it."""

import hashlib
from pathlib import Path

import pytest
from http_kit import Kit, Server, answer, limits

from etheatmap_assets.resources.http import Call, NotModified, Validators
from etheatmap_core.archive import Received
from etheatmap_core.errors import (
    NotPublishedYetError,
    UpstreamRefusedError,
)

BODY = b"en Whitney_Houston 41433 0\n" * 5000
ETAG = Validators('"abc"', "Sat, 18 Feb 2012 18:00:00 GMT")


def test_a_good_answer_is_stored_byte_for_byte(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(200, BODY, Content_Type="text/plain", ETag='"abc"', Last_Modified="Sat")]
    received = kit.gateway.fetch(Call("wiki", server.url), target)
    digest = hashlib.sha256(BODY).hexdigest()
    assert received == Received(server.url, 200, len(BODY), digest, "text/plain", '"abc"', "Sat")
    assert target.read_bytes() == BODY
    assert kit.breaker.verdicts == [("succeeded", None)]
    [row] = kit.audit.rows
    assert row.pop("seconds") >= 0
    assert row == {
        "source": "wiki", "event": "fetch", "level": "info", "status": "200", "url": server.url, "attempt": 1,
        "size_bytes": len(BODY),
    }  # fmt: skip


def test_a_small_answer_is_had_in_memory(server: Server, kit: Kit) -> None:
    assert kit.gateway.ask(Call("wiki", server.url, method="POST", body=b"q=1", headers={"X-Key": "k"})) == b"hello"
    [asked] = server.asked
    assert (asked.method, asked.body, asked.headers["X-Key"]) == ("POST", b"q=1", "k")


def test_who_asks_can_be_reached(server: Server, kit: Kit, target: Path) -> None:
    kit.gateway.fetch(Call("wiki", server.url), target)
    own = Kit(server.place, user_agents={"wiki": "Somebody (me@example.org)"})
    own.gateway.fetch(Call("wiki", server.url), target)
    own.gateway.fetch(Call("wiki", server.url, headers={"User-Agent": "an SDK"}), target)
    own.gateway.close()
    told = [asked.headers["User-Agent"] for asked in server.asked]
    assert told == ["ET Heatmap tests", "Somebody (me@example.org)", "an SDK"]


def test_no_cookie_is_carried_from_call_to_call(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(200, BODY, Set_Cookie="a=1; Path=/")]
    for _ in range(2):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert [asked.headers.get("Cookie") for asked in server.asked] == [None, None]


# --- What it means that nothing new comes


def test_an_answer_that_still_holds(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(304, ETag='"abc"')]
    assert kit.gateway.fetch(Call("wiki", server.url), target, validators=ETAG) == NotModified(server.url, ETAG)
    asked = server.asked[0].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == (ETAG.etag, ETAG.last_modified)
    assert kit.audit.events == [("cache hit", "304")]
    assert kit.breaker.verdicts == [("succeeded", None)]
    assert not target.exists()


def test_an_answer_that_still_holds_though_nobody_asked_so_is_refused(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(304)]
    with pytest.raises(UpstreamRefusedError, match="status 304"):
        kit.gateway.fetch(Call("wiki", server.url), target)


def test_no_such_file_is_not_published_yet_and_asked_once(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(404)]
    with pytest.raises(NotPublishedYetError, match=r"pageviews\.gz is not published yet"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 1
    assert kit.breaker.verdicts == [("answered", None)], "no error: there is nothing to mend"
    assert kit.audit.events == [("fetch", "not published")]


def test_where_everything_is_always_there_a_404_is_a_refusal(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"reddit": limits(source="reddit", is_absent_unpublished=False)})
    server.script = [answer(404)]
    with pytest.raises(UpstreamRefusedError, match="status 404") as refused:
        kit.gateway.fetch(Call("reddit", server.url), target)
    assert refused.value.status_code == 404
    kit.gateway.close()


def test_a_status_that_comes_with_what_was_asked_for_is_an_answer_of_that_call_only(
    server: Server, kit: Kit, target: Path
) -> None:
    server.script = [answer(404, BODY)]
    received = kit.gateway.fetch(Call("wiki", server.url, also_answers=frozenset({404})), target)
    assert (received.status_code, target.read_bytes()) == (404, BODY)
    assert kit.breaker.verdicts == [("succeeded", None)]
    with pytest.raises(NotPublishedYetError):
        kit.gateway.fetch(Call("wiki", server.url), target)
