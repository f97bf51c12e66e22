"""The shape of an episode: it rises, has its highest hour, and halves; and whether that hour is past.

The constants were fitted to real hours by ``python -m evaluation.episodes``; the shares beside them were measured on
pages that the fit had not seen (docs/advanced.md). Here: that shape. Not here: what an hour's strength is (``robust``).

The odds that the highest hour so far stays the highest of the next day grow by a power of the hours since it: nothing
else that was looked at (how far it fell, how long it rose, how high it is) told more.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

from etheatmap_core.scoring.episodes import HOT_VELOCITY, LOOKBACK_HOURS, current_episodes
from etheatmap_core.scoring.series import Flags, Grid, Hours

Trend = Literal["rising", "peaking", "falling", "stable"]

EPISODE_STRENGTH = 1.0  # of a series that a calm one reaches once in 400 hours
TRENDS: tuple[Trend, ...] = ("stable", "rising", "peaking", "falling")
HORIZON_HOURS = 24
PEAKING_HOURS = 3  # so near to its highest hour an episode is at its peak
PAST_ODDS = (0.26, 2.25)  # at the highest hour itself, and the power by which they grow with 1 + hours since
HALF_LIFE_HOURS = 10.75  # of strength after the peak
# How often each word was right, on held-out pages: of ``stable``, that no episode began within the day.
RIGHT: dict[Trend, float] = {"rising": 0.80, "peaking": 0.77, "falling": 0.96, "stable": 0.95}

# By whole hours, from the C library: vectorised powers may round their last bit by the length of the array.
_PAST = np.array(
    [1.0 / (1.0 + 1.0 / (PAST_ODDS[0] * (1.0 + age) ** PAST_ODDS[1])) for age in range(LOOKBACK_HOURS + 1)]
)
_KEPT = np.array([math.exp2(-age / HALF_LIFE_HOURS) for age in range(LOOKBACK_HOURS + 1)])


class Trajectory(NamedTuple):
    """[hours, entities] each. ``is_open``: an episode is on; ``peak_past`` is NaN where none is."""

    is_open: Flags
    hours_since_start: Hours
    hours_since_peak: Hours
    peak_past: Grid
    trend: Hours  # place in TRENDS


def trajectory(strength: Grid) -> Trajectory:
    """Of every row from LOOKBACK_HOURS on; strength: [rows, entities], NaN = not judged."""
    # The same rule as for mvp's episodes, at the strength that begins one here.
    is_open, start, peak = current_episodes(strength - EPISODE_STRENGTH + HOT_VELOCITY, LOOKBACK_HOURS)
    past = np.where(is_open, _PAST[peak], np.nan)
    phase = np.where(past < 0.5, 1, np.where(peak <= PEAKING_HOURS, 2, 3))
    return Trajectory(is_open, start, peak, past, np.where(is_open, phase, 0))


def kept(hours_since_peak: Hours) -> Grid:
    """The share of its peak that an episode has kept so long after it, on average; 1 at the peak."""
    return _KEPT[hours_since_peak]
