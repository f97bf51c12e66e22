"""The median of known values by a sorting network: the same as numpy's, unknown ones left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_builders import SEEDS

from etheatmap_core.scoring.robust.medians import known_median


@given(SEEDS, st.integers(1, 30), st.floats(0, 1))
def test_it_is_the_median_of_the_known(seed: int, size: int, unknown_share: float) -> None:
    random = np.random.default_rng(seed)
    stack = random.integers(-5, 6, (size, 40)).astype(np.float64)
    stack[random.random(stack.shape) < unknown_share] = np.nan
    medians = known_median(stack)
    known = [column[~np.isnan(column)] for column in stack.T]
    assert medians.known.tolist() == [len(values) for values in known]
    expected = [np.median(values) if len(values) else np.nan for values in known]
    assert medians.value == pytest.approx(np.array(expected), nan_ok=True)


def test_what_it_is_given_stays_as_it_was() -> None:
    stack = np.array([[3.0], [np.nan], [1.0]])
    assert known_median(stack).value.tolist() == [2.0]
    assert np.array_equal(stack, [[3.0], [np.nan], [1.0]], equal_nan=True)
