"""Scores and the database: the window of signals in, the rows of a range of hours out.

Here: the statements that read signals for scoring, and the checks a score must pass before it is committed.
Not here: any term of the formula, how a partition's rows are replaced (database.replace).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import orjson
import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult, RowCheck, replace_scores
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.heat import VELOCITY_CLIP
from etheatmap_core.scoring.mvp import HISTORY_HOURS, MENTION_COUNTS, MODEL, metrics_of, score_hours
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import Flags, Grid, Metric, SignalSeries

HOURS_AT_ONCE = 24  # a month of scores with their evidence is a gigabyte, a day is not
TOP_COUNT = 10
COLUMNS = (*ScoreRow._fields, "scored_at")
_REASONS = COLUMNS.index("reasons")
_AFTER_EVIDENCE = COLUMNS.index("evidence") + 1
CHECKS = (
    RowCheck(
        "velocity_inside_its_clip",
        f"velocity_z <> greatest({-VELOCITY_CLIP}, least({VELOCITY_CLIP}, velocity_raw))",
        f"velocity_z is not velocity_raw clipped to [−{VELOCITY_CLIP:.0f}, {VELOCITY_CLIP:.0f}]",
    ),
    RowCheck("spread_is_a_share", "(xplat BETWEEN 0 AND 1) IS NOT TRUE", "xplat is outside [0, 1]"),
    RowCheck("confidence_is_a_share", "(confidence BETWEEN 0 AND 1) IS NOT TRUE", "confidence is outside [0, 1]"),
    RowCheck(
        "numbers_match_the_state",
        "num_nulls(velocity_z, velocity_raw, decay, heat) <> CASE state WHEN 'ok' THEN 0 ELSE 4 END",
        "velocity and heat are not there exactly when the state is ok",
    ),
    RowCheck(
        "heat_follows_its_terms",
        "abs(heat - (0.5 * velocity_z + 0.3 * xplat + 0.2 * affect) * decay) > 1e-9",
        "heat is not the published formula of the row's own terms",
    ),
)

# An entity that left the roster is scored no more, but the hours it was scored for are kept up to date with the others.
_ENTITY_IDS = sa.text("""
    SELECT id FROM entities
    WHERE is_active OR id IN (SELECT entity_id FROM scores WHERE model = :model AND ts >= :start AND ts < :end)
    ORDER BY id""")
_SCORED_BEFORE_LEAVING = sa.text("""
    SELECT entity_id, ts FROM scores JOIN entities ON id = entity_id
    WHERE NOT is_active AND model = :model AND ts >= :start AND ts < :end""")
# A row an hour and metric with all entities in arrays: half a million rows one by one take three times as long.
_SIGNALS = sa.text("""
    SELECT ts, place,
           array_agg(entity_id) AS entity_ids, array_agg(value) AS values, array_agg(is_censored) AS are_censored
    FROM signals
    JOIN unnest(CAST(:sources AS text[]), CAST(:metrics AS text[])) WITH ORDINALITY AS wanted (source, metric, place)
        USING (source, metric)
    WHERE ts >= :start AND ts < :end AND entity_id = ANY(:entity_ids)
    GROUP BY ts, place""")
# Hours in which everything was asked and answered: whoever is not named had no mention. Of any other, nobody knows.
_COMPLETE = sa.text("""
    SELECT source, ts FROM source_hours
    WHERE source = ANY(:sources) AND ts >= :start AND ts < :end AND is_complete AND deferred = 0""")
# Of these every text is kept, so who is admitted by discovery has been looked for in those before; of the others only
# texts that name somebody tracked.
_KEEP_ALL = frozenset({"reddit"})
_TRACKED_SINCE = sa.text("""
    SELECT tracked_since, coalesce(admissions.ts, tracked_since) AS named_since
    FROM entities LEFT JOIN admissions ON entity_id = id WHERE id = ANY(:entity_ids) ORDER BY id""")
_STATES = sa.text(
    "SELECT state, count(*) AS rows FROM scores WHERE model = :model AND ts >= :start AND ts < :end GROUP BY state"
)
_TOP = sa.text("""
    SELECT name, heat, velocity_raw, reasons[1] AS why FROM scores JOIN entities ON id = entity_id
    WHERE model = :model AND ts = :newest AND heat IS NOT NULL
    ORDER BY heat DESC, velocity_raw DESC, name LIMIT :count""")


@dataclass(frozen=True)
class TopScore:
    """One of the hottest entities of the newest scored hour."""

    name: str
    heat: float
    velocity_raw: float
    why: str


@dataclass(frozen=True)
class ScoreSummary:
    """What the scores of the hours are now, and what this write did; for logs and metadata."""

    hours: int
    rows: int  # of the hours, whether written now or unchanged
    entities: int
    warming_up: int  # rows in that state
    no_data: int  # rows in that state
    rows_written: int  # new or changed
    rows_replaced: int  # old ones that said something else
    top: tuple[TopScore, ...]
    checks: tuple[CheckResult, ...]
    read_seconds: float
    seconds: float


def read_series(
    connection: sa.Connection,
    hours: HourRange,
    metrics: Sequence[Metric],
    *,
    model: str = MODEL,
    history_hours: int = HISTORY_HOURS,
) -> SignalSeries:
    """The signals that the model's scores of ``hours`` rest on; an hour without a row is a gap.

    The grid is [metrics, history_hours − 1 + hours, entities]: every entity of the roster, and those that left it but
    have scores in these hours, by id. An entity without any signal is a column of gaps.
    """
    window = hours.widened(history_hours - 1)
    entity_ids = np.array(connection.scalars(_ENTITY_IDS, _span(hours, model)).all(), dtype=np.int64)
    shape = (len(metrics), len(window), len(entity_ids))
    values, is_censored = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)

    wanted = {
        "sources": [metric.source for metric in metrics],
        "metrics": [metric.name for metric in metrics],
        "start": window.start,
        "end": window.end,
        "entity_ids": entity_ids.tolist(),
    }
    for found in connection.execute(_SIGNALS, wanted):
        metric, hour = found.place - 1, (found.ts - window.start) // HOUR
        entities = np.searchsorted(entity_ids, found.entity_ids)
        values[metric, hour, entities] = found.values
        is_censored[metric, hour, entities] = found.are_censored
    _fill_silence(connection, window, wanted, metrics, values)
    return SignalSeries(window, tuple(entity_ids.tolist()), tuple(metrics), values, is_censored)


def _fill_silence(
    connection: sa.Connection,
    window: HourRange,
    wanted: Mapping[str, object],
    metrics: Sequence[Metric],
    values: Grid,
) -> None:
    """Zeros where a source of texts was heard of in full and does not name an entity that it was searched for.

    Such zeros are not stored: the table says of each hour whether it is whole, and no failure can turn into one.
    """
    is_counted = [metric.source in MENTION_COUNTS for metric in metrics]
    if not any(is_counted):
        return
    since = connection.execute(_TRACKED_SINCE, wanted).all()
    is_tracked = _from(window, [found.tracked_since for found in since])
    is_named = _from(window, [found.named_since for found in since])
    is_whole = {source: np.zeros(len(window), dtype=np.bool_) for source in MENTION_COUNTS}
    for found in connection.execute(_COMPLETE, wanted):
        if found.source in is_whole:
            is_whole[found.source][(found.ts - window.start) // HOUR] = True
    for place, metric in enumerate(metrics):
        if metric.source in MENTION_COUNTS:
            is_searched = is_tracked if metric.source in _KEEP_ALL else is_named
            silent = np.isnan(values[place]) & is_whole[metric.source][:, None] & is_searched
            values[place][silent] = 0.0


def _from(window: HourRange, since: Sequence[datetime]) -> Flags:
    """[hours, entities]: whether the hour is no earlier than the entity's."""
    first_hours = np.array([(one - window.start) // HOUR for one in since])
    return np.asarray(np.arange(len(window))[:, None] >= first_hours[None, :])


def score_and_store(
    engine: sa.Engine,
    hours: HourRange,
    weights: Mapping[str, float],
    source_types: Mapping[str, Sequence[str]],
    scored_at: datetime,
) -> ScoreSummary:
    """Scores every entity for every hour and replaces those rows, all hours in one transaction.

    weights: the collected sources with their weights (see mvp.score_hours). scored_at: before the call, so that a
    signal that arrives meanwhile is newer than the score. A row that says the same as before is left as it is; one
    that does not goes to ``score_revisions``. Raises ChecksFailedError when a check fails; nothing is written then.
    """
    return write_scores(
        engine,
        hours,
        MODEL,
        metrics_of(weights),
        HISTORY_HOURS,
        lambda _, series: _scores(series, hours, weights, source_types),
        CHECKS,
        scored_at,
    )


def write_scores(
    engine: sa.Engine,
    hours: HourRange,
    model: str,
    metrics: Sequence[Metric],
    history_hours: int,
    scores_of: Callable[[sa.Connection, SignalSeries], Iterable[ScoreRow]],
    checks: Sequence[RowCheck],
    scored_at: datetime,
) -> ScoreSummary:
    """What any model's scores of ``hours`` have in common: one transaction, one writer at a time, history kept.

    scores_of: called once, after the series are read; what it returns is used while the connection copies rows, so
    what else it needs of the database it reads before it returns.
    """
    started = time.perf_counter()
    with engine.begin() as connection:
        ensure_day_partitions(connection, "scores", hours)
    with engine.begin() as connection:
        # Before the read: of two writers, the later one must also have read later.
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"score {model}"}
        )
        series = read_series(connection, hours, metrics, model=model, history_hours=history_hours)
        scores = scores_of(connection, series)
        read_seconds = time.perf_counter() - started
        span = _span(hours, model)
        scored_before = {(entity_id, ts) for entity_id, ts in connection.execute(_SCORED_BEFORE_LEAVING, span)}
        former = {entity_id for entity_id, _ in scored_before}
        rows = (
            (
                *row[:_REASONS],
                _text_array(row.reasons),
                orjson.dumps(row.evidence).decode(),
                *row[_AFTER_EVIDENCE:],
                scored_at,
            )
            for row in scores
            if row.entity_id not in former or (row.entity_id, row.ts) in scored_before
        )
        result = replace_scores(connection, hours, model, COLUMNS, rows, replaced_at=scored_at, checks=checks)
        states = {found.state: found.rows for found in connection.execute(_STATES, span)}
        newest = {"model": model, "newest": hours.end - HOUR, "count": TOP_COUNT}
        top = tuple(TopScore(*row) for row in connection.execute(_TOP, newest))
    return ScoreSummary(
        hours=len(hours),
        rows=sum(states.values()),
        entities=len(series.entity_ids),
        warming_up=states.get("warming_up", 0),
        no_data=states.get("no_data", 0),
        rows_written=result.rows_written,
        rows_replaced=result.rows_replaced,
        top=top,
        checks=result.checks,
        read_seconds=read_seconds,
        seconds=time.perf_counter() - started,
    )


def _scores(
    series: SignalSeries, hours: HourRange, weights: Mapping[str, float], source_types: Mapping[str, Sequence[str]]
) -> Iterator[ScoreRow]:
    """All rows, computed a day at a time while they are written."""
    start = hours.start
    while start < hours.end:
        end = min(start + HOURS_AT_ONCE * HOUR, hours.end)
        yield from score_hours(series, HourRange(start, end), weights, source_types)
        start = end


def _text_array(texts: Sequence[str]) -> str:
    """As PostgreSQL spells it: the driver looks at every character of every text, for a month that is ten seconds."""
    return "{" + ",".join([f'"{_escaped(text)}"' for text in texts]) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _span(hours: HourRange, model: str) -> dict[str, object]:
    return {"model": model, "start": hours.start, "end": hours.end}
