"""From the components to the rows of model ``advanced``, each with its evidence and its reasons.

Here: pure; a range of hours gives the same bytes as each hour alone. Not here: the components, reading, writing.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np

from etheatmap_core.hours import HourRange
from etheatmap_core.scoring import hashes
from etheatmap_core.scoring.advanced import components, heat, platforms, shape
from etheatmap_core.scoring.advanced.inputs import (
    BEFORE,
    BOOST,
    DIGITS,
    HISTORY_HOURS,
    MODEL,
    PRIMARY,
    Entities,
    RobustRows,
    Window,
    metrics_of,
)
from etheatmap_core.scoring.advanced.words import sentences
from etheatmap_core.scoring.episodes import LOOKBACK_HOURS
from etheatmap_core.scoring.heat import MIN_MENTIONS_FOR_AFFECT
from etheatmap_core.scoring.robust.precision import calibrated_precision
from etheatmap_core.scoring.rows import ScoreRow, State, nullable
from etheatmap_core.scoring.series import Grid, SignalSeries

_PRIMARY_NAMES = {source: metric.name for source, metric in PRIMARY.items()}


def params_hash(weights: Mapping[str, float], tiktok_share: float) -> str:
    """sha256 of everything but the inputs that decides a row."""
    return hashes.params_hash(
        {
            "model": MODEL,
            "metrics": [list(metric) for metric in metrics_of(weights)],
            "hours": HISTORY_HOURS,
            "weights": {source: float(weight) for source, weight in weights.items()},
            "tiktok_share": tiktok_share,
            "terms": [heat.VELOCITY_WEIGHT, heat.PLATFORM_WEIGHT, heat.NETWORK_WEIGHT, heat.COLOUR_WEIGHT],
            "tentpole": heat.TENTPOLE_WEIGHT,
            "shape": [
                shape.EPISODE_STRENGTH, *shape.PAST_ODDS, shape.HALF_LIFE_HOURS, shape.PEAKING_HOURS,
                *shape.RIGHT.values(),
            ],
            "floors": [MIN_MENTIONS_FOR_AFFECT, components.LEAST_NOVELTY_DAYS],
            "platforms": {name: list(sources) for name, sources in platforms.PLATFORMS.items()},
            "voices": {source: list(names) for source, names in components.VOICES.items()},
            "entertainment": [sorted(heat.ENTERTAINMENT), sorted(heat.BESIDE_ENTERTAINMENT)],
        }
    )  # fmt: skip


def score_hours(
    series: SignalSeries,
    hours: HourRange,
    weights: Mapping[str, float],
    robust: RobustRows,
    entities: Entities,
    tiktok_share: float,
) -> Iterator[ScoreRow]:
    """A row for every entity and hour, by hour and then as in ``series.entity_ids``.

    series: every metric of ``metrics_of(weights)`` for HISTORY_HOURS up to each of the hours. weights: of the
    collected sources; one with 0 is left out. tiktok_share: of all platforms together, 0 to 1.
    """
    if len(hours) and series.entity_ids:
        window = series.only(hours.widened(BEFORE), metrics_of(weights))
        yield from _Rows(window, hours, weights, robust, entities, tiktok_share).all()


class _Rows:
    """The rows of one call."""

    def __init__(
        self,
        series: SignalSeries,
        hours: HourRange,
        weights: Mapping[str, float],
        robust: RobustRows,
        entities: Entities,
        tiktok_share: float,
    ) -> None:
        self._hours, self._entity_ids, self._entities = hours, series.entity_ids, entities
        self._weights, self._robust = weights, robust
        self._params = params_hash(weights, tiktok_share)
        window = Window(series, hours)
        self._components = {
            "velocity": components.velocity(robust),
            "acceleration": components.acceleration(robust),
            "virality": components.virality(window, weights),
            "sentiment": components.sentiment(window, weights),
            "network": components.network(window, _PRIMARY_NAMES, weights),
            "novelty": components.novelty(robust, len(hours)),
            "quality": components.quality(window, weights),
        }
        values = {name: np.round(part.values, DIGITS) for name, part in self._components.items()}
        self._values = values
        self._platforms = platforms.platforms(robust, weights, tiktok_share)
        self._shares = [round(one.weight, DIGITS) for one in self._platforms]
        self._platform = platforms.together(self._platforms, window.shape)
        before = robust.strength[: len(robust.strength) - len(hours)]
        recent = robust.strength[len(before) - LOOKBACK_HOURS :]
        self._path = shape.trajectory(recent)
        self._boost = _boosts(series, hours)
        colours = [values["virality"], np.abs(values["sentiment"]), values["novelty"], values["quality"]]
        self._beside = heat.beside(robust.velocity, self._platform, values["network"], colours)
        self._decay = np.where(np.isnan(robust.velocity), np.nan, shape.kept(self._path.hours_since_peak))
        self._heat = heat.heat(robust.velocity, self._beside, self._decay, self._boost)
        self._risk = np.round(heat.risk(robust), DIGITS)
        self._et_fit = [heat.et_fit(category) for category in entities.categories]

    def all(self) -> Iterator[ScoreRow]:
        robust = self._robust
        names = ("velocity", "strength", "accel", "spread", "affect", "novelty", "decay", "risk", "boost", "beside")
        change = robust.velocity - robust.velocity_before
        grids = (
            robust.velocity, robust.strength[len(robust.strength) - len(self._hours) :], change, robust.spread,
            robust.affect, self._values["novelty"], self._decay, self._risk, self._boost, self._beside,
        )  # fmt: skip
        columns = dict(zip(names, map(nullable, grids), strict=True))
        heats, precision = nullable(self._heat), calibrated_precision(robust.evidence)
        told = {name: nullable(grid) for name, grid in self._values.items()}
        scores = [nullable(np.round(one.score, DIGITS)) for one in self._platforms]
        combined, evidences = nullable(np.round(self._platform, DIGITS)), nullable(robust.evidence)
        confidences = np.nan_to_num(precision).tolist()
        path = _Path(self._path)
        numbers = self._numbers()
        for row, hour in enumerate(self._hours):
            for entity, entity_id in enumerate(self._entity_ids):
                own = {name: column[row][entity] for name, column in columns.items()}
                parts = {name: column[row][entity] for name, column in told.items()}
                evidence = {
                    "components": parts,
                    "nulls": self._nulls(parts, row, entity),
                    **path.told(row, entity, is_judged=own["velocity"] is not None),
                    "platforms": self._platforms_told(scores, row, entity),
                    "platform": combined[row][entity],
                    "beside": own["beside"],
                    "evidence": evidences[row][entity],
                    "reasons_of_null": self._reasons_of_null(own, row, entity),
                }
                evidence["tiktok"] = evidence["platforms"][platforms.TIKTOK]
                yield ScoreRow(
                    entity_id=entity_id,
                    ts=hour,
                    model=MODEL,
                    state=cast("State", robust.states[row, entity] or "no_data"),
                    velocity_z=own["velocity"],
                    velocity_raw=own["strength"],
                    accel=own["accel"],
                    xplat=own["spread"],
                    affect=own["affect"],
                    novelty=own["novelty"],
                    et_fit=self._et_fit[entity],
                    tentpole=own["boost"],
                    decay=own["decay"],
                    risk=own["risk"],
                    heat=heats[row][entity],
                    confidence=confidences[row][entity],
                    reasons=sentences(evidence, own["boost"], heats[row][entity]),
                    evidence=evidence,
                    inputs_hash=self._inputs_hash(numbers, row, entity),
                    params_hash=self._params,
                )

    def _nulls(self, parts: Mapping[str, float | None], row: int, entity: int) -> dict[str, str]:
        return {name: self._components[name].reason(row, entity) for name, value in parts.items() if value is None}

    def _reasons_of_null(self, own: Mapping[str, Any], row: int, entity: int) -> dict[str, str]:
        """Of the columns that are null; those of the components are told with them."""
        found = {}
        if self._et_fit[entity] is None:
            found["et_fit"] = "the category is not known"
        if own["risk"] is None:
            found["risk"] = "no source shows a rise"
        if own["boost"] is None:
            found["tentpole"] = "no tentpole of this entity is on"
        if own["decay"] is None:
            found["decay"] = self._components["velocity"].reason(row, entity)
        return found

    def _platforms_told(self, scores: list[list[list[Any]]], row: int, entity: int) -> dict[str, Any]:
        missing = self._robust.missing[row, entity]
        found: dict[str, Any] = {}
        for one, weight, score in zip(self._platforms, self._shares, scores, strict=True):
            value = score[row][entity]
            if value is None:
                found[one.name] = {"score": None, "why": platforms.why_null(one, missing)}
            else:
                found[one.name] = {"score": value, "weight": weight}
        return found

    def _numbers(self) -> Grid:
        """[hours, entities, n]: every number that decides a row beside what robust's own hash stands for."""
        path = self._path
        grids = [
            *(part.values for part in self._components.values()),
            *(one.score for one in self._platforms),
            self._platform, self._boost, self._beside, self._risk, self._robust.evidence, self._heat,
            path.hours_since_start.astype(np.float64), path.hours_since_peak.astype(np.float64),
        ]  # fmt: skip
        stacked = np.stack(grids, axis=-1)
        return np.where(np.isnan(stacked), np.nan, stacked + 0.0).astype("<f8")

    def _inputs_hash(self, numbers: Grid, row: int, entity: int) -> str:
        result = hashlib.sha256(str(self._robust.inputs_hashes[row, entity]).encode())
        result.update(self._entities.categories[entity].encode())
        result.update(numbers[row, entity].tobytes())
        return result.hexdigest()


