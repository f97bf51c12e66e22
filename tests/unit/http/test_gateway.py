"""What becomes of a call: answers, passing and lasting trouble, refusals; and what is written down about it."""

import gzip
import hashlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import stamina
from http_kit import ATTEMPTS, NOW, Behaviour, Kit, Server, answer, drips, limits, reset, unannounced

from etheatmap_assets.resources.http import Call, NotModified, Validators
from etheatmap_assets.resources.http.gateway import MAX_RETRY_AFTER_SECONDS
from etheatmap_core.archive import Received
from etheatmap_core.errors import (
    CircuitOpenError,
    ConfigError,
    CorruptCaptureError,
    DeferredError,
    NotPublishedYetError,
    OutOfBudgetError,
    RateLimitedError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

BODY = b"en Whitney_Houston 41433 0\n" * 5000
ETAG = Validators('"abc"', "Sat, 18 Feb 2012 18:00:00 GMT")


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """The waits before each retry, as decided; nothing is waited for."""
    before = stamina.instrumentation.get_on_retry_hooks()
    decided: list[float] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: decided.append(details.wait_for)])
    yield decided
    stamina.instrumentation.set_on_retry_hooks(before)


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


# --- Trouble


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


# --- Sizes and times


def test_an_endless_answer_is_refused(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(max_size_bytes=1000)})
    server.script = [answer(200, BODY), unannounced(BODY)]
    for _ in range(2):
        with pytest.raises(CorruptCaptureError, match="larger than 1000 bytes"):
            kit.gateway.fetch(Call("wiki", server.url), target)
    assert not target.exists()
    kit.gateway.close()


def test_an_answer_that_drips_is_given_up_when_the_call_has_had_its_time(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(max_seconds=1)})
    server.script = [drips]
    with pytest.raises(UpstreamUnreachableError, match="took longer than 1 seconds"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 1
    kit.gateway.close()


def test_what_is_packed_on_the_way_is_plain_in_the_archive(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(accepts_gzip=True)})
    server.script = [answer(200, gzip.compress(BODY), Content_Encoding="gzip"), answer(200, BODY)]
    for _ in range(2):
        received = kit.gateway.fetch(Call("wiki", server.url), target)
        assert (received.size_bytes, target.read_bytes()) == (len(BODY), BODY)
    assert server.asked[0].headers["Accept-Encoding"] == "gzip"
    kit.gateway.close()


def test_a_small_packed_answer_can_be_endless(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(accepts_gzip=True, max_size_bytes=10**6)})
    server.script = [answer(200, gzip.compress(bytes(10**8)), Content_Encoding="gzip")]
    with pytest.raises(CorruptCaptureError, match="larger than 1000000 bytes"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    kit.gateway.close()


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (gzip.compress(BODY)[:-9], "gzip", "cut short: its gzip stream has no end"),
        (b"plain", "gzip", "is not the gzip stream it is said to be"),
        (gzip.compress(BODY)[:-8] + bytes(8), "gzip", "is not the gzip stream it is said to be"),
        (BODY, "br", "packed as br, which nobody asked for"),
        (BODY, "gzip, gzip", "packed as gzip, gzip, which nobody asked for"),
    ],
)
def test_what_does_not_unpack_is_corrupt(server: Server, target: Path, body: bytes, encoding: str, told: str) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(accepts_gzip=True)})
    server.script = [answer(200, body, Content_Encoding=encoding)]
    with pytest.raises(CorruptCaptureError, match=told):
        kit.gateway.fetch(Call("wiki", server.url), target)
    kit.gateway.close()


def test_packed_files_are_not_unpacked(server: Server, kit: Kit, target: Path) -> None:
    """Of dumps the bytes as sent are what is hashed and kept, whatever the server says about them."""
    server.script = [answer(200, BODY, Content_Encoding="gzip")]
    assert kit.gateway.fetch(Call("wiki", server.url), target).size_bytes == len(BODY)
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


# --- What is not sent


def test_what_does_not_fit_is_deferred_and_not_sent(server: Server, kit: Kit, target: Path) -> None:
    kit.limiter.grants, kit.limiter.wait_seconds = 0, 880
    with pytest.raises(
        DeferredError, match=r"wiki: 60 requests a minute are used; next at 2012-02-18 18:20 UTC"
    ) as error:
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert error.value.next_at == NOW + timedelta(seconds=880)
    assert (server.asked, kit.slept) == ([], [])
    assert kit.breaker.verdicts == [("not sent", None)]
    assert kit.audit.events == [("deferred", "deferred")]


def test_a_few_seconds_are_waited_for(server: Server, kit: Kit, target: Path) -> None:
    kit.limiter.grants, kit.limiter.wait_seconds = 0, 2.0
    gateway_sleep = kit._sleep

    def sleep(seconds: float) -> None:
        gateway_sleep(seconds)
        kit.limiter.grants = 1

    kit.gateway._sleep = sleep
    kit.gateway.fetch(Call("wiki", server.url), target)
    assert kit.slept == [2.0]


