"""Scores of model ``robust`` and the database: an entity's own past and its sources' states in, rows out.

Here: what is read beside signals, the checks. Not here: what a row says (``rows``), how it is replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from etheatmap_core.database.replace import RowCheck
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.heat import VELOCITY_CLIP
from etheatmap_core.scoring.robust.rows import HISTORY_HOURS, HOURS_AT_ONCE, PAST_HOURS, Past, metrics_of, score_hours
from etheatmap_core.scoring.robust.score import MODEL
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import SignalSeries
from etheatmap_core.scoring.store import CHECKS as MVP_CHECKS
from etheatmap_core.scoring.store import ScoreSummary, write_scores

_OF_THE_SCALE = "velocity_inside_its_clip"
_ON_THE_SCALE = f"sign(velocity_raw) * {VELOCITY_CLIP} * (1 - exp(-abs(velocity_raw) / {VELOCITY_CLIP}))"
CHECKS = (
    RowCheck(
        "velocity_follows_strength",
        f"abs(velocity_z - {_ON_THE_SCALE}) > 1e-9 OR abs(velocity_z) >= {VELOCITY_CLIP}",
        f"velocity_z is not what velocity_raw is on the scale from −{VELOCITY_CLIP:.0f} to {VELOCITY_CLIP:.0f}",
    ),
    *(check for check in MVP_CHECKS if check.name != _OF_THE_SCALE),
    RowCheck(
        "every_source_is_told_of",
        "state = 'ok' AND (evidence -> 'sources' = '{}' OR evidence ->> 'odds' IS NULL)",
        "the row has a score, but no source or no odds to explain it",
    ),
)
_STRENGTHS = sa.text("""
    SELECT ts, array_agg(entity_id) AS entity_ids, array_agg(velocity_raw) AS strengths FROM scores
    WHERE model = :model AND ts >= :start AND ts < :end AND velocity_raw IS NOT NULL AND entity_id = ANY(:entity_ids)
    GROUP BY ts""")
_TROUBLES = sa.text("""
    SELECT ts, source, state FROM source_hours
    WHERE ts >= :start AND ts < :end AND source = ANY(:sources) AND state NOT IN ('ok', 'empty')""")


def score_and_store(
    engine: sa.Engine,
    hours: HourRange,
    weights: Mapping[str, float],
    source_types: Mapping[str, Sequence[str]],
    scored_at: datetime,
) -> ScoreSummary:
    """Scores every entity for every hour and replaces the model's rows of those hours, as for mvp.

    An entity's own past are its scores of the days before, as they are stored: of a range the older hours are scored
    first, and hours scored later than those after them do not change these by themselves.
    """

    def scores_of(connection: sa.Connection, series: SignalSeries) -> Iterator[ScoreRow]:
        past = _read_past(connection, series, hours, weights)
        return _scores(series, hours, weights, source_types, past)

    return write_scores(engine, hours, MODEL, metrics_of(weights), HISTORY_HOURS, scores_of, CHECKS, scored_at)


def _scores(
    series: SignalSeries,
    hours: HourRange,
    weights: Mapping[str, float],
    source_types: Mapping[str, Sequence[str]],
    past: Past,
) -> Iterator[ScoreRow]:
    """A day at a time, computed while they are written; each is in the past of the days after it."""
    strength, start = past.strength, hours.start
    while start < hours.end:
        day = HourRange(start, min(start + HOURS_AT_ONCE * HOUR, hours.end))
        rows, found = score_hours(series, day, weights, source_types, Past(strength, past.troubles))
        yield from rows
        strength = np.concatenate([strength, found])[-PAST_HOURS:]
        start = day.end


def _read_past(connection: sa.Connection, series: SignalSeries, hours: HourRange, weights: Mapping[str, float]) -> Past:
    entity_ids = np.array(series.entity_ids, dtype=np.int64)
    start = hours.start - PAST_HOURS * HOUR
    strength = np.full((PAST_HOURS, len(entity_ids)), np.nan)
    wanted = {"model": MODEL, "start": start, "end": hours.start, "entity_ids": entity_ids.tolist()}
    for found in connection.execute(_STRENGTHS, wanted):
        strength[(found.ts - start) // HOUR, np.searchsorted(entity_ids, found.entity_ids)] = found.strengths
    troubles: dict[datetime, dict[str, str]] = {}
    span = {"start": hours.start, "end": hours.end, "sources": list(weights)}
    for found in connection.execute(_TROUBLES, span):
        troubles.setdefault(found.ts, {})[found.source] = found.state
    return Past(strength, troubles)
