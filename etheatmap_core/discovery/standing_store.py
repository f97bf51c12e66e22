"""Standings in the database: who falls asleep at an hour, who wakes, and why; a row only where that changes.

Set by set, for all entities at once: looked at closely are those that sleep, and those awake whom nothing was heard of.
Time goes forward: an hour before the newest that was judged changes nothing. Here: entity_standings and
entities.asleep_since. Not here: the rule (lifecycle).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from etheatmap_core.database.replace import CheckResult
from etheatmap_core.discovery.lifecycle import Life, Standing, standing
from etheatmap_core.discovery.rules import LifecycleRules
from etheatmap_core.entities.roster import lock_entities
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.mvp import MENTION_COUNTS, MODEL

NAME = "entity_standings"
# A spike wakes for so long: the lake's come some hours late, when a later hour has been judged.
WAKES_WITHIN = 6 * HOUR
# Of the quiet days, the share of hours that must have been scored, and listened to, before silence means anything.
LEAST_WATCHED = 0.5
AS_TOLD = "who_sleeps_is_told"
AS_TOLD_MEANING = "An entity sleeps, or is awake, and its last standing says otherwise."

_NEWEST = sa.text("SELECT max(ts) FROM source_hours WHERE source = :name AND state IN ('ok', 'empty')")
# Made again: first it is as if this hour had not been judged.
_UNDO = sa.text("""
    WITH undone AS (DELETE FROM entity_standings WHERE ts = :hour RETURNING entity_id)
    UPDATE entities SET asleep_since = (
        SELECT CASE WHEN NOT is_awake THEN ts END FROM entity_standings
        WHERE entity_id = entities.id AND ts < :hour ORDER BY ts DESC LIMIT 1)
    FROM undone WHERE id = undone.entity_id""")
# The spikes of its article, and its velocity.
_SPIKES = """
    SELECT z FROM wiki_spikes
    WHERE title IN (wiki_title, current_title) AND ts > {after} AND ts <= :hour AND z >= :wake_z
      AND NOT is_doodle_like"""
_ASLEEP = sa.text(f"""
    SELECT id, tracked_since, (
        SELECT max(z) FROM (
            {_SPIKES.format(after="greatest(asleep_since, :wakes_after)")}
            UNION ALL
            SELECT velocity_raw FROM scores
            WHERE entity_id = id AND model = :model AND ts > greatest(asleep_since, :wakes_after) AND ts <= :hour
        ) AS spikes (z)) AS spike_z
    FROM entities WHERE is_active AND asleep_since IS NOT NULL""")
# Awake ones of whom no mention and no spike is known; what is asked of their scores is asked last.
_SILENT = sa.text(f"""
    WITH silent AS MATERIALIZED (
        SELECT id, tracked_since FROM entities
        WHERE is_active AND asleep_since IS NULL AND tracked_since <= :since
          AND NOT EXISTS (
            SELECT FROM signals
            WHERE entity_id = id AND ts > :since AND ts <= :hour AND value > 0
              AND source = ANY(:sources) AND metric = ANY(:metrics))
          AND NOT EXISTS ({_SPIKES.format(after=":since")}))
    SELECT silent.*, highest, hours, last_rise FROM silent CROSS JOIN LATERAL (
        SELECT max(heat) AS highest, count(heat) AS hours, max(ts) FILTER (WHERE velocity_raw >= :wake_z) AS last_rise
        FROM scores WHERE entity_id = id AND model = :model AND ts > :since AND ts <= :hour) AS scored""")
_LISTENED = sa.text("""
    SELECT count(DISTINCT ts) FROM source_hours
    WHERE source = ANY(:sources) AND ts > :since AND ts <= :hour AND state IN ('ok', 'empty')""")
_KEEP = sa.text("""
    INSERT INTO entity_standings (entity_id, ts, is_awake, reason) VALUES (:id, :hour, :is_awake, :reason)""")
_SET = sa.text("UPDATE entities SET asleep_since = CASE WHEN NOT :is_awake THEN :hour END WHERE id = :id")
_COUNT = sa.text("""
    SELECT count(*) FILTER (WHERE asleep_since IS NULL) AS awake, count(asleep_since) AS asleep
    FROM entities WHERE is_active""")
_OTHERWISE = sa.text("""
    SELECT name FROM entities LEFT JOIN LATERAL (
        SELECT is_awake FROM entity_standings WHERE entity_id = id ORDER BY ts DESC LIMIT 1) AS newest ON true
    WHERE (asleep_since IS NULL) IS DISTINCT FROM coalesce(is_awake, true) ORDER BY name""")


@dataclass(frozen=True)
class Change:
    entity_id: int
    standing: Standing


@dataclass(frozen=True)
class Standings:
    """What an hour has changed. ``newer``: the later hour that was judged before, which left this one as it was."""

    fallen_asleep: tuple[Change, ...]
    woken: tuple[Change, ...]
    awake: int
    asleep: int
    newer: datetime | None
    checks: tuple[CheckResult, ...]


def judge_standings(connection: sa.Connection, hour: datetime, rules: LifecycleRules) -> Standings:
    """Writes who sleeps and who is awake after ``hour``; in the caller's transaction, and writers of entities wait."""
    lock_entities(connection)
    newest: datetime | None = connection.execute(_NEWEST, {"name": NAME}).scalar()
    is_late = newest is not None and newest > hour
    changes = [] if is_late else _judge(connection, hour, rules)
    for change in changes:
        told = {"id": change.entity_id, "hour": hour, "is_awake": change.standing.is_active}
        connection.execute(_KEEP, {**told, "reason": change.standing.reason})
        connection.execute(_SET, told)
    counts = connection.execute(_COUNT).one()
    otherwise = list(connection.execute(_OTHERWISE).scalars())
    told_check = ", ".join(otherwise[:3]) or f"{counts.awake} awake, {counts.asleep} asleep"
    return Standings(
        fallen_asleep=tuple(one for one in changes if not one.standing.is_active),
        woken=tuple(one for one in changes if one.standing.is_active),
        awake=counts.awake,
        asleep=counts.asleep,
        newer=newest if is_late else None,
        checks=(CheckResult(AS_TOLD, not otherwise, told_check, is_warning=True),),
    )


