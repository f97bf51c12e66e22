"""How far figures may be off: intervals from entities drawn anew.

Entities are drawn with replacement, each with its days, its false alarms and its events, because the hours of one
entity are not independent of each other. The threshold stays: an interval says what other entities of the same kind
would have made of it.
"""

from dataclasses import dataclass

import numpy as np

from etheatmap_core.evaluation.detection import Integers, Trial
from etheatmap_core.scoring.series import Grid

DRAWS = 1000
SEED = 20_120_214
_PERCENT = (2.5, 97.5)

Interval = tuple[float, float]


@dataclass(frozen=True)
class Intervals:
    """Of 95 %; None where no draw has anything to divide by."""

    rate: Interval | None
    recall: dict[int, Interval | None]  # by horizon in steps
    precision: Interval | None
    median_delay: Interval | None
    p90_delay: Interval | None


def intervals(trial: Trial, threshold: float, draws: int = DRAWS, seed: int = SEED) -> Intervals:
    """Of the figures of a detector at a threshold; the same for the same seed."""
    entities = len(trial.evidence)
    dice = np.random.Generator(np.random.PCG64(seed))
    weights = dice.multinomial(entities, np.full(entities, 1 / max(entities, 1)), size=draws).astype(np.float64)
    delays = trial.delays(threshold)
    weights_of_events = weights[:, trial.judged_entities]
    events = weights_of_events.sum(axis=1)
    false_alarms = weights @ trial.false_alarms(threshold)

    def weight_within(horizon: int) -> Grid:
        within: Grid = weights_of_events @ ((delays >= 0) & (delays <= horizon)).astype(np.float64)
        return within

    found = weight_within(max(trial.rules.horizons))
    return Intervals(
        rate=_interval(1000 * false_alarms, weights @ trial.days),
        recall={horizon: _interval(weight_within(horizon), events) for horizon in trial.rules.horizons},
        precision=_interval(found, found + false_alarms),
        median_delay=_delay_interval(delays, weights_of_events, 0.5),
        p90_delay=_delay_interval(delays, weights_of_events, 0.9),
    )


def _interval(parts: Grid, wholes: Grid) -> Interval | None:
    some = wholes > 0
    if not some.any():
        return None
    low, high = np.percentile(parts[some] / wholes[some], _PERCENT)
    return float(low), float(high)


def _delay_interval(delays: Integers, weights: Grid, share: float) -> Interval | None:
    """Of the smallest delay that ``share`` of the found events keep."""
    is_found = delays >= 0
    order = np.argsort(delays[is_found], kind="stable")
    reached = np.cumsum(weights[:, is_found][:, order], axis=1)
    if not reached.shape[1]:
        return None
    some = reached[:, -1] > 0
    if not some.any():
        return None
    first = (reached[some] >= share * reached[some][:, -1:]).argmax(axis=1)
    low, high = np.percentile(delays[is_found][order][first], _PERCENT, method="inverted_cdf")
    return float(low), float(high)
