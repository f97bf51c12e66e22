"""The ledger's moves, one at a time. Races and crashes have files of their own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import MICROS_PER_USD, Entry, ProviderBudget
from etheatmap_core.errors import BudgetExhaustedError, ConfigError, DeferredError, SourceState

ENTRY = Entry("newsapi", "2026-11-24-11:00", "run-1", "everything?q=Zendaya")
MONTH_END = datetime(2026, 12, 1, tzinfo=UTC)
OpenLedger = Callable[..., Ledger]


def used(ledger: Ledger, provider: str = "news") -> tuple[int, int]:
    standing = ledger.standings()[provider]
    return standing.spent_units, standing.reserved_units


def test_a_call_is_set_aside_then_booked_at_what_it_cost(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    reservation = ledger.reserve("news", 10, ENTRY)
    assert used(ledger) == (0, 10)
    ledger.mark_sent(reservation)
    ledger.settle(reservation, 7)
    assert used(ledger) == (7, 0)


def test_the_last_unit_is_granted_and_the_next_is_not(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.reserve("news", 100, ENTRY)
    with pytest.raises(BudgetExhaustedError) as refused:
        ledger.reserve("news", 1, ENTRY)
    error = refused.value
    assert (error.provider, error.limit_units, error.used_units) == ("news", 100, 100)
    assert error.period_end == datetime(2026, 11, 25, tzinfo=UTC)
    assert error.state is SourceState.OUT_OF_BUDGET
    assert str(error) == "news: 100 of 100 requests used, 1 request more does not fit; next period 2026-11-25."


def test_what_was_never_sent_costs_nothing(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.release(ledger.reserve("news", 100, ENTRY))
    assert used(ledger) == (0, 0)


def test_a_lost_answer_is_booked_whole_and_corrected_if_it_comes_after_all(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    reservation = ledger.reserve("news", 10, ENTRY)
    ledger.mark_sent(reservation)
    ledger.lose(reservation)
    assert used(ledger) == (10, 0)
    ledger.settle(reservation, 4)
    assert used(ledger) == (4, 0)


def test_nothing_is_booked_twice(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    reservation = ledger.reserve("news", 10, ENTRY)
    ledger.settle(reservation, 10)
    for again in (lambda: ledger.settle(reservation, 10), lambda: ledger.release(reservation)):
        with pytest.raises(ValueError, match="cannot become"):
            again()
    assert used(ledger) == (10, 0)


def test_a_cost_above_its_reservation_is_booked_whole_and_closes_the_provider(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.settle(ledger.reserve("news", 10, ENTRY), 12)
    assert used(ledger) == (12, 0)
    with pytest.raises(
        BudgetExhaustedError, match="closed, because a call of newsapi cost 12 requests, and at most 10"
    ):
        ledger.reserve("news", 1, ENTRY)
    assert ledger.reopen("news")
    ledger.reserve("news", 1, ENTRY)
    assert not ledger.reopen("news")


def test_a_crash_before_sending_frees_the_units_and_after_it_books_them(open_ledger: OpenLedger, watch) -> None:
    ledger = open_ledger()
    ledger.reserve("news", 30, ENTRY)
    ledger.mark_sent(ledger.reserve("news", 50, ENTRY))
    watch.now += timedelta(minutes=9)
    assert ledger.expire() == 0
    watch.now += timedelta(minutes=1)
    assert ledger.expire() == 2
    assert used(ledger) == (50, 0)


def test_a_refusal_first_ends_what_a_crash_left(open_ledger: OpenLedger, watch) -> None:
    ledger = open_ledger()
    ledger.reserve("news", 100, ENTRY)
    watch.now += timedelta(hours=1)
    ledger.reserve("news", 100, ENTRY)
    assert used(ledger) == (0, 100)


def test_a_call_whose_reservation_expired_is_not_sent(open_ledger: OpenLedger, watch) -> None:
    ledger = open_ledger()
    reservation = ledger.reserve("news", 10, ENTRY)
    watch.now += timedelta(hours=1)
    ledger.expire()
    with pytest.raises(BudgetExhaustedError, match="expired before the call was sent"):
        ledger.mark_sent(reservation)


def test_a_new_period_starts_at_nothing_and_the_old_one_keeps_its_own_calls(
    open_ledger: OpenLedger, watch, engine: sa.Engine
) -> None:
    watch.now = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    ledger = open_ledger()
    reservation = ledger.reserve("news", 100, ENTRY)
    watch.now += timedelta(seconds=2)
    ledger.reserve("news", 100, ENTRY)
    ledger.settle(reservation, 60)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT spent_units, reserved_units FROM budget_periods ORDER BY period_start")
        )
        assert [tuple(row) for row in rows] == [(60, 0), (0, 100)]


def test_a_limit_lowered_below_what_is_spent_refuses_and_raised_again_grants(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.settle(ledger.reserve("news", 80, ENTRY), 80)
    ledger.configure([ProviderBudget("news", "requests", "day", 50, None, 600)])
    with pytest.raises(BudgetExhaustedError, match="80 of 50 requests used"):
        ledger.reserve("news", 1, ENTRY)
    assert ledger.standings()["news"].remaining_units == 0
    ledger.configure([ProviderBudget("news", "requests", "day", 81, None, 600)])
    ledger.reserve("news", 1, ENTRY)


def test_dollars_count_for_the_total_too(open_ledger: OpenLedger) -> None:
    usd = MICROS_PER_USD
    ledger = open_ledger(
        ProviderBudget("openai", "usd_micros", "month", 30 * usd, None, 600),
        ProviderBudget("apify", "usd_micros", "month", 40 * usd, None, 600),
        ProviderBudget("total", "usd_micros", "month", 50 * usd, None, 600),
    )
    ledger.settle(ledger.reserve("openai", 30 * usd, ENTRY), 25 * usd)
    with pytest.raises(BudgetExhaustedError) as refused:
        ledger.reserve("apify", 26 * usd, ENTRY)
    assert (refused.value.provider, refused.value.period_end) == ("total", MONTH_END)
    assert "apify, the total of the month: $25.00 of $50.00 used" in str(refused.value)
    assert used(ledger, "apify") == (0, 0)
    ledger.reserve("apify", 25 * usd, ENTRY)
    assert used(ledger, "total") == (25 * usd, 25 * usd)


def test_automation_keeps_the_pace_and_people_need_not(open_ledger: OpenLedger, watch) -> None:
    # A day of 100 requests, an hour ahead: at noon 100 * 13 / 24, rounded down.
    ledger = open_ledger(ProviderBudget("news", "requests", "day", 100, 3600, 600))
    ledger.reserve("news", 54, ENTRY, is_paced=True)
    with pytest.raises(DeferredError) as refused:
        ledger.reserve("news", 1, ENTRY, is_paced=True)
    assert refused.value.next_at == datetime(2026, 11, 24, 12, 13, tzinfo=UTC)
    ledger.reserve("news", 1, ENTRY)
    watch.now = datetime(2026, 11, 24, 12, 28, tzinfo=UTC)
    ledger.reserve("news", 1, ENTRY, is_paced=True)


def test_who_has_no_budget_is_not_asked(open_ledger: OpenLedger) -> None:
    with pytest.raises(ConfigError, match=r"budgets.yml: youtube has no budget"):
        open_ledger().reserve("youtube", 1, ENTRY)
