"""Whatever is done in whatever order: the books are what a child's sums would make them, and no limit is passed."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
import sqlalchemy as sa
from balance import assert_balanced
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Entry, Period, ProviderBudget, Reservation
from etheatmap_core.errors import BudgetExhaustedError, DeferredError

ENTRY = Entry("news", "2026-11-24-11:00", "run-1", "everything?q=Zendaya")
START = datetime(2026, 11, 29, 22, tzinfo=UTC)  # two days before a month's end, two hours before a day's
ACCOUNTS = (
    ProviderBudget("news", "requests", "day", 12, None, 600),
    ProviderBudget("pages", "credits", "month", 40, 36 * 3600, 900),
    ProviderBudget("words", "usd_micros", "month", 20, None, 600),
    ProviderBudget("actors", "usd_micros", "day", 9, 3600, 300),
    ProviderBudget(TOTAL, "usd_micros", "month", 25, None, 900),
)
PROVIDERS = [account.provider for account in ACCOUNTS if account.provider != TOTAL]
UNITS = st.integers(0, 8)
STEPS = st.one_of(
    st.sampled_from([0, 1, 299, 300, 599, 600, 900, 3600, 7200]),
    st.sampled_from([86_400, 31 * 86_400]),
    st.integers(0, 7200),
)
AccountPeriod = tuple[str, datetime]


@dataclass
class Account:
    """One provider's sums in one period."""

    spent: int = 0
    reserved: int = 0
    is_closed: bool = False


@dataclass
class Call:
    """A reservation as one would write it down."""

    reservation: Reservation
    pays: list[AccountPeriod]
    expires_at: datetime
    state: str = "reserved"
    booked: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in {"reserved", "sent"}


