"""The terms of heat, their published golden values, and what confidence means."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_reference import heat as heat_of_the_text

from etheatmap_core.scoring.heat import affect, clipped, confidence, decay, has_evidence, heat, recent_sum, spread


def heat_of(velocity_raw: float, s: float, a: float, hours_since_peak: int) -> float:
    terms = [np.array([term], dtype=np.float64) for term in (velocity_raw, s, a)]
    return heat(clipped(terms[0]), terms[1], terms[2], decay(np.array([hours_since_peak]))).item()


@pytest.mark.parametrize(
    ("velocity", "s", "a", "hours_since_peak", "expected"),
    [
        (3, 2 / 3, 0.5, 0, 1.8),
        (3, 2 / 3, 0.5, 24, 0.6622),
        (5, 1, 1, 0, 2.5),  # v is clipped to 4
        (-9, 0, 0, 0, -2.0),  # and to −4
    ],
)
def test_the_published_golden_values(
    velocity: float, s: float, a: float, hours_since_peak: int, expected: float
) -> None:
    assert heat_of(velocity, s, a, hours_since_peak) == pytest.approx(expected, abs=5e-5)


@given(st.floats(-50, 50), st.sampled_from([0, 1 / 3, 2 / 3, 1]), st.floats(0, 1), st.integers(0, 168))
def test_heat_is_what_the_text_says_and_stays_in_its_bounds(v: float, s: float, a: float, hours: int) -> None:
    assert heat_of(v, s, a, hours) == pytest.approx(heat_of_the_text(v, s, a, hours), rel=1e-12, abs=1e-12)
    assert -2.0 <= heat_of(v, s, a, hours) <= 2.5


def test_without_a_velocity_there_is_no_heat() -> None:
    assert math.isnan(heat_of(math.nan, 1, 1, 0))


@pytest.mark.parametrize(
    ("sentiment_sum", "mention_count", "expected"),
    [(2.7, 3, 0.9), (-2.7, 3, 0.9), (1.8, 2, 0.0), (0.0, 0, 0.0), (0.0, 50, 0.0), (-4.0, 4, 1.0)],
)
def test_affect_is_the_strength_of_the_mean_feeling_from_three_mentions_on(
    sentiment_sum: float, mention_count: float, expected: float
) -> None:
    assert affect(np.array([[sentiment_sum]]), np.array([[mention_count]])) == pytest.approx(np.array([[expected]]))


def test_feelings_are_summed_over_the_last_24_hours_and_unknown_hours_add_nothing() -> None:
    values = np.full((30, 1), np.nan)
    values[[4, 5, 6, 28, 29], 0] = [100.0, 10.0, 1.0, 0.5, 0.25]
    assert recent_sum(values, 28)[:, 0].tolist() == [11.5, 1.75]


@pytest.mark.parametrize(
    ("seen", "expected"), [((0, 0, 0), 0.0), ((1, 0, 0), 1 / 3), ((1, 0, 1), 2 / 3), ((1, 1, 1), 1.0)]
)
def test_spread_is_always_over_three(seen: tuple[int, ...], expected: float) -> None:
    assert spread([np.array([[flag]], dtype=np.bool_) for flag in seen]).item() == expected
    assert (
        spread([np.array([[flag]], dtype=np.bool_) for flag in seen if flag] or [np.zeros((1, 1), np.bool_)]).item()
        == expected
    )


@pytest.mark.parametrize(
    ("value", "is_censored", "age_hours", "expected"),
    [
        (1.0, False, 0, True),
        (1.0, False, 23, True),
        (1.0, False, 24, False),  # a day ago and older is no evidence of today
        (0.0, False, 0, False),
        (199.0, True, 0, False),  # an upper bound shows nothing
        (np.nan, False, 0, False),
    ],
)
def test_evidence_is_a_shown_value_above_zero_in_the_last_24_hours(
    value: float, is_censored: bool, age_hours: int, expected: bool
) -> None:
    values, flags = np.full((30, 1), np.nan), np.zeros((30, 1), dtype=np.bool_)
    values[29 - age_hours], flags[29 - age_hours] = value, is_censored
    assert has_evidence(values, flags, 29).item() is expected


@pytest.mark.parametrize(
    ("available_types", "weights", "observed_hours", "usual_hours", "expected"),
    [
        (3, [1.0], [12], [168], 1.0),
        (1, [1.0], [12], [168], 1 / 3),
        (3, [1.0], [6], [84], 0.25),
        (3, [1.0, 1.0], [12, 0], [168, 0], 0.25),  # half of the metrics is missing, in both windows
        (3, [3.0, 1.0], [12, 0], [168, 168], 0.75),  # by weight
        (3, [1.0, 0.0], [12, 0], [168, 0], 1.0),  # a metric without weight is not asked for
        (3, [0.0], [12], [168], 0.0),
        (3, [], [], [], 0.0),
    ],
)
def test_confidence_is_the_share_of_what_the_formula_asks_for_that_was_there(
    available_types: int, weights: list[float], observed_hours: list[int], usual_hours: list[int], expected: float
) -> None:
    observed, usual = ([np.array([[hours]]) for hours in known] for known in (observed_hours, usual_hours))
    assert np.asarray(confidence(available_types, weights, observed, usual)).item() == pytest.approx(expected)
