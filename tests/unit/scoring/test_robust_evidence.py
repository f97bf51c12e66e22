"""Evidence of whole histories: what rises, lasts and is unusual is alarming; nothing else is; nothing is foreseen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_builders import SEEDS, random_signals

from etheatmap_core.scoring.robust import entity_evidence, evidence, operating_point
from etheatmap_core.scoring.series import Grid

DAY, WEEK = 24, 168
ALARM = operating_point(1, 1000)  # one false alarm in a thousand entity-days
STEPS = st.sampled_from([1, 24, 288])


def calm(hours: int, mean: float = 200.0, seed: int = 1) -> Grid:
    """One series with the rhythm of a day and counts that scatter a little more than chance."""
    random = np.random.default_rng(seed)
    rhythm = 1 + 0.4 * np.sin(np.arange(hours) * 2 * np.pi / DAY)
    return random.poisson(mean * rhythm * random.gamma(100, 1 / 100, hours)).astype(np.float64)[None]


def with_burst(values: Grid, start: int, peak: float, hours: int) -> Grid:
    """``peak`` times the mean on top, for so many hours."""
    added = values.copy()
    added[:, start : start + hours] += np.nanmean(values) * peak
    return added


def signals(seed: int, steps: int = 500, series: int = 4) -> Grid:
    return random_signals(seed, steps, series).T


@pytest.mark.parametrize("steps_a_day", [1, 24, 288])
@given(seed=SEEDS, cut=st.integers(1, 499))
@settings(max_examples=8, deadline=None)
def test_no_step_knows_of_later_ones(steps_a_day: int, seed: int, cut: int) -> None:
    values = signals(seed)
    changed = values.copy()
    changed[:, cut:] = np.random.default_rng(seed).choice([np.nan, 0.0, 1e6], changed[:, cut:].shape)
    before, after = evidence(values, steps_a_day), evidence(changed, steps_a_day)
    assert np.array_equal(before[:, :cut], after[:, :cut], equal_nan=True)
    assert np.array_equal(before[:, :cut], evidence(values[:, :cut], steps_a_day), equal_nan=True)


@given(SEEDS, STEPS, st.permutations(range(4)))
@settings(max_examples=8, deadline=None)
def test_no_series_knows_of_others(seed: int, steps_a_day: int, order: list[int]) -> None:
    values = signals(seed)
    together = evidence(values, steps_a_day)
    assert np.array_equal(evidence(values[order], steps_a_day), together[order], equal_nan=True)
    assert np.array_equal(evidence(values[:1], steps_a_day), together[:1], equal_nan=True)


@given(SEEDS, st.floats(1, 1e5))
@settings(max_examples=15, deadline=None)
def test_more_in_each_of_the_last_twelve_hours_is_never_less_alarming(seed: int, more: float) -> None:
    values = signals(seed)
    raised = values.copy()
    raised[:, -12:] += more
    last_before, last_after = evidence(values, 24)[:, -1], evidence(raised, 24)[:, -1]
    known = ~np.isnan(last_before)
    assert (last_after[known] >= last_before[known]).all()


def test_a_rise_that_lasts_alarms_within_hours() -> None:
    found = evidence(with_burst(calm(720), 600, 8, 12), 24)[0]
    assert np.nanmax(found[400:600]) < ALARM
    assert int(np.argmax(found[600:] >= ALARM)) <= 3


@pytest.mark.parametrize("hours", [[600], [600, 604], [600, 611]])
def test_single_hours_of_a_bot_are_no_trend(hours: list[int]) -> None:
    values = calm(720)
    values[0, hours] += 100 * values.mean()
    assert np.nanmax(evidence(values, 24)[0, 400:]) < ALARM


def test_a_slow_ramp_alarms() -> None:
    values = calm(720)
    values[0, 600:624] += values.mean() * np.linspace(0, 7, 24)
    assert np.nanmax(evidence(values, 24)[0, 600:624]) >= ALARM


def test_a_show_is_news_once_and_then_usual_for_its_hour_of_the_week() -> None:
    values = calm(5 * WEEK)
    for week in range(5):
        values[0, week * WEEK + 100 : week * WEEK + 104] += 5 * values[0, 0]
    found = evidence(values, 24)[0]
    first, *later = (np.nanmax(found[week * WEEK + 95 : week * WEEK + 115]) for week in range(1, 5))
    assert np.nanmax(found[100:115]) >= first
    assert max(first, *later) < ALARM


def test_what_lasts_for_days_becomes_usual() -> None:
    values = calm(720)
    values[0, 500:] *= 4
    found = evidence(values, 24)[0]
    assert found[510] >= ALARM
    assert found[560:].max() < ALARM


def test_a_busy_page_is_calm_where_its_hours_swing() -> None:
    random = np.random.default_rng(7)
    values = calm(720, mean=20_000) * np.exp(random.normal(0, 0.3, 30)).repeat(DAY)[None]
    assert np.nanmax(evidence(values, 24)[0, 400:]) < ALARM


def test_the_top_is_never_tied() -> None:
    base = calm(720)
    values = np.concatenate([with_burst(base, 700, peak, 20) for peak in (100, 101, 10_000, 10_001)])
    last = evidence(values, 24)[:, -1]
    assert (np.diff(last) > 0).all()


def test_a_gap_is_not_a_zero() -> None:
    values = calm(720)
    with_gaps = values.copy()
    with_gaps[0, 300:360] = np.nan
    gaps, zeros = evidence(with_gaps, 24)[0], evidence(np.nan_to_num(with_gaps), 24)[0]
    assert np.isnan(gaps[312:360]).all()  # none of the last twelve hours is known
    assert gaps[700] == pytest.approx(evidence(values, 24)[0, 700], abs=0.2)
    assert (zeros[312:360] < 0.01).all()


def test_a_short_series_is_judged_from_two_known_days_on() -> None:
    found = evidence(with_burst(calm(96), 90, 20, 6), 24)[0]
    assert np.isnan(found[: 2 * DAY]).all()
    assert not np.isnan(found[2 * DAY :]).any()
    assert found[95] >= ALARM
    longer = evidence(with_burst(calm(720), 714, 20, 6), 24)[0]
    assert found[95] < longer[719]  # less is known of what is usual


def test_a_sparse_series_says_something_from_a_handful_on() -> None:
    values = np.zeros((4, 720))
    values[:, ::50] = 1
    for row, mentions in enumerate((1, 3, 6, 12)):
        values[row, 700:706] = mentions
    peaks = evidence(values, 24)[:, 700:720].max(axis=1)
    assert (np.diff(peaks) > 0).all()
    assert peaks[0] < ALARM <= peaks[2]


def test_below_what_the_upstream_shows_is_taken_for_as_much_as_it_may_be() -> None:
    values = np.full((1, 720), np.nan)
    values[0, 700:712] = [500, 900, 2500, 4000, 6000, 8000, 7000, 6000, 5000, 4000, 3000, 2500]
    assert np.isnan(evidence(values, 24)).all()
    censored, counted = evidence(values, 24, censored_below=400.0)[0], evidence(np.nan_to_num(values), 24)[0]
    assert censored[700] < ALARM <= censored[706]
    assert censored[706] < counted[706]


def test_by_day_the_day_itself_is_enough() -> None:
    values = np.random.default_rng(3).poisson(1000, (1, 60)).astype(np.float64)
    values[0, 50] = 60_000
    found = evidence(values, 1)[0]
    assert found[50] >= ALARM
    assert np.isnan(found[:3]).all()
    assert found[3:50].max() < ALARM


def test_five_minutes_are_judged_as_hours_that_end_with_each() -> None:
    hourly = np.round(with_burst(calm(480), 400, 10, 12) / 12) * 12
    fine = np.repeat(hourly / 12, 12, axis=1)
    found = evidence(fine, 288)
    assert found.shape == fine.shape
    assert found[0, 11::12] == pytest.approx(evidence(hourly, 24)[0], nan_ok=True)
    assert evidence(fine[:, :5], 288).shape == (1, 5)


def test_sources_that_agree_alarm_where_each_alone_does_not() -> None:
    base = [calm(720, mean, seed) for seed, mean in enumerate((300.0, 40.0, 40.0))]
    weak = [with_burst(values, 700 + lag, 1.4, 10) for values, lag in zip(base, (0, 2, 4), strict=True)]
    together = entity_evidence(np.concatenate(weak), [0, 0, 0], 24)[0, 700:712].max()
    alone = [evidence(values, 24)[0, 700:712].max() for values in weak]
    assert together > max(alone)


def test_a_spike_of_one_source_among_calm_ones_counts_for_less_than_where_there_is_no_other() -> None:
    loud = with_burst(calm(720), 700, 15, 10)
    alone = entity_evidence(loud, [0], 24)[0, 709]
    among = entity_evidence(np.concatenate([loud, calm(720, 50, 2), calm(720, 50, 3), calm(720, 50, 4)]), [0] * 4, 24)
    assert among[0, 709] < alone / 1.5


def test_entities_keep_their_places_whatever_their_sources() -> None:
    a, b, c = calm(720, seed=1), with_burst(calm(720, seed=2), 700, 9, 10), calm(720, seed=3)
    mixed = entity_evidence(np.concatenate([a, b, c]), [1, 0, 1], 24)
    assert mixed.shape == (2, 720)
    assert np.nanmax(mixed[0]) == np.nanmax(evidence(b, 24))
    assert mixed[1] == pytest.approx(entity_evidence(np.concatenate([a, c]), [0, 0], 24)[0], nan_ok=True)


def test_no_series_and_no_steps_are_nothing_to_judge() -> None:
    assert evidence(np.zeros((0, 50)), 24).shape == (0, 50)
    assert evidence(np.zeros((2, 0)), 24).shape == (2, 0)
    assert entity_evidence(np.zeros((0, 50)), [], 24).shape == (0, 50)


def test_the_operating_point_is_stricter_for_fewer_alarms_and_for_more_series() -> None:
    assert operating_point(1, 100) == pytest.approx(np.log10(2400))
    assert operating_point(0.5, 100) > operating_point(1, 100) > operating_point(1, 50)
    with pytest.raises(ValueError, match="0 false alerts a day of 5 series"):
        operating_point(0, 5)
    with pytest.raises(ValueError, match="0 series"):
        operating_point(1, 0)


def test_other_shapes_and_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="1 dimensions"):
        evidence(np.zeros(5), 24)
    with pytest.raises(ValueError, match="7 steps a day: there are 1, 24, 288"):
        evidence(np.zeros((1, 5)), 7)
