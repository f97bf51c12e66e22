"""The frozen model ``mvp``: which metrics it reads, its constants, and one score an entity and hour.

Here: the terms put together into rows. Not here: the terms themselves, any I/O. A better formula is another module
with another MODEL, never a change of this one.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import HourRange
from etheatmap_core.scoring import episodes, hashes, heat, velocity
from etheatmap_core.scoring.rows import MetricTerms, ScoreRow, Terms, score_rows
from etheatmap_core.scoring.series import Flags, Grid, Metric, SignalSeries

MODEL = "mvp"
PRIMARY_METRICS = (
    Metric("wiki", "views", "count"),
    Metric("trends", "interest", "index"),
    Metric("reddit", "mention_count", "count"),
    Metric("youtube", "view_count", "count"),
    Metric("news", "headline_count", "count"),
    Metric("gdelt_gkg", "gkg_mentions", "count"),
    Metric("apify_tiktok", "hits", "count"),
    Metric("tt_search", "hits_24h", "count"),
)
EVIDENCE_METRICS = (Metric("tt_cc", "hashtag_score", "index"),)  # counts for spread, has no velocity
# Sums of the mentions' feelings, beside the counts they are divided by.
MENTION_COUNTS = {"reddit": "mention_count", "news": "headline_count", "gdelt_gkg": "gkg_mentions"}
AFFECT_METRICS = tuple(Metric(source, "affect_sum", "sum") for source in MENTION_COUNTS)
HISTORY_HOURS = episodes.LOOKBACK_HOURS + velocity.SPAN_HOURS  # 348 hours of signals, the scored one included


def metrics_of(weights: Mapping[str, float]) -> tuple[Metric, ...]:
    """The metrics the model reads of the collected sources (the keys of ``weights``), in its own order."""
    every = PRIMARY_METRICS + EVIDENCE_METRICS + AFFECT_METRICS
    return tuple(metric for metric in every if metric.source in weights)


def params_hash(weights: Mapping[str, float], source_types: Mapping[str, Sequence[str]]) -> str:
    """sha256 of everything but the signals that decides a score."""
    return hashes.params_hash(
        {
            "model": MODEL,
            "metrics": [list(metric) for metric in metrics_of(weights)],
            "primary": len([metric for metric in PRIMARY_METRICS if metric.source in weights]),
            "window_hours": velocity.WINDOW_HOURS,
            "usual_window_hours": velocity.USUAL_WINDOW_HOURS,
            "min_usual_hours": velocity.MIN_USUAL_HOURS,
            "smallest_count_variance": velocity.SMALLEST_COUNT_VARIANCE,
            "smallest_index_spread": velocity.SMALLEST_INDEX_SPREAD,
            "velocity_clip": heat.VELOCITY_CLIP,
            "term_weights": [heat.VELOCITY_WEIGHT, heat.SPREAD_WEIGHT, heat.AFFECT_WEIGHT],
            "decay_hours": heat.DECAY_HOURS,
            "source_type_count": heat.SOURCE_TYPE_COUNT,
            "evidence_hours": heat.EVIDENCE_HOURS,
            "min_mentions_for_affect": heat.MIN_MENTIONS_FOR_AFFECT,
            "hot_velocity": episodes.HOT_VELOCITY,
            "max_gap_hours": episodes.MAX_GAP_HOURS,
            "lookback_hours": episodes.LOOKBACK_HOURS,
            "weights": {source: float(weight) for source, weight in weights.items()},
            "source_types": {name: sorted(sources) for name, sources in source_types.items()},
        }
    )


def score_hours(
    series: SignalSeries,
    hours: HourRange,
    weights: Mapping[str, float],
    source_types: Mapping[str, Sequence[str]],
) -> list[ScoreRow]:
    """A score for every entity and hour, by hour and then in the order of ``series.entity_ids``.

    series: holds every metric of ``metrics_of(weights)`` for HISTORY_HOURS up to each scored hour.
    weights: the sources that are collected (enabled, and with what they need to run), each with its weight ≥ 0.
    source_types: the sources of each of the three types; ConfigError when there are more.
    """
    if len(source_types) > heat.SOURCE_TYPE_COUNT:
        raise ConfigError(
            f"source_types.yml has {len(source_types)} source types ({', '.join(sorted(source_types))}): "
            f"model {MODEL} counts {heat.SOURCE_TYPE_COUNT}, merge some of them."
        )
    if not len(hours) or not series.entity_ids:
        return []
    window = series.only(hours.widened(HISTORY_HOURS - 1), metrics_of(weights))
    rows = score_rows(
        terms_of(window, weights, source_types),
        hours,
        series.entity_ids,
        model=MODEL,
        inputs_hashes=hashes.inputs_hashes(window, HISTORY_HOURS),
        params_hash=params_hash(weights, source_types),
    )
    return list(rows)


def terms_of(series: SignalSeries, weights: Mapping[str, float], source_types: Mapping[str, Sequence[str]]) -> Terms:
    """The terms of the last hours of ``series``, the first of which has exactly HISTORY_HOURS − 1 before it."""
    metrics, raw = _velocities(series, weights)
    velocity_raw = raw[episodes.LOOKBACK_HOURS :]
    current = episodes.current_episodes(raw, episodes.LOOKBACK_HOURS)
    evidence = _evidence_by_type(series, source_types)
    available = frozenset(name for name, sources in source_types.items() if weights.keys() & set(sources))

    terms = {
        "velocity": heat.clipped(velocity_raw),
        "spread": heat.spread(list(evidence.values())),
        "affect": _affect(series),
        "decay": np.where(np.isnan(velocity_raw), np.nan, heat.decay(current.hours_since_peak)),
    }
    return Terms(
        metrics=metrics,
        velocity_raw=velocity_raw,
        accel=velocity_raw - raw[episodes.LOOKBACK_HOURS - 1 : -1],
        has_evidence=evidence,
        available_types=available,
        episodes=current,
        heat=heat.heat(**terms),
        confidence=heat.confidence(
            len(available),
            [part.weight for part in metrics],
            [part.velocities.observed_hours for part in metrics],
            [part.velocities.usual_hours for part in metrics],
        )
        + np.zeros_like(velocity_raw),
        **terms,
    )


def _velocities(series: SignalSeries, weights: Mapping[str, float]) -> tuple[list[MetricTerms], Grid]:
    """The primary metrics at the scored hours, and velocity_raw of those and the look-back before them."""
    zs, parts = [], []
    for metric, values, is_censored in zip(series.metrics, series.values, series.is_censored, strict=True):
        if metric in PRIMARY_METRICS:
            everything = velocity.velocities(values, metric.kind, velocity.SPAN_HOURS - 1)
            scored = everything.since(episodes.LOOKBACK_HOURS)
            censored_hours = velocity.recent_hours(is_censored & ~np.isnan(values), HISTORY_HOURS - 1)
            parts.append(MetricTerms(metric, float(weights[metric.source]), scored, censored_hours))
            zs.append(everything.z)
    shape = (len(series.hours) - velocity.SPAN_HOURS + 1, len(series.entity_ids))
    return parts, velocity.weighted_velocity(zs, [part.weight for part in parts], shape)


def _evidence_by_type(series: SignalSeries, source_types: Mapping[str, Sequence[str]]) -> dict[str, Flags]:
    shape = (len(series.hours) - HISTORY_HOURS + 1, len(series.entity_ids))
    by_type = {name: np.zeros(shape, dtype=np.bool_) for name in source_types}
    for metric, values, is_censored in zip(series.metrics, series.values, series.is_censored, strict=True):
        for name, sources in source_types.items():
            if metric.source in sources and metric.kind != "sum":
                by_type[name] |= heat.has_evidence(values, is_censored, HISTORY_HOURS - 1)
    return by_type


def _affect(series: SignalSeries) -> Grid:
    """The mean feeling of the last 24 hours' mentions, over all sources of texts."""
    by_metric = dict(zip(series.metrics, series.values, strict=True))
    shape = (len(series.hours) - HISTORY_HOURS + 1, len(series.entity_ids))
    sums, counts = np.zeros(shape), np.zeros(shape)
    for metric in AFFECT_METRICS:
        if metric in by_metric:
            sums += heat.recent_sum(by_metric[metric], HISTORY_HOURS - 1)
            counted = Metric(metric.source, MENTION_COUNTS[metric.source], "count")
            counts += heat.recent_sum(by_metric[counted], HISTORY_HOURS - 1)
    return heat.affect(sums, counts)
