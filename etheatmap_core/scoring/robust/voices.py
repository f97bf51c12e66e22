"""Who speaks, and how much of an hour was heard: what the guards of sources of texts, and of broken ones, are given.

Here: from mentions by author or outlet, and from the states of a source's hours, to arrays. Not here: what the guards
make of them (``guards``), the statements that read them (``store``).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from etheatmap_core.hours import HourRange
from etheatmap_core.scoring.series import Grid

WINDOW_HOURS = 12  # as long as the longest window in which a rise is looked for
_BROKEN = ("failed", "circuit open")
_MADE = ("ok", "empty")


class Voice(NamedTuple):
    """The mentions of one entity by one author or outlet. ``name`` is None for those that nobody signed.

    hours: since the epoch, one for each mention.
    """

    entity_id: int
    name: str | None
    hours: Sequence[int]


class Voices(NamedTuple):
    """Of the last WINDOW_HOURS up to each hour, [hours, entities]: all mentions, and those of the loudest voice."""

    of_the_loudest: Grid
    mentions: Grid


def voices_of(found: Iterable[Voice], hours: HourRange, entity_ids: Sequence[int]) -> Voices:
    """The same for an hour alone and within a range: whole numbers, and no voice that was heard but once is loudest."""
    by_entity: dict[int, list[Voice]] = {}
    for voice in found:
        by_entity.setdefault(voice.entity_id, []).append(voice)
    loudest, totals = np.zeros((2, len(hours), len(entity_ids)))
    for column, entity_id in enumerate(entity_ids):
        if entity_id in by_entity:
            voices = by_entity[entity_id]
            windows = _windows(voices, hours)
            totals[:, column] = windows.sum(axis=0)
            signed = windows[[voice.name is not None for voice in voices]]
            largest = signed.max(axis=0, initial=0.0)
            loudest[:, column] = np.where(largest > 1.0, largest, 0.0)
    return Voices(loudest, totals)


def _windows(voices: Sequence[Voice], hours: HourRange) -> Grid:
    """[voices, hours]: the mentions of the last WINDOW_HOURS."""
    read = read_hours(hours)
    by_hour = np.zeros((len(voices), len(read) + 1))
    rows = np.repeat(np.arange(len(voices)), [len(voice.hours) for voice in voices])
    columns = np.concatenate([np.asarray(voice.hours, dtype=np.int64) for voice in voices])
    np.add.at(by_hour, (rows, columns - int(read.start.timestamp()) // 3600 + 1), 1.0)
    until = by_hour.cumsum(axis=1)
    windows: Grid = until[:, WINDOW_HOURS:] - until[:, :-WINDOW_HOURS]
    return windows


def read_hours(hours: HourRange) -> HourRange:
    """The hours whose mentions ``voices_of`` needs."""
    return hours.widened(WINDOW_HOURS - 1)


def heard_share(state: str, *, is_complete: bool, questions: int, answered: int, deferred: int) -> float | None:
    """How much of an hour a source told, of what it was asked: 0 where it failed or nobody may ask it, None where the
    state says nothing of the kind (not asked yet, not published, no money)."""
    if state in _BROKEN:
        return 0.0
    if state not in _MADE:
        return None
    sent = questions - deferred
    return 1.0 if is_complete or sent <= 0 else min(max(answered, 0) / sent, 1.0)


def heard_of_all(feeders: Iterable[float | None]) -> float | None:
    """Of a source that is made of others: the mean of those that say anything."""
    known = [share for share in feeders if share is not None]
    return sum(known) / len(known) if known else None
