"""Episodes: runs of hours with a velocity of 2.5 or more, gaps of up to six hours, and the hours since the peak."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_builders import optional
from scoring_reference import episode

from etheatmap_core.scoring.episodes import LOOKBACK_HOURS, current_episodes

NONE = (False, 0, 0)


def at_the_end_of(velocities: list[float]) -> tuple[bool, int, int]:
    """(is open, hours since start, hours since peak) after a calm week and then these hours."""
    calm = [0.0] * LOOKBACK_HOURS
    column = np.array(calm + velocities)[-LOOKBACK_HOURS - 1 :, None]
    is_open, start, peak = current_episodes(column, LOOKBACK_HOURS)
    return bool(is_open[0, 0]), int(start[0, 0]), int(peak[0, 0])


@pytest.mark.parametrize(
    ("velocities", "expected", "why"),
    [
        ([2.0, 2.4, 2.49], NONE, "never reached 2.5"),
        ([2.5], (True, 0, 0), "2.5 is enough"),
        ([3, 4, 5], (True, 2, 0), "rising: the peak is now"),
        ([3, 9, 5, 4], (True, 3, 2), "two hours past the peak"),
        ([3, 9, 5, 9], (True, 3, 0), "of equal peaks the latest counts"),
        ([5, 5, 5], (True, 2, 0), "a plateau is not past its peak"),
        ([9, 3] + [0.0] * 6, (True, 7, 7), "a gap of six hours keeps it current"),
        ([9, 3] + [0.0] * 7, NONE, "a gap of seven ends it"),
        ([9, *[0.0] * 6, 3], (True, 7, 7), "six hours between are one episode, with the old peak"),
        ([9, *[0.0] * 7, 3], (True, 0, 0), "seven hours between are two"),
        ([9, *[np.nan] * 6, 3], (True, 7, 7), "unknown hours are a gap like low ones"),
        ([3, 0, 0, 0, 4, 0, 0, 0, 0, 3], (True, 9, 5), "each gap counts for itself"),
        ([33.0, 20.0], (True, 1, 1), "the raw velocity decides, not the clipped one"),
        ([3.0] * 300 + [2.9], (True, 168, 1), "what began before the look-back begins with it"),
        ([9.0] + [3.0] * 168, (True, 168, 168), "a peak 168 hours ago is still seen"),
        ([9.0] + [3.0] * 169, (True, 168, 0), "one of 169 hours ago is not"),
        ([np.nan] * 169, NONE, "nothing known, no episode"),
    ],
)
def test_examples(velocities: list[float], expected: tuple[bool, int, int], why: str) -> None:
    assert at_the_end_of(velocities) == expected, why


def test_a_row_without_the_whole_look_back_is_refused() -> None:
    with pytest.raises(ValueError, match="row 167 has no 168 rows before it"):
        current_episodes(np.zeros((200, 1)), 167)


LEVELS = st.sampled_from([np.nan, 0.0, 2.4, 2.5, 3.0, 3.0, 7.0])
RUNS = st.lists(st.tuples(LEVELS, st.integers(1, 9)), min_size=20, max_size=40)


@given(st.lists(RUNS, min_size=1, max_size=3), st.integers(0, 29))
@settings(max_examples=60, deadline=None)
def test_the_text_agrees_and_an_hour_alone_is_that_hour_in_a_range(
    runs: list[list[tuple[float, int]]], hour: int
) -> None:
    spelled_out = [[level for level, hours in run for _ in range(hours)] for run in runs]
    velocity_raw = np.stack([np.resize(column, LOOKBACK_HOURS + 30) for column in spelled_out], axis=1)
    within = current_episodes(velocity_raw, LOOKBACK_HOURS)
    alone = current_episodes(velocity_raw[hour : hour + LOOKBACK_HOURS + 1], LOOKBACK_HOURS)
    for whole, single in zip(within, alone, strict=True):
        assert np.array_equal(whole[hour : hour + 1], single)
    for entity in range(velocity_raw.shape[1]):
        expected = episode(optional(velocity_raw[:, entity]), LOOKBACK_HOURS + hour)
        found = tuple(int(grid[hour, entity]) for grid in within)
        assert found == ((1, *expected) if expected else (0, 0, 0))
