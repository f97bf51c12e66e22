"""CSV: parses back to the same rows, keeps numbers as numbers, and never holds a cell a spreadsheet would run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_api.csv_text import TREND_COLUMNS, safe_cell, trends_csv
from etheatmap_api.shapes import Trend

HEADER = "rank,entity,category,heat,velocity,acceleration,cross_platform,tentpole,reasons"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def trend_of(**changes: object) -> Trend:
    components = {"velocity": 1.5, "acceleration": 0.0, "cross_platform": 1 / 3, "tentpole": None}
    base = {"rank": 1, "entity": "Kevin Hart", "category": "film", "heat": 0.85, "reasons": ["a", "b"], "timestamp": ""}
    return {**base, "components": components, **changes}  # type: ignore[typeddict-item]


def parse(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


TRENDS = st.builds(
    trend_of,
    rank=st.integers(1, 1000),
    entity=TEXT,
    category=TEXT,
    heat=NUMBER,
    components=st.fixed_dictionaries(
        {key: st.none() | NUMBER for key in ("velocity", "acceleration", "cross_platform", "tentpole")}
    ),
    reasons=st.lists(TEXT, max_size=3),
)


def test_a_line_as_it_is_written() -> None:
    text = trends_csv([trend_of(entity='Tyler "Madea" Perry, Jr.', heat=-0.4)])
    assert text == f'{HEADER}\r\n1,"Tyler ""Madea"" Perry, Jr.",film,-0.4,1.5,0.0,0.3333333333333333,,a; b\r\n'


def test_no_trends_is_a_header() -> None:
    assert trends_csv([]) == f"{HEADER}\r\n"
    assert ",".join(TREND_COLUMNS) == HEADER


@given(st.lists(TRENDS, max_size=5))
def test_it_parses_back_to_the_same_rows(trends: list[Trend]) -> None:
    parsed = parse(trends_csv(trends))
    assert len(parsed) == len(trends)
    for row, item in zip(parsed, trends, strict=True):
        assert int(row["rank"]) == item["rank"]
        assert row["entity"] == safe_cell(item["entity"])
        assert row["category"] == safe_cell(item["category"])
        assert row["reasons"] == safe_cell("; ".join(item["reasons"]))
        for column, value in {"heat": item["heat"], **item["components"]}.items():
            assert (float(row[column]) if row[column] else None) == value


@given(TEXT, st.text(" \u00a0", max_size=3), st.sampled_from(DANGEROUS))
def test_a_text_that_would_run_gets_an_apostrophe(rest: str, space: str, start: str) -> None:
    assert safe_cell(space + start + rest) == "'" + space + start + rest


@given(TEXT)
def test_no_text_cell_starts_a_formula(text: str) -> None:
    assert not safe_cell(text).lstrip().startswith(DANGEROUS)
    assert not safe_cell(text).lstrip(" ").startswith(DANGEROUS)


@pytest.mark.parametrize("text", ["Kevin Hart", "", "3 Body Problem", "'Salem's Lot", "a=b", "Spider-Man"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert safe_cell(text) == text


def test_what_is_not_a_number_is_empty() -> None:
    (row,) = parse(trends_csv([trend_of(heat=float("nan"))]))
    assert row["heat"] == ""