def test_waiting_has_an_end_when_others_are_always_faster(server: Server, kit: Kit, target: Path) -> None:
    kit.limiter.grants, kit.limiter.wait_seconds = 0, 2.0
    with pytest.raises(DeferredError):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert kit.slept == [2.0, 2.0], "max_wait_seconds is 5"


def test_trouble_is_told_rather_than_that_there_was_no_room_for_another_attempt(
    server: Server, kit: Kit, target: Path
) -> None:
    server.script = [answer(500)]
    kit.limiter.grants = 1
    with pytest.raises(UpstreamUnreachableError, match="status 500"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 1
    assert kit.audit.events == [("fetch", "500"), ("deferred", "deferred")]
    assert [verdict for verdict, _ in kit.breaker.verdicts] == ["failed"]


def test_an_open_circuit_asks_nobody(server: Server, kit: Kit, target: Path) -> None:
    kit.breaker.open_until = NOW + timedelta(minutes=5)
    with pytest.raises(CircuitOpenError):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert (server.asked, kit.limiter.taken, kit.breaker.verdicts) == ([], [], [])
    assert kit.audit.events == [("circuit open", "circuit open")]


def test_a_source_without_limits_is_a_mistake_of_configuration(kit: Kit, target: Path) -> None:
    with pytest.raises(ConfigError, match=r"limits\.yml: reddit has no entry"):
        kit.gateway.fetch(Call("reddit", "https://oauth.reddit.com/"), target)


class Ledger:
    """Reservations as the ledger will make them: so many, and what became of each."""

    def __init__(self, money: int) -> None:
        self.money = money
        self.settled: list[int] = []

    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        self.settled.append(status_code)

    @contextmanager
    def reserve(self, call: Call) -> Iterator["Ledger"]:
        if self.money == 0:
            raise OutOfBudgetError(f"{call.source}: nothing left this month.")
        self.money -= 1
        yield self


def test_each_attempt_has_a_reservation_of_its_own(server: Server, target: Path) -> None:
    ledger = Ledger(money=10)
    kit = Kit(server.place, reserve=ledger.reserve)
    server.script = [answer(500), reset, answer(200, BODY)]
    kit.gateway.fetch(Call("wiki", server.url), target)
    assert (ledger.money, ledger.settled) == (7, [500, 200]), "what a reset connection cost nobody knows"
    kit.gateway.close()


def test_without_money_nothing_is_sent(server: Server, target: Path) -> None:
    kit = Kit(server.place, reserve=Ledger(money=0).reserve)
    with pytest.raises(OutOfBudgetError):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert server.asked == []
    assert kit.audit.events == [("out of budget", "out of budget")]
    assert kit.breaker.verdicts == [("not sent", None)]
    kit.gateway.close()


def test_money_that_runs_out_between_attempts_still_lets_the_breaker_know_of_the_trouble(
    server: Server, target: Path
) -> None:
    kit = Kit(server.place, reserve=Ledger(money=1).reserve)
    server.script = [answer(500)]
    with pytest.raises(OutOfBudgetError):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert kit.breaker.verdicts == [("failed", "status 500")]
    kit.gateway.close()


def test_a_call_that_is_interrupted_gives_its_probe_back(
    server: Server, kit: Kit, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kit.gateway._exchange, "send", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert kit.breaker.verdicts == [("not sent", None)]


# --- Files


def test_a_file_url_is_copied_without_a_limit(kit: Kit, tmp_path: Path, target: Path) -> None:
    source = tmp_path / "ein é.gz"
    source.write_bytes(BODY)
    received = kit.gateway.fetch(Call("wiki", source.as_uri()), target)
    assert received == Received(source.as_uri(), None, len(BODY), hashlib.sha256(BODY).hexdigest())
    assert target.read_bytes() == BODY
    assert kit.limiter.taken == []
    assert kit.audit.events == [("fetch", "ok")]


def test_a_missing_file_is_not_published_yet(kit: Kit, tmp_path: Path, target: Path) -> None:
    with pytest.raises(NotPublishedYetError, match="missing"):
        kit.gateway.fetch(Call("wiki", (tmp_path / "missing.gz").as_uri()), target)


def test_no_other_source_reads_files(tmp_path: Path, target: Path) -> None:
    kit = Kit("example.org", limits_of={"trade_rss": limits(source="trade_rss")})
    with pytest.raises(UpstreamRefusedError, match="only http and https are asked, not file"):
        kit.gateway.fetch(Call("trade_rss", (tmp_path / "secret").as_uri()), target)
    kit.gateway.close()
