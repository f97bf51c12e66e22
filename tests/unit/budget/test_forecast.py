"""A forecast is the pace until now, carried on to the period's end, in whole units."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.budget.forecast import forecast_units
from etheatmap_core.budget.model import Standing

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
MONTH = Standing("scraperapi", "credits", "month", 100_000, 0, 0, START, END)


@pytest.mark.parametrize(
    ("spent", "reserved", "days", "forecast"),
    [
        (10_000, 0, 10, 30_000),
        (10_000, 1_000, 10, 30_000),  # what is set aside is no pace
        (10_000, 1_000, 30, 11_000),  # but may be spent
        (1, 0, 7, 5),  # 4.28…: rounded up
        (0, 0, 10, 0),
        (5_000, 0, 2.49, None),  # too early to say
        (5_000, 0, 2.5, 60_000),
        (120_000, 0, 30, 120_000),
        (120_000, 0, 31, 120_000),  # over: no more comes
        (5_000, 0, -1, None),  # another's clock
    ],
)
def test_the_pace_until_now_goes_on(spent: int, reserved: int, days: float, forecast: int | None) -> None:
    standing = replace(MONTH, spent_units=spent, reserved_units=reserved)
    assert forecast_units(standing, START + timedelta(days=days)) == forecast


@given(spent=st.integers(0, 10**12), reserved=st.integers(0, 10**12), seconds=st.integers(216_000, 40 * 86_400))
def test_it_is_a_whole_number_and_never_less_than_what_is_used(spent: int, reserved: int, seconds: int) -> None:
    standing = replace(MONTH, spent_units=spent, reserved_units=reserved)
    forecast = forecast_units(standing, START + timedelta(seconds=seconds))
    assert isinstance(forecast, int)
    assert forecast >= standing.used_units
