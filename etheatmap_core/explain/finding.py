"""Who is meant, which row, and everything the database says of it.

Here: names, hours, gates and standing of one row. Not here: SQL (``queries``), bytes (``captured``), words.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches

import numpy as np
from psycopg import AsyncConnection

from etheatmap_core.explain import queries
from etheatmap_core.explain.model import (
    ASSETS,
    Confidence,
    Entity,
    Found,
    NotScoredError,
    Receipt,
    Score,
    Signal,
    UnknownNameError,
)
from etheatmap_core.explain.queries import Called, PollRow
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring import mvp
from etheatmap_core.scoring.confidence import confidence_of
from etheatmap_core.scoring.gates import PUBLISHED, Gates, Poll, missed, robust_gates, source_types_of
from etheatmap_core.scoring.robust.rows import HISTORY_HOURS
from etheatmap_core.scoring.robust.score import MODEL as ROBUST
from etheatmap_core.scoring.robust.score import velocity_of
from etheatmap_core.scoring.robust.seasons import HOURLY
from etheatmap_core.scoring.standing import standing_of, thresholds
from etheatmap_core.signals.wiki_views import page_title

RECEIPTS_READ = 50
_NAMED = 5
_COMPLETENESS = "completeness of what the formula asks for, no probability of being right"


async def find(
    connection: AsyncConnection, entity: Entity, model: str, at: datetime | None, false_alerts_a_day: float
) -> Found:
    """What is stored of the entity's score at ``at``, of its newest one without. Raises NotScoredError."""
    hour = at or await queries.newest_of(connection, entity.id, model)
    score = await queries.score_of(connection, entity.id, model, hour) if hour else None
    if score is None or hour is None:
        span = await queries.scored_span(connection, entity.id, model)
        raise NotScoredError(_not_scored(entity, model, hour, span))
    place = await queries.place_of(connection, entity.id, model, hour, score.heat)
    gates = robust_gates(false_alerts_a_day, place.entities) if model == ROBUST else PUBLISHED
    rows = await queries.polls(connection, entity.id, model, hour, gates.polls)
    signals = await queries.signals(connection, entity.id, hour)
    receipts = await queries.receipts(connection, entity.id, hour, RECEIPTS_READ)
    titles = [page_title(title) for title in entity.titles]
    captures = await queries.captures(connection, entity, titles, _captured_in(signals, receipts))
    history = HISTORY_HOURS if model == ROBUST else mvp.HISTORY_HOURS
    return Found(
        model=model,
        entity=entity,
        score=score,
        gates=gates,
        missed=missed(gates, _polls(rows, model, hour, gates)),
        standing=standing_of(score.heat, place.not_hotter, place.others, thresholds(gate_velocity(model, gates))),
        confidence=await _confidence(connection, model, score),
        revisions=tuple(await queries.revisions(connection, entity.id, model, hour)),
        known=tuple(await queries.known(connection, entity.id, hour, history)),
        signals=tuple(signals),
        captures=tuple(captures),
        receipts=tuple(receipts),
    )


async def the_one_called(connection: AsyncConnection, name: str) -> Entity:
    """The entity of that name or alias. Raises UnknownNameError where nobody is, or several are, called so."""
    found = await queries.called(connection, name)
    best = [one for one in found if (one.place, one.is_active) == (found[0].place, found[0].is_active)]
    if not best:
        raise UnknownNameError(_unknown(name, await queries.names(connection)))
    if len(best) > 1:
        raise UnknownNameError(_ambiguous(name, best))
    return best[0].entity


def gate_velocity(model: str, gates: Gates) -> float:
    """What opens the first gate, as a velocity on the scale that heat takes."""
    if model != ROBUST:
        return gates.least_rise
    # The evidence of a strength is straight above what is as likely as not (``tail.evidence_of``).
    strength = max(gates.least_rise - math.log10(2.0), 0.0) / HOURLY.slope
    return float(velocity_of(np.array(strength)))


def _unknown(name: str, names: Sequence[str]) -> str:
    spelled = {known.casefold(): known for known in names}
    near = [spelled[key] for key in get_close_matches(name.casefold(), spelled, n=_NAMED, cutoff=0.6)]
    meant = f"did you mean {', '.join(near)}?" if near else "`entities.csv` lists who is."
    return f"Nobody called '{name}' is tracked; {meant}"


def _ambiguous(name: str, found: Sequence[Called]) -> str:
    them = ", ".join(one.name for one in found[:_NAMED])
    return f"'{name}' may be {them}: write one of these names in full."


def _not_scored(entity: Entity, model: str, at: datetime | None, span: tuple[datetime, datetime] | None) -> str:
    asset = ASSETS[model]
    if span is None:
        hour = f"{at:%Y-%m-%dT%H}" if at else "HOUR"
        there = f"{entity.name} has no score of model {model} yet"
    else:
        hour = f"{at:%Y-%m-%dT%H}"
        first, last = (f"{end:%Y-%m-%dT%H}" for end in span)
        there = f"{entity.name} has no score of model {model} for {hour}, its scores are of {first} to {last}"
    return f"{there}; `etheatmap backfill --from {hour} --to {hour} --select {asset}` makes it."


def _polls(rows: Sequence[PollRow], model: str, at: datetime, gates: Gates) -> list[Poll]:
    by_hour = {row.ts: row for row in rows}
    found = []
    for age in reversed(range(gates.polls)):
        row = by_hour.get(at - age * HOUR)
        rise = None if row is None else row.evidence if model == ROBUST else row.velocity_z
        found.append(Poll(rise, source_types_of((row.xplat if row else None) or 0.0)))
    return found


async def _confidence(connection: AsyncConnection, model: str, score: Score) -> Confidence:
    if model != ROBUST:
        return Confidence(score.confidence, _COMPLETENESS if model == mvp.MODEL else str(score.evidence.get("basis")))
    judged = await queries.judged_alerts(connection)
    told = confidence_of(score.evidence.get("evidence"), judged.alerts, judged.useful)
    return Confidence(told.value, told.basis)


def _captured_in(signals: Sequence[Signal], receipts: Sequence[Receipt]) -> list[tuple[str, datetime]]:
    """The sources' hours whose captures hold the window's numbers, and the items that counted in it."""
    of_numbers = {(one.source, one.capture_ts) for one in signals}
    return sorted(of_numbers | {(one.source, one.first_ts) for one in receipts})
