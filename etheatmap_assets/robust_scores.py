"""The scores of model ``robust`` beside those of ``mvp``: the same hours, rows of their own. Nothing shows them yet."""

import dagster as dg

from etheatmap_assets.scores import ScoreModel, build_scores
from etheatmap_core.scoring.robust.rows import HISTORY_HOURS
from etheatmap_core.scoring.robust.score import MODEL
from etheatmap_core.scoring.robust.store import CHECKS, score_and_store


def build_robust_scores(grid: dg.HourlyPartitionsDefinition) -> dg.AssetsDefinition:
    """Late data re-scores exactly its own hour, as for mvp."""
    return build_scores(
        "robust_scores",
        grid,
        ScoreModel(MODEL, HISTORY_HOURS, CHECKS, score_and_store),
        "How unusual each hour of each entity is by medians and counts, model robust: strength, odds, and why.",
    )
