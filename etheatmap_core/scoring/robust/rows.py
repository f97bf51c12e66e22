"""From signals to the rows of model ``robust``: which metrics it reads, its guards, what each row says of itself.

Here: pure; every number of a row comes of the window of signals, of the entity's own earlier strengths, of who spoke
and of the states its sources were in. Not here: the arithmetic of a score (``score``), words, the database (``store``).

Spread, affect and decay are those of ``mvp``: both models speak on one scale, and differ in what they call a rise.
Confidence is how often evidence like the row's was right where truth is known; a row that is not judged has none, 0.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import orjson

from etheatmap_core.hours import HourRange
from etheatmap_core.scoring import hashes, heat, mvp
from etheatmap_core.scoring.confidence import TIER_B
from etheatmap_core.scoring.robust import combine, guards, scan, seasons, tail
from etheatmap_core.scoring.robust.precision import calibrated_precision
from etheatmap_core.scoring.robust.score import MODEL, Score, SourcePart, SourceSeries, explanation, history_of, score
from etheatmap_core.scoring.robust.seasons import HOURLY
from etheatmap_core.scoring.robust.tier_b import PRECISION_ON_TIER_B
from etheatmap_core.scoring.robust.voices import WINDOW_HOURS as VOICE_HOURS
from etheatmap_core.scoring.robust.voices import Voices
from etheatmap_core.scoring.robust.words import sentences
from etheatmap_core.scoring.rows import Evidences, ScoreRow, State, Terms, nullable
from etheatmap_core.scoring.series import Flags, Grid, Metric, SignalSeries, aged

BEFORE = history_of() + 1  # hours before the first scored one; one more, for the change since the hour before
HISTORY_HOURS = BEFORE + 1
HOURS_AT_ONCE = 24  # so that no row is in the past of another
MOBILE_VIEWS = Metric("wiki", "views_mobile", "count")
MOBILE_HOURS = 12  # as long as the longest window
STALE_HOURS = 6  # a series silent for so long does not tell what is now
# An entity's own past ends a day before the scored hour: what has begun since must not vouch for itself.
PAST_HOURS = (tail.PAST_DAYS + 1) * 24 - 1
_STALE = "stale_or_broken"  # as the guard is called
_JUDGED = HOURLY.history  # the first row that is judged: those after it remember its rise


# What one voice of a source is; others have none.
VOICE_GUARDS = {"reddit": "one_author", "news": "one_outlet", "gdelt_gkg": "one_domain"}


@dataclass(frozen=True)
class Past:
    """What rows rest on beside signals. strength: [PAST_HOURS, entities], of the hours before the first scored one, NaN
    where none was scored. troubles: by hour and source the state of a collection that brought nothing whole.

    voices, heard: by source, of ``judged_hours(hours)``: who spoke, and [hours] how much of each was answered, from 0
    to 1. A source that is not there has no single voice, and was heard in full.
    """

    strength: Grid
    troubles: Mapping[datetime, Mapping[str, str]]
    voices: Mapping[str, Voices] = field(default_factory=dict)
    heard: Mapping[str, Grid] = field(default_factory=dict)


def judged_hours(hours: HourRange) -> HourRange:
    """The hours whose guards decide the scores of ``hours``: a rise is remembered from those before."""
    return hours.widened(HOURLY.memory)


def metrics_of(weights: Mapping[str, float]) -> tuple[Metric, ...]:
    """The metrics the model reads of the collected sources: those of mvp, and what its guards look at."""
    return mvp.metrics_of(weights) + ((MOBILE_VIEWS,) if MOBILE_VIEWS.source in weights else ())


def params_hash(weights: Mapping[str, float], source_types: Mapping[str, Sequence[str]]) -> str:
    """sha256 of everything but the inputs that decides a row."""
    return hashes.params_hash(
        {
            "model": MODEL,
            "terms": mvp.params_hash(weights, source_types),
            "metrics": [list(metric) for metric in metrics_of(weights)],
            "rhythm": asdict(HOURLY),
            "level_floor": seasons.LEVEL_FLOOR,
            "smallest_usual": seasons.SMALLEST_USUAL,
            "dispersion": [scan.USUAL_DISPERSION, scan.SMALLEST_DISPERSION, scan.LARGEST_DISPERSION],
            "doubt_of_a_day": scan.DOUBT_OF_A_DAY,
            "cap": [combine.CAP, combine.BEYOND],
            "kept_a_step": combine.KEPT_A_STEP,
            "chances_a_day": tail.CHANCES_A_DAY,
            "past": [tail.PAST_DAYS, PAST_HOURS, tail.TRUSTED_DAYS],
            "mobile": [guards.USUAL_MOBILE_SHARE, guards.IMPOSSIBLE_MOBILE_SHARE, guards.LEAST_VIEWS, MOBILE_HOURS],
            "stale_hours": STALE_HOURS,
            "confidence": [list(point) for point in PRECISION_ON_TIER_B],
            "voices": [guards.LARGEST_USUAL_SHARE, guards.LEAST_MENTIONS, VOICE_HOURS, sorted(VOICE_GUARDS.items())],
        }
    )


def score_hours(
    series: SignalSeries,
    hours: HourRange,
    weights: Mapping[str, float],
    source_types: Mapping[str, Sequence[str]],
    past: Past,
) -> tuple[list[ScoreRow], Grid]:
    """A row for every entity and hour, by hour and then as in ``series.entity_ids``; and the strengths, for later rows.

    series: every metric of ``metrics_of(weights)`` for HISTORY_HOURS up to each of the hours, HOURS_AT_ONCE at most.
    weights, source_types: as for mvp; here a weight only tells whether a source counts, each counts alike.
    """
    if len(hours) > HOURS_AT_ONCE:
        raise ValueError(f"{len(hours)} hours at once, at most {HOURS_AT_ONCE}: each rests on the days before")
    if not len(hours) or not series.entity_ids:
        return [], np.full((len(hours), len(series.entity_ids)), np.nan)
    window = series.only(hours.widened(BEFORE), metrics_of(weights))
    of_mvp = window.only(hours.widened(mvp.HISTORY_HOURS - 1), mvp.metrics_of(weights))
    terms = mvp.terms_of(of_mvp, weights, source_types)
    highest = past_highest(past.strength, len(hours))
    sources = _sources(window, weights, past)
    scored = score(
        sources,
        BEFORE - 1,
        spread=_with_hour_before(terms.spread),
        affect=_with_hour_before(terms.affect),
        hours_since_peak=np.concatenate([terms.episodes.hours_since_peak[:1], terms.episodes.hours_since_peak]),
        past_highest=tail.evidence_of(np.concatenate([highest[:, :1], highest], axis=1), HOURLY.slope),
    )
    rows = _Rows(window, hours, weights, terms, scored, past, highest)
    return list(rows.all(params_hash(weights, source_types))), scored.strength[1:]


def past_highest(strength: Grid, hours: int) -> Grid:
    """[PAST_DAYS, hours, entities]: the largest strength of each of the days that end a day before the hour."""
    filled = np.where(np.isnan(strength), -np.inf, strength)
    daily = np.lib.stride_tricks.sliding_window_view(filled, 24, axis=0).max(axis=-1)
    # The newest of the days ends 24 hours before the hour, and so began 47 before it.
    first = [PAST_HOURS - 24 * (day + 1) - 23 for day in range(tail.PAST_DAYS)]
    highest = np.stack([daily[start : start + hours] for start in first])
    return np.where(np.isinf(highest), np.nan, highest)


def _with_hour_before(term: Grid) -> Grid:
    """The hour before the first is only judged for its strength: whatever stands there is not looked at."""
    return np.concatenate([term[:1], term])


def _sources(window: SignalSeries, weights: Mapping[str, float], past: Past) -> list[SourceSeries]:
    """The primary metrics of what counts, with their guards; where nothing does, one of which nothing is known."""
    values = dict(zip(window.metrics, window.values, strict=True))
    primary = [metric for metric in mvp.PRIMARY_METRICS if metric in values and weights[metric.source] > 0.0]
    found = []
    for metric in primary:
        one = values[metric]
        silent = ~_known_lately(one, STALE_HOURS)
        heard = past.heard.get(metric.source, np.ones(len(silent)))
        verdicts = [guards.working_guard(silent, np.broadcast_to(heard[:, None], silent.shape))]
        if metric.source in VOICE_GUARDS and metric.source in past.voices:
            verdicts.append(guards.single_voice_guard(VOICE_GUARDS[metric.source], *past.voices[metric.source]))
        if metric.source == MOBILE_VIEWS.source:
            mobile = values[MOBILE_VIEWS]
            both = np.isnan(mobile) | np.isnan(one)
            sums = [_recent_sum(np.where(both, 0.0, grid), MOBILE_HOURS) for grid in (mobile, one)]
            verdicts.append(guards.mobile_guard(sums[0], sums[1]))
        found.append(SourceSeries(metric.source, one, tuple(verdicts)))
    unknown = np.full((len(window.hours), len(window.entity_ids)), np.nan)
    return found or [SourceSeries(mvp.PRIMARY_METRICS[0].source, unknown)]


def _known_lately(values: Grid, hours: int) -> Flags:
    is_known, found = ~np.isnan(values), np.zeros(values[_JUDGED:].shape, dtype=np.bool_)
    for age in range(hours):
        found |= aged(is_known, _JUDGED, age)
    return found


def _recent_sum(values: Grid, hours: int) -> Grid:
    total = np.zeros(values[_JUDGED:].shape)
    for age in reversed(range(hours)):  # one after the other: the same bits in a range and alone
        total += aged(values, _JUDGED, age)
    return total


class _Rows:
    """The rows of one call; row ``step`` of what is scored is the hour before row ``step`` of the hours."""

    def __init__(
        self,
        window: SignalSeries,
        hours: HourRange,
        weights: Mapping[str, float],
        terms: Terms,
        scored: Score,
        past: Past,
        highest: Grid,
    ) -> None:
        self._hours, self._entity_ids, self._terms, self._scored = hours, window.entity_ids, terms, scored
        self._troubles = past.troubles
        # One spelling of NaN and of zero; the days of an entity and hour after each other.
        spelled = np.where(np.isnan(highest), np.nan, highest + 0.0).astype("<f8")
        self._past = np.ascontiguousarray(spelled.transpose(1, 2, 0))
        self._past_days = (~np.isnan(highest)).sum(axis=0).tolist()
        self._hashes = hashes.inputs_hashes(window, HISTORY_HOURS)
        rows = range(len(hours))
        self._told_of_hearing = [_told_of_hearing(past.heard, _judged_for(row)) for row in rows]
        self._spoken = [
            (source, voices, np.stack([voices.of_the_loudest[_judged_for(row)].any(axis=0) for row in rows]))
            for source, voices in sorted(past.voices.items())
        ]
        collected = {part.source for part in scored.sources} & {
            name for name, weight in weights.items() if weight > 0.0
        }
        self._parts = [part for part in scored.sources if part.source in collected]
        values = dict(zip(window.metrics, window.values, strict=True))
        self._is_silent = {
            metric.source: ~_known_lately(values[metric], STALE_HOURS)[HOURLY.memory - 1 :]
            for metric in mvp.PRIMARY_METRICS
            if metric.source in collected
        }
        self._not_collected = [metric.source for metric in mvp.PRIMARY_METRICS if metric.source not in collected]
        self._is_stale = {part.source: _stale_hours(part).tolist() for part in self._parts}
        self._beside = Evidences(terms)

    def all(self, params: str) -> Iterator[ScoreRow]:
        terms, strength = self._terms, self._scored.strength
        is_known = ~np.isnan(strength[1:])
        decay = np.where(is_known, heat.decay(terms.episodes.hours_since_peak), np.nan)
        columns = [
            nullable(grid)
            for grid in (
                self._scored.velocity[1:],
                strength[1:],
                strength[1:] - strength[:-1],
                terms.spread,
                terms.affect,
                decay,
                self._scored.heat[1:],
            )
        ]
        confidences = np.nan_to_num(calibrated_precision(self._scored.evidence[1:])).tolist()
        states = self._states(is_known)
        for row, hour in enumerate(self._hours):
            for entity, entity_id in enumerate(self._entity_ids):
                velocity, raw, accel, spread, affect, fading, hot = (column[row][entity] for column in columns)
                evidence = self._evidence(row, entity, hour)
                yield ScoreRow(
                    entity_id=entity_id,
                    ts=hour,
                    model=MODEL,
                    state=states[row][entity],
                    velocity_z=velocity,
                    velocity_raw=raw,
                    accel=accel,
                    xplat=spread,
                    affect=affect,
                    novelty=None,
                    et_fit=None,
                    tentpole=None,
                    decay=fading,
                    risk=None,
                    heat=hot,
                    confidence=confidences[row][entity],
                    reasons=sentences(evidence, fading),
                    evidence=evidence,
                    inputs_hash=self._inputs_hash(row, entity, evidence["missing"]),
                    params_hash=params,
                )

    def _states(self, is_known: Flags) -> list[list[State]]:
        """ok: judged. warming_up: some source tells what is now, but has too little history. no_data: none does."""
        has_news = np.zeros(is_known.shape, dtype=np.bool_)
        for part in self._parts:
            has_news |= np.minimum.reduce([guard.trust for guard in part.guards if guard.name == _STALE])[1:] > 0.0
        states: list[list[State]] = np.where(is_known, "ok", np.where(has_news, "warming_up", "no_data")).tolist()
        return states

    def _evidence(self, row: int, entity: int, hour: datetime) -> dict[str, Any]:
        """What the row rests on, with numbers; see docs/scoring.md."""
        step, told = row + 1, explanation(self._scored, row + 1, entity)
        strength = float(self._scored.strength[step, entity])
        is_judged = not np.isnan(strength)
        kept = {source for source, is_stale in self._is_stale.items() if not is_stale[step][entity]}
        parts: Any = told.pop("sources")
        return {
            "strength": strength if is_judged else None,
            **told,
            "probability": float(self._scored.probability[step, entity]) if is_judged else None,
            "past_days": self._past_days[row][entity],
            "confidence_basis": TIER_B if is_judged else None,
            "sources": {name: part for name, part in parts.items() if part is not None and name in kept},
            "missing": self._missing(step, entity, hour),
            "source_types": self._beside.source_types(row, entity),
            "episode": self._beside.episode(row, entity, hour),
        }

    def _missing(self, step: int, entity: int, hour: datetime) -> dict[str, str]:
        """Why a source says nothing, of those that do not."""
        troubles = self._troubles.get(hour, {})
        found = {}
        for part in self._parts:
            if np.isnan(part.judged[step, entity]):
                why = _why_missing(
                    part,
                    step,
                    entity,
                    is_silent=bool(self._is_silent[part.source][step, entity]),
                    is_stale=self._is_stale[part.source][step][entity],
                )
                found[part.source] = f"{troubles[part.source]}: {why}" if part.source in troubles else why
        return found | dict.fromkeys(self._not_collected, "not collected")

    def _inputs_hash(self, row: int, entity: int, missing: Mapping[str, str]) -> str:
        """Of the signals, of the entity's own past, of who spoke, and of what its sources said for themselves."""
        result = hashlib.sha256(self._hashes[row][entity].encode())
        result.update(self._past[row, entity].tobytes())
        result.update(orjson.dumps(missing, option=orjson.OPT_SORT_KEYS))
        judged = _judged_for(row)
        result.update(self._told_of_hearing[row])
        for source, voices, is_loud in self._spoken:
            if is_loud[row, entity]:  # else no guard can doubt it
                result.update(f"voices {source}\n".encode())
                for grid in voices:
                    result.update(grid[judged, entity].astype("<f8").tobytes())
        return result.hexdigest()


