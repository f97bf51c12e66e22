"""What is missing in the books, from two counts and those before."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.budget.reconcile import Comparison, Counts, message, missing_units

BEFORE = Counts(ledger_units=1_000, provider_units=950)


def test_what_the_provider_counts_more_is_missing() -> None:
    assert missing_units(BEFORE, Counts(1_100, 1_080)) == 30


def test_books_that_say_more_stay_as_they_are() -> None:
    assert missing_units(BEFORE, Counts(1_100, 1_000)) == 0


def test_a_count_that_went_back_is_a_new_cycle_counted_from_nothing() -> None:
    assert missing_units(BEFORE, Counts(1_100, 40)) == 0
    assert missing_units(BEFORE, Counts(1_010, 40)) == 30


def test_a_key_that_was_used_before_is_no_new_one() -> None:
    assert missing_units(None, Counts(ledger_units=5, provider_units=40_000)) == 39_995


@given(
    steps=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=20),
)
def test_within_a_cycle_the_books_never_stay_behind(steps: list[tuple[int, int]]) -> None:
    ours = theirs = 0
    before: Counts | None = None
    for our_step, their_step in steps:
        ours, theirs = ours + our_step, theirs + their_step
        ours += missing_units(before, Counts(ours, theirs))
        before = Counts(ours, theirs)
        assert ours >= theirs


def test_people_are_told_where_something_was_missing_and_only_there() -> None:
    day = date(2026, 11, 23)
    assert message("scraperapi", day, Comparison(BEFORE, BEFORE, 0)) is None
    told = message("scraperapi", day, Comparison(BEFORE, BEFORE, 1_234))
    assert told is not None
    assert "scraperapi counts 1,234 more than the books had on 2026-11-23" in told.text


def test_what_was_in_flight_at_one_comparison_is_not_missing_at_the_next() -> None:
    uncharged = Counts(ledger_units=5, provider_units=5)
    assert missing_units(Counts(0, 0), uncharged, reserved_units=5) == 0
    assert missing_units(uncharged, Counts(10, 10)) == 0
    charged_already = Counts(ledger_units=5, provider_units=10)
    assert missing_units(Counts(0, 0), charged_already, reserved_units=5) == 0
    assert missing_units(charged_already, Counts(10, 10)) == 0
