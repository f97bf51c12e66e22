"""A score for each platform, each from its own signals alone, on the scale of velocity; and what they say together.

Here: sources put together into platforms. Not here: how far a source is from its usual (``robust``, whose row says it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from etheatmap_core.scoring.advanced.components import weighted_mean
from etheatmap_core.scoring.advanced.inputs import DIGITS, RobustRows
from etheatmap_core.scoring.robust.guards import guarded
from etheatmap_core.scoring.robust.score import velocity_of
from etheatmap_core.scoring.series import Grid

TIKTOK = "tiktok"
PLATFORMS: Mapping[str, tuple[str, ...]] = {
    "wikipedia": ("wiki",),
    "google_trends": ("trends",),
    "reddit": ("reddit",),
    "youtube": ("youtube",),
    "news": ("news", "gdelt_gkg"),
    TIKTOK: ("apify_tiktok", "tt_search"),
}


@dataclass(frozen=True)
class Platform:
    """``sources``: those that are collected. ``score``: [hours, entities] in (−4, 4), NaN where it is null; ``weight``:
    its share in what all say together."""

    name: str
    sources: tuple[str, ...]
    weight: float
    score: Grid


def platforms(robust: RobustRows, weights: Mapping[str, float], tiktok_share: float) -> list[Platform]:
    """All six. Of two sources of one platform the mean by weight. TikTok's weight is that share of one; the others
    divide the rest as sources.yml weighs them."""
    found = []
    for name, sources in PLATFORMS.items():
        collected = [source for source in sources if weights.get(source, 0.0) > 0.0]
        score = weighted_mean(
            [(weights[source], _score(robust, source)) for source in collected], robust.velocity.shape
        )
        found.append((name, tuple(collected), max((weights[source] for source in collected), default=0.0), score))
    others = sum(weight for name, _, weight, _ in found if name != TIKTOK)
    return [
        Platform(name, sources, _weight(name, weight, others, tiktok_share), score)
        for name, sources, weight, score in found
    ]


def together(found: Sequence[Platform], shape: tuple[int, ...]) -> Grid:
    """The mean of those that are known, by weight; NaN where none is."""
    return weighted_mean([(one.weight, one.score) for one in found], shape)


def why_null(platform: Platform, missing: Mapping[str, str] | None) -> str:
    """Of a platform without a score. missing: by source, from the row of robust; None where there is no row."""
    if not platform.sources:
        return "not collected"
    if missing is None:
        return "model robust has no row of this hour"
    if len(platform.sources) == 1:
        return missing.get(platform.sources[0], "not judged")
    return "; ".join(dict.fromkeys(missing.get(source, "not judged") for source in platform.sources))


def _weight(name: str, weight: float, others: float, tiktok_share: float) -> float:
    if name == TIKTOK:
        return tiktok_share if weight > 0.0 else 0.0
    return (1.0 - tiktok_share) * weight / others if others > 0.0 else 0.0


def _score(robust: RobustRows, source: str) -> Grid:
    if source not in robust.sources:
        return np.full(robust.velocity.shape, np.nan)
    place = robust.sources.index(source)
    return np.round(velocity_of(guarded(robust.deviation[place], robust.trust[place])), DIGITS)