def _judged_for(row: int) -> slice:
    """The hours that a row's strength rests on, and that of the hour before it."""
    return slice(row, row + HOURLY.memory + 1)


def _told_of_hearing(heard: Mapping[str, Grid], judged: slice) -> bytes:
    """Of sources that were not heard in full."""
    partly = [(source, share[judged]) for source, share in sorted(heard.items()) if (share[judged] < 1.0).any()]
    return b"".join(f"heard {source}\n".encode() + share.astype("<f8").tobytes() for source, share in partly)


def _stale_hours(part: SourcePart) -> Flags:
    found = np.zeros(part.judged.shape, dtype=np.bool_)
    for guard in part.guards:
        if guard.name == _STALE:
            found |= guard.trust == 0.0
    return found


def _why_missing(part: SourcePart, step: int, entity: int, *, is_silent: bool, is_stale: bool) -> str:
    if is_silent:
        return f"nothing known for {STALE_HOURS} h"
    if is_stale:
        return "it tells nothing of this hour"
    days = int(part.scan.known_days[step, entity])
    if days < HOURLY.least_days:
        return f"{days} of {HOURLY.least_days} days of history"
    if np.isnan(part.scan.deviation[step, entity]):
        return "too few known hours"
    distrusted = [guard.name for guard in part.guards if guard.trust[step, entity] == 0.0]
    return f"not trusted: {', '.join(distrusted)}"
