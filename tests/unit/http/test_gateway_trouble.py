"""Passing and lasting trouble, refusals, and how long a call waits before it is asked again."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import stamina
from http_kit import ATTEMPTS, NOW, Behaviour, Kit, Server, answer, limits, reset

from etheatmap_assets.resources.http import Call
from etheatmap_assets.resources.http.gateway import MAX_RETRY_AFTER_SECONDS
from etheatmap_core.errors import (
    CorruptCaptureError,
    RateLimitedError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

BODY = b"en Whitney_Houston 41433 0\n" * 5000


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """The waits before each retry, as decided; nothing is waited for."""
    before = stamina.instrumentation.get_on_retry_hooks()
    decided: list[float] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: decided.append(details.wait_for)])
    yield decided
    stamina.instrumentation.set_on_retry_hooks(before)


PASSING = [
    pytest.param(answer(500), "500", id="500"),
    pytest.param(answer(503), "503", id="503"),
    pytest.param(answer(429), "429", id="429"),
    pytest.param(reset, "failed", id="connection reset"),
    pytest.param(answer(200, BODY[:1000], announced=len(BODY)), "failed", id="body cut short"),
]


@pytest.mark.parametrize(("trouble", "status"), PASSING)
def test_passing_trouble_is_asked_again(
    server: Server, kit: Kit, target: Path, trouble: Behaviour, status: str
) -> None:
    server.script = [trouble, answer(200, BODY)]
    received = kit.gateway.fetch(Call("wiki", server.url), target)
    assert received.size_bytes == len(BODY)
    assert target.read_bytes() == BODY
    assert kit.limiter.taken == [("wiki", 1)] * 2, "each attempt takes its own tokens"
    event = "rate limited" if status == "429" else "fetch"
    assert kit.audit.events == [(event, status), ("fetch", "200")]
    assert [row["attempt"] for row in kit.audit.rows] == [1, 2]
    assert kit.breaker.verdicts == [("succeeded", None)]


def test_lasting_trouble_names_host_and_reason(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(500)]
    with pytest.raises(UpstreamUnreachableError, match=r"127\.0\.0\.1:\d+ cannot be reached \(status 500\)"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == ATTEMPTS
    [(verdict, told)] = kit.breaker.verdicts
    assert verdict == "failed"
    assert told is not None
    assert "status 500" in told


def test_a_source_is_asked_as_often_as_its_limits_say(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(attempts=2)})
    server.script = [answer(500)]
    with pytest.raises(UpstreamUnreachableError):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 2
    kit.gateway.close()


def test_who_still_says_not_so_fast_limits_us(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(429)]
    with pytest.raises(RateLimitedError, match=r"limits us .* does not say when to ask again") as limited:
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert limited.value.next_at is None
    assert len(server.asked) == ATTEMPTS
    assert [verdict for verdict, _ in kit.breaker.verdicts] == ["failed"]
    assert kit.audit.events == [("rate limited", "429")] * ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 403, 410, 206, 302])
def test_a_refusal_is_not_asked_again(server: Server, kit: Kit, target: Path, status: int) -> None:
    server.script = [answer(status)]
    with pytest.raises(UpstreamRefusedError, match=str(status)) as refused:
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert refused.value.status_code == status
    assert len(server.asked) == 1
    assert [verdict for verdict, _ in kit.breaker.verdicts] == ["answered"]
    assert kit.audit.events == [("fetch", str(status))]


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_which_keys_to_look_at(server: Server, target: Path, status: int) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(credentials=("NEWS_API_KEY", "APIFY_TOKEN"))})
    server.script = [answer(status)]
    with pytest.raises(UpstreamRefusedError, match=f"status {status}: check NEWS_API_KEY, APIFY_TOKEN"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    kit.gateway.close()


def test_an_answer_that_stays_cut_short_is_corrupt_and_leaves_nothing(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(200, BODY[:1000], announced=len(BODY))]
    with pytest.raises(CorruptCaptureError, match=rf"1000 of {len(BODY)} bytes"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == ATTEMPTS
    assert not target.exists()
    assert [verdict for verdict, _ in kit.breaker.verdicts] == ["failed"]


def test_nobody_listening(target: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
        kit = Kit(place)
        with pytest.raises(UpstreamUnreachableError, match=rf"{place} cannot be reached \(.*refused"):
            kit.gateway.fetch(Call("wiki", f"http://{place}/pageviews.gz"), target)
        kit.gateway.close()


def test_a_name_that_nobody_knows(target: Path) -> None:
    kit = Kit("no-such-host.invalid")
    with pytest.raises(UpstreamUnreachableError, match=r"the name no-such-host\.invalid cannot be resolved"):
        kit.gateway.fetch(Call("wiki", "https://no-such-host.invalid/"), target)
    kit.gateway.close()


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [
        ("7", 7.0),
        (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20.0),
        (format_datetime(NOW - timedelta(seconds=20), usegmt=True), 0.0),
        (str(int(MAX_RETRY_AFTER_SECONDS)), MAX_RETRY_AFTER_SECONDS),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(
    server: Server,
    kit: Kit,
    target: Path,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    spelled: str,
    seconds: float,
    status: int,
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)
    server.script = [answer(status, Retry_After=spelled), answer(200, BODY)]
    with stamina.set_testing(False):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert waits == [seconds]


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_retry_after_is_not_slept_through_but_told(server: Server, kit: Kit, target: Path, status: int) -> None:
    server.script = [answer(status, Retry_After="3600")]
    with pytest.raises(RateLimitedError, match=r"wants to be asked again at 2012-02-18 19:05 UTC") as limited:
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert limited.value.next_at == NOW + timedelta(hours=1)
    assert len(server.asked) == 1


@pytest.mark.parametrize("nonsense", ["soon", "nan", "-5", "1e400", "Mon, 99 Foo 2012 00:00:00 GMT"])
def test_a_retry_after_that_makes_no_sense_ends_in_a_state_too(
    server: Server, kit: Kit, target: Path, nonsense: str
) -> None:
    server.script = [answer(429, Retry_After=nonsense)]
    with pytest.raises(RateLimitedError):
        kit.gateway.fetch(Call("wiki", server.url), target)
