"""Labelled series and events as files: what they become, and what is said of those that are wrong."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from etheatmap_core.evaluation.series_files import EvaluationInputError, Event, SeriesSet, read_events, read_series
from etheatmap_core.evaluation.steps import Step

SERIES = "series_id,ts,value\na,2012-02-14T16,5\na,2012-02-14T17,7\nb,2012-02-14T17,1\na,2012-02-14T19,9\n"


def series_of(folder: Path, text: str, step: Step = Step.HOUR) -> SeriesSet:
    (folder / "S.csv").write_text(text)
    return read_series(folder / "S.csv", step)


def refusal(folder: Path, text: str, step: Step = Step.HOUR) -> str:
    with pytest.raises(EvaluationInputError) as refused:
        series_of(folder, text, step)
    return str(refused.value).removeprefix(f"{folder}/")


def events_of(folder: Path, text: str) -> tuple[Event, ...]:
    (folder / "E.csv").write_text(text)
    return read_events(folder / "E.csv", series_of(folder, SERIES), folder / "S.csv")


def events_refusal(folder: Path, text: str) -> str:
    with pytest.raises(EvaluationInputError) as refused:
        events_of(folder, text)
    return str(refused.value).removeprefix(f"{folder}/")


def test_rows_come_onto_one_grid_and_what_nobody_told_is_a_gap(tmp_path: Path) -> None:
    series = series_of(tmp_path, SERIES)
    assert series.series_ids == series.entities == ("a", "b")
    assert series.start == datetime(2012, 2, 14, 16, tzinfo=UTC)
    np.testing.assert_array_equal(series.values, [[5, 7, np.nan, 9], [np.nan, 1, np.nan, np.nan]])
    assert series.gaps == 1  # b has none: it has only one value


def test_an_empty_cell_is_a_gap_and_zero_is_a_value(tmp_path: Path) -> None:
    series = series_of(tmp_path, "series_id,ts,value\na,2012-02-14T16,0\na,2012-02-14T17,\na,2012-02-14T18,5\n")
    np.testing.assert_array_equal(series.values, [[0, np.nan, 5]])


def test_instants_are_utc_unless_they_say_otherwise(tmp_path: Path) -> None:
    text = "series_id,ts,value\na,2012-02-14 16:00:00,1\na,2012-02-14T19:30+02:00,2\na,2012-02-14T18:59:59Z,3\n"
    assert series_of(tmp_path, text).values.tolist() == [[1, 2, 3]]
    days = series_of(tmp_path, "series_id,ts,value\na,2012-02-14,1\na,2012-02-15,2\n", Step.DAY)
    assert days.values.tolist() == [[1, 2]]


def test_five_minute_steps_may_begin_at_any_second(tmp_path: Path) -> None:
    text = "series_id,ts,value\na,2015-02-26 21:42:53,1\na,2015-02-26 21:47:53,2\na,2015-02-26 21:57:53,3\n"
    np.testing.assert_array_equal(series_of(tmp_path, text, Step.FIVE_MINUTES).values, [[1, 2, np.nan, 3]])


def test_several_series_of_one_entity_stand_for_it_together(tmp_path: Path) -> None:
    text = (
        "series_id,ts,value,entity,source\n1,2012-02-14T16,5,Z,wiki\n2,2012-02-14T16,3,Z,reddit\n3,2012-02-14T16,1,,\n"
    )
    series = series_of(tmp_path, text)
    assert (series.entities, series.sources) == (("Z", "Z", "3"), ("wiki", "reddit", ""))
    assert (series.entity_names, series.entity_of_series) == (("Z", "3"), (0, 0, 1))


def test_a_value_that_only_others_have_was_below_what_is_shown(tmp_path: Path) -> None:
    series = series_of(tmp_path, SERIES).censored(0.5)
    np.testing.assert_array_equal(series.values, [[5, 7, np.nan, 9], [0.5, 1, np.nan, 0.5]])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,ts,value\na,2012-02-14T16,5\n", "S.csv, line 1: there is no column series_id"),
        ("series_id,ts\n", "S.csv, line 1: there is no column value; expected series_id,ts,value"),
        ("series_id,ts,value\n", "S.csv has no rows"),
        ("", "S.csv, line 1: there is no column series_id and no ts and no value"),
        ("series_id,ts,value\na,2012-02-14T16\n", "S.csv, line 2: fewer cells than the heading's 3"),
        ("series_id,ts,value\na,2012-02-14T16,5,6\n", "S.csv, line 2: more cells than the heading's 3"),
        ("series_id,ts,value\na,yesterday,5\n", "S.csv, line 2, column ts: 'yesterday' is not an instant"),
        ("series_id,ts,value\na,2012-02-30,5\n", "S.csv, line 2, column ts: '2012-02-30' is not an instant"),
        ("series_id,ts,value\n,2012-02-14T16,5\n", "S.csv, line 2, column series_id: the cell is empty"),
        ("series_id,ts,value\na,2012-02-14T16,many\n", "S.csv, line 2, column value: 'many' is not a count"),
        ("series_id,ts,value\na,2012-02-14T16,-1\n", "S.csv, line 2, column value: '-1' is not a count"),
        ("series_id,ts,value\na,2012-02-14T16,inf\n", "S.csv, line 2, column value: 'inf' is not a count"),
        (SERIES + "a,2012-02-14T19:59,9\n", "S.csv, line 6, column ts: series 'a' has the hour of 2012-02-14T19:59"),
        (SERIES + "a,2012-02-14T18,9\n", "S.csv, line 6, column ts: 2012-02-14T18 of series 'a' comes after a later"),
        (SERIES + "a,9012-02-14T18,9\n", "S.csv, line 6, column ts: it is 61"),
        ("series_id,ts,value,entity\na,2012-02-14T16,5,X\na,2012-02-14T17,5,Y\n", "S.csv, line 3, columns entity and"),
    ],
)
def test_what_is_wrong_with_series_is_told_with_file_line_and_column(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(tmp_path, text).startswith(told)


@pytest.mark.parametrize("spelling", ["nan", "NaN", "-nan", "+NAN", "inf", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_no_gap(tmp_path: Path, spelling: str) -> None:
    told = refusal(tmp_path, f"series_id,ts,value\na,2012-02-14T16,5\na,2012-02-14T17,{spelling}\n")
    assert told == (
        f"S.csv, line 3, column value: '{spelling}' is not a count: write a number of 0 or more, or leave the cell "
        "empty where no value is known."
    )


@pytest.mark.parametrize("word", ["null", "NA"])
def test_the_words_of_other_tools_for_a_missing_value_are_gaps(tmp_path: Path, word: str) -> None:
    series = series_of(tmp_path, f"series_id,ts,value\na,2012-02-14T16,5\na,2012-02-14T17,{word}\n")
    np.testing.assert_array_equal(series.values, [[5, np.nan]])


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        ("series_id;ts;value", "found 'series_id;ts;value': separate the cells by commas, not by ';'."),
        ("series_id\tts\tvalue", "found 'series_id\tts\tvalue': separate the cells by commas, not by tabs."),
        ("series_id, ts, value", "found 'series_id, ts, value': name the columns as expected."),
        ("series,time," + "x" * 500, "found 'series,time," + "x" * 88 + "…': name the columns as expected."),
        ("", "found nothing: write that heading."),
    ],
)
def test_a_heading_that_is_another_is_shown_with_what_to_do(tmp_path: Path, heading: str, told: str) -> None:
    assert refusal(tmp_path, f"{heading}\n").endswith(f"; expected series_id,ts,value, {told}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationInputError, match=r"none\.csv cannot be read \(No such file"):
        read_series(tmp_path / "none.csv", Step.HOUR)


def test_events_name_series_and_stand_in_the_order_of_time(tmp_path: Path) -> None:
    events = events_of(tmp_path, "series_id,ts,kind\nb,2012-02-14T17:30,news\na,2012-02-14T16,\n")
    assert events == (
        Event("a", datetime(2012, 2, 14, 16, tzinfo=UTC)),
        Event("b", datetime(2012, 2, 14, 17, 30, tzinfo=UTC), "news"),
    )


def test_an_event_may_name_the_entity_of_several_series(tmp_path: Path) -> None:
    text = "series_id,ts,value,entity\n1,2012-02-14T16,5,Z\n2,2012-02-14T18,3,Z\n"
    series = series_of(tmp_path, text)
    (tmp_path / "E.csv").write_text("series_id,ts\nZ,2012-02-14T17\n")
    assert len(read_events(tmp_path / "E.csv", series, tmp_path / "S.csv")) == 1


def test_an_event_of_a_series_without_values_is_refused(tmp_path: Path) -> None:
    series = series_of(tmp_path, SERIES + "c,2012-02-14T19,\n")
    (tmp_path / "E.csv").write_text("series_id,ts\nc,2012-02-14T19\n")
    with pytest.raises(EvaluationInputError, match="line 2, column series_id: series 'c' has no values at all"):
        read_events(tmp_path / "E.csv", series, tmp_path / "S.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ts\n2012-02-14T16\n", "E.csv, line 1: there is no column series_id"),
        ("series_id,ts\n", "E.csv has no rows: write series_id,ts below the heading"),
        (
            "series_id;ts\na;2012-02-14T16\n",
            "E.csv, line 1: there is no column series_id and no ts; expected series_id,ts, f",
        ),
        ("series_id,ts\nc,2012-02-14T16\n", "E.csv, line 2, column series_id: 'c' is none of the 2 series"),
        ("series_id,ts\na,soon\n", "E.csv, line 2, column ts: 'soon' is not an instant"),
        (
            "series_id,ts\na,2012-02-14T20\n",
            "E.csv, line 2, column ts: 2012-02-14T20 lies outside series 'a', which has",
        ),
        (
            "series_id,ts\nb,2012-02-14T16\n",
            "E.csv, line 2, column ts: 2012-02-14T16 lies outside series 'b', which has",
        ),
        ("series_id,ts\na,2012-02-14T16\na,2012-02-14T16:40\n", "E.csv, line 3, column ts: series 'a' has an event in"),
    ],
)
def test_what_is_wrong_with_events_is_told_with_file_line_and_column(tmp_path: Path, text: str, told: str) -> None:
    assert events_refusal(tmp_path, text).startswith(told)


@pytest.mark.parametrize("rows", ["", "a,2012-02-14T16,5\n"])
def test_the_file_of_series_is_not_taken_for_one_of_events(tmp_path: Path, rows: str) -> None:
    assert events_refusal(tmp_path, f"series_id,ts,value\n{rows}") == (
        f"E.csv, line 1: a column value is for series, and those are read from {tmp_path}/S.csv: name a file of events "
        "(series_id,ts and optional kind), or take the column out."
    )
