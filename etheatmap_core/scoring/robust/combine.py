"""The evidence of several sources put together, each with a soft cap, so that none can alarm alone what others deny.

Here: deviations of sources into one strength an entity and step. Not here: deviations (``scan``), odds (``tail``).

A source's share grows with the logarithm of its deviation: it is nearly bounded, and still never tied. Shares are added
as independent ones are (Stouffer: their sum by the root of their number): a lone spike of four sources counts half.
"""

import numpy as np

from etheatmap_core.scoring.series import Grid

CAP = 2.0  # deviations from which a source's share grows by the logarithm
KEPT_A_STEP = 0.9  # of a deviation for each step it is old


def share(deviation: Grid) -> Grid:
    """What a source adds, strictly increasing; below its usual it takes away in full."""
    above = CAP * np.log1p(np.maximum(deviation, 0.0) / CAP)
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
