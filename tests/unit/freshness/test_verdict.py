"""The verdict on one asset, from its newest partition and what is known of the next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.cadence import CADENCES, cadence_of
from etheatmap_core.freshness.verdict import Facts, Freshness, Watched, judge
from etheatmap_core.hours import HOUR

NOW = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
TRADE = Watched("trade_rss", CADENCES["trade_rss"], HOUR, HOUR)  # late after 2 h, stale after 6 h


def newest(hours_ago: int, **known: Any) -> Facts:
    """The newest partition there ended so many full hours ago; what was tried was tried just now."""
    return Facts(NOW.replace(minute=0) - (hours_ago + 1) * HOUR, **{"since": LONG_AGO, "tried_at": NOW, **known})


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
    states = [judge(TRADE, Facts(None, NOW - hours * HOUR), NOW).state for hours in (1, 3, 7)]
    assert states == [Freshness.WAITING, Freshness.LATE, Freshness.STALE]
    assert judge(TRADE, Facts(None, NOW - 7 * HOUR), NOW).reason == (
        "Never made since 2026-11-24 05:10 UTC; one is due within 6 h."
    )


def test_nothing_is_owed_from_before_it_was_watched() -> None:
    verdict = judge(TRADE, newest(200, since=NOW - HOUR), NOW)
    assert (verdict.state, verdict.age > 199 * HOUR) == (Freshness.WAITING, True)
    assert verdict.reason.endswith("200 h ago; stale after 6 h. Asked for since 2026-11-24 11:10 UTC.")
    assert judge(TRADE, newest(200, since=NOW - 7 * HOUR), NOW).state is Freshness.STALE


@pytest.mark.parametrize("was", [Freshness.OFF, Freshness.HELD])
def test_nothing_is_owed_from_while_nobody_asked(was: Freshness) -> None:
    assert judge(TRADE, newest(200, was=was), NOW).state is Freshness.WAITING
    assert judge(TRADE, newest(0, was=was), NOW).state is Freshness.FRESH
    assert judge(TRADE, newest(200, was=Freshness.WAITING), NOW).state is Freshness.STALE


def test_an_upstream_that_has_not_published_is_waited_for_a_day() -> None:
    assert judge(TRADE, newest(7, tried_state="not published"), NOW).state is Freshness.WAITING
    assert judge(TRADE, newest(25, tried_state="not published"), NOW).state is Freshness.STALE


@pytest.mark.parametrize("state", ["not published", "out of budget"])
def test_what_was_tried_long_ago_explains_nothing(state: str) -> None:
    verdict = judge(TRADE, newest(7, tried_state=state, tried_reason="Why.", tried_at=NOW - 3 * HOUR), NOW)
    assert verdict.state is Freshness.STALE
    assert verdict.reason.endswith("Why. Nothing was tried since 2026-11-24 09:10 UTC.")


def test_a_used_up_budget_is_told_by_the_budget_however_long_it_lasts() -> None:
    verdict = judge(TRADE, newest(300, tried_state="out of budget", tried_reason="60 of 60 credits used"), NOW)
    assert verdict.state is Freshness.HELD
    assert verdict.reason.endswith("Held by its budget. 60 of 60 credits used")


def test_the_last_error_is_in_the_reason() -> None:
    verdict = judge(TRADE, newest(7, tried_state="failed", tried_reason="variety.com cannot be reached."), NOW)
    assert (verdict.state, verdict.reason.endswith("variety.com cannot be reached.")) == (Freshness.STALE, True)
    made = judge(TRADE, newest(7, tried_state="ok", tried_reason="1 of 4 questions not answered."), NOW)
    assert "not answered" not in made.reason


def test_what_is_switched_off_is_off_whatever_its_age() -> None:
    off = Watched("reddit", CADENCES["reddit"], HOUR, HOUR, refused="reddit is switched off.")
    verdict = judge(off, newest(300), NOW)
    assert (verdict.state, verdict.reason) == (Freshness.OFF, "reddit is switched off.")


def test_a_longer_cadence_is_due_less_often() -> None:
    six_hourly = Watched("gdelt_gkg", cadence_of("gdelt_gkg", 6 * HOUR), HOUR, 6 * HOUR)
    assert judge(six_hourly, newest(6), NOW).state is Freshness.FRESH
    assert judge(six_hourly, newest(18), NOW).state is Freshness.STALE
    due = [judge(six_hourly, newest(6), at).due for at in (NOW, NOW + HOUR)]
    assert due == [datetime(2026, 11, 24, 5, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC)]


def test_a_day_is_due_after_its_end() -> None:
    day = timedelta(days=1)
    daily = Watched("storage_maintenance", CADENCES["storage_maintenance"], day, day)
    verdict = judge(daily, Facts(datetime(2026, 11, 23, tzinfo=UTC), LONG_AGO), NOW)
    assert (verdict.state, verdict.due) == (Freshness.FRESH, datetime(2026, 11, 23, tzinfo=UTC))


@given(st.sampled_from([1, 2, 3, 6, 12, 24]), st.integers(0, 3000), st.integers(0, 60))
def test_fresh_is_what_has_its_newest_due_partition(hours: int, minutes: int, missed: int) -> None:
    interval, now = hours * HOUR, NOW + timedelta(minutes=minutes)
    watched = Watched("trade_rss", cadence_of("trade_rss", interval), HOUR, interval)
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    last_end = midnight + (now - midnight) // interval * interval
    verdict = judge(watched, Facts(last_end - missed * interval - HOUR, LONG_AGO), now)
    on_the_limit = verdict.age == watched.cadence.warn_after
    assert on_the_limit or (verdict.state is Freshness.FRESH) == (last_end - missed * interval - HOUR >= verdict.due)


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_time_alone_never_makes_it_fresher(minutes: int, later: int) -> None:
    order = [Freshness.FRESH, Freshness.LATE, Freshness.STALE]
    facts = Facts(NOW - HOUR, LONG_AGO)
    then = NOW + timedelta(minutes=minutes)
    before, after = judge(TRADE, facts, then), judge(TRADE, facts, then + timedelta(minutes=later))
    assert order.index(before.state) <= order.index(after.state)
