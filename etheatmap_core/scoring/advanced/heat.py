"""The heat of model ``advanced``, and three numbers beside it: risk, fit for entertainment, what a tentpole adds.

    heat = (0.4·v + 0.1·p + 0.3·network + 0.2·colour) · decay + 0.5·boost

v: robust's velocity; p: what the platforms say together, both in (−4, 4); colour: the mean of virality, |sentiment|,
novelty and quality that are known; decay: the share of its peak that an episode of this age has kept (``shape``).
A boost of b counts like b σ of velocity and fades with nothing: its event is on. Strictly increasing in v.
"""

from collections.abc import Sequence

import numpy as np

from etheatmap_core.scoring.advanced.inputs import RobustRows
from etheatmap_core.scoring.series import Grid

VELOCITY_WEIGHT, PLATFORM_WEIGHT, NETWORK_WEIGHT, COLOUR_WEIGHT = 0.4, 0.1, 0.3, 0.2  # the scale of mvp: 2.5 at most
TENTPOLE_WEIGHT = 0.5  # what mvp gives to one σ

# Categories as entities.csv and Wikidata name them: what a show about entertainment lives on, and what it may take up.
ENTERTAINMENT = frozenset({
    "film", "tv", "music", "celebrity", "awards", "festival", "comedy", "theatre", "entertainment", "dance",
})  # fmt: skip
BESIDE_ENTERTAINMENT = frozenset({"game", "games", "gaming", "viral", "sports", "sport", "fashion", "book", "books"})
UNKNOWN_CATEGORY = "unknown"


def beside(velocity: Grid, platform: Grid, network: Grid, colours: Sequence[Grid]) -> Grid:
    """What stands beside the velocity in the brackets. What is null adds nothing; for unknown platforms v stands."""
    known = sum((~np.isnan(colour)).astype(np.float64) for colour in colours)
    total = sum(np.nan_to_num(colour) for colour in colours)
    mean = np.divide(total, known, out=np.zeros(velocity.shape), where=np.asarray(known) > 0.0)
    spoken = np.where(np.isnan(platform), velocity, platform)
    return PLATFORM_WEIGHT * spoken + NETWORK_WEIGHT * np.nan_to_num(network) + COLOUR_WEIGHT * mean


def heat(velocity: Grid, beside_it: Grid, decay: Grid, boost: Grid) -> Grid:
    """NaN where there is no velocity. boost: NaN where no tentpole is on."""
    return (VELOCITY_WEIGHT * velocity + beside_it) * decay + TENTPOLE_WEIGHT * np.nan_to_num(boost)


def risk(robust: RobustRows) -> Grid:
    """How much of a rise rests on one source or on readers that a guard doubts: 1 − (1 − largest share) · least trust.
    1: one source alone. NaN where nothing rises."""
    if not robust.sources:
        return np.full(robust.velocity.shape, np.nan)
    rises = robust.share > 0.0
    largest = np.where(rises, robust.share, 0.0).max(axis=0)
    trust = np.where(rises, robust.trust, 1.0).min(axis=0)
    return np.where(rises.any(axis=0), 1.0 - (1.0 - largest) * trust, np.nan)


def et_fit(category: str) -> float | None:
    """1 for a category of entertainment, ½ for one beside it, 0 for any other; None where the category is not known."""
    kind = category.strip().lower()
    if kind in {"", UNKNOWN_CATEGORY}:
        return None
    return 1.0 if kind in ENTERTAINMENT else 0.5 if kind in BESIDE_ENTERTAINMENT else 0.0