def _judge(connection: sa.Connection, hour: datetime, rules: LifecycleRules) -> list[Change]:
    connection.execute(_UNDO, {"hour": hour})
    lives = [*_asleep(connection, hour, rules), *_silent(connection, hour, rules)]
    judged = [(entity_id, life, standing(life, hour, rules)) for entity_id, life in lives]
    changed = [Change(entity_id, found) for entity_id, life, found in judged if found.is_active != life.is_active]
    return [*changed, *_back(connection, {change.entity_id for change in changed})]


def _asleep(connection: sa.Connection, hour: datetime, rules: LifecycleRules) -> Iterator[tuple[int, Life]]:
    parameters = {"hour": hour, "wakes_after": hour - WAKES_WITHIN, "wake_z": rules.wake_z, "model": MODEL}
    for row in connection.execute(_ASLEEP, parameters):
        yield row.id, Life(False, row.tracked_since, None, None, row.spike_z)


def _silent(connection: sa.Connection, hour: datetime, rules: LifecycleRules) -> Iterator[tuple[int, Life]]:
    sources, metrics = list(MENTION_COUNTS), sorted(set(MENTION_COUNTS.values()))
    span = {"since": hour - timedelta(days=rules.quiet_days), "hour": hour}
    least = LEAST_WATCHED * timedelta(days=rules.quiet_days) / HOUR
    listened: int = connection.execute(_LISTENED, {**span, "sources": sources}).scalar_one()
    parameters = {**span, "sources": sources, "metrics": metrics, "wake_z": rules.wake_z, "model": MODEL}
    for row in connection.execute(_SILENT, parameters):
        is_watched = min(listened, row.hours) >= least
        yield row.id, Life(True, row.tracked_since, row.last_rise, row.highest, is_watched=is_watched)


def _back(connection: sa.Connection, but: set[int]) -> Iterator[Change]:
    """Who left the roster asleep and was put back: that is a person's word."""
    rows = connection.execute(sa.text("SELECT id FROM entities WHERE is_active AND tracked_since > asleep_since"))
    return (Change(row.id, Standing(True, "put back into the roster.")) for row in rows.all() if row.id not in but)
