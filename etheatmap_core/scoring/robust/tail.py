"""From strength to odds: how often a calm entity would show as much, as a power of ten.

Here: the tail, the cut an operator asks for, an entity's own past, odds in words. Not here: strength (``combine``).

Attention has heavy tails: a normal distribution would call a birthday impossible. The tail here falls by a fixed factor
for each unit of strength. By the hour the factor was read off real pages: bursts of other draws in the background of
tier B, and pages that are in most recorded hours but not in all, which no tier judges; by day off eleven pages that are
no part of the evaluation. Simulated series are calmer than that, so there the odds are too cautious. What a nominal
rate really is, is measured by ``make eval``.
"""

import math

import numpy as np

from etheatmap_core.scoring.series import Grid, Hours

CHANCES_A_DAY = 24
PAST_DAYS = 28
_HALF = math.log10(2.0)  # evidence of what is as likely as not
TRUSTED_DAYS = 28.0  # of an entity's own past, that the odds of all entities count for
_SMALLEST_ODDS = 1e-9  # beyond it a number says nothing more


def evidence_of(strength: Grid, slope: float) -> Grid:
    """−log₁₀ of the chance of as much in a calm hour; strictly increasing, without end, so that the top is never tied.

    slope: powers of ten by which the chance falls for each unit of strength.
    """
    above = _HALF + slope * np.maximum(strength, 0.0)
    below = _HALF * np.exp(np.minimum(strength, 0.0) * slope / _HALF)
    return np.where(strength > 0.0, above, below)


def operating_point(false_alerts_a_day: float, series: int) -> float:
    """The evidence from which ``series`` calm series (entities) alarm so often a day, at 24 chances a day each."""
    if not false_alerts_a_day > 0.0 or series < 1:
        raise ValueError(f"{false_alerts_a_day} false alerts a day of {series} series: both must be above 0")
    return math.log10(CHANCES_A_DAY * series / false_alerts_a_day)


def false_alert_probability(evidence: Grid, past_highest: Grid) -> Grid:
    """The chance that an hour like this comes from nothing new, given the entity's own last days.

    past_highest: [days, ...] the highest evidence of each earlier day, NaN where none is known. The odds of all
    entities count as many days as ``TRUSTED_DAYS``; each day of its own that was as high adds one.
    """
    is_known = ~np.isnan(past_highest)
    as_high = (is_known & (past_highest >= evidence)).sum(axis=0)
    pooled_a_day = CHANCES_A_DAY * 10.0**-evidence
    a_day = (TRUSTED_DAYS * pooled_a_day + as_high) / (TRUSTED_DAYS + is_known.sum(axis=0))
    return np.where(np.isnan(evidence), np.nan, np.clip(a_day / CHANCES_A_DAY, _SMALLEST_ODDS, 1.0))


def days_as_high(evidence: Grid, past_highest: Grid) -> Hours:
    """Of the earlier days, those whose highest evidence was no lower."""
    return np.asarray((past_highest >= evidence).sum(axis=0), dtype=np.int64)


def odds_in_words(probability: float) -> str:
    """``1 in 4,000 hours``, to two digits; beyond a million hours no more is claimed."""
    hours = 1.0 / probability
    if hours >= 1e6:
        return "less than 1 in 1,000,000 hours"
    digits = max(0, math.floor(math.log10(hours)) - 1)
    return f"1 in {round(hours / 10**digits) * 10**digits:,} hours"
