"""Sleep after seven quiet days, waking by a spike, and what a category yields."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.discovery.lifecycle import Life, standing, yield_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK, HOURS = timedelta(days=7), timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=90)


@pytest.mark.parametrize(
    ("life", "is_active", "reason"),
    [
        (Life(True, LONG_AGO, NOW - WEEK, 0.2), False, "quiet for 7 days and no heat above 0.5: asleep until a spike."),
        (Life(True, LONG_AGO, NOW - WEEK + HOURS, 0.2), True, "last active 2026-11-13T13."),
        (Life(True, LONG_AGO, NOW - WEEK, 0.8), True, "heat 0.80 within 7 days."),
        (Life(True, LONG_AGO, NOW - WEEK, None), True, "no score says that it is calm."),
        (Life(True, LONG_AGO, None, 0.0), False, "quiet for 7 days and no heat above 0.5: asleep until a spike."),
        (Life(True, NOW - HOURS, None, None), True, "last active 2026-11-20T11."),
        (Life(True, NOW - HOURS, LONG_AGO, 0.0), True, "last active 2026-11-20T11."),
        (
            Life(True, LONG_AGO, None, 0.0, is_watched=False),
            True,
            "too little of the last 7 days was looked at to call it quiet.",
        ),
        (Life(False, LONG_AGO, LONG_AGO, 0.0), False, "asleep until a spike of z 1.8 or more."),
        (Life(False, LONG_AGO, LONG_AGO, 0.0, spike_z=1.7), False, "asleep until a spike of z 1.8 or more."),
        (Life(False, LONG_AGO, LONG_AGO, 0.0, spike_z=4.0), True, "a spike (z 4.0) wakes it."),
        (Life(True, LONG_AGO, LONG_AGO, 0.0, spike_z=4.0), True, "a spike (z 4.0) keeps it."),
    ],
)
def test_who_sleeps(life: Life, *, is_active: bool, reason: str) -> None:
    found = standing(life, NOW)
    assert (found.is_active, found.reason) == (is_active, reason)


LIVES = st.builds(
    Life,
    st.booleans(),
    st.integers(0, 2000).map(lambda hours: NOW - hours * HOURS),
    st.none() | st.integers(0, 2000).map(lambda hours: NOW - hours * HOURS),
    st.none() | st.floats(0, 4),
    st.none() | st.floats(0, 20),
)


@given(LIVES)
def test_the_verdict_on_the_verdict_is_the_same(life: Life) -> None:
    once = standing(life, NOW).is_active
    again = Life(once, life.tracked_since, life.last_activity, life.highest_heat, life.spike_z)
    assert standing(again, NOW).is_active is once


@given(LIVES)
def test_nobody_falls_asleep_within_a_week_of_being_seen_and_nobody_wakes_without_a_spike(life: Life) -> None:
    found = standing(life, NOW)
    if life.is_active and NOW - (life.last_activity or LONG_AGO) < WEEK:
        assert found.is_active
    if not life.is_active and life.spike_z is None:
        assert not found.is_active


def test_a_categorys_yield_needs_more_than_one_lucky_admission() -> None:
    assert yield_of({}) == 0.5
    assert yield_of({"trending": 1}) == pytest.approx(2 / 3)
    assert yield_of({"trending": 8, "failed": 2}) == pytest.approx(0.75)
    assert yield_of({"failed": 8}) < yield_of({"failed": 1, "steady": 1}) < yield_of({})
