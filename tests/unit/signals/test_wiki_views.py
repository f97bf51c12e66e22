"""From an hour's extract to signals."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.wiki_views import Extract, page_title, signals_from_extract

HOUR = datetime(2012, 2, 18, 17, tzinfo=UTC)
BOTH_KINDS = {"desktop": 1, "mobile": 1}


def row(metric: str, value: float, *, is_censored: bool = False) -> SignalRow:
    return SignalRow(7, "wiki", HOUR, metric, value, is_censored)


@pytest.mark.parametrize(
    ("spelled", "title"),
    [
        ("Whitney_Houston", "Whitney Houston"),
        ("whitney Houston", "Whitney Houston"),
        ("iPhone", "IPhone"),
        ("Whitney houston", "Whitney houston"),
        (" The  Artist_(film) ", "The Artist (film)"),
        ("Beyonce\u0301", "Beyonc\u00e9"),
        ("", ""),
    ],
)
def test_titles_are_spelled_as_wikipedia_keeps_them(spelled: str, title: str) -> None:
    assert page_title(spelled) == title


def test_views_are_the_sum_of_both_kinds() -> None:
    extract = Extract("en", BOTH_KINDS, {"Get Smart": {"desktop": 4, "mobile": 25}})
    assert signals_from_extract(extract, HOUR, {7: "Get_Smart"}) == [
        row("views", 29), row("views_desktop", 4), row("views_mobile", 25),
    ]  # fmt: skip


def test_an_article_seen_in_one_kind_is_censored_only_in_the_other() -> None:
    extract = Extract("en", {"desktop": 3, "mobile": 5}, {"Get Smart": {"mobile": 25}})
    assert signals_from_extract(extract, HOUR, {7: "Get Smart"}) == [
        row("views", 25), row("views_desktop", 2, is_censored=True), row("views_mobile", 25),
    ]  # fmt: skip


@pytest.mark.parametrize(("smallest", "value"), [(408, 407), (1, 0)])
def test_an_absent_article_counts_as_the_smallest_count_minus_one_and_is_flagged(smallest: int, value: int) -> None:
    """Flagged in a full dump too, where the bound is 0. A file without mobile lines has no mobile row: not a zero."""
    extract = Extract("en", {"desktop": smallest}, {"Frank Carson": {}})
    assert signals_from_extract(extract, HOUR, {7: "Frank Carson"}) == [
        row("views", value, is_censored=True), row("views_desktop", value, is_censored=True),
    ]  # fmt: skip


def test_a_title_that_was_not_looked_up_is_a_gap_not_a_zero() -> None:
    extract = Extract("en", BOTH_KINDS, {"Get Smart": {}})
    assert signals_from_extract(extract, HOUR, {7: "Kevin Hart"}) == []


def test_a_file_without_a_line_of_the_wiki_says_nothing() -> None:
    assert signals_from_extract(Extract("de", {}, {"Berlin": {}}), HOUR, {7: "Berlin"}) == []


def test_rows_come_in_the_order_of_the_entities() -> None:
    extract = Extract("en", {"desktop": 1}, {"A": {"desktop": 1}, "B": {"desktop": 2}})
    rows = signals_from_extract(extract, HOUR, {9: "A", 2: "B"})
    assert [(one.entity_id, one.metric) for one in rows] == [
        (2, "views"), (2, "views_desktop"), (9, "views"), (9, "views_desktop"),
    ]  # fmt: skip


counts = st.dictionaries(st.sampled_from(["desktop", "mobile"]), st.integers(1, 10**6))


@given(smallest=counts, views=st.dictionaries(st.text(max_size=5).map(page_title), counts, max_size=5))
def test_an_extract_survives_its_life_as_json(smallest: dict[str, int], views: dict[str, dict[str, int]]) -> None:
    extract = Extract("en", smallest, views)
    stored = Extract.from_json(json.loads(json.dumps(extract.to_json())))
    titles = dict(enumerate(views))
    assert stored == extract
    assert signals_from_extract(stored, HOUR, titles) == signals_from_extract(extract, HOUR, titles)


@given(smallest=st.integers(1, 1000), seen=st.none() | st.integers(1, 10**6))
def test_no_value_is_negative_and_none_is_made_up(smallest: int, seen: int | None) -> None:
    extract = Extract("en", {"desktop": smallest}, {"A": {} if seen is None else {"desktop": seen}})
    for one in signals_from_extract(extract, HOUR, {1: "A"}):
        assert one.value >= 0
        assert one.is_censored == (seen is None)
        assert one.value == (smallest - 1 if seen is None else seen)
