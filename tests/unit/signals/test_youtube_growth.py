"""What two readings of one video say about the hours between them."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.hours import HOUR
from etheatmap_core.signals.youtube_growth import MOST_HOURS_APART, SEEN_AT, Watched, falls, growth, signal_rows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MAYA, KEVIN = 1, 2
HOURS = range(-12, 13)


def seen(views: dict[int, int], counter: str = "view_count") -> dict[datetime, dict[str, float]]:
    """Readings by hours after noon."""
    return {NOON + hour * HOUR: {counter: float(count)} for hour, count in views.items()}


def added(views: dict[int, int]) -> dict[int, float]:
    return {(hour - NOON) // HOUR: count for hour, count in growth(seen(views), "view_count").items()}


def video(
    name: str, readings: dict[int, tuple[int | None, int | None, int | None]], *entities: int, channel: str = "UC1"
) -> Watched:
    """Views, likes and comments by hour; None: hidden."""
    counters = ("view_count", "like_count", "comment_count")
    by_hour = {
        NOON + hour * HOUR: {
            counter: float(count) for counter, count in zip(counters, counts, strict=True) if count is not None
        }
        for hour, counts in readings.items()
    }
    return Watched(name, channel, entities or (MAYA,), by_hour)


def signals(*videos: Watched, entity: int = MAYA, hour: int = 1) -> dict[str, float]:
    rows = signal_rows(videos, [NOON + one * HOUR for one in HOURS])
    return {row.metric: row.value for row in rows if (row.entity_id, row.ts) == (entity, NOON + hour * HOUR)}


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ({}, {}),
        ({0: 900_000}, {}),  # first seen: nothing is known of the time before
        ({0: 100, 1: 150}, {1: 50.0}),
        ({0: 100, 1: 150, 2: 150}, {1: 50.0, 2: 0.0}),
        (
            {0: 100, 3: 160},
            {1: 20.0, 2: 20.0, 3: 20.0},
        ),  # two hours were missed: each its share, and no spike in the third
        ({0: 100, 6: 160}, dict.fromkeys(range(1, 7), 10.0)),
        ({0: 100, 7: 170}, {}),  # too long ago: who knows when
        ({0: 100, 7: 170, 8: 180}, {8: 10.0}),
        ({0: 100, 1: 90, 2: 95}, {1: 0.0, 2: 5.0}),  # views were taken back: never negative, and counted on from there
        ({0: 100, 2: 90}, {1: 0.0, 2: 0.0}),
    ],
)
def test_growth_belongs_to_the_hours_between_two_readings(views: dict[int, int], expected: dict[int, float]) -> None:
    assert added(views) == expected


def test_what_is_seen_between_two_readings_makes_the_hours_finer_and_not_more() -> None:
    assert sum(added({0: 100, 4: 500}).values()) == sum(added({0: 100, 1: 440, 4: 500}).values()) == 400.0


def test_an_hour_of_an_entity_is_the_sum_over_its_videos() -> None:
    one = video("a", {0: (100, 10, 5), 1: (200, 14, 6)}, MAYA, KEVIN)
    other = video("b", {0: (1_000, 90, 3), 1: (1_300, 95, 3)}, channel="UC2")
    assert signals(one, other) == {
        "view_count": 400.0, "like_count": 9.0, "comment_count": 1.0, "video_count": 2.0, "unique_channels": 2.0,
        "engagement_rate": 10 / 400,
    }  # fmt: skip
    assert signals(one, other, entity=KEVIN)["view_count"] == 100.0


def test_videos_that_come_and_go_are_no_growth() -> None:
    """A sum over whichever videos two captures show would rise by a million, and fall by as much."""
    old = video("a", {0: (1_000_000, 1, 1), 1: (1_000_100, 1, 1)})
    new = video("b", {1: (2_000_000, 1, 1), 2: (2_000_007, 1, 1)})
    assert [signals(old, new, hour=hour).get("view_count") for hour in (0, 1, 2, 3)] == [None, 100.0, 7.0, None]


def test_hidden_counters_are_unknown_and_no_zero() -> None:
    hidden = video("a", {0: (100, None, None), 1: (200, None, None)})
    assert signals(hidden) == {"view_count": 100.0, "video_count": 1.0, "unique_channels": 1.0}
    both = signals(hidden, video("b", {0: (10, 1, 1), 1: (20, 2, 2)}))
    assert (both["like_count"], both["engagement_rate"]) == (1.0, 2 / 10)


def test_likes_that_are_shown_from_now_on_have_not_come_in_this_hour() -> None:
    opened = video("a", {0: (100, None, 1), 1: (200, 5_000, 1), 2: (300, 5_004, 1)})
    assert "like_count" not in signals(opened, hour=1)
    assert signals(opened, hour=2)["like_count"] == 4.0


def test_what_nobody_watched_has_no_rate() -> None:
    assert signals(video("a", {0: (100, 1, 1), 1: (100, 3, 1)})) == {
        "view_count": 0.0, "like_count": 2.0, "comment_count": 0.0, "video_count": 1.0, "unique_channels": 1.0,
    }  # fmt: skip


def test_views_that_fall_are_told() -> None:
    fallen = video("a", {0: (1_000, 5, 1), 1: (990, 4, 1)})
    check = falls([fallen, video("b", {0: (1, 1, 1), 1: (2, 2, 2)})], NOON + HOUR)
    assert (check.passed, check.is_warning) == (False, True)
    assert check.detail == "counters fallen: 2, of views: 1; e.g. view_count of a: 1,000 → 990"
    assert falls([fallen], NOON + 2 * HOUR).passed, "told once, in the hour that shows it"


def test_likes_that_are_taken_back_are_told_and_no_warning() -> None:
    check = falls([video("a", {0: (1_000, 5, 1), 1: (1_001, 4, 1)})], NOON + HOUR)
    assert (check.passed, check.detail) == (
        True,
        "counters fallen: 1, of views: 0; e.g. like_count of a: 5 → 4",
    )


READINGS = st.dictionaries(st.integers(-12, 12), st.integers(0, 10**9), max_size=12)


@given(READINGS)
def test_nothing_is_negative_and_nothing_is_counted_twice(views: dict[int, int]) -> None:
    found, hours = added(views), sorted(views)
    assert all(count >= 0 for count in found.values())
    grown = sum(
        max(0, views[after] - views[before]) for before, after in pairwise(hours) if after - before <= MOST_HOURS_APART
    )
    assert sum(found.values()) == pytest.approx(grown)


@given(READINGS)
def test_no_hour_has_more_than_its_share_of_what_was_added_around_it(views: dict[int, int]) -> None:
    hours = sorted(views)
    for hour, count in added(views).items():
        before, after = max(one for one in hours if one < hour), min(one for one in hours if one >= hour)
        assert count == max(0, views[after] - views[before]) / (after - before)


def seen_late(views: dict[int, tuple[int, float]]) -> dict[datetime, dict[str, float]]:
    """Views by hours after noon, and how many minutes after its end each hour was captured."""
    ends = {hour: (NOON + (hour + 1) * HOUR).timestamp() for hour in views}
    return {
        NOON + hour * HOUR: {"view_count": float(count), SEEN_AT: ends[hour] + minutes * 60}
        for hour, (count, minutes) in views.items()
    }


def added_late(views: dict[int, tuple[int, float]]) -> dict[int, float]:
    return {(hour - NOON) // HOUR: count for hour, count in growth(seen_late(views), "view_count").items()}


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ({0: (0, 0), 1: (1_950, 57), 2: (2_050, 3)}, {1: 1_000, 2: 1_000}),  # late, then punctual: no spike
        ({0: (0, 0), 1: (900, 30), 2: (900, 0)}, {1: 600, 2: 300}),  # nothing since the capture in the middle of hour 2
        ({0: (0, 30), 3: (900, 30), 4: (1_200, 0)}, {1: 300, 2: 300, 3: 300, 4: 450}),
        # What is first seen in the last minutes before the next capture: too little to stand for a whole hour.
        ({1: (0, 57), 2: (100, 3)}, {}),
        ({1: (0, 57), 2: (100, 3), 3: (1_100, 3)}, {3: 1_000}),
        ({1: (0, 30), 2: (500, 0)}, {2: 1_000}),
        ({0: (0, 0), 1: (2_050, 63), 2: (2_050, 3), 3: (3_000, 0)}, {1: 1_000, 3: 1_000}),  # one answer for two hours
    ],
)
def test_it_is_measured_by_the_instants_of_the_captures(
    views: dict[int, tuple[int, float]], expected: dict[int, float]
) -> None:
    assert added_late(views) == pytest.approx(expected)


@given(st.dictionaries(st.integers(-12, 12), st.floats(0, 59.9), max_size=12))
def test_however_late_captures_come_what_grows_steadily_is_told_steadily(minutes: dict[int, float]) -> None:
    views = {hour: (round((hour + 20 + late / 60) * 3_600_000), late) for hour, late in minutes.items()}
    assert all(count == pytest.approx(3_600_000, rel=1e-3) for count in added_late(views).values())


@given(st.permutations(range(5)), st.lists(READINGS, min_size=5, max_size=5))
def test_the_order_of_videos_and_readings_changes_no_bit(order: list[int], readings: list[dict[int, int]]) -> None:
    videos = [Watched(str(number), "UC", (MAYA,), seen(views)) for number, views in enumerate(readings)]
    shuffled = [
        Watched(videos[number].video, "UC", (MAYA,), dict(reversed(videos[number].readings.items())))
        for number in order
    ]
    hours = [NOON + hour * HOUR for hour in HOURS]
    assert signal_rows(videos, hours) == signal_rows(shuffled, hours)
