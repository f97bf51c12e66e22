"""The rows of whole hours replaced in one transaction, after checks that leave nothing half done."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import BUILT_IN_CHECKS, ReplaceResult, RowCheck, replace_hours
from etheatmap_core.errors import ChecksFailedError
from etheatmap_core.hours import HOUR, HourRange

FOUR = datetime(2012, 2, 14, 16, tzinfo=UTC)
FIVE = FOUR + HOUR
BOTH = HourRange(FOUR, FIVE + HOUR)
COLUMNS = ("entity_id", "source", "ts", "metric", "value")
NOT_NEGATIVE = RowCheck("counts_not_negative", "value < 0", "a count is below zero")

Row = Sequence[object]


@pytest.fixture
def signals(engine: sa.Engine) -> sa.Engine:
    """Three entities (1, 2, 3), and partitions of the day and the next."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO entities (id, type, name) SELECT i, 'person', 'Person ' || i FROM generate_series(1, 3) AS i"
        )
        ensure_day_partitions(connection, "signals", HourRange(FOUR, FOUR + 24 * HOUR))
    return engine


def write(
    engine: sa.Engine, hours: HourRange, rows: Sequence[Row], *checks: RowCheck, source: str = "wiki"
) -> ReplaceResult:
    with engine.begin() as connection:
        return replace_hours(connection, "signals", hours, {"source": source}, COLUMNS, rows, checks)


def views(entity_id: object, ts: object, value: object, *, source: str = "wiki") -> Row:
    return (entity_id, source, ts, "views", value)


def stored(engine: sa.Engine) -> list[Row]:
    with engine.connect() as connection:
        query = "SELECT entity_id, source, ts, metric, value FROM signals ORDER BY source, ts, entity_id"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_replaces_exactly_the_hours_of_the_owner(signals: sa.Engine) -> None:
    write(signals, BOTH, [views(1, FOUR, 10), views(2, FOUR, 20), views(1, FIVE, 30)])
    write(signals, HourRange.single(FOUR), [views(1, FOUR, 99, source="news")], source="news")
    result = write(signals, HourRange.single(FOUR), [views(1, FOUR, 11)])
    assert (result.rows_written, result.rows_replaced) == (1, 2)
    assert stored(signals) == [
        views(1, FOUR, 99.0, source="news"),
        views(1, FOUR, 11.0),
        views(1, FIVE, 30.0),
    ]


def test_no_rows_leave_the_hour_empty(signals: sa.Engine) -> None:
    write(signals, BOTH, [views(1, FOUR, 10), views(1, FIVE, 30)])
    result = write(signals, HourRange.single(FIVE), [])
    assert (result.rows_written, result.rows_replaced) == (0, 1)
    assert stored(signals) == [views(1, FOUR, 10.0)]


def test_twice_gives_the_same_rows(signals: sa.Engine) -> None:
    rows = [views(i, hour, 10 * i) for hour in BOTH for i in (1, 2, 3)]
    write(signals, BOTH, rows)
    first = stored(signals)
    write(signals, BOTH, rows)
    assert stored(signals) == first


def test_columns_that_are_not_given_take_their_defaults(signals: sa.Engine) -> None:
    write(signals, BOTH, [views(1, FOUR, 10)])
    with signals.connect() as connection:
        assert connection.exec_driver_sql("SELECT is_censored FROM signals").scalar() is False


def test_several_writes_fit_into_one_transaction(signals: sa.Engine) -> None:
    with signals.begin() as connection:
        for hour in BOTH:
            hours = HourRange.single(hour)
            replace_hours(connection, "signals", hours, {"source": "wiki"}, COLUMNS, [views(1, hour, 5)])
    assert stored(signals) == [views(1, FOUR, 5.0), views(1, FIVE, 5.0)]


def test_every_check_reports_what_it_saw(signals: sa.Engine) -> None:
    result = write(signals, BOTH, [views(1, FOUR, 10), views(2, FOUR, 20)], NOT_NEGATIVE)
    assert [check.name for check in result.checks] == [
        *(check.name for check in BUILT_IN_CHECKS),
        "counts_not_negative",
    ]
    assert {(check.passed, check.detail) for check in result.checks} == {(True, "2 rows")}


