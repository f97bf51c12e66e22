"""What kind of a rise each score is: rows of model ``advanced``, made after those of ``robust`` that they start from.

Here: the asset. Not here: the components (etheatmap_core.scoring.advanced), who shows them (etheatmap_api).
"""

from functools import partial

import dagster as dg

from etheatmap_assets.scores import ScoreModel, build_scores
from etheatmap_core.scoring.advanced.inputs import HISTORY_HOURS, MODEL
from etheatmap_core.scoring.advanced.store import CHECKS, score_and_store

NAME = "advanced_scores"


def build_advanced_scores(
    grid: dg.HourlyPartitionsDefinition, *, tiktok_share: float, is_asked: bool
) -> dg.AssetsDefinition:
    """It moves with robust_scores, and with the tentpoles of its day. ``is_asked``: advanced_scoring is on."""
    return build_scores(
        NAME,
        grid,
        ScoreModel(
            MODEL,
            HISTORY_HOURS,
            CHECKS,
            partial(score_and_store, tiktok_share=tiktok_share),
            rests_on=("robust_scores", "tentpoles"),
            is_asked=is_asked,
        ),
        "Seven components, a score a platform, the episode's path and its heat, model advanced; each null with why.",
    )
