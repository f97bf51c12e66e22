"""How far an alert of such evidence is to be believed, and what that share was read off.

Here: which of the two shares counts, the label it carries. Not here: the curve of tier B (``robust.precision``), votes.
"""

from dataclasses import dataclass

import numpy as np

from etheatmap_core.scoring.robust.precision import calibrated_precision

ENOUGH_JUDGED = 200  # alerts that people have judged, from which on their word counts and not the tier's
TIER_B = "calibrated on tier B"
MEASURED = "measured on judged alerts"
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Confidence:
    """``value``: 0 to 1, None where there is nothing to read it off. ``basis``: a sentence's end, for people."""

    value: float | None
    basis: str


def confidence_of(evidence: float | None, judged_alerts: int, useful_share: float | None) -> Confidence:
    """Below ENOUGH_JUDGED judged alerts the precision that evidence like this had on tier B; then the useful share.

    evidence: of the row of model ``robust``, None where it has none. useful_share: of the judged alerts, 0 to 1.
    """
    if judged_alerts >= ENOUGH_JUDGED and useful_share is not None:
        return Confidence(useful_share, f"{MEASURED}: the useful share of {judged_alerts}")
    if evidence is None:
        return Confidence(None, f"{NOT_KNOWN}: model robust has no evidence of this hour")
    value = float(calibrated_precision(np.array([evidence]))[0])
    return Confidence(value, f"{TIER_B}: {judged_alerts} of {ENOUGH_JUDGED} alerts are judged")
