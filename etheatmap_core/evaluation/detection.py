"""How well evidence finds events: alarms, what is false, what is found, and a threshold for each false-alert rate.

Exact definitions, as docs/evaluation.md tells them:

* **Alarm**: a step whose evidence is at or above the threshold. After it the entity is silent for the cool-down of 24
  hours; heat that lasts longer alarms again. (The alarms of a set of hot steps are then the most that fit into it with
  a day between them, so that a higher threshold never has more of them.)
* **Event window**: from ``before`` steps before the event's step to ``after`` steps after it. No step of it is a false
  alarm or counts as time in which there could be one. An event before ``judge_from`` has a window too.
* **False alarm**: an alarm among the hot steps outside all windows. The rate is a thousand of them by the
  entity-days outside windows on which the entity has a value.
* **Found within k**: the evidence is at or above the threshold at one of the steps from the event's own to the k-th
  after it; the **delay** is the first such step minus the event's. Alarms before the event find nothing.
* **Recall** within k: found within k, of all events; one without any evidence is missed.
* **Precision**: events found within the longest k, of those and the false alarms.

Not here: files, models, intervals (bootstrap), words (detection_report).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.evaluation.series_files import Event, SeriesSet
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring.series import Flags, Grid

Integers = NDArray[np.int64]
COOL_DOWN_DAYS = 1
RATES = (0.5, 1.0, 2.0, 5.0, 10.0)  # false alarms in 1,000 entity-days
CURVE_POINTS = 200


@dataclass(frozen=True)
class Rules:
    """All in steps. Steps before ``judge_from`` are history only: nothing there is an alarm, to be found, or time."""

    cool_down: int
    before: int
    after: int
    horizons: tuple[int, ...]
    judge_from: int


RULES = {
    # From 84 hours on, model mvp knows a usual (72 hours) and a now (12).
    Step.HOUR: Rules(cool_down=24, before=3, after=72, horizons=(3, 6, 12, 24), judge_from=84),
    Step.DAY: Rules(cool_down=1, before=1, after=7, horizons=(1, 3, 6, 12, 24), judge_from=14),
    Step.FIVE_MINUTES: Rules(cool_down=288, before=36, after=864, horizons=(3, 6, 12, 24), judge_from=1008),
}


@dataclass(frozen=True)
class Trial:
    """Evidence [entities, steps] of one detector beside the truth; NaN is no verdict, and no alarm.

    is_known: [entities, steps], where the entity has a value. events: entity and step of each, judged or not.
    """

    evidence: Grid
    is_known: Flags
    event_entities: Integers
    event_steps: Integers
    steps_a_day: int
    rules: Rules

    @cached_property
    def is_judged(self) -> Flags:
        """[events]."""
        return self.event_steps >= self.rules.judge_from

    @property
    def judged_entities(self) -> Integers:
        """The entity of each judged event."""
        return self.event_entities[self.is_judged]

    @property
    def judged_steps(self) -> Integers:
        return self.event_steps[self.is_judged]

    @cached_property
    def is_outside(self) -> Flags:
        """[entities, steps]: judged, and in no event window."""
        outside = np.ones(self.evidence.shape, dtype=np.bool_)
        outside[:, : self.rules.judge_from] = False
        for entity, step in zip(self.event_entities.tolist(), self.event_steps.tolist(), strict=True):
            outside[entity, max(0, step - self.rules.before) : step + self.rules.after + 1] = False
        return outside

    @cached_property
    def days(self) -> Grid:
        """Entity-days outside windows, [entities]."""
        counted: Grid = (self.is_outside & self.is_known).sum(axis=1) / self.steps_a_day
        return counted

    @cached_property
    def highest_since_event(self) -> Grid:
        """[judged events, steps after up to the longest horizon]: the highest evidence so far; −inf where none."""
        longest = max(self.rules.horizons)
        padded = np.pad(np.nan_to_num(self.evidence, nan=-np.inf), ((0, 0), (0, longest)), constant_values=-np.inf)
        steps = self.judged_steps[:, None] + np.arange(longest + 1)
        highest: Grid = np.maximum.accumulate(padded[self.judged_entities[:, None], steps], axis=1)
        return highest

    @cached_property
    def hot(self) -> "_HotSteps":
        return _HotSteps.of(self)

    def false_alarms(self, threshold: float) -> Integers:
        """False alarms of each entity, [entities]."""
        return np.bincount(self.hot.alarms(threshold) // self.hot.width, minlength=len(self.evidence))

    def delays(self, threshold: float) -> Integers:
        """Steps from each judged event to its first alarm within the longest horizon, −1 where there is none."""
        is_hot = self.highest_since_event >= threshold
        return np.where(is_hot.any(axis=1), is_hot.argmax(axis=1), -1)

    def threshold_at(self, rate: float) -> float:
        """The lowest threshold with at most ``rate`` false alarms in 1,000 entity-days."""
        allowed = int(np.floor(rate * self.days.sum() / 1000 + 1e-9))
        levels = self.hot.levels
        # An alarm silences at most a cool-down of hot steps: with more of them than that there are too many alarms.
        low, high = max(0, len(levels) - allowed * self.rules.cool_down - 1), len(levels)
        while low < high:
            middle = (low + high) // 2
            if len(self.hot.alarms(float(levels[middle]))) <= allowed:
                high = middle
            else:
                low = middle + 1
        below = levels[:low]
        return float(np.nextafter(below[-1], np.inf)) if len(below) else self._lowest

    @property
    def _lowest(self) -> float:
        known = self.evidence[~np.isnan(self.evidence)]
        return float(known.min()) if len(known) else 0.0


@dataclass(frozen=True)
class _HotSteps:
    """The judged steps outside windows that have evidence, in one line, entity after entity."""

    places: Integers  # ascending
    evidence: Grid
    width: int  # places of one entity
    cool_down: int

    @classmethod
    def of(cls, trial: Trial) -> "_HotSteps":
        entities, steps = np.nonzero(trial.is_outside & ~np.isnan(trial.evidence))
        width = trial.evidence.shape[1]
        return cls(entities * width + steps, trial.evidence[entities, steps], width, trial.rules.cool_down)

    @cached_property
    def levels(self) -> Grid:
        """The evidence of all of them, ascending."""
        return np.sort(self.evidence)

    def alarms(self, threshold: float) -> Integers:
        """The places of the alarms: of each entity the first hot step, the first a cool-down after that, and so on."""
        hot = self.places[self.evidence >= threshold]
        entities = hot // self.width
        next_of_each = np.flatnonzero(np.diff(entities, prepend=-1))
        chosen = []
        while len(next_of_each):
            chosen.append(hot[next_of_each])
            following = np.searchsorted(hot, hot[next_of_each] + self.cool_down)
            is_same = entities[np.minimum(following, len(hot) - 1)] == entities[next_of_each]
            next_of_each = following[(following < len(hot)) & is_same]
        return np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Figures:
    """At one threshold. None where there is nothing to divide by. Delays in steps, of the events that were found."""

    threshold: float
    false_alarms: int
    entity_days: float
    events: int
    found: dict[int, int]  # by horizon in steps
    already_hot: int  # of the found: hot at the step before the event, so found without news
    median_delay: int | None
    p90_delay: int | None

    @property
    def rate(self) -> float | None:
        """False alarms in 1,000 entity-days."""
        return 1000 * self.false_alarms / self.entity_days if self.entity_days else None

    @property
    def precision(self) -> float | None:
        found = max(self.found.values())
        return found / (found + self.false_alarms) if found + self.false_alarms else None

    def recall(self, horizon: int) -> float | None:
        return self.found[horizon] / self.events if self.events else None


def trial_of(series: SeriesSet, evidence: Grid, events: Sequence[Event], rules: Rules) -> Trial:
    """Evidence [entities, steps] beside the events; an event's id names a series or an entity."""
    positions = dict(zip(series.entity_names, range(len(series.entity_names)), strict=True))
    positions |= dict(zip(series.series_ids, series.entity_of_series, strict=True))
    pairs = sorted({(positions[event.series_id], series.position(event.at)) for event in events})
    is_known = np.zeros(evidence.shape, dtype=np.bool_)
    np.logical_or.at(is_known, np.array(series.entity_of_series), ~np.isnan(series.values))
    entities, steps = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in (0, 1))
    return Trial(evidence, is_known, entities, steps, series.step.a_day, rules)