class _Path:
    """The trajectory of a row in words and numbers."""

    def __init__(self, path: shape.Trajectory) -> None:
        self._open, self._trend = path.is_open.tolist(), path.trend.tolist()
        self._since, self._peak = path.hours_since_start.tolist(), path.hours_since_peak.tolist()
        self._past = nullable(np.round(path.peak_past, DIGITS))

    def told(self, row: int, entity: int, *, is_judged: bool) -> dict[str, Any]:
        if not is_judged:
            why = "model robust has not judged this hour"
            return {"trajectory": {"trend": None, "confidence": None, "why": why}, "peak_probability": None}
        trend = shape.TRENDS[self._trend[row][entity]]
        told: dict[str, Any] = {"trend": trend, "confidence": shape.RIGHT[trend]}
        if self._open[row][entity]:
            told |= {"hours": self._since[row][entity], "hours_since_peak": self._peak[row][entity]}
        return {"trajectory": told, "peak_probability": self._past[row][entity]}


def _boosts(series: SignalSeries, hours: HourRange) -> Grid:
    """The boost of each entity's own tentpole that is on, stored at the start of its UTC day; NaN where none is."""
    of_hour = series.values[series.metrics.index(BOOST)]
    rows = [BEFORE + number - hour.hour for number, hour in enumerate(hours)]
    boosts: Grid = of_hour[rows]
    return boosts
