"""Velocity: the last 12 hours against the 168 before, in units of their usual spread."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scoring_builders import SEEDS, optional, random_signals
from scoring_reference import velocity_raw, velocity_z

from etheatmap_core.scoring.series import Grid, Kind
from etheatmap_core.scoring.velocity import SPAN_HOURS, Velocities, velocities, weighted_velocity

NOW = SPAN_HOURS - 1  # the first row that can be scored
KINDS = st.sampled_from(["count", "index"])


def history(usual: list[float], observed: list[float]) -> Grid:
    """One entity: 168 hours that repeat ``usual``, 12 that repeat ``observed``."""
    return np.concatenate([np.resize(usual, 168), np.resize(observed, 12)]).astype(np.float64)[:, None]


def newest(values: Grid, kind: Kind = "count") -> dict[str, float]:
    return {name: grid[-1, 0].item() for name, grid in velocities(values, kind, NOW)._asdict().items()}


def same_bits(one: Velocities, other: Velocities) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("usual", "observed", "kind", "spread", "z"),
    [
        ([100], [150], "count", 10.0, 5.0),  # no spread at all: that of a Poisson count, √100
        ([50, 150], [200], "count", 50.0, 2.0),  # population sd of 50 and 150
        ([0.25], [3.25], "count", 1.0, 3.0),  # means under 1 count as 1
        ([0], [0], "count", 1.0, 0.0),
        ([100], [60], "count", 10.0, -4.0),
        ([20], [21], "index", 0.5, 2.0),
        ([10, 30], [50], "index", 10.0, 3.0),
        ([100], [100, 120], "count", 10.0, 1.0),  # the mean of the 12 hours, not their sum or their last
    ],
)
def test_hand_calculated(usual: list[float], observed: list[float], kind: Kind, spread: float, z: float) -> None:
    result = newest(history(usual, observed), kind)
    assert (result["spread"], result["z"]) == (spread, z)
    assert (result["observed_hours"], result["usual_hours"]) == (12, 168)


def test_the_last_hour_belongs_to_the_window_and_the_13th_back_to_what_is_usual() -> None:
    values = np.zeros((SPAN_HOURS, 1))
    values[-1] = 12
    values[-13] = 168
    result = newest(values)
    assert (result["observed"], result["usual"]) == (1.0, 1.0)


def test_what_is_older_than_180_hours_does_not_matter() -> None:
    values = history([100], [150])
    assert newest(np.vstack([[[1e9]], values]))["z"] == newest(values)["z"]


def test_71_hours_of_history_are_too_few_and_72_are_enough() -> None:
    values = history([100], [150])
    values[: 168 - 71] = np.nan
    assert np.isnan(newest(values)["z"])
    assert newest(values)["usual_hours"] == 71
    values[168 - 72] = 100
    assert newest(values)["z"] == 5.0


def test_one_known_hour_of_the_12_is_enough_and_none_is_not() -> None:
    values = history([100], [np.nan])
    result = newest(values)
    assert np.isnan(result["z"])
    assert np.isnan(result["observed"])
    assert result["observed_hours"] == 0
    values[-5] = 150
    assert newest(values)["z"] == 5.0


def test_a_row_without_enough_rows_before_it_is_refused() -> None:
    with pytest.raises(ValueError, match="row 178 has no 179 rows before it"):
        velocities(np.zeros((200, 1)), "count", 178)


@given(SEEDS, KINDS)
@settings(max_examples=40, deadline=None)
def test_the_text_and_the_arrays_agree(seed: int, kind: Kind) -> None:
    values = random_signals(seed, SPAN_HOURS + 30, 5)
    result = velocities(values, kind, NOW)
    for entity in range(5):
        series = optional(values[:, entity])
        expected = np.array([velocity_z(series, t, kind) for t in range(NOW, len(series))], dtype=np.float64)
        assert result.z[:, entity] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
    assert not np.isinf(result.z).any()


@given(SEEDS, KINDS, st.integers(0, 40), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_an_hour_alone_has_the_bits_it_has_in_a_range(seed: int, kind: Kind, hour: int, entities: int) -> None:
    values = random_signals(seed, SPAN_HOURS + 40, 9)
    within = velocities(values, kind, NOW)
    alone = velocities(values[hour : hour + SPAN_HOURS, :entities], kind, NOW)
    assert same_bits(Velocities(*(grid[hour : hour + 1, :entities] for grid in within)), alone)


@given(SEEDS, KINDS, st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_entities_does_not_matter(seed: int, kind: Kind, order: list[int]) -> None:
    values = random_signals(seed, SPAN_HOURS + 5, 6)
    here, there = velocities(values, kind, NOW), velocities(np.asfortranarray(values[:, order]), kind, NOW)
    assert same_bits(Velocities(*(grid[:, order] for grid in here)), there)


@given(SEEDS, KINDS, st.floats(0.01, 1e6))
@settings(max_examples=30, deadline=None)
def test_more_in_the_newest_hour_is_more_velocity(seed: int, kind: Kind, more: float) -> None:
    values = random_signals(seed, SPAN_HOURS, 4)
    values[-1] = np.nan_to_num(values[-1])
    before = velocities(values, kind, NOW).z
    values[-1] += more
    after = velocities(values, kind, NOW).z
    is_scored = ~np.isnan(before)
    assert (after[is_scored] > before[is_scored]).all()
    assert np.isnan(after[~is_scored]).all()


@given(SEEDS, KINDS)
@settings(max_examples=30, deadline=None)
def test_a_gap_is_what_it_would_be_without_that_hour_and_never_a_zero(seed: int, kind: Kind) -> None:
    values = random_signals(seed, SPAN_HOURS, 4)
    with_usual_in_gaps = np.where(np.isnan(values[:168]), velocities(values, kind, NOW).usual, values[:168])
    filled = np.vstack([with_usual_in_gaps, values[168:]])
    gaps, no_gaps = velocities(values, kind, NOW), velocities(filled, kind, NOW)
    assert no_gaps.usual == pytest.approx(gaps.usual, rel=1e-9, nan_ok=True)  # a zero would pull the mean down
    assert no_gaps.observed == pytest.approx(gaps.observed, nan_ok=True)


@given(SEEDS, KINDS, st.sampled_from([0.125, 2.0, 1024.0]))
@settings(max_examples=30, deadline=None)
def test_the_scale_of_a_metric_does_not_matter_where_its_own_spread_rules(seed: int, kind: Kind, scale: float) -> None:
    values = random_signals(seed, SPAN_HOURS, 4)
    one, scaled = velocities(values, kind, NOW), velocities(values * scale, kind, NOW)
    floor, scaled_floor = (np.sqrt(np.maximum(v.usual, 1)) if kind == "count" else 0.5 for v in (one, scaled))
    rules = (one.spread > floor) & (scaled.spread > scaled_floor)
    assume(rules.any())
    assert scaled.z[rules].tobytes() == one.z[rules].tobytes()  # powers of two scale without rounding


SHAPE = (2, 3)


def test_a_lone_metric_passes_through_bit_for_bit() -> None:
    z = np.array([[0.1, 3.3, np.nan], [-1.7, 1e-9, 4.1]])
    assert np.array_equal(weighted_velocity([z], [0.35], SHAPE), z, equal_nan=True)


def test_metrics_count_by_weight_and_only_where_they_are_known() -> None:
    wiki = np.array([[1.0, 1.0, np.nan], [2.0, np.nan, np.nan]])
    reddit = np.array([[5.0, np.nan, 5.0], [2.0, 3.0, np.nan]])
    unweighted = np.full(SHAPE, 99.0)
    mean = weighted_velocity([wiki, reddit, unweighted], [1.0, 3.0, 0.0], SHAPE)
    assert np.array_equal(mean, [[4.0, 1.0, 5.0], [2.0, 3.0, np.nan]], equal_nan=True)


def test_without_any_weight_there_is_no_velocity() -> None:
    assert np.isnan(weighted_velocity([np.ones(SHAPE)], [0.0], SHAPE)).all()
    assert np.isnan(weighted_velocity([], [], SHAPE)).all()


@given(SEEDS, st.lists(st.floats(0.01, 10), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_the_average_agrees_with_the_text(seed: int, weights: list[float]) -> None:
    kinds: dict[str, Kind] = {"wiki": "count", "trends": "index", "reddit": "count"}
    signals = {name: random_signals(seed + i, SPAN_HOURS + 3, 2) for i, name in enumerate(kinds)}
    zs = [velocities(signals[name], kind, NOW).z for name, kind in kinds.items()]
    mean = weighted_velocity(zs, weights, (4, 2))
    for entity in range(2):
        series = {name: optional(values[:, entity]) for name, values in signals.items()}
        by_name = dict(zip(kinds, weights, strict=True))
        expected = np.array([velocity_raw(series, kinds, by_name, t) for t in range(NOW, NOW + 4)], dtype=np.float64)
        assert mean[:, entity] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
