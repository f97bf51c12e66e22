"""From the terms of a model, arrays of hours × entities, to rows of table ``scores``.

Here: the columns, their nulls, the evidence of a row. Not here: how a term comes about, writing to the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import numpy as np

from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.episodes import Episodes
from etheatmap_core.scoring.reasons import EpisodeEvidence, Evidence, MetricEvidence, SourceTypesEvidence, reasons
from etheatmap_core.scoring.series import Flags, Grid, Hours, Metric
from etheatmap_core.scoring.velocity import USUAL_WINDOW_HOURS, WINDOW_HOURS, Velocities

State = Literal["ok", "warming_up", "no_data"]


class ScoreRow(NamedTuple):
    """One row of table ``scores`` without ``scored_at``; the fields are its columns."""

    entity_id: int
    ts: datetime
    model: str
    state: State
    velocity_z: float | None
    velocity_raw: float | None
    accel: float | None
    xplat: float | None
    affect: float | None
    novelty: float | None
    et_fit: float | None
    tentpole: float | None
    decay: float | None
    risk: float | None
    heat: float | None
    confidence: float
    reasons: list[str]
    evidence: Mapping[str, Any]
    inputs_hash: str
    params_hash: str


@dataclass(frozen=True)
class MetricTerms:
    """One primary metric of the scored hours."""

    metric: Metric
    weight: float
    velocities: Velocities
    censored_hours: Hours  # known ones of the last 12 hours


@dataclass(frozen=True)
class Terms:
    """Everything a row says, [hours, entities] each; NaN = null."""

    metrics: Sequence[MetricTerms]
    velocity_raw: Grid
    velocity: Grid
    accel: Grid
    has_evidence: dict[str, Flags]  # by source type
    available_types: frozenset[str]
    spread: Grid
    affect: Grid
    episodes: Episodes
    decay: Grid
    heat: Grid
    confidence: Grid


def score_rows(
    terms: Terms,
    hours: HourRange,
    entity_ids: Sequence[int],
    *,
    model: str,
    inputs_hashes: Sequence[Sequence[str]],
    params_hash: str,
) -> Iterator[ScoreRow]:
    """The rows by hour, then in the order of ``entity_ids``. inputs_hashes: [hours][entities]."""
    columns = [
        nullable(grid)
        for grid in (terms.velocity, terms.velocity_raw, terms.accel, terms.spread, terms.affect, terms.decay)
    ]
    heats, confidences = nullable(terms.heat), terms.confidence.tolist()
    states, evidences = _states(terms), Evidences(terms)
    for row, hour in enumerate(hours):
        for entity, entity_id in enumerate(entity_ids):
            velocity, raw, accel, spread, affect, decay = (column[row][entity] for column in columns)
            evidence = evidences.of(row, entity, hour)
            yield ScoreRow(
                entity_id=entity_id,
                ts=hour,
                model=model,
                state=states[row][entity],
                velocity_z=velocity,
                velocity_raw=raw,
                accel=accel,
                xplat=spread,
                affect=affect,
                novelty=None,
                et_fit=None,
                tentpole=None,
                decay=decay,
                risk=None,
                heat=heats[row][entity],
                confidence=confidences[row][entity],
                reasons=reasons(evidence, decay),
                evidence=evidence,
                inputs_hash=inputs_hashes[row][entity],
                params_hash=params_hash,
            )


def _states(terms: Terms) -> list[list[State]]:
    """ok: there is a velocity. warming_up: there is news but too little history. no_data: nothing in 12 hours."""
    has_news = np.zeros(terms.velocity_raw.shape, dtype=np.bool_)
    for part in terms.metrics:
        if part.weight > 0.0:
            has_news |= part.velocities.observed_hours > 0
    without_velocity = np.where(has_news, "warming_up", "no_data")
    states: list[list[State]] = np.where(np.isnan(terms.velocity_raw), without_velocity, "ok").tolist()
    return states


class Evidences:
    """The arrays of ``terms`` as nested lists, because reading one number of an array at a time is slow."""

    def __init__(self, terms: Terms) -> None:
        self._metrics = [_metric_cells(part) for part in terms.metrics]
        self._has_evidence = {name: flags.tolist() for name, flags in sorted(terms.has_evidence.items())}
        self._available = sorted(terms.available_types)
        self._unavailable = sorted(terms.has_evidence.keys() - terms.available_types)
        self._is_open, self._start, self._peak = (ages.tolist() for ages in terms.episodes)

    def of(self, row: int, entity: int, hour: datetime) -> Evidence:
        return {
            "metrics": [self._metric(part, cells[row][entity]) for part, cells in self._metrics],
            "source_types": self.source_types(row, entity),
            "episode": self.episode(row, entity, hour),
        }

    def source_types(self, row: int, entity: int) -> SourceTypesEvidence:
        return SourceTypesEvidence(
            available=self._available.copy(),
            unavailable=self._unavailable.copy(),
            with_evidence=[name for name, flags in self._has_evidence.items() if flags[row][entity]],
        )

    @staticmethod
    def _metric(part: MetricTerms, cell: tuple[Any, ...]) -> MetricEvidence:
        observed, usual, spread, z, observed_hours, usual_hours, censored_hours = cell
        return {
            "source": part.metric.source,
            "metric": part.metric.name,
            "observed": observed,
            "usual": usual,
            "spread": spread,
            "z": z,
            "ratio": observed / usual if observed is not None and usual is not None and usual > 0.0 else None,
            "window_hours": WINDOW_HOURS,
            "usual_window_hours": USUAL_WINDOW_HOURS,
            "observed_hours": observed_hours,
            "usual_hours": usual_hours,
            "censored_hours": censored_hours,
            "weight": part.weight,
        }

    def episode(self, row: int, entity: int, hour: datetime) -> EpisodeEvidence:
        if not self._is_open[row][entity]:
            return {"is_open": False, "started_at": None, "peak_at": None, "hours_since_peak": 0.0}
        start, peak = self._start[row][entity], self._peak[row][entity]
        return {
            "is_open": True,
            "started_at": (hour - start * HOUR).isoformat(),
            "peak_at": (hour - peak * HOUR).isoformat(),
            "hours_since_peak": float(peak),
        }


def _metric_cells(part: MetricTerms) -> tuple[MetricTerms, list[list[tuple[Any, ...]]]]:
    """What a row says of the metric, [hours][entities]."""
    means = (part.velocities.observed, part.velocities.usual, part.velocities.spread, part.velocities.z)
    counts = (part.velocities.observed_hours, part.velocities.usual_hours, part.censored_hours)
    columns = [nullable(grid) for grid in means] + [count.tolist() for count in counts]
    return part, [list(zip(*rows, strict=True)) for rows in zip(*columns, strict=True)]


def nullable(grid: Grid) -> list[list[Any]]:
    """[hours][entities] of numbers, None for NaN."""
    numbers = grid.astype(object)
    numbers[np.isnan(grid)] = None
    return list(numbers.tolist())
