"""One hour's score of an entity: strength over its sources, on the scale of heat, with everything that explains it.

Here: sources, guards and terms put together. Not here: rows of a table, reading signals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from etheatmap_core.scoring import heat
from etheatmap_core.scoring.robust.combine import combined, remembered, share
from etheatmap_core.scoring.robust.guards import Guard, guarded, trust_of
from etheatmap_core.scoring.robust.scan import Scan, scan
from etheatmap_core.scoring.robust.seasons import HOURLY, Rhythm
from etheatmap_core.scoring.robust.tail import days_as_high, evidence_of, false_alert_probability, odds_in_words
from etheatmap_core.scoring.series import Grid, Hours

MODEL = "robust"


def history_of(rhythm: Rhythm = HOURLY) -> int:
    """Steps of signals before the first that is scored."""
    return rhythm.history + rhythm.memory - 1


@dataclass(frozen=True)
class SourceSeries:
    """One source: values [steps, entities], NaN = not known, and its guards, [steps judged, entities]."""

    source: str
    values: Grid
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class SourcePart:
    """What one source says, [scored steps, entities] each."""

    source: str
    scan: Scan
    trust: Grid
    judged: Grid  # the deviation as far as it is trusted; NaN where the source is not known
    deviation: Grid  # the same, as it is remembered for the hours after
    share: Grid  # of the strength's positive part, from 0 to 1
    guards: tuple[Guard, ...]


@dataclass(frozen=True)
class Score:
    """[scored steps, entities] each; NaN where no source can be judged."""

    strength: Grid
    evidence: Grid
    velocity: Grid  # in (−4, 4), strictly increasing in strength: the term that heat takes
    heat: Grid
    displayed_heat: Grid  # not below 0
    probability: Grid  # that a calm hour of this entity shows as much
    days_as_high: Hours  # of the entity's own last days
    sources: tuple[SourcePart, ...]


def score(
    sources: Sequence[SourceSeries],
    first: int,
    *,
    spread: Grid,
    affect: Grid,
    hours_since_peak: Hours,
    past_highest: Grid,
    earlier: Grid | None = None,
    rhythm: Rhythm = HOURLY,
) -> Score:
    """Of the steps from ``first`` on, which has ``history_of(rhythm)`` steps before it.

    spread, affect, hours_since_peak: the other terms of heat, as for model ``mvp``.
    past_highest: [days, scored steps, entities] of evidence, the entity's own days before each step.
    earlier: [sources, memory − 1 steps, entities], ``judged`` of the steps before, where their scores are at hand; they
    are judged again where it is None (guards then reach as far back).
    """
    before = rhythm.memory - 1 if earlier is None else 0
    scans = [scan(source.values, first - before, rhythm) for source in sources]
    trusts = [trust_of(one.guards, found.deviation.shape) for one, found in zip(sources, scans, strict=True)]
    judged = np.stack([guarded(found.deviation, trust) for found, trust in zip(scans, trusts, strict=True)])
    with_earlier = judged if earlier is None else np.concatenate([earlier, judged], axis=1)
    deviation = remembered(with_earlier, rhythm.memory)[:, rhythm.memory - 1 :]
    strength = combined(deviation)
    evidence = evidence_of(strength, rhythm.slope)
    velocity = velocity_of(strength)
    hot = heat.heat(velocity, spread, affect, heat.decay(hours_since_peak))
    return Score(
        strength=strength,
        evidence=evidence,
        velocity=velocity,
        heat=hot,
        displayed_heat=np.maximum(hot, 0.0),
        probability=false_alert_probability(evidence, past_highest),
        days_as_high=days_as_high(evidence, past_highest),
        sources=tuple(
            SourcePart(
                one.source,
                found.since(before),
                trust[before:],
                judged[place, before:],
                deviation[place],
                portion,
                tuple(Guard(guard.name, guard.trust[before:]) for guard in one.guards),
            )
            for place, (one, found, trust, portion) in enumerate(
                zip(sources, scans, trusts, _portions(deviation), strict=True)
            )
        ),
    )


def velocity_of(strength: Grid) -> Grid:
    """On the scale of ``mvp``'s velocity, which is cut at ±4; this one only comes near it, so no two are tied."""
    limit = heat.VELOCITY_CLIP
    return np.asarray(np.sign(strength) * limit * -np.expm1(-np.abs(strength) / limit), dtype=np.float64)


def explanation(scored: Score, step: int, entity: int) -> dict[str, object]:
    """Why: of each source what was seen, what is usual, how much that is, and what was doubted; then the odds."""
    probability = float(scored.probability[step, entity])
    is_judged = not np.isnan(probability)
    return {
        "evidence": _number(scored.evidence[step, entity]),
        "odds": odds_in_words(probability) if is_judged else None,
        "days_as_high": int(scored.days_as_high[step, entity]) if is_judged else None,
        "sources": {part.source: _part(part, step, entity) for part in scored.sources},
    }


def _part(part: SourcePart, step: int, entity: int) -> dict[str, object] | None:
    """None where the source cannot be judged. Observed and usual are means of a step."""
    found = part.scan
    kept = int(found.kept[step, entity])
    if np.isnan(found.deviation[step, entity]):
        return None
    observed, usual = float(found.observed[step, entity]) / kept, float(found.usual[step, entity]) / kept
    return {
        "observed": observed,
        "usual": usual,
        "ratio": observed / usual,
        "window": int(found.window[step, entity]),
        "known_days": int(found.known_days[step, entity]),
        "deviation": float(found.deviation[step, entity]),
        "share": _number(part.share[step, entity]),
        "guards": {
            guard.name: float(guard.trust[step, entity]) for guard in part.guards if guard.trust[step, entity] < 1
        },
    }


def _portions(deviation: Grid) -> Grid:
    """Each source's part of what speaks for a rise; NaN where nothing does."""
    rises = np.where(deviation > 0.0, share(deviation), 0.0)
    total = rises.sum(axis=0)
    portions: Grid = np.divide(rises, total, out=np.full(rises.shape, np.nan), where=total > 0.0)
    return portions


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
