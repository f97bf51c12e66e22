"""The evidence of several sources put together, each with a soft cap, so that none can alarm alone what others deny.

Here: deviations of sources into one strength an entity and step. Not here: deviations (``scan``), odds (``tail``).

A source's share levels off, and what is left grows with the logarithm of its deviation: nearly bounded, and still never
tied. So two sources that rise say more than one that leaps, as a single thread or wire story makes it leap. Shares are
added as independent ones are (Stouffer: their sum by the root of their number): of four sources one alone counts half.
"""

import numpy as np

from etheatmap_core.scoring.series import Grid

CAP = 1.7  # where a source's share levels off
BEYOND = 0.2  # of a small deviation, the part that goes on as its logarithm
KEPT_A_STEP = 0.9  # of a deviation for each step it is old


def share(deviation: Grid) -> Grid:
    """What a source adds, strictly increasing; below its usual it takes away in full."""
    rise = np.maximum(deviation, 0.0)
    above = BEYOND * np.log1p(rise) - CAP * np.expm1(-(1.0 - BEYOND) * rise / CAP)
    return np.where(deviation > 0.0, above, deviation)


def remembered(deviation: Grid, steps: int) -> Grid:
    """The largest of the last ``steps``, older ones for less: sources notice the same thing hours apart.

    deviation: [..., steps, entities]; only what is known now and rises is remembered.
    """
    known_now = ~np.isnan(deviation)
    largest = np.where(known_now, deviation, -np.inf)
    lasting = largest.copy()
    for age in range(1, min(steps, deviation.shape[-2])):
        older = largest[..., :-age, :]
        np.maximum(lasting[..., age:, :], older * KEPT_A_STEP**age, out=lasting[..., age:, :], where=older > 0.0)
    return np.where(known_now, lasting, np.nan)


def combined(deviation: Grid) -> Grid:
    """[sources, ...] to [...]: the shares' sum by the root of the number of sources that are known; NaN without any."""
    is_known = ~np.isnan(deviation)
    known = is_known.sum(axis=0)
    total = np.where(is_known, share(np.where(is_known, deviation, 0.0)), 0.0).sum(axis=0)
    strength: Grid = np.divide(total, np.sqrt(known), out=np.full(total.shape, np.nan), where=known > 0)
    return strength
