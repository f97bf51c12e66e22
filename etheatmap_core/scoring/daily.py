"""A day's heat: what the hourly scores of each model come to, by entity and UTC day, from what is stored.

Here: the one statement that sums up, the checks, the write. Not here: scores of an hour, when a day is due (its asset).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult, RowCheck, replace_hours
from etheatmap_core.errors import EtHeatmapError

TABLE = "daily_heat"
DAY = timedelta(days=1)
COLUMNS = ("entity_id", "ts", "model", "avg_heat", "max_heat", "peak_ts", "hours_scored", "rank", "change")
CHECKS = (
    RowCheck(
        "average_below_the_highest",
        "(avg_heat <= max_heat + 1e-9) IS NOT TRUE",  # the average of 24 equal numbers may be off in its last digit
        "the average is above the highest",
    ),
    RowCheck(
        "peak_inside_the_day",
        "(peak_ts >= ts AND peak_ts < ts + interval '24 hours') IS NOT TRUE",
        "the peak is in another day",
    ),
    RowCheck("hours_of_a_day", "(hours_scored BETWEEN 1 AND 24) IS NOT TRUE", "a day has 1 to 24 scored hours"),
    RowCheck("ranked_from_one", "(rank >= 1) IS NOT TRUE", "ranks begin at 1"),
)
# Added up by the hour, so that the same scores give the same last bit, whatever order the rows lie in; the view
# cagg_scores_daily does so too. The day before is summed up as well: its own row may be older than its scores.
_SUMMED = sa.text("""
    WITH days AS (
        SELECT entity_id, model, date_trunc('day', ts, 'UTC') AS day,
               avg(heat ORDER BY ts) AS avg_heat,
               max(heat) AS max_heat,
               (array_agg(ts ORDER BY heat DESC, velocity_raw DESC NULLS LAST, ts))[1] AS peak_ts,
               (array_agg(velocity_raw ORDER BY heat DESC, velocity_raw DESC NULLS LAST, ts))[1] AS velocity,
               count(*) AS hours_scored
        FROM scores
        WHERE ts >= :before AND ts < :end AND heat IS NOT NULL
        GROUP BY entity_id, model, day
    ), compared AS (
        SELECT entity_id, day, model, avg_heat, max_heat, peak_ts, hours_scored,
               rank() OVER (PARTITION BY day, model ORDER BY max_heat DESC, velocity DESC NULLS LAST) AS rank,
               max_heat - max(max_heat) OVER (
                   PARTITION BY entity_id, model ORDER BY day
                   RANGE BETWEEN interval '24 hours' PRECEDING AND interval '24 hours' PRECEDING) AS change
        FROM days
    )
    SELECT * FROM compared WHERE day = ANY(:days) ORDER BY day, model, rank, entity_id""")
# Hours with rows, with a heat or without.
_HOURS = sa.text("""
    SELECT date_trunc('day', ts, 'UTC') AS day, model, count(DISTINCT ts) AS hours
    FROM scores WHERE ts >= :start AND ts < :end AND date_trunc('day', ts, 'UTC') = ANY(:days)
    GROUP BY 1, 2""")
_NAMES = sa.text("SELECT id, name FROM entities WHERE id = ANY(:ids)")


class NoScoresError(EtHeatmapError):
    """A day has no score rows at all, so there is nothing to sum up; nothing was written of any day asked for."""


@dataclass(frozen=True)
class ModelDay:
    """One model's day. ``hours`` have rows; ``entities`` were scored; the hottest is None where nobody was."""

    model: str
    hours: int
    entities: int
    hottest: str | None = None
    heat: float | None = None
    peak: datetime | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        rest = f"{self.hours} of 24 hours"
        if self.hottest is None or self.heat is None or self.peak is None:
            return f"{self.model}: nobody has a heat yet, warming up or without data ({rest})."
        people = "1 entity" if self.entities == 1 else f"{self.entities:,} entities"
        return (
            f"{self.model}: {people} over {rest}, hottest {self.hottest} with {self.heat:.2f} at {self.peak:%H}:00 UTC."
        )


@dataclass(frozen=True)
class DailySummary:
    """``days``: the models of each day, by name; ``rows``: of each day."""

    days: Mapping[datetime, Sequence[ModelDay]]
    rows: Mapping[datetime, int]
    checks: tuple[CheckResult, ...]


def sum_up(engine: sa.Engine, days: Sequence[datetime]) -> DailySummary:
    """Replaces the rows of these days (their starts, UTC) by what the stored scores say, all in one transaction.

    Hours that were not scored are left out, and counted. A day whose scores have no heat yet has no rows. Raises
    NoScoresError for a day without any score row, and ChecksFailedError; nothing is written then.
    """
    span = {"before": min(days) - DAY, "start": min(days), "end": max(days) + DAY, "days": list(days)}
    with engine.begin() as connection:
        ensure_day_partitions(connection, TABLE, days)
    with engine.begin() as connection:
        # Before the read: of two writers, the later one must also have read later.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('sum up days', 0))"))
        found = connection.execute(_HOURS, span).all()
        if missing := [day for day in days if day not in {one.day for one in found}]:
            raise NoScoresError(_nothing_of(missing))
        rows = [tuple(row) for row in connection.execute(_SUMMED, span)]
        result = replace_hours(connection, TABLE, days, {}, COLUMNS, rows, CHECKS)
        hottest = {(row[1], row[2]): row for row in reversed(rows)}
        ids = sorted({row[0] for row in hottest.values()})
        names = {one.id: one.name for one in connection.execute(_NAMES, {"ids": ids})}
    scored = Counter((row[1], row[2]) for row in rows)
    told: dict[datetime, list[ModelDay]] = {day: [] for day in days}
    for one in sorted(found, key=lambda one: (one.day, one.model)):
        top = hottest.get((one.day, one.model))
        best = (names[top[0]], top[4], top[5]) if top is not None else (None, None, None)
        told[one.day].append(ModelDay(one.model, one.hours, scored[one.day, one.model], *best))
    counts = {day: sum(model.entities for model in models) for day, models in told.items()}
    return DailySummary(told, counts, result.checks)


def _nothing_of(missing: Sequence[datetime]) -> str:
    """What is missing, and what makes it."""
    first, last = min(missing), max(missing)
    days = (
        f"{first:%Y-%m-%d} has"
        if first == last
        else f"{len(missing)} days from {first:%Y-%m-%d} to {last:%Y-%m-%d} have"
    )
    return (
        f"{days} no scores to sum up: score them first, "
        f"etheatmap backfill --from {first:%Y-%m-%d}T00 --to {last:%Y-%m-%d}T23 --select heat_scores."
    )
