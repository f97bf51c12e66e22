"""Outcomes in the database: one an entity and episode, updated by later days and never repeated.

Whatever the order in which days are made, the table ends the same: what rests on hours after the day that is made stays
as it is. Here: the table discovery_outcomes. Not here: what an outcome is (outcomes).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from etheatmap_core.database.replace import CheckResult
from etheatmap_core.discovery.lifecycle import Outcome
from etheatmap_core.discovery.outcomes import SETTLES, Judged, ScoredHour, outcomes
from etheatmap_core.scoring.episodes import HOT_VELOCITY
from etheatmap_core.scoring.gates import source_types_of
from etheatmap_core.scoring.mvp import MODEL

ONE_AN_EPISODE = "one_outcome_an_episode"
MEANING = "Two outcomes of one entity overlap: an episode has been counted twice."
_ADMITTED = sa.text("""
    SELECT id, name, ts FROM admissions JOIN entities ON id = entity_id WHERE ts <= :last ORDER BY id""")
# Only hours that have a say: far up, or while the admission settles.
_HOURS = sa.text("""
    SELECT entity_id, scores.ts, velocity_raw, heat, xplat, confidence
    FROM admissions JOIN scores USING (entity_id)
    WHERE model = :model AND scores.ts >= admissions.ts AND scores.ts <= :last
      AND (velocity_raw >= :hot OR scores.ts < admissions.ts + :settles)
    ORDER BY entity_id, scores.ts""")
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('discovery_outcomes', 0))")
_WRITE = sa.text("""
    INSERT INTO discovery_outcomes (entity_id, episode_start, entity, outcome, ts, peak_score, duration_days,
                                    confidence, velocity, reason)
    VALUES (:entity_id, :episode_start, :entity, :outcome, :ts, :peak_score, :duration_days, :confidence, :velocity,
            :reason)
    ON CONFLICT (entity_id, episode_start) DO UPDATE SET
        (entity, outcome, ts, peak_score, duration_days, confidence, velocity, reason) =
        (EXCLUDED.entity, EXCLUDED.outcome, EXCLUDED.ts, EXCLUDED.peak_score, EXCLUDED.duration_days,
         EXCLUDED.confidence, EXCLUDED.velocity, EXCLUDED.reason)
    WHERE discovery_outcomes.ts <= :last
      AND (discovery_outcomes.entity, discovery_outcomes.outcome, discovery_outcomes.ts, discovery_outcomes.peak_score,
           discovery_outcomes.duration_days, discovery_outcomes.confidence, discovery_outcomes.velocity,
           discovery_outcomes.reason) IS DISTINCT FROM
          (EXCLUDED.entity, EXCLUDED.outcome, EXCLUDED.ts, EXCLUDED.peak_score, EXCLUDED.duration_days,
           EXCLUDED.confidence, EXCLUDED.velocity, EXCLUDED.reason)""")
# An hour scored again may have moved an episode's start, or ended it before it was one.
_GONE = sa.text("""
    DELETE FROM discovery_outcomes AS stored
    WHERE entity_id IS NOT NULL AND ts <= :last
      AND NOT EXISTS (
        SELECT FROM unnest(CAST(:entity_ids AS bigint[]), CAST(:starts AS timestamptz[])) AS found (id, start)
        WHERE found.id = stored.entity_id AND found.start = stored.episode_start)""")
_OVERLAPPING = sa.text("""
    SELECT entity, episode_start FROM (
        SELECT entity, episode_start, duration_days,
               lead(episode_start) OVER (PARTITION BY entity_id ORDER BY episode_start) AS next_start
        FROM discovery_outcomes WHERE entity_id IS NOT NULL) AS stored
    WHERE episode_start + duration_days * interval '1 day' > next_start""")
_BY_CATEGORY = sa.text("""
    SELECT category, outcome, count(*) AS episodes FROM discovery_outcomes JOIN entities ON entities.id = entity_id
    WHERE ts <= :hour GROUP BY category, outcome""")


@dataclass(frozen=True)
class OutcomesWritten:
    """What a day's outcomes are. ``outcomes``: all that are known at its end, by entity."""

    admitted: int
    outcomes: Mapping[str, Sequence[Judged]]
    written: int  # new or changed
    removed: int
    checks: tuple[CheckResult, ...]

    @property
    def known(self) -> int:
        return sum(map(len, self.outcomes.values()))

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome == outcome for some in self.outcomes.values() for one in some)


def write_outcomes(connection: sa.Connection, last: datetime) -> OutcomesWritten:
    """Writes every outcome that is known at the end of hour ``last``; in the caller's transaction, one at a time."""
    connection.execute(_LOCK)
    hours = _hours(connection, last)
    entities = connection.execute(_ADMITTED, {"last": last}).all()
    found = {row: outcomes(row.ts, hours.get(row.id, ()), last) for row in entities}
    rows = [
        {"entity_id": entity.id, "entity": entity.name, **vars(judged)}
        for entity, some in found.items()
        for judged in some
    ]
    keys = {"entity_ids": [row["entity_id"] for row in rows], "starts": [row["episode_start"] for row in rows]}
    removed = connection.execute(_GONE, {"last": last, **keys}).rowcount
    written = sum(connection.execute(_WRITE, {**row, "last": last}).rowcount for row in rows)
    by_name = {entity.name: some for entity, some in found.items() if some}
    return OutcomesWritten(len(entities), by_name, written, removed, (_check(connection, len(rows)),))


def outcomes_by_category(connection: sa.Connection, hour: datetime) -> Mapping[str, Mapping[Outcome, int]]:
    """How many episodes of each category ended how, as far as it was known at ``hour``."""
    found: dict[str, dict[Outcome, int]] = {}
    for row in connection.execute(_BY_CATEGORY, {"hour": hour}):
        found.setdefault(row.category, {})[row.outcome] = row.episodes
    return found


def _hours(connection: sa.Connection, last: datetime) -> Mapping[int, Sequence[ScoredHour]]:
    parameters = {"model": MODEL, "last": last, "hot": HOT_VELOCITY, "settles": SETTLES}
    rows = connection.execute(_HOURS, parameters)
    return {
        entity_id: [
            ScoredHour(row.ts, row.velocity_raw, row.heat, source_types_of(row.xplat or 0.0), row.confidence)
            for row in some
        ]
        for entity_id, some in groupby(rows, key=lambda row: row.entity_id)
    }


def _check(connection: sa.Connection, rows: int) -> CheckResult:
    overlapping = [f"{row.entity} {row.episode_start:%Y-%m-%dT%H}" for row in connection.execute(_OVERLAPPING)]
    told = ", ".join(overlapping[:3]) or f"{rows} outcomes"
    return CheckResult(ONE_AN_EPISODE, not overlapping, told, is_warning=True)
