"""What the model rests on: signals of a week and a day, and what model ``robust`` said of the same entities and hours.

Here: which metrics, and the arrays. Not here: reading them (``store``), what is made of them (``components``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.hours import HourRange
from etheatmap_core.scoring import mvp
from etheatmap_core.scoring.heat import EVIDENCE_HOURS
from etheatmap_core.scoring.robust.rows import PAST_HOURS
from etheatmap_core.scoring.series import Grid, Metric, SignalSeries, aged
from etheatmap_core.signals import tentpoles

MODEL = "advanced"
USUAL_HOURS = 168  # what the last day is compared with: the seven before it
BEFORE = EVIDENCE_HOURS + USUAL_HOURS - 1  # hours before the first scored one
HISTORY_HOURS = BEFORE + 1
DIGITS = 4  # of what is told; velocity, strength and heat are in full
STRENGTH_HOURS = PAST_HOURS  # of strengths before the first scored hour

BOOST = Metric(tentpoles.SOURCE, tentpoles.METRIC, "index")
# Every source's own number that says whether it told anything, and what people did beside being counted.
PRIMARY = {metric.source: metric for metric in mvp.PRIMARY_METRICS + mvp.EVIDENCE_METRICS}
BESIDE = (
    Metric("wiki", "views_mobile", "count"),
    Metric("reddit", "score_sum", "sum"),
    Metric("reddit", "comment_sum", "sum"),
    Metric("reddit", "upvote_ratio", "index"),
    Metric("reddit", "subreddit_count", "count"),
    Metric("youtube", "engagement_rate", "index"),
    Metric("youtube", "unique_channels", "count"),
    Metric("news", "source_count", "count"),
    Metric("news", "authority_score", "index"),
    Metric("tt_search", "unique_authors_24h", "count"),
    Metric("tt_search", "eng_ratio_median", "index"),
)


def metrics_of(weights: Mapping[str, float]) -> tuple[Metric, ...]:
    """The metrics the model reads of the collected sources, in its own order; the boost of tentpoles always."""
    every = (*PRIMARY.values(), *mvp.AFFECT_METRICS, *BESIDE)
    return (*(metric for metric in every if weights.get(metric.source, 0.0) > 0.0), BOOST)


@dataclass(frozen=True)
class Entities:
    """Of the entities in the order of the columns."""

    types: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True)
class RobustRows:
    """What model ``robust`` said. [hours, entities] of the scored hours; [sources, hours, entities] of each source.

    strength: [STRENGTH_HOURS + hours, entities], with the hours before. NaN and "" where there is no such row.
    """

    strength: Grid
    velocity_before: Grid  # of the hour before each
    velocity: Grid
    spread: Grid
    affect: Grid
    evidence: Grid
    states: NDArray[np.object_]
    inputs_hashes: NDArray[np.object_]
    missing: NDArray[np.object_]  # by source, why it says nothing; {} where there is no row
    sources: tuple[str, ...]
    deviation: Grid
    share: Grid  # of the rise
    trust: Grid

    def only(self, first: int, hours: int) -> "RobustRows":
        """Those of ``hours`` scored hours from the ``first`` on, with the strengths before them."""
        rows = slice(first, first + hours)
        return RobustRows(
            strength=self.strength[first : first + STRENGTH_HOURS + hours],
            velocity_before=self.velocity_before[rows],
            velocity=self.velocity[rows],
            spread=self.spread[rows],
            affect=self.affect[rows],
            evidence=self.evidence[rows],
            states=self.states[rows],
            inputs_hashes=self.inputs_hashes[rows],
            missing=self.missing[rows],
            sources=self.sources,
            deviation=self.deviation[:, rows],
            share=self.share[:, rows],
            trust=self.trust[:, rows],
        )


class Window:
    """The signals of the scored hours, summed or averaged as the components ask; [hours, entities] each."""

    def __init__(self, series: SignalSeries, hours: HourRange) -> None:
        self._values = dict(zip(series.metrics, series.values, strict=True))
        self.shape = (len(hours), len(series.entity_ids))
        self._has = {(metric.source, metric.name): metric for metric in series.metrics}

    def has(self, source: str, name: str) -> bool:
        return (source, name) in self._has

    def values(self, source: str, name: str) -> Grid:
        found: Grid = self._values[self._has[source, name]]
        return found

    def sum_of_day(self, values: Grid) -> Grid:
        """The same of values that are made of several metrics."""
        return self._sum(values, 0, EVIDENCE_HOURS)

    def day_sum(self, source: str, name: str) -> Grid:
        """Of the known values of the last day, whatever is unknown as nothing."""
        return self._sum(np.nan_to_num(self.values(source, name)), 0, EVIDENCE_HOURS)

    def week_sum(self, source: str, name: str) -> Grid:
        """Of the known values of the seven days before."""
        return self._sum(np.nan_to_num(self.values(source, name)), EVIDENCE_HOURS, USUAL_HOURS)

    def day_known(self, source: str, name: str) -> Grid:
        """The known hours of the last day."""
        return self._sum((~np.isnan(self.values(source, name))).astype(np.float64), 0, EVIDENCE_HOURS)

    def week_known(self, source: str, name: str) -> Grid:
        return self._sum((~np.isnan(self.values(source, name))).astype(np.float64), EVIDENCE_HOURS, USUAL_HOURS)

    def day_largest(self, source: str, name: str) -> Grid:
        """0 where nothing is known."""
        known = np.nan_to_num(self.values(source, name))
        largest = np.zeros(self.shape)
        for age in range(EVIDENCE_HOURS):
            np.maximum(largest, aged(known, BEFORE, age), out=largest)
        return largest

    def _sum(self, values: Grid, youngest: int, hours: int) -> Grid:
        total = np.zeros(self.shape)
        if values.any():
            for age in reversed(range(youngest, youngest + hours)):  # one by one: the same bits in a range and alone
                total += aged(values, BEFORE, age)
        return total