@pytest.mark.parametrize(
    ("check", "bad_rows"),
    [
        ("key_not_null", [views(None, FIVE, 1)]),
        ("key_not_null", [(1, "wiki", FIVE, None, 1)]),
        ("no_duplicates", [views(1, FIVE, 1), views(1, FIVE, 2)]),
        ("hour_inside_partition", [views(1, FOUR, 1)]),
        ("hour_inside_partition", [views(1, FIVE + HOUR, 1)]),
        ("hour_inside_partition", [views(1, FIVE.replace(minute=30), 1)]),
        ("hour_inside_partition", [views(1, FIVE, 1, source="news")]),
        ("finite_numbers", [views(1, FIVE, float("nan"))]),
        ("finite_numbers", [views(1, FIVE, float("inf"))]),
        ("counts_not_negative", [views(1, FIVE, -0.5)]),
    ],
)
def test_a_failed_check_leaves_the_table_as_it_was(signals: sa.Engine, check: str, bad_rows: Sequence[Row]) -> None:
    write(signals, BOTH, [views(1, FOUR, 10), views(1, FIVE, 20)])
    before = stored(signals)
    with pytest.raises(ChecksFailedError) as refused:
        write(signals, HourRange.single(FIVE), [views(3, FIVE, 7), *bad_rows], NOT_NEGATIVE)
    assert [result.name for result in refused.value.results if not result.passed] == [check]
    assert len(refused.value.results) == len(BUILT_IN_CHECKS) + 1
    assert stored(signals) == before


def test_checks_fail_together(signals: sa.Engine) -> None:
    with pytest.raises(ChecksFailedError) as refused:
        write(signals, BOTH, [views(1, FIVE, float("-inf"))], NOT_NEGATIVE)
    failed = [result.name for result in refused.value.results if not result.passed]
    assert failed == ["finite_numbers", "counts_not_negative"]


def test_the_message_names_table_owner_check_count_and_a_row(signals: sa.Engine) -> None:
    with pytest.raises(ChecksFailedError) as refused:
        write(signals, BOTH, [views(1, FOUR, 3), views(3, FOUR, -7), views(2, FOUR, -5)], NOT_NEGATIVE)
    assert str(refused.value) == (
        "Nothing was written to signals source=wiki, a check failed: counts_not_negative: a count is below zero in "
        "2 of 3 rows, e.g. entity_id=2, source=wiki, ts=2012-02-14 16:00:00+00:00, metric=views, value=-5.0."
    )


def test_after_a_failed_check_the_transaction_goes_on(signals: sa.Engine) -> None:
    """So that one bad hour of many costs one hour."""
    with signals.begin() as connection:
        for hour, value in ((FOUR, -1), (FIVE, 1)):
            try:
                rows = [views(1, hour, value)]
                replace_hours(connection, "signals", [hour], {"source": "wiki"}, COLUMNS, rows, [NOT_NEGATIVE])
            except ChecksFailedError:
                assert hour == FOUR
    assert stored(signals) == [views(1, FIVE, 1.0)]


def test_a_forgotten_partition_is_named_before_anything_happens(signals: sa.Engine) -> None:
    later = HourRange.single(datetime(2012, 3, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="no partition for 2012-03-01: call ensure_day_partitions"):
        write(signals, later, [])


def test_writers_of_one_owner_take_turns(signals: sa.Engine, waits_for_lock: Callable[[sa.Engine], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        with signals.begin() as first:
            replace_hours(first, "signals", BOTH, {"source": "wiki"}, COLUMNS, [views(1, FOUR, 1), views(2, FOUR, 1)])
            second = pool.submit(write, signals, BOTH, [views(1, FOUR, 2), views(3, FOUR, 2)])
            waits_for_lock(signals)
        assert second.result().rows_replaced == 2
    assert stored(signals) == [views(1, FOUR, 2.0), views(3, FOUR, 2.0)]


def test_writers_of_different_owners_do_not_wait(signals: sa.Engine) -> None:
    with signals.begin() as first, signals.begin() as second:
        replace_hours(first, "signals", BOTH, {"source": "wiki"}, COLUMNS, [views(1, FOUR, 1)])
        second.exec_driver_sql("SET lock_timeout = '2s'")
        rows = [views(1, FOUR, 1, source="news")]
        assert replace_hours(second, "signals", BOTH, {"source": "news"}, COLUMNS, rows).rows_written == 1
