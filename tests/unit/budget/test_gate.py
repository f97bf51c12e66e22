"""When automation is held, and the sentence that says why."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.budget.gate import judge, next_units
from etheatmap_core.budget.model import TOTAL, Budgets, ProviderBudget, SourceUse, Standing

MONTH = Standing(
    "scraperapi", "credits", "month", 100_000, 99_980, 0,
    datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC),
)  # fmt: skip
DOLLARS = replace(MONTH, provider="openai", unit="usd_micros", limit_units=30_000_000, spent_units=1_000_000)


def test_it_closes_before_a_reservation_is_refused() -> None:
    gate = judge(MONTH, wanted_units=400)
    assert not gate.is_open
    assert gate.reason == (
        "scraperapi: 99,980 of 100,000 credits used, the next hour may cost 400 credits; next period 2026-12-01"
    )


def test_used_up_it_says_until_when() -> None:
    gate = judge(replace(MONTH, spent_units=100_000), wanted_units=400)
    assert (gate.is_open, gate.reason) == (
        False,
        "scraperapi: 100,000 of 100,000 credits used, next period 2026-12-01",
    )


def test_what_is_set_aside_counts_as_used() -> None:
    assert judge(replace(MONTH, spent_units=0, reserved_units=99_600), wanted_units=400).is_open
    assert not judge(replace(MONTH, spent_units=0, reserved_units=99_601), wanted_units=400).is_open


def test_a_provider_that_an_overrun_closed_stays_closed_and_says_how_to_open_it() -> None:
    gate = judge(replace(MONTH, spent_units=0, closed_reason="a call cost 12"), wanted_units=1)
    assert not gate.is_open
    assert "closed because a call cost 12; `etheatmap budget --reopen scraperapi`" in gate.reason


def test_the_total_holds_a_provider_that_is_paid_in_dollars() -> None:
    total = replace(DOLLARS, provider="total", limit_units=132_000_000, spent_units=131_990_000)
    assert judge(DOLLARS, wanted_units=5_000, total=total).is_open
    gate = judge(DOLLARS, wanted_units=20_000, total=total)
    assert (gate.is_open, gate.reason.partition(",")[0]) == (False, "total: $131.99 of $132.00 used")


def test_a_limit_of_nothing_is_a_switch() -> None:
    gate = judge(replace(MONTH, limit_units=0, spent_units=0), wanted_units=0)
    assert (gate.is_open, gate.reason) == (False, "scraperapi: switched off, its limit is 0")


@given(
    limit=st.integers(1, 10**9),
    spent=st.integers(0, 10**9),
    reserved=st.integers(0, 10**9),
    wanted=st.integers(0, 10**6),
)
def test_it_is_open_exactly_while_the_next_partition_fits(limit: int, spent: int, reserved: int, wanted: int) -> None:
    standing = replace(MONTH, limit_units=limit, spent_units=spent, reserved_units=reserved)
    assert judge(standing, wanted).is_open == (spent + reserved + max(wanted, 1) <= limit)


@pytest.mark.parametrize(("asked", "units"), [({"a", "b"}, 30), ({"a"}, 10), (set(), 0), ({"a", "c"}, 10)])
def test_the_next_partitions_of_all_that_is_asked_are_planned_together(asked: set[str], units: int) -> None:
    uses = {"a": SourceUse("p", 10, 1), "b": SourceUse("p", 20, 2), "c": SourceUse("q", 5, 5)}
    assert next_units(Budgets(0, {}, {}, uses, 1.0), "p", frozenset(asked)) == units


def test_the_total_plans_for_all_that_is_paid_in_dollars() -> None:
    paid_in = {"openai": "usd_micros", "apify": "usd_micros", "scraperapi": "credits"}
    providers = {name: ProviderBudget(name, unit, "month", 1000, None, 600) for name, unit in paid_in.items()}
    uses = {"a": SourceUse("openai", 10, 1), "b": SourceUse("apify", 20, 2), "c": SourceUse("scraperapi", 5, 5)}
    assert next_units(Budgets(0, {}, providers, uses, 1.0), TOTAL, frozenset("abc")) == 30
