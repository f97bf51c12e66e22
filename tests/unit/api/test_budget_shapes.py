"""Dollars in cents that never make the books look better than they are."""

from hypothesis import given
from hypothesis import strategies as st

from etheatmap_api.budget_shapes import usd_left, usd_used

MICROS = st.integers(0, 10**12)
CENTS = st.integers(0, 10**8)


def test_a_part_of_a_cent_is_used_and_not_left() -> None:
    assert (usd_used(12_400_001), usd_left(12_400_001)) == (12.41, 12.40)
    assert (usd_used(12_400_000), usd_left(12_400_000)) == (12.40, 12.40)
    assert (usd_used(1), usd_left(9_999)) == (0.01, 0.0)


@given(MICROS)
def test_used_is_never_told_smaller_nor_left_larger_and_both_within_a_cent(micros: int) -> None:
    used, left = round(usd_used(micros) * 100), round(usd_left(micros) * 100)
    assert used * 10_000 >= micros > (used - 1) * 10_000
    assert left * 10_000 <= micros < (left + 1) * 10_000


@given(CENTS, st.data())
def test_used_and_left_make_the_limit(cents: int, data: st.DataObject) -> None:
    limit = cents * 10_000
    used = data.draw(st.integers(0, limit))
    assert round(usd_used(used) * 100) + round(usd_left(limit - used) * 100) == cents