@dataclass
class Model:
    """The books, one step at a time, by nobody else."""

    now: datetime = START
    limits: dict[str, ProviderBudget] = field(default_factory=dict)
    accounts: dict[AccountPeriod, Account] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def account(self, provider: str) -> Account:
        return self.accounts.setdefault((provider, self.period(provider)[0]), Account())

    def period(self, provider: str) -> tuple[datetime, datetime]:
        return bounds(self.limits[provider].period, self.now)

    def paying(self, provider: str) -> list[str]:
        return [provider, TOTAL] if self.limits[provider].unit == "usd_micros" else [provider]

    def room(self, provider: str, *, is_paced: bool) -> int:
        budget, account = self.limits[provider], self.account(provider)
        allowed = budget.limit_units
        if is_paced and budget.pace_ahead_seconds is not None:
            start, end = self.period(provider)
            second = timedelta(microseconds=1)
            passed = (self.now - start + timedelta(seconds=budget.pace_ahead_seconds)) // second
            allowed = min(allowed, budget.limit_units * passed // ((end - start) // second))
        return allowed - account.spent - account.reserved

    def verdict(self, provider: str, units: int, *, is_paced: bool) -> type[Exception] | None:
        for one in self.paying(provider):
            if self.account(one).is_closed or units > self.room(one, is_paced=False):
                return BudgetExhaustedError
            if units > self.room(one, is_paced=is_paced):
                return DeferredError
        return None

    def end(self, call: Call, state: str, charged: int) -> None:
        for key in call.pays:
            self.accounts[key].reserved -= call.reservation.units if call.is_open else 0
            self.accounts[key].spent += charged - call.booked
        if charged > call.reservation.units:
            provider = call.reservation.provider
            self.account(provider)
            for (owner, start), account in self.accounts.items():
                is_over = bounds(self.limits[owner].period, start)[1] <= self.now
                if owner == provider and ((owner, start) == call.pays[0] or not is_over):
                    account.is_closed = True
        call.state, call.booked = state, charged

    def expire(self) -> int:
        left = [call for call in self.calls if call.is_open and call.expires_at <= self.now]
        for call in left:
            if call.state == "sent":
                self.end(call, "lost", call.reservation.units)
            else:
                self.end(call, "released", 0)
        return len(left)


def bounds(period: Period, instant: datetime) -> tuple[datetime, datetime]:
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return midnight, midnight + timedelta(days=1)
    first = midnight.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


class Books(RuleBasedStateMachine):
    """The ledger on PostgreSQL beside the model. ``engine`` is the test's, ``balanced`` counts looks at the books."""

    engine: sa.Engine
    balanced: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.ledger = Ledger(self.engine, lambda: self.model.now)
        with self.engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE budget_limits, budget_periods, budget_reservations CASCADE"))
        self._configure(*ACCOUNTS)

    def _configure(self, *accounts: ProviderBudget) -> None:
        self.ledger.configure(accounts)
        self.model.limits |= {account.provider: account for account in accounts}

    @rule(provider=st.sampled_from(PROVIDERS), units=UNITS, is_paced=st.booleans())
    def reserve(self, provider: str, units: int, is_paced: bool) -> None:
        self._reserve(provider, units, is_paced=is_paced)

    @rule(provider=st.sampled_from(PROVIDERS), above=st.integers(0, 1), is_paced=st.booleans())
    def reserve_what_is_left(self, provider: str, above: int, is_paced: bool) -> None:
        """And one unit more."""
        rooms = [self.model.room(one, is_paced=is_paced) for one in self.model.paying(provider)]
        self._reserve(provider, max(0, min(rooms)) + above, is_paced=is_paced)

    @rule(provider=st.sampled_from(PROVIDERS), units=UNITS, charged=st.none() | st.integers(0, 12))
    def call(self, provider: str, units: int, charged: int | None) -> None:
        """A whole one, whose answer is lost where it is not known what is charged."""
        call = self._reserve(provider, units, is_paced=False)
        if call is not None:
            self._send(call)
            if charged is None:
                self._lose(call)
            else:
                self._settle(call, charged)

    def _reserve(self, provider: str, units: int, *, is_paced: bool) -> Call | None:
        before = self.model.verdict(provider, units, is_paced=is_paced)
        if before is not None and not any(self.model.account(one).is_closed for one in self.model.paying(provider)):
            self.model.expire()  # a refusal first ends what a crash left
        expected = self.model.verdict(provider, units, is_paced=is_paced)
        if expected is not None:
            with pytest.raises(expected):
                self.ledger.reserve(provider, units, ENTRY, is_paced=is_paced)
            return None
        reservation = self.ledger.reserve(provider, units, ENTRY, is_paced=is_paced)
        pays = [(one, self.model.period(one)[0]) for one in self.model.paying(provider)]
        seconds = self.model.limits[provider].expires_after_seconds
        self.model.calls.append(Call(reservation, pays, self.model.now + timedelta(seconds=seconds)))
        for key in pays:
            account = self.model.accounts[key]
            account.reserved += units
            assert account.spent + account.reserved <= self.model.limits[key[0]].limit_units
        return self.model.calls[-1]

    def _send(self, call: Call) -> None:
        self.ledger.mark_sent(call.reservation)
        call.state = "sent"

    def _settle(self, call: Call, charged: int) -> None:
        self.ledger.settle(call.reservation, charged)
        self.model.end(call, "settled", charged)

    def _lose(self, call: Call) -> None:
        self.ledger.lose(call.reservation)
        self.model.end(call, "lost", call.reservation.units)

    def _pick(self, choice: int, *states: str) -> Call:
        fitting = [call for call in self.model.calls if call.state in states]
        return fitting[choice % len(fitting)]

    def _has(self, *states: str) -> bool:
        return any(call.state in states for call in self.model.calls)

    @precondition(lambda self: self._has("reserved"))
    @rule(choice=st.integers(0, 99))
    def mark_sent(self, choice: int) -> None:
        self._send(self._pick(choice, "reserved"))

    @precondition(lambda self: self._has("reserved", "sent", "lost"))
    @rule(choice=st.integers(0, 99), above=st.integers(-8, 4))
    def settle(self, choice: int, above: int) -> None:
        call = self._pick(choice, "reserved", "sent", "lost")
        self._settle(call, max(0, call.reservation.units + above))

    @precondition(lambda self: self._has("sent", "lost"))
    @rule(choice=st.integers(0, 99))
    def lose(self, choice: int) -> None:
        self._lose(self._pick(choice, "sent", "lost"))

    @precondition(lambda self: self._has("reserved", "sent"))
    @rule(choice=st.integers(0, 99))
    def release(self, choice: int) -> None:
        call = self._pick(choice, "reserved", "sent")
        self.ledger.release(call.reservation)
        self.model.end(call, "released", 0)

    @precondition(lambda self: self._has("settled", "released"))
    @rule(choice=st.integers(0, 99))
    def book_what_is_booked(self, choice: int) -> None:
        call = self._pick(choice, "settled", "released")
        for again in (lambda: self.ledger.settle(call.reservation, 1), lambda: self.ledger.lose(call.reservation)):
            with pytest.raises(ValueError, match="cannot become"):
                again()
        with pytest.raises(BudgetExhaustedError, match="was not sent"):
            self.ledger.mark_sent(call.reservation)

    @precondition(lambda self: self._has("reserved", "sent"))
    @rule()
    def expire(self) -> None:
        assert self.ledger.expire() == self.model.expire()

    @rule(seconds=STEPS)
    def wait(self, seconds: int) -> None:
        """A crash is no step of its own: a reservation that nobody asks about any more until it expires."""
        self.model.now += timedelta(seconds=seconds)

    @rule(index=st.integers(0, len(ACCOUNTS) - 1), limit=st.integers(0, 60))
    def change_a_limit(self, index: int, limit: int) -> None:
        self._configure(replace(ACCOUNTS[index], limit_units=limit))

    @precondition(lambda self: any(account.is_closed for account in self.model.accounts.values()))
    @rule(provider=st.sampled_from(PROVIDERS))
    def reopen(self, provider: str) -> None:
        closed = [a for (owner, _), a in self.model.accounts.items() if owner == provider and a.is_closed]
        assert self.ledger.reopen(provider) == bool(closed)
        for account in closed:
            account.is_closed = False

    @invariant()
    def the_books_are_the_model(self) -> None:
        with self.engine.connect() as connection:
            stored = {
                (row.provider, row.period_start): Account(row.spent_units, row.reserved_units, bool(row.closed_reason))
                for row in connection.execute(sa.text("SELECT * FROM budget_periods"))
            }
            rows = connection.execute(sa.text("SELECT id, state FROM budget_reservations"))
            states = {row.id: row.state for row in rows}
        # A period nobody has spent in may have a row or none.
        assert {key: account for key, account in self.model.accounts.items() if account != Account()} == {
            key: account for key, account in stored.items() if account != Account()
        }
        assert states == {call.reservation.id: call.state for call in self.model.calls}

    @invariant()
    def the_sums_are_those_of_the_calls(self) -> None:
        assert_balanced(self.engine)
        Books.balanced += 1


def test_no_order_of_moves_passes_a_limit_or_loses_a_unit(engine: sa.Engine) -> None:
    Books.engine, Books.balanced = engine, 0
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert Books.balanced >= 80, "the books were balanced after the moves of every example"
