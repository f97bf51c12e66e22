"""What is not sent: no room in the limits, an open circuit, no money."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from http_kit import NOW, Kit, Server, answer, reset

from etheatmap_assets.resources.http import Call
from etheatmap_core.errors import (
    CircuitOpenError,
    ConfigError,
    DeferredError,
    EtHeatmapError,
    OutOfBudgetError,
    UpstreamUnreachableError,
)

BODY = b"en Whitney_Houston 41433 0\n" * 5000


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

    def __init__(self, money: int, refusal: type[EtHeatmapError] = OutOfBudgetError) -> None:
        self.money, self.refusal = money, refusal
        self.settled: list[int] = []

    def settle(self, status_code: int, headers: Mapping[str, str]) -> None:
        self.settled.append(status_code)

    @contextmanager
    def reserve(self, call: Call) -> Iterator["Ledger"]:
        if self.money == 0:
            raise self.refusal(f"{call.source}: nothing left this month.")
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


def test_trouble_is_told_rather_than_that_no_more_was_planned_for_another_attempt(server: Server, target: Path) -> None:
    kit = Kit(server.place, reserve=Ledger(money=1, refusal=DeferredError).reserve)
    server.script = [answer(500)]
    with pytest.raises(UpstreamUnreachableError, match="status 500"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert kit.audit.events == [("fetch", "500"), ("deferred", "deferred")]
    assert [verdict for verdict, _ in kit.breaker.verdicts] == ["failed"]
    kit.gateway.close()
