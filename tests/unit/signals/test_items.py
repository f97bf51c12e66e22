"""The one hour an item counts in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.hours import HOUR, floor_hour
from etheatmap_core.signals.items import Item, counted_hour

FIRST = datetime(2026, 11, 20, 14, tzinfo=UTC)  # the earliest capture: of 14:00 to 15:00, made soon after 15:00
MINUTES = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def clock(text: str, day: int = 20) -> datetime:
    hour, minute = text.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=UTC)


@pytest.mark.parametrize(
    ("published_at", "counts_in"),
    [
        (clock("14:00"), clock("14:00")),
        (clock("14:59"), clock("14:00")),
        (clock("09:30"), clock("09:00")),  # an earlier hour, whose own capture missed it
        (clock("08:00"), clock("08:00")),  # six hours before: still
        (clock("07:59"), None),  # seven: seen too late to count
        (clock("14:00", day=19), None),
        (clock("15:03"), clock("15:00")),  # published while the capture was made
        (clock("15:59"), clock("15:00")),
        (clock("16:00"), clock("14:00")),  # from the future: its clock is wrong, it counts when it was seen
        (clock("09:00", day=25), clock("14:00")),
        (None, clock("14:00")),  # undated: when it was first seen
    ],
)
def test_an_item_counts_in_the_hour_of_its_publication(
    published_at: datetime | None, counts_in: datetime | None
) -> None:
    assert counted_hour(published_at, FIRST) == counts_in


@given(MINUTES)
def test_it_counts_near_its_earliest_capture_or_not_at_all(offset: timedelta) -> None:
    published_at = FIRST + offset
    hour = counted_hour(published_at, FIRST)
    assert (hour is None) == (floor_hour(published_at) < FIRST - 6 * HOUR)
    assert hour is None or FIRST - 6 * HOUR <= hour <= FIRST + HOUR


@pytest.mark.parametrize(
    ("published_at", "counts_in"),
    [
        (clock("14:30"), FIRST),
        (clock("03:00"), FIRST),  # eleven hours before: since the capture of twelve hours before
        (clock("02:59"), None),  # that one has seen it, or it was missed when it was news
        (clock("15:03"), FIRST),  # published while the capture was made: its own hour is never captured
        (clock("09:00", day=25), FIRST),
        (None, FIRST),
    ],
)
def test_of_a_source_that_is_asked_every_twelve_hours_what_was_published_since_counts_in_the_hour_asked_for(
    published_at: datetime | None, counts_in: datetime | None
) -> None:
    assert counted_hour(published_at, FIRST, 12 * HOUR) == counts_in


def test_names_of_the_upstream_follow_the_prose() -> None:
    item = Item("1", "feed", "https://example.org/1", "Title", "Summary", names=("Maya Rudolph", "Kevin Hart"))
    assert item.text.startswith(item.prose)
    assert item.text == "Title\nSummary\nMaya Rudolph\nKevin Hart"
