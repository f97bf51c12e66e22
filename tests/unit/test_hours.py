"""The hour grid: spellings, ranges, and a start that never moves."""

from datetime import UTC, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import HOUR, HourRange, floor_hour, parse_hour, partition_key, stored_grid_start

INSTANTS = st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    "spelling",
    [
        "2012-02-14T16",
        "2012-02-14T16:00",
        "2012-02-14T16:00:00Z",
        "2012-02-14-16:00",
        "2012-02-14 16",
        " 2012-02-14T16 ",
    ],
)
def test_an_hour_may_be_written_in_the_usual_ways(spelling: str) -> None:
    assert parse_hour(spelling) == datetime(2012, 2, 14, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "spelling", ["", "2012-02-14", "2012-02-14T16:30", "2012-02-30T10", "14.2.2012 16h", "2012-02-14T24"]
)
def test_what_is_not_an_hour_is_told_with_the_right_spelling(spelling: str) -> None:
    with pytest.raises(ConfigError, match=r"is not an hour: write it as 2012-02-14T16 \(UTC\)\."):
        parse_hour(spelling)


@given(INSTANTS)
def test_an_hour_survives_its_partition_key(instant: datetime) -> None:
    hour = floor_hour(instant)
    assert hour <= instant < hour + HOUR
    assert parse_hour(partition_key(hour)) == hour


def test_an_instant_elsewhere_is_the_same_hour_in_utc() -> None:
    los_angeles = timezone(timedelta(hours=-8))
    assert floor_hour(datetime(2026, 11, 20, 7, 45, tzinfo=los_angeles)) == datetime(2026, 11, 20, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="without a time zone"):
        floor_hour(datetime(2026, 11, 20, 7, 45))  # noqa: DTZ001


@given(INSTANTS, st.integers(0, 500), st.integers(0, 400))
def test_a_range_holds_exactly_its_hours(instant: datetime, length: int, before: int) -> None:
    start = floor_hour(instant)
    hours = HourRange(start, start + length * HOUR)
    assert len(hours) == len(list(hours)) == length
    assert all(hour in hours for hour in hours)
    assert hours.end not in hours
    assert len(hours.widened(before)) == length + before


def test_a_range_is_made_of_whole_hours_in_order() -> None:
    hour = datetime(2026, 11, 20, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="not a range of whole hours"):
        HourRange(hour, hour - HOUR)
    with pytest.raises(ValueError, match="not a range of whole hours"):
        HourRange(hour, hour + timedelta(minutes=90))


def test_the_grid_starts_sixty_days_before_the_first_start_and_never_moves(tmp_path: Path) -> None:
    first_start = datetime(2026, 11, 20, 15, 37, tzinfo=UTC)
    start = stored_grid_start(tmp_path, first_start)
    assert start == datetime(2026, 9, 21, tzinfo=UTC)
    assert stored_grid_start(tmp_path, first_start + timedelta(days=200)) == start
    assert [path.name for path in tmp_path.iterdir()] == ["hour_grid.json"]


def _start(arguments: tuple[Path, datetime]) -> datetime:
    return stored_grid_start(*arguments)


def test_of_first_starts_at_once_one_counts(tmp_path: Path) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 25)]
    with get_context("spawn").Pool(6) as pool:
        starts = pool.map(_start, [(tmp_path, day) for day in days], chunksize=1)
    assert len(set(starts)) == 1


def test_a_damaged_grid_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "hour_grid.json").write_text("{")
    with pytest.raises(ConfigError, match=r"hour_grid\.json is damaged"):
        stored_grid_start(tmp_path, datetime(2026, 11, 20, tzinfo=UTC))
