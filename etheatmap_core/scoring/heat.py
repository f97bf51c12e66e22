"""The terms of heat and their sum: heat = (0.5·v + 0.3·s + 0.2·a) · exp(−h/24), and how much of it to believe.

Here: one function a term. Not here: how v (velocity) and h (episodes) come about.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from etheatmap_core.scoring.episodes import LOOKBACK_HOURS
from etheatmap_core.scoring.series import Flags, Grid, Hours, aged
from etheatmap_core.scoring.velocity import USUAL_WINDOW_HOURS, WINDOW_HOURS

VELOCITY_WEIGHT, SPREAD_WEIGHT, AFFECT_WEIGHT = 0.5, 0.3, 0.2
VELOCITY_CLIP = 4.0
DECAY_HOURS = 24
SOURCE_TYPE_COUNT = 3  # always: a type that is not collected still counts in the denominator
EVIDENCE_HOURS = 24  # also those whose mentions make the feeling
MIN_MENTIONS_FOR_AFFECT = 3

# exp() of whole hours, from the C library: vectorised exp may round its last bit by the length of the array.
_DECAY = np.array([math.exp(-hours / DECAY_HOURS) for hours in range(LOOKBACK_HOURS + 1)])


def clipped(velocity_raw: Grid) -> Grid:
    """v, in [−4, 4]; NaN stays."""
    return np.clip(velocity_raw, -VELOCITY_CLIP, VELOCITY_CLIP)


def has_evidence(values: Grid, is_censored: Flags, first_row: int) -> Flags:
    """Whether the last 24 hours hold a value above zero that the source really showed, per hour from ``first_row``.

    values, is_censored: [rows, entities] of one metric, with at least 23 rows before ``first_row``.
    """
    is_shown = (values > 0.0) & ~is_censored
    found = np.zeros((len(values) - first_row, values.shape[1]), dtype=np.bool_)
    for age in range(EVIDENCE_HOURS):
        found |= aged(is_shown, first_row, age)
    return found


def spread(types_with_evidence: Sequence[Flags]) -> Grid:
    """s, in [0, 1]: the source types with evidence, of three."""
    return np.asarray(np.sum(types_with_evidence, axis=0, dtype=np.int64) / SOURCE_TYPE_COUNT, dtype=np.float64)


def affect(sentiment_sum: Grid, mention_count: Grid) -> Grid:
    """a, in [0, 1]: strength of the mean feeling, either sign; 0 below three mentions, where a mean says nothing."""
    is_enough = mention_count >= MIN_MENTIONS_FOR_AFFECT
    mean = np.divide(sentiment_sum, mention_count, out=np.zeros_like(sentiment_sum), where=is_enough)
    return np.minimum(np.abs(mean), 1.0)


def recent_sum(values: Grid, first_row: int) -> Grid:
    """The sum of the last 24 hours' known values, per hour from ``first_row``; values: [rows, entities]."""
    known = np.nan_to_num(values)
    # One after the other, oldest first: the same rows give the same bytes, however long the array.
    total = np.zeros((len(values) - first_row, values.shape[1]))
    for age in reversed(range(EVIDENCE_HOURS)):
        total += aged(known, first_row, age)
    return total


def decay(hours_since_peak: Hours) -> Grid:
    """exp(−h/24), in (0, 1]; h in whole hours up to the look-back of episodes."""
    return _DECAY[hours_since_peak]


def heat(velocity: Grid, spread: Grid, affect: Grid, decay: Grid) -> Grid:
    """Heat of clipped velocity and the other terms; NaN where the velocity is unknown, never a guess."""
    return (VELOCITY_WEIGHT * velocity + SPREAD_WEIGHT * spread + AFFECT_WEIGHT * affect) * decay


def confidence(
    available_types: int,
    weights: Sequence[float],
    observed_hours: Iterable[Hours],
    usual_hours: Iterable[Hours],
) -> Grid | float:
    """How much of what the formula asks for was there, in [0, 1].

    Source types available of three × known share of the last 12 hours × known share of the 168 before, the shares
    averaged over the primary metrics by weight. Completeness, not a probability of being right.
    """
    total = sum(weights)
    if total == 0.0:
        return 0.0
    known = sum(weight * hours for weight, hours in zip(weights, observed_hours, strict=True)) / total
    known_before = sum(weight * hours for weight, hours in zip(weights, usual_hours, strict=True)) / total
    share = np.minimum(known / WINDOW_HOURS, 1.0) * np.minimum(known_before / USUAL_WINDOW_HOURS, 1.0)
    return available_types / SOURCE_TYPE_COUNT * share