def figures_at(trial: Trial, threshold: float) -> Figures:
    """What the detector does at a threshold."""
    delays = trial.delays(threshold)
    is_found = delays >= 0
    found = delays[is_found]
    before = trial.evidence[trial.judged_entities, np.maximum(trial.judged_steps - 1, 0)]
    return Figures(
        threshold=threshold,
        false_alarms=int(trial.false_alarms(threshold).sum()),
        entity_days=float(trial.days.sum()),
        events=len(delays),
        found={horizon: int((found <= horizon).sum()) for horizon in trial.rules.horizons},
        already_hot=int((is_found & (before >= threshold)).sum()),
        median_delay=_percentile(found, 50),
        p90_delay=_percentile(found, 90),
    )


def curve(trial: Trial, points: int = CURVE_POINTS) -> list[Figures]:
    """The sweep: from the threshold that never alarms falsely down to the one that always does."""
    levels = trial.hot.levels
    if not len(levels):
        return []
    ranks = np.unique(np.geomspace(1, len(levels), points).astype(np.int64))
    thresholds = [trial.threshold_at(0.0), *levels[len(levels) - ranks].tolist()]
    return [figures_at(trial, threshold) for threshold in dict.fromkeys(thresholds)]


def _percentile(delays: Integers, percent: float) -> int | None:
    """A delay that was seen, not one between two."""
    return int(np.percentile(delays, percent, method="inverted_cdf")) if len(delays) else None
