"""Bursts put into background: their course, and that nothing else changes."""

import numpy as np
import pytest

from etheatmap_core.evaluation.injection import Burst, draw_bot, draw_burst, injected, thinned


def test_a_burst_rises_in_a_line_and_falls_by_halves() -> None:
    course = Burst(start=2, rise_hours=4, peak=9.0, half_life_hours=2.0).course(12)
    np.testing.assert_allclose(course[:6], [0, 0, 2, 4, 6, 8])
    np.testing.assert_allclose(course[[7, 9, 11]], [4, 2, 1])


def test_a_bot_has_one_hour() -> None:
    assert Burst(start=2, rise_hours=1, peak=50.0, half_life_hours=0.0).course(5).tolist() == [0, 0, 49, 0, 0]


def test_only_the_hours_of_the_burst_change_and_gaps_stay_gaps() -> None:
    dice = np.random.default_rng(1)
    values = np.full(200, 100.0)
    values[60] = np.nan
    put_in = injected(dice, values, [Burst(50, 2, 11.0, 3.0)])
    np.testing.assert_array_equal(put_in[:50], values[:50])
    assert np.isnan(put_in[60])
    assert put_in[51] == pytest.approx(1100, rel=0.1)


def test_draws_stay_within_what_is_stated() -> None:
    dice = np.random.default_rng(1)
    bursts = [draw_burst(dice, 84, 200) for _ in range(500)]
    assert {burst.start for burst in bursts} <= set(range(84, 201))
    ramps = [burst for burst in bursts if burst.rise_hours > 8]
    assert 40 < len(ramps) < 110
    assert all(2 <= burst.peak <= 40 and 4 <= burst.half_life_hours <= 16 for burst in bursts)
    assert all(10 <= draw_bot(dice, 84, 200).peak <= 100 for _ in range(50))


def test_a_thinned_source_has_the_rhythm_and_the_mean_asked_for() -> None:
    dice = np.random.default_rng(1)
    values = np.tile([100.0, 300.0], 4000)
    counts = thinned(dice, values, 2.0)
    assert counts.mean() == pytest.approx(2.0, rel=0.05)
    assert counts[1::2].mean() == pytest.approx(3 * counts[::2].mean(), rel=0.1)
