"""The verdict on one asset, from its newest partition and what is known of the next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.cadence import CADENCES, cadence_of
from etheatmap_core.freshness.verdict import Facts, Freshness, Watched, judge
from etheatmap_core.hours import HOUR

NOW = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
TRADE = Watched("trade_rss", CADENCES["trade_rss"], HOUR)  # late after 2 h, stale after 6 h


def newest(hours_ago: int, **known: str) -> Facts:
    """The newest partition there ended so many full hours ago."""
    return Facts(NOW.replace(minute=0) - (hours_ago + 1) * HOUR, LONG_AGO, **known)


@pytest.mark.parametrize(
    ("hours_ago", "state"),
    [(0, "fresh"), (1, "fresh"), (2, "late"), (5, "late"), (6, "stale"), (400, "stale")],
)
def test_it_goes_by_the_end_of_the_newest_partition(hours_ago: int, state: str) -> None:
    assert judge(TRADE, newest(hours_ago), NOW).state == state


def test_the_sentence_says_when_how_long_ago_and_from_when_on_it_is_stale() -> None:
    assert judge(TRADE, newest(7), NOW).reason == (
        "The newest partition ended at 2026-11-24 05:00 UTC, 7 h ago; stale after 6 h."
    )


def test_what_was_never_made_is_as_old_as_the_first_look_at_it() -> None:
    young, old = Facts(None, NOW - HOUR), Facts(None, NOW - 7 * HOUR)
    assert judge(TRADE, young, NOW).state is Freshness.FRESH
    verdict = judge(TRADE, old, NOW)
    assert verdict.state is Freshness.STALE
    assert verdict.reason == "Never made since 2026-11-24 05:10 UTC; one is due within 6 h."


def test_an_upstream_that_has_not_published_is_waited_for_a_day() -> None:
    assert judge(TRADE, newest(7, tried_state="not published"), NOW).state is Freshness.WAITING
    assert judge(TRADE, newest(25, tried_state="not published"), NOW).state is Freshness.STALE


def test_a_used_up_budget_is_told_by_the_budget_however_long_it_lasts() -> None:
    verdict = judge(TRADE, newest(300, tried_state="out of budget", tried_reason="60 of 60 credits used"), NOW)
    assert verdict.state is Freshness.HELD
    assert verdict.reason.endswith("Held by its budget. 60 of 60 credits used")


def test_the_last_error_is_in_the_reason() -> None:
    verdict = judge(TRADE, newest(7, tried_state="failed", tried_reason="variety.com cannot be reached."), NOW)
    assert (verdict.state, verdict.reason.endswith("variety.com cannot be reached.")) == (Freshness.STALE, True)


def test_what_is_switched_off_is_off_whatever_its_age() -> None:
    off = Watched("reddit", CADENCES["reddit"], HOUR, refused="reddit is switched off.")
    verdict = judge(off, newest(300), NOW)
    assert (verdict.state, verdict.reason) == (Freshness.OFF, "reddit is switched off.")


def test_a_longer_cadence_is_due_less_often() -> None:
    six_hourly = Watched("gdelt_gkg", cadence_of("gdelt_gkg", 6 * HOUR), HOUR)
    assert judge(six_hourly, newest(6), NOW).state is Freshness.FRESH
    assert judge(six_hourly, newest(18), NOW).state is Freshness.STALE


def test_a_day_is_due_after_its_end() -> None:
    daily = Watched("storage_maintenance", CADENCES["storage_maintenance"], timedelta(days=1))
    yesterday = Facts(datetime(2026, 11, 23, tzinfo=UTC), LONG_AGO)
    verdict = judge(daily, yesterday, NOW)
    assert (verdict.state, verdict.due) == (Freshness.FRESH, datetime(2026, 11, 22, tzinfo=UTC))


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_time_alone_never_makes_it_fresher(minutes: int, later: int) -> None:
    order = [Freshness.FRESH, Freshness.LATE, Freshness.STALE]
    facts = Facts(NOW - HOUR, LONG_AGO)
    then = NOW + timedelta(minutes=minutes)
    before, after = judge(TRADE, facts, then), judge(TRADE, facts, then + timedelta(minutes=later))
    assert order.index(before.state) <= order.index(after.state)
