"""The shape of an episode: what its constants make of the hours of one entity."""

import numpy as np

from etheatmap_core.scoring.advanced.shape import (
    TRENDS,
    kept,
    trajectory,
)
from etheatmap_core.scoring.episodes import LOOKBACK_HOURS
from etheatmap_core.scoring.series import Grid


def path_of(*hours: float) -> Grid:
    """Calm for a week, then these hours, of one entity."""
    return np.array([*[0.0] * LOOKBACK_HOURS, *hours])[:, None]


def trends(*hours: float) -> list[str]:
    return [TRENDS[place] for place in trajectory(path_of(*hours)).trend[:, 0]]


def test_an_episode_rises_peaks_and_falls() -> None:
    found = trends(0.2, 1.5, 3.0, 2.9, 2.8, 2.5, 2.0, 1.5)
    assert list(dict.fromkeys(found)) == ["stable", "rising", "peaking", "falling"]
    assert found == sorted(found, key=["stable", "rising", "peaking", "falling"].index), "in this order"
    assert found[2] == "rising", "at its highest hour so far nobody knows that it is the highest"


def test_a_higher_hour_is_a_rise_again() -> None:
    assert trends(2.0, 1.8, 1.7, 1.6, 1.5, 2.1)[-2:] == ["falling", "rising"]


def test_the_longer_ago_the_surer_that_the_peak_is_past_and_the_less_is_left() -> None:
    past = trajectory(path_of(3.0, *[2.0] * 100)).peak_past[:, 0]
    assert (np.diff(past) > 0).all()
    assert 0.0 < past[0] < past[-1] < 1.0
    left = kept(np.arange(LOOKBACK_HOURS + 1))
    assert left[0] == 1.0
    assert (np.diff(left) < 0).all()
    assert (left > 0).all()


def test_without_an_episode_there_is_no_peak_to_be_past() -> None:
    assert np.isnan(trajectory(path_of(0.1, 0.9)).peak_past).all()
