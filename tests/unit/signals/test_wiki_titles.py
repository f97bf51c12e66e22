"""An article's views are those of all its titles: where it is, where it was, what redirects to it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.signals.wiki_views import Extract, signals_from_extract

HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
BOTH_KINDS = {"desktop": 3, "mobile": 5}


def views(extract: Extract, *also: str) -> dict[str, tuple[float, bool]]:
    """Value and is_censored by metric, of an entity at title A."""
    rows = signals_from_extract(extract, HOUR, {7: "A"}, {7: also})
    return {row.metric: (row.value, row.is_censored) for row in rows}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        # title A, its new title B, and a redirect C
        ({"A": {"desktop": 40}, "B": {"desktop": 200, "mobile": 300}, "C": {"mobile": 9}}, (549, 240, 309)),
        ({"A": {}, "B": {"desktop": 200, "mobile": 300}}, (500, 200, 300)),  # moved before this hour
        ({"A": {"desktop": 200, "mobile": 300}, "B": {}}, (500, 200, 300)),  # moved after it
        ({"A": {"desktop": 200, "mobile": 300}}, (500, 200, 300)),  # B was not looked up then: nobody knew it
        ({"A": {}, "B": {}, "C": {"mobile": 9}}, (9, None, 9)),  # only at the redirect, only mobile
        ({"A": {}, "B": {}}, (None, None, None)),  # nowhere
    ],
)
def test_views_are_summed_over_titles(
    shown: dict[str, dict[str, int]], expected: tuple[int | None, int | None, int | None]
) -> None:
    """None: censored, one less than the smallest count of the file."""
    bounds = {"views": 2, "views_desktop": 2, "views_mobile": 4}
    metrics = zip(bounds, expected, strict=True)
    assert views(Extract("en", BOTH_KINDS, shown), "B", "C") == {
        metric: (bounds[metric], True) if value is None else (value, False) for metric, value in metrics
    }


def test_no_title_that_was_looked_up_is_a_gap_not_a_zero() -> None:
    assert views(Extract("en", BOTH_KINDS, {"D": {"desktop": 7}}), "B", "C") == {}


def test_a_title_that_is_named_twice_counts_once() -> None:
    extract = Extract("en", BOTH_KINDS, {"A": {"desktop": 40}})
    assert views(extract, "A", "a", "A_") == views(extract)


def test_another_entitys_titles_are_not_its_own() -> None:
    extract = Extract("en", {"desktop": 1}, {"A": {"desktop": 40}, "B": {"desktop": 2}, "C": {"desktop": 1}})
    rows = signals_from_extract(extract, HOUR, {7: "A", 8: "B"}, {8: ("C",)})
    assert [(row.entity_id, row.value) for row in rows if row.metric == "views"] == [(7, 40), (8, 3)]


counts = st.dictionaries(st.sampled_from(["desktop", "mobile"]), st.integers(5, 10**6))


@given(shown=st.dictionaries(st.sampled_from("ABCDE"), counts), others=st.permutations("BCDE"))
def test_it_is_the_plain_sum_whatever_the_order(shown: dict[str, dict[str, int]], others: list[str]) -> None:
    found = views(Extract("en", BOTH_KINDS, shown), *others)
    every = [count for by_kind in shown.values() for count in by_kind.values()]
    assert found.get("views") == ((sum(every), False) if every else (2, True) if shown else None)
