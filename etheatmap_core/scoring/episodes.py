"""Episodes: the stretch of hours in which an entity keeps breaking out, and the hours since its peak.

Here: the current episode of each hour, from velocities alone. Not here: alert episodes with their gates and debounce.
"""

from typing import NamedTuple

import numpy as np

from etheatmap_core.scoring.series import Flags, Grid, Hours, aged

HOT_VELOCITY = 2.5
MAX_GAP_HOURS = 6
LOOKBACK_HOURS = 168  # fixed, so that an hour sees the same past alone and in a range


class Episodes(NamedTuple):
    """The episode each hour is in, [hours, entities] each; ages are 0 where there is none."""

    is_open: Flags
    hours_since_start: Hours
    hours_since_peak: Hours  # 0 while rising: the peak is now


def current_episodes(velocity_raw: Grid, first_row: int) -> Episodes:
    """The current episode of every hour from ``first_row`` on (at least 168 rows of velocity before it).

    velocity_raw: [rows, entities], NaN = unknown. An episode is a run of hours with a velocity of 2.5 or more, in
    which up to 6 hours in a row may be lower or unknown; it stays current through such a gap. Of equal peaks the
    latest counts: an hour as high as the peak is not past it. What began before the look-back begins with it.
    """
    if first_row < LOOKBACK_HOURS:
        raise ValueError(f"row {first_row} has no {LOOKBACK_HOURS} rows before it")
    shape = (len(velocity_raw) - first_row, velocity_raw.shape[1])
    start, peak = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    highest = np.full(shape, -np.inf)
    gap_hours = np.zeros(shape, dtype=np.int64)
    is_within = np.ones(shape, dtype=np.bool_)

    for age in range(LOOKBACK_HOURS + 1):  # back in time, until the gap behind is too long
        velocity = aged(velocity_raw, first_row, age)
        is_hot = velocity >= HOT_VELOCITY
        gap_hours = np.where(is_hot, 0, gap_hours + 1)
        is_within &= gap_hours <= MAX_GAP_HOURS
        if not is_within.any():
            break
        is_member = is_within & is_hot
        start[is_member] = age
        is_higher = is_member & (velocity > highest)
        highest[is_higher] = velocity[is_higher]
        peak[is_higher] = age
    return Episodes(highest > -np.inf, start, peak)
