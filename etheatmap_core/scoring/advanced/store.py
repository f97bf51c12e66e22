"""Scores of model ``advanced`` and the database: what model ``robust`` said and a week of signals in, rows out.

Here: what is read beside signals, the checks. Not here: what a row says (``rows``), how it is replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import orjson
import sqlalchemy as sa

from etheatmap_core.config.access import ADVANCED
from etheatmap_core.database.replace import RowCheck
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.advanced.heat import TENTPOLE_WEIGHT, VELOCITY_WEIGHT
from etheatmap_core.scoring.advanced.inputs import (
    BEFORE,
    HISTORY_HOURS,
    MODEL,
    STRENGTH_HOURS,
    Entities,
    RobustRows,
    metrics_of,
)
from etheatmap_core.scoring.advanced.rows import score_hours
from etheatmap_core.scoring.robust.score import MODEL as ROBUST
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import SignalSeries
from etheatmap_core.scoring.store import HOURS_AT_ONCE, ScoreSummary, write_scores
from etheatmap_core.signals.source_hours import SourceHour, record_hour

_SHARES = ("novelty", "et_fit", "decay", "risk", "confidence", "xplat", "affect")
CHECKS = (
    RowCheck(
        "shares_are_shares",
        f"greatest({', '.join(_SHARES)}) > 1 OR least({', '.join(_SHARES)}) < 0",
        f"one of {', '.join(_SHARES)} is outside [0, 1]",
    ),
    RowCheck(
        "every_null_has_its_reason",
        """EXISTS (SELECT FROM jsonb_each(evidence -> 'components') AS part (name, told)
            WHERE told = 'null' AND NOT evidence -> 'nulls' ? part.name)
        OR EXISTS (SELECT FROM jsonb_each(jsonb_build_object(
                'et_fit', et_fit, 'risk', risk, 'tentpole', tentpole, 'decay', decay)) AS part (name, told)
            WHERE told = 'null' AND NOT evidence -> 'reasons_of_null' ? part.name)""",
        "a component or a number is null, and the row does not say why",
    ),
    RowCheck(
        "numbers_match_the_state",
        "num_nulls(velocity_z, velocity_raw, decay, heat) <> CASE state WHEN 'ok' THEN 0 ELSE 4 END",
        "velocity and heat are not there exactly when the state is ok",
    ),
    RowCheck(
        "heat_follows_its_terms",
        f"""abs(heat - ({VELOCITY_WEIGHT} * velocity_z + (evidence ->> 'beside')::float8) * decay
                - {TENTPOLE_WEIGHT} * coalesce(tentpole, 0)) > 1e-9""",
        "heat is not the documented formula of the row's own terms",
    ),
)
_ENTITIES = sa.text("SELECT type, category FROM entities WHERE id = ANY(:entity_ids) ORDER BY id")
_STRENGTHS = sa.text("""
    SELECT ts, array_agg(entity_id) AS entity_ids, array_agg(velocity_raw) AS strengths,
           array_agg(velocity_z) AS velocities
    FROM scores
    WHERE model = :model AND ts >= :start AND ts < :end AND velocity_raw IS NOT NULL AND entity_id = ANY(:entity_ids)
    GROUP BY ts""")
# As text: a parser of ours reads it an order of magnitude faster than the driver's.
_ROWS = sa.text("""
    SELECT ts, entity_id, state, xplat, affect, inputs_hash, (evidence ->> 'evidence')::float8 AS evidence,
           (evidence -> 'sources')::text AS sources, (evidence -> 'missing')::text AS missing
    FROM scores WHERE model = :model AND ts >= :start AND ts < :end AND entity_id = ANY(:entity_ids)""")


def score_and_store(
    engine: sa.Engine,
    hours: HourRange,
    weights: Mapping[str, float],
    source_types: Mapping[str, Sequence[str]],  # noqa: ARG001  those of the rows of robust
    scored_at: datetime,
    *,
    tiktok_share: float,
) -> ScoreSummary:
    """As for mvp: every entity and hour, in one transaction, under a lock of this model's own.

    The rows of model robust of the same hours must be there before, or these say that they are not.
    """

    def scores_of(connection: sa.Connection, series: SignalSeries) -> Iterator[ScoreRow]:
        # Now, and not when rows are asked for: the connection is then busy copying them.
        robust = read_robust(connection, hours, series.entity_ids, tuple(sorted(weights)))
        entities = _read_entities(connection, series.entity_ids)
        return _scores(series, hours, weights, robust, entities, tiktok_share)

    summary = write_scores(engine, hours, MODEL, metrics_of(weights), HISTORY_HOURS, scores_of, CHECKS, scored_at)
    made = SourceHour(SourceState.OK, is_complete=True, items=summary.entities)
    with engine.begin() as connection:
        for hour in hours:
            record_hour(connection, ADVANCED, hour, made, ended_at=scored_at)
    return summary


def read_robust(
    connection: sa.Connection, hours: HourRange, entity_ids: Sequence[int], sources: tuple[str, ...]
) -> RobustRows:
    """What model robust said of the hours, and its strengths of the 28 days before."""
    ids = np.array(entity_ids, dtype=np.int64)
    shape, start = (len(hours), len(ids)), hours.start - STRENGTH_HOURS * HOUR
    strength, velocity = (np.full((STRENGTH_HOURS + len(hours), len(ids)), np.nan) for _ in range(2))
    wanted = {"model": ROBUST, "start": start, "end": hours.end, "entity_ids": ids.tolist()}
    for found in connection.execute(_STRENGTHS, wanted):
        row, columns = (found.ts - start) // HOUR, np.searchsorted(ids, found.entity_ids)
        strength[row, columns], velocity[row, columns] = found.strengths, found.velocities
    spread, affect, evidence = (np.full(shape, np.nan) for _ in range(3))
    deviation, share = (np.full((len(sources), *shape), np.nan) for _ in range(2))
    trust = np.ones((len(sources), *shape))
    states, hashes = (np.full(shape, "", dtype=np.object_) for _ in range(2))
    missing = np.full(shape, None, dtype=np.object_)
    known_missing: dict[str, dict[str, str]] = {}  # thousands of rows lack the same for the same reason
    place_of = {source: place for place, source in enumerate(sources)}
    column_of = {entity_id: column for column, entity_id in enumerate(entity_ids)}
    for day in _days(hours):
        rows = connection.execute(_ROWS, wanted | {"start": day.start, "end": day.end})
        for ts, entity_id, state, found_spread, found_affect, found_hash, found_evidence, told, lacking in rows:
            at = (ts - hours.start) // HOUR, column_of[entity_id]
            states[at], hashes[at] = state, found_hash
            spread[at], affect[at], evidence[at] = found_spread, found_affect, found_evidence
            if lacking not in known_missing:
                known_missing[lacking] = orjson.loads(lacking)
            missing[at] = known_missing[lacking]
            for source, part in orjson.loads(told).items():
                if source in place_of and source not in missing[at]:
                    where = (place_of[source], *at)
                    deviation[where], share[where] = part["deviation"], part["share"]
                    if part["guards"]:
                        trust[where] = min(part["guards"].values())
    before = velocity[STRENGTH_HOURS - 1 : -1]
    return RobustRows(
        strength, before, velocity[STRENGTH_HOURS:], spread, affect, evidence, states, hashes, missing, sources,
        deviation, share, trust,
    )  # fmt: skip


def _scores(
    series: SignalSeries,
    hours: HourRange,
    weights: Mapping[str, float],
    robust: RobustRows,
    entities: Entities,
    tiktok_share: float,
) -> Iterator[ScoreRow]:
    """A day at a time, computed while they are written."""
    for day in _days(hours):
        first = (day.start - hours.start) // HOUR
        part = robust.only(first, len(day))
        window = series.only(day.widened(BEFORE), series.metrics)
        yield from score_hours(window, day, weights, part, entities, tiktok_share)


def _read_entities(connection: sa.Connection, entity_ids: Sequence[int]) -> Entities:
    rows = connection.execute(_ENTITIES, {"entity_ids": list(entity_ids)}).all()
    return Entities(tuple(row.type for row in rows), tuple(row.category for row in rows))


def _days(hours: HourRange) -> Iterator[HourRange]:
    start = hours.start
    while start < hours.end:
        end = min(start + timedelta(hours=HOURS_AT_ONCE), hours.end)
        yield HourRange(start, end)
        start = end
