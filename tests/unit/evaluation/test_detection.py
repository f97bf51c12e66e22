"""What is an alarm, what is false, when an event is found: examples, and what holds for any detector."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etheatmap_core.evaluation.bootstrap import intervals
from etheatmap_core.evaluation.detection import RULES, Rules, Trial, curve, figures_at
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring.series import Grid

SHORT = Rules(cool_down=4, before=1, after=5, horizons=(1, 3), judge_from=2)


def trial(evidence: Grid, events: list[tuple[int, int]], rules: Rules = SHORT) -> Trial:
    entities, steps = (np.array([event[i] for event in events], dtype=np.int64) for i in (0, 1))
    return Trial(evidence, np.ones(evidence.shape, dtype=np.bool_), entities, steps, 24, rules)


def hot_at(*steps: int, length: int = 24) -> Grid:
    """One entity whose evidence is 1 at these steps and 0 at all others."""
    evidence = np.zeros((1, length))
    evidence[0, list(steps)] = 1.0
    return evidence


@pytest.mark.parametrize(
    ("hot", "alarms"),
    [
        ((), 0),
        ((3,), 1),
        ((3, 4, 5, 6), 1),  # silent for the cool-down
        ((3, 4, 5, 6, 7), 2),  # heat that lasts alarms again
        ((2, 6, 16, 20), 4),
        ((0, 1), 0),  # history
        ((9, 10, 15), 0),  # within the window of the event at 10: from 9 to 15
        ((8, 16), 2),
        ((8, 9, 12), 1),
    ],
)
def test_an_alarm_is_followed_by_silence_and_is_false_outside_event_windows(hot: tuple[int, ...], alarms: int) -> None:
    assert figures_at(trial(hot_at(*hot), [(0, 10)]), 0.5).false_alarms == alarms


@pytest.mark.parametrize(
    ("hot", "within_1", "within_3", "delay"),
    [
        ((10,), 1, 1, 0),
        ((11,), 1, 1, 1),
        ((12,), 0, 1, 2),
        ((13, 14), 0, 1, 3),
        ((14,), 0, 0, None),
        ((9,), 0, 0, None),  # an alarm before the event finds nothing
        ((9, 10), 1, 1, 0),
    ],
)
def test_an_event_is_found_by_the_first_hot_step_from_its_own_on(
    hot: tuple[int, ...], within_1: int, within_3: int, delay: int | None
) -> None:
    figures = figures_at(trial(hot_at(*hot), [(0, 10)]), 0.5)
    assert (figures.found, figures.median_delay) == ({1: within_1, 3: within_3}, delay)


def test_what_was_hot_before_the_event_is_counted_apart() -> None:
    assert figures_at(trial(hot_at(9, 10), [(0, 10)]), 0.5).already_hot == 1
    assert figures_at(trial(hot_at(8, 10), [(0, 10)]), 0.5).already_hot == 0


def test_time_in_which_there_could_be_a_false_alarm_is_what_is_judged_known_and_outside_windows() -> None:
    whole = trial(hot_at(), [(0, 10)])
    assert whole.days.tolist() == [(24 - 2 - 7) / 24]
    known = whole.is_known.copy()
    known[0, 20:] = False
    assert replace(whole, is_known=known).days.tolist() == [(24 - 2 - 7 - 4) / 24]


def test_an_event_in_the_history_is_not_judged_and_keeps_its_window() -> None:
    figures = figures_at(trial(hot_at(4, 9), [(0, 1)]), 0.5)
    assert (figures.events, figures.false_alarms) == (0, 1)


def test_precision_is_of_found_events_and_false_alarms() -> None:
    figures = figures_at(trial(hot_at(10, 20), [(0, 10)]), 0.5)
    assert (figures.precision, figures.recall(3)) == (0.5, 1.0)
    assert figures.rate == pytest.approx(1000 / (15 / 24))


def test_no_verdict_is_no_alarm_and_finds_nothing() -> None:
    figures = figures_at(trial(np.full((1, 24), np.nan), [(0, 10)]), -100.0)
    assert (figures.false_alarms, figures.found) == (0, {1: 0, 3: 0})
    assert figures.precision is None


def test_a_perfect_detector_scores_perfectly_and_a_late_one_has_its_delay() -> None:
    dice = np.random.default_rng(5)
    rules = RULES[Step.HOUR]
    events = [(entity, int(dice.integers(90, 700))) for entity in range(40)]
    for late in (0, 2, 7):
        evidence = dice.normal(size=(40, 800))
        for entity, step in events:
            evidence[entity, step + late] = 50.0
        judged = trial(evidence, events, rules)
        figures = figures_at(judged, judged.threshold_at(0.0))
        assert (figures.false_alarms, figures.recall(24), figures.precision) == (0, 1.0, 1.0)
        assert (figures.median_delay, figures.p90_delay) == (late, late)
        assert figures.recall(3) == (1.0 if late <= 3 else 0.0)


def _noisy(seed: int, entities: int, events: int, digits: int) -> Trial:
    """Noise with bursts, rounded so that some values are equal, some of it unknown."""
    dice = np.random.default_rng(seed)
    evidence = np.round(dice.normal(size=(entities, 60)).cumsum(axis=1) / 4, digits)
    evidence[dice.random(evidence.shape) < 0.05] = np.nan
    chosen = {(int(dice.integers(entities)), int(dice.integers(2, 60))) for _ in range(events)}
    return trial(evidence, sorted(chosen))


examples = st.builds(_noisy, st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 8), st.integers(0, 4))


@settings(max_examples=40)
@given(examples)
def test_a_higher_threshold_has_fewer_false_alarms_and_finds_less(judged: Trial) -> None:
    swept = curve(judged, points=30)
    by_threshold = sorted(swept, key=lambda figures: figures.threshold)
    for lower, higher in itertools.pairwise(by_threshold):
        assert higher.false_alarms <= lower.false_alarms
        assert all(higher.found[k] <= lower.found[k] for k in lower.found)
    assert swept[0].false_alarms == 0 or not len(judged.hot.levels)


@settings(max_examples=40)
@given(examples, st.sampled_from([0.0, 20.0, 100.0, 300.0, 1e6]))
def test_the_threshold_for_a_rate_is_the_lowest_that_keeps_it(judged: Trial, rate: float) -> None:
    allowed = int(rate * judged.days.sum() / 1000 + 1e-9)
    threshold = judged.threshold_at(rate)
    assert judged.false_alarms(threshold).sum() <= allowed
    lower = judged.hot.levels[judged.hot.levels < threshold]
    assert not len(lower) or judged.false_alarms(float(lower[-1])).sum() > allowed


@settings(max_examples=40)
@given(examples, st.floats(-2, 2))
def test_alarms_are_those_of_a_plain_walk_through_each_entity(judged: Trial, threshold: float) -> None:
    for entity, counted in enumerate(judged.false_alarms(threshold).tolist()):
        walked, silent_until = 0, 0
        for step, evidence in enumerate(judged.evidence[entity].tolist()):
            if judged.is_outside[entity, step] and evidence >= threshold and step >= silent_until:
                walked, silent_until = walked + 1, step + judged.rules.cool_down
        assert walked == counted


@settings(max_examples=40)
@given(examples)
def test_the_order_of_entities_and_a_stretched_scale_change_nothing(judged: Trial) -> None:
    turned = replace(
        judged,
        evidence=np.exp(judged.evidence[::-1]),
        is_known=judged.is_known[::-1],
        event_entities=len(judged.evidence) - 1 - judged.event_entities,
    )
    one, other = (figures_at(each, each.threshold_at(100.0)) for each in (judged, turned))
    assert (one.false_alarms, one.found, one.median_delay) == (other.false_alarms, other.found, other.median_delay)


def test_intervals_hold_the_figure_are_the_same_each_time_and_narrow_with_more_entities() -> None:
    widths = []
    for entities in (20, 320):
        dice = np.random.default_rng(9)
        evidence = dice.normal(size=(entities, 400))
        events = [(entity, 200) for entity in range(entities)]
        evidence[::2, 201:204] += 9.0
        judged = trial(evidence, events, RULES[Step.HOUR])
        threshold = judged.threshold_at(50.0)
        figures, within = figures_at(judged, threshold), intervals(judged, threshold)
        assert within == intervals(judged, threshold)
        recall = within.recall[3]
        assert recall is not None
        assert within.rate is not None
        assert recall[0] <= (figures.recall(3) or 0) <= recall[1]
        assert within.rate[0] <= (figures.rate or 0) <= within.rate[1]
        widths.append(recall[1] - recall[0])
    assert widths[1] < widths[0]


def test_without_events_there_is_no_recall_and_no_interval() -> None:
    judged = trial(hot_at(5), [])
    figures, within = figures_at(judged, 0.5), intervals(judged, 0.5)
    assert (figures.recall(3), figures.median_delay, figures.precision) == (None, None, 0.0)
    assert (within.recall[3], within.median_delay) == (None, None)
