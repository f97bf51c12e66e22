"""How often evidence is right: the share of true alerts among those at or above it, measured where truth is known.

Here: from evidence to a share of 1. Not here: measuring (``make eval`` writes ``tier_b``), what is judged since.

Tier B is bursts put into real background. Its share of events and of bot hours was chosen, so this is the precision of
that tier and of no other world: it stands for confidence until enough alerts were judged, and is labelled so.
"""

import numpy as np

from etheatmap_core.scoring.robust.tier_b import PRECISION_ON_TIER_B
from etheatmap_core.scoring.series import Grid


def calibrated_precision(evidence: Grid) -> Grid:
    """Of any shape, 0 to 1, non-decreasing in evidence; in a line between two thresholds, NaN where unknown."""
    thresholds, shares = zip(*PRECISION_ON_TIER_B, strict=True)
    known = np.interp(np.nan_to_num(evidence, nan=0.0, posinf=np.inf), thresholds, shares)
    return np.asarray(np.where(np.isnan(evidence), np.nan, known), dtype=np.float64)
