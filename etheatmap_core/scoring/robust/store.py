"""Scores of model ``robust`` and the database: an entity's own past, who spoke and its sources' states in, rows out.

Here: what is read beside signals, the checks. Not here: what a row says (``rows``), how it is replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from etheatmap_core.config.access import NEWS_FEEDERS
from etheatmap_core.database.replace import RowCheck
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.heat import VELOCITY_CLIP
from etheatmap_core.scoring.robust.rows import (
    HISTORY_HOURS,
    HOURS_AT_ONCE,
    PAST_HOURS,
    Past,
    judged_hours,
    metrics_of,
    score_hours,
)
from etheatmap_core.scoring.robust.score import MODEL
from etheatmap_core.scoring.robust.voices import Voice, Voices, heard_of_all, heard_share, read_hours, voices_of
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import Grid, SignalSeries
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
_OUTCOMES = sa.text("""
    SELECT ts, source, state, is_complete, questions, answered, deferred FROM source_hours
    WHERE ts >= :start AND ts < :end AND source = ANY(:sources) AND NOT (is_complete AND state IN ('ok', 'empty'))""")
# A row an entity and voice; those that were heard once are one, nobody's. A feed of the trades is its outlet, and so is
# a site that GDELT has read; of aggregators the author is.
_VOICES = sa.text("""
    WITH said AS (
        SELECT entity_id, counted_ts AS ts, lower(CASE
                   WHEN source IN ('trade_rss', 'gdelt_gkg') THEN channel
                   WHEN source = 'reddit' THEN author ELSE coalesce(author, channel) END) AS voice
        FROM items JOIN mentions USING (source, item_id)
        WHERE source = ANY(:sources) AND counted_ts >= :start AND counted_ts < :end AND entity_id = ANY(:entity_ids)
    ), counted AS (
        SELECT entity_id, ts, CASE WHEN count(*) OVER (PARTITION BY entity_id, voice) > 1 THEN voice END AS voice
        FROM said
    )
    SELECT entity_id, voice, array_agg(CAST(extract(epoch FROM ts) AS bigint) / 3600) AS hours FROM counted
    GROUP BY entity_id, voice""")
_SPEAKERS = {"reddit": ("reddit",), "news": NEWS_FEEDERS, "gdelt_gkg": ("gdelt_gkg",)}


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
        rows, found = score_hours(series, day, weights, source_types, _past_of(past, strength, hours, day))
        yield from rows
        strength = np.concatenate([strength, found])[-PAST_HOURS:]
        start = day.end


def _past_of(past: Past, strength: Grid, hours: HourRange, day: HourRange) -> Past:
    """What of it ``day`` rests on."""
    first = (day.start - hours.start) // HOUR
    judged = slice(first, first + len(judged_hours(day)))
    return Past(
        strength,
        past.troubles,
        {source: Voices(*(grid[judged] for grid in voices)) for source, voices in past.voices.items()},
        {source: heard[judged] for source, heard in past.heard.items()},
    )


def _read_past(connection: sa.Connection, series: SignalSeries, hours: HourRange, weights: Mapping[str, float]) -> Past:
    entity_ids = np.array(series.entity_ids, dtype=np.int64)
    start = hours.start - PAST_HOURS * HOUR
    strength = np.full((PAST_HOURS, len(entity_ids)), np.nan)
    wanted = {"model": MODEL, "start": start, "end": hours.start, "entity_ids": entity_ids.tolist()}
    for found in connection.execute(_STRENGTHS, wanted):
        strength[(found.ts - start) // HOUR, np.searchsorted(entity_ids, found.entity_ids)] = found.strengths
    collected = [source for source, weight in weights.items() if weight > 0.0]
    troubles, heard = _read_outcomes(connection, hours, collected)
    voices = {
        source: _read_voices(connection, series, judged_hours(hours), feeders)
        for source, feeders in _SPEAKERS.items()
        if source in collected
    }
    return Past(strength, troubles, voices, heard)


def _read_outcomes(
    connection: sa.Connection, hours: HourRange, sources: Sequence[str]
) -> tuple[Mapping[datetime, Mapping[str, str]], Mapping[str, Grid]]:
    """Of the sources' hours: the states of those that brought nothing, and how much of each was heard."""
    judged = judged_hours(hours)
    feeders = NEWS_FEEDERS if "news" in sources else ()
    span = {"start": judged.start, "end": judged.end, "sources": [*sources, *feeders]}
    troubles: dict[datetime, dict[str, str]] = {}
    shares: dict[str, dict[datetime, float | None]] = {}
    for found in connection.execute(_OUTCOMES, span):
        if found.state not in ("ok", "empty") and found.ts in hours:
            troubles.setdefault(found.ts, {})[found.source] = found.state
        shares.setdefault(found.source, {})[found.ts] = heard_share(
            found.state,
            is_complete=found.is_complete,
            questions=found.questions,
            answered=found.answered,
            deferred=found.deferred,
        )
    heard = {}
    for source in sources:
        of_hour = [_heard(shares, source, ts) for ts in judged]
        if any(share < 1.0 for share in of_hour):
            heard[source] = np.array(of_hour)
    return troubles, heard


def _heard(shares: Mapping[str, Mapping[datetime, float | None]], source: str, ts: datetime) -> float:
    """News is its feeders: of one that is not asked every hour nothing is missing in the others."""
    if source != "news":
        share = shares.get(source, {}).get(ts, 1.0)
    elif shares.get(source, {}).get(ts) == 0.0:
        share = 0.0
    else:
        share = heard_of_all(shares.get(feeder, {}).get(ts, 1.0) for feeder in NEWS_FEEDERS)
    return 1.0 if share is None else share


def _read_voices(connection: sa.Connection, series: SignalSeries, hours: HourRange, feeders: Sequence[str]) -> Voices:
    read = read_hours(hours)
    wanted = {"sources": list(feeders), "start": read.start, "end": read.end, "entity_ids": list(series.entity_ids)}
    found = [Voice(row.entity_id, row.voice, row.hours) for row in connection.execute(_VOICES, wanted)]
    return voices_of(found, hours, series.entity_ids)
