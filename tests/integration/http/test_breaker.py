"""The circuit breaker in ``source_health``: against a model, in a race, and the columns people read."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from etheatmap_assets.resources.http.breaker import MAX_PAUSE_SECONDS, Pass, PostgresBreaker, pause
from etheatmap_core.config.model import BreakerLimits
from etheatmap_core.errors import CircuitOpenError

START = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
LIMITS = BreakerLimits(failures=3, pause_seconds=100)
PROBE_SECONDS = 30.0


def health(engine: sa.Engine, source: str) -> Mapping[str, Any] | None:
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT * FROM source_health WHERE source = :source"), {"source": source})
        return found.mappings().one_or_none()


def fail(breaker: PostgresBreaker, source: str, times: int, now: datetime = START) -> None:
    for number in range(times):
        breaker.failed(breaker.admit(source, now, PROBE_SECONDS), LIMITS, now, f"status 50{number}")


@pytest.fixture
def breaker(engine: sa.Engine) -> PostgresBreaker:
    return PostgresBreaker(engine)


def test_after_so_many_failures_in_a_row_nobody_asks(breaker: PostgresBreaker, engine: sa.Engine) -> None:
    fail(breaker, "trends", 2)
    breaker.admit("trends", START, PROBE_SECONDS)
    fail(breaker, "trends", 1)
    with pytest.raises(CircuitOpenError, match=r"until 2026-03-14 12:01:40 UTC: .* status 500") as error:
        breaker.admit("trends", START + timedelta(seconds=99), PROBE_SECONDS)
    assert error.value.open_until == START + timedelta(seconds=100)
    breaker.admit("reddit", START, PROBE_SECONDS)
    found = health(engine, "trends")
    assert found is not None
    assert (found["consecutive_errors"], found["circuit_state"], found["last_ok"]) == (3, "open", None)


def test_a_success_in_between_starts_the_count_anew(breaker: PostgresBreaker, engine: sa.Engine) -> None:
    fail(breaker, "trends", 2)
    breaker.succeeded(breaker.admit("trends", START, PROBE_SECONDS), START)
    fail(breaker, "trends", 2)
    found = health(engine, "trends")
    assert found is not None
    assert (found["consecutive_errors"], found["circuit_state"], found["last_ok"]) == (2, "closed", START)


def test_refusals_and_what_is_not_published_open_nothing(breaker: PostgresBreaker, engine: sa.Engine) -> None:
    for error in ("status 403", None) * 5:
        breaker.answered(breaker.admit("trends", START, PROBE_SECONDS), error)
    found = health(engine, "trends")
    assert found is not None
    assert (found["consecutive_errors"], found["last_error"]) == (0, "status 403")


def test_after_the_pause_one_caller_probes_and_closes_the_circuit(breaker: PostgresBreaker, engine: sa.Engine) -> None:
    fail(breaker, "trends", 3)
    now = START + timedelta(seconds=100)
    probe = breaker.admit("trends", now, PROBE_SECONDS)
    assert probe.is_probe
    with pytest.raises(CircuitOpenError, match="while one call probes it"):
        breaker.admit("trends", now, PROBE_SECONDS)
    breaker.succeeded(probe, now)
    assert not breaker.admit("trends", now, PROBE_SECONDS).is_probe
    found = health(engine, "trends")
    assert found is not None
    assert dict(found) == {
        "source": "trends", "last_ok": now, "last_error": "status 502", "consecutive_errors": 0,
        "circuit_open_until": None, "circuit_state": "closed", "open_count": 0, "probe_until": None,
    }  # fmt: skip


def test_each_probe_that_fails_doubles_the_pause(breaker: PostgresBreaker) -> None:
    fail(breaker, "trends", 3)
    now = START
    for seconds in (100, 200, 400):
        now += timedelta(seconds=seconds)
        with pytest.raises(CircuitOpenError):
            breaker.admit("trends", now - timedelta(seconds=1), PROBE_SECONDS)
        breaker.failed(breaker.admit("trends", now, PROBE_SECONDS), LIMITS, now, "still")


def test_a_pause_has_an_end() -> None:
    assert pause(LIMITS, 1000) == timedelta(seconds=MAX_PAUSE_SECONDS)
    assert pause(BreakerLimits(failures=1, pause_seconds=10 * MAX_PAUSE_SECONDS), 5) == timedelta(days=2.5)


@pytest.mark.parametrize(("asked_for", "pause_seconds"), [(50, 100), (5000, 5000), (10**8, MAX_PAUSE_SECONDS)])
def test_an_upstream_that_says_when_is_asked_then_within_reason(
    breaker: PostgresBreaker, engine: sa.Engine, asked_for: int, pause_seconds: int
) -> None:
    fail(breaker, "trends", 2)
    not_before = START + timedelta(seconds=asked_for)
    breaker.failed(Pass("trends"), LIMITS, START, "status 429", not_before)
    found = health(engine, "trends")
    assert found is not None
    assert found["circuit_open_until"] == START + timedelta(seconds=pause_seconds)


def test_a_probe_that_never_comes_back_is_replaced_and_its_late_word_harms_nobody(
    breaker: PostgresBreaker, engine: sa.Engine
) -> None:
    fail(breaker, "trends", 3)
    first = breaker.admit("trends", START + timedelta(seconds=100), PROBE_SECONDS)
    later = START + timedelta(seconds=130)
    second = breaker.admit("trends", later, PROBE_SECONDS)
    assert second.is_probe
    breaker.not_sent(first)
    with pytest.raises(CircuitOpenError):
        breaker.admit("trends", later, PROBE_SECONDS)
    breaker.succeeded(second, later)
    breaker.failed(first, LIMITS, later, "late")
    found = health(engine, "trends")
    assert found is not None
    assert (found["circuit_state"], found["consecutive_errors"]) == ("closed", 1)


def test_a_probe_that_was_not_sent_leaves_it_to_the_next(breaker: PostgresBreaker) -> None:
    fail(breaker, "trends", 3)
    now = START + timedelta(seconds=100)
    breaker.not_sent(breaker.admit("trends", now, PROBE_SECONDS))
    assert breaker.admit("trends", now, PROBE_SECONDS).is_probe


def test_of_sixteen_who_find_the_pause_over_one_probes(breaker: PostgresBreaker) -> None:
    fail(breaker, "trends", 3)

    def admit(_: int) -> bool | None:
        try:
            return breaker.admit("trends", START + timedelta(seconds=100), PROBE_SECONDS).is_probe
        except CircuitOpenError:
            return None

    for _ in range(5):
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(admit, range(16)))
        assert sorted(found, key=str) == [None] * 15 + [True]
        breaker.failed(
            Pass("trends", START + timedelta(seconds=130)), BreakerLimits(1, 1), START - timedelta(days=1), "x"
        )


def test_failures_of_many_at_once_are_all_counted(breaker: PostgresBreaker, engine: sa.Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: breaker.failed(Pass("trends"), LIMITS, START, "x"), range(16)))
    found = health(engine, "trends")
    assert found is not None
    assert (found["consecutive_errors"], found["open_count"]) == (16, 1)


# --- Against a model


@dataclass
class Model:
    """The breaker as one would write it down."""

    state: str = "closed"
    errors: int = 0
    open_until: datetime | None = None
    open_count: int = 0
    probe_until: datetime | None = None
    last_ok: datetime | None = None
    last_error: str | None = None

    def admit(self, now: datetime) -> Pass | None:
        if self.state == "closed":
            return Pass("x")
        is_due = self.open_until if self.state == "open" else self.probe_until
        if is_due is not None and is_due > now:
            return None
        self.state, self.probe_until = "half_open", now + timedelta(seconds=PROBE_SECONDS)
        return Pass("x", self.probe_until)

    def close(self) -> None:
        self.state, self.errors, self.open_until, self.open_count, self.probe_until = "closed", 0, None, 0, None

    def fail(self, leave: Pass, now: datetime, error: str) -> None:
        self.errors, self.last_error = self.errors + 1, error
        has_probed = leave.is_probe and self.state == "half_open"
        if has_probed or (self.state == "closed" and self.errors >= LIMITS.failures):
            self.open_until = now + timedelta(seconds=min(LIMITS.pause_seconds * 2**self.open_count, MAX_PAUSE_SECONDS))
            self.state, self.open_count, self.probe_until = "open", self.open_count + 1, None


@dataclass
class Callers:
    """Who is under way, with leave of the breaker and of the model."""

    passes: list[Pass] = field(default_factory=list)


class BreakerMachine(RuleBasedStateMachine):
    """Callers come and go in any order, and time passes."""

    engine: sa.Engine

    def __init__(self) -> None:
        super().__init__()
        self.source, self.now = f"test {uuid.uuid4().hex}", START
        self.breaker, self.model, self.callers = PostgresBreaker(self.engine), Model(), Callers()

    @rule()
    def somebody_asks(self) -> None:
        expected = self.model.admit(self.now)
        if expected is None:
            with pytest.raises(CircuitOpenError):
                self.breaker.admit(self.source, self.now, PROBE_SECONDS)
        else:
            leave = self.breaker.admit(self.source, self.now, PROBE_SECONDS)
            assert leave.probe_until == expected.probe_until
            self.callers.passes.append(leave)

    @precondition(lambda self: self.callers.passes)
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "answered", "refused", "not sent"]))
    def a_call_ends(self, data: st.DataObject, outcome: str) -> None:
        leave = self.callers.passes.pop(data.draw(st.integers(0, len(self.callers.passes) - 1)))
        is_current = leave.is_probe and self.model.state == "half_open"
        match outcome:
            case "succeeded":
                self.breaker.succeeded(leave, self.now)
                self.model.close()
                self.model.last_ok = self.now
            case "failed":
                self.breaker.failed(leave, LIMITS, self.now, str(self.now))
                self.model.fail(leave, self.now, str(self.now))
            case "answered" | "refused":
                error = "status 403" if outcome == "refused" else None
                self.breaker.answered(leave, error)
                self.model.last_error = error or self.model.last_error
                if is_current:
                    self.model.close()
            case "not sent":
                self.breaker.not_sent(leave)
                if is_current and leave.probe_until == self.model.probe_until:
                    self.model.probe_until = None

    @rule(seconds=st.sampled_from([1, 10, 30, 99, 100, 200, 10_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def the_table_says_what_the_model_says(self) -> None:
        found, model = health(self.engine, self.source), self.model
        expected = {
            "source": self.source, "last_ok": model.last_ok, "last_error": model.last_error,
            "consecutive_errors": model.errors, "circuit_open_until": model.open_until, "circuit_state": model.state,
            "open_count": model.open_count, "probe_until": model.probe_until,
        }  # fmt: skip
        if found is None:
            assert model == Model(), "nothing has happened yet"
        else:
            assert dict(found) == expected


def test_the_breaker_does_what_the_model_does(engine: sa.Engine) -> None:
    machine = type("OnThisDatabase", (BreakerMachine,), {"engine": engine})
    run_state_machine_as_test(machine, settings=settings(max_examples=100, stateful_step_count=40, deadline=None))
    with engine.connect() as connection:
        reached = connection.scalar(sa.text("SELECT count(*) FROM source_health"))
    assert reached, "no sequence of steps has reached the table"
