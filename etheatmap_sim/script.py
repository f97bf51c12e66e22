"""The script: who gets which episode. A table for the fortnight that everybody sees, dice for the time after it.

The peaks are chosen so that, at the fortnight's last hour, twelve hours' mean stands 2.6 to 8 deviations above the week
for the entities of ``_HOT`` and below 2 for all others, whatever the hour of the day at which the demo is started.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from etheatmap_sim.episodes import Episode
from etheatmap_sim.hours import FORTNIGHT_HOURS, HOUR
from etheatmap_sim.randomness import Floats, Purpose, stream
from etheatmap_sim.roster import Entity

DAYS_AFTER_START = 120
_EPISODES_A_DAY = 4.0
_BOT_SHARE = 0.08


class Role(NamedTuple):
    """One line of the script; ``hours_ago`` counts from the start to the episode's first hour."""

    kind: str
    type: str
    hours_ago: int
    rise_hours: int
    peak_multiplier: float
    half_life_hours: float


# At the last hour of the fortnight these are on: two rising, two just past their peak, two fading.
_HOT = (
    Role("breaking", "person", 3, 4, 13.0, 12.0),
    Role("premiere", "project", 6, 8, 7.0, 20.0),
    Role("award_night", "person", 9, 3, 4.3, 7.0),
    Role("award_night", "event", 10, 4, 3.8, 8.0),
    Role("trailer", "project", 13, 2, 2.8, 14.0),
    Role("news", "person", 14, 3, 2.7, 16.0),
)
_QUIET = (
    Role("bot", "person", 30, 1, 40.0, 0.0),
    Role("ramp", "project", 120, 120, 1.25, 40.0),
)
# Earlier in the fortnight and long over: what the episodes' history and the curves show.
_EARLIER = (
    Role("breaking", "person", 282, 2, 22.0, 9.0),
    Role("trailer", "project", 231, 2, 7.0, 11.0),
    Role("premiere", "project", 190, 7, 6.0, 14.0),
    Role("news", "person", 158, 3, 5.0, 8.0),
    Role("award_night", "person", 140, 4, 8.0, 6.0),
    Role("award_night", "person", 139, 3, 5.0, 6.0),
    Role("breaking", "person", 104, 1, 12.0, 10.0),
    Role("trailer", "project", 76, 2, 6.0, 9.0),
    Role("news", "event", 61, 4, 4.0, 7.0),
)


@dataclass(frozen=True)
class _Dice:
    """The range from which an unscripted episode of a kind is drawn."""

    types: tuple[str, ...]
    rise_hours: tuple[int, int]
    peak_multiplier: tuple[float, float]
    half_life_hours: tuple[float, float]


_LATER = {
    "breaking": _Dice(("person",), (1, 3), (8.0, 40.0), (6.0, 14.0)),
    "news": _Dice(("person", "project", "event"), (2, 6), (2.5, 8.0), (6.0, 14.0)),
    "premiere": _Dice(("project",), (5, 8), (4.0, 12.0), (12.0, 24.0)),
    "trailer": _Dice(("project",), (1, 3), (4.0, 15.0), (8.0, 20.0)),
    "award_night": _Dice(("person", "event"), (3, 5), (4.0, 15.0), (5.0, 10.0)),
}
_WEEKLY_AIR_TIME = (0, 1)  # Monday 01:00 UTC, Sunday night in the US
_WEEKLY = (1, 3.0, 1.0)  # rise hours, peak multiplier, half-life: an hour's show and the talk after it


def write_script(seed: int, start: datetime, entities: Sequence[Entity], usual: Floats) -> tuple[Episode, ...]:
    """All episodes from a fortnight before ``start`` to ``DAYS_AFTER_START`` days after it, by their first hour.

    usual: hourly views [entities]. A roster smaller than the cast plays the first roles only.
    """
    dice = stream(seed, Purpose.SCRIPT)
    order = dice.permutation(len(entities))
    # The busier half first: a jump of three views an hour is nothing to look at.
    free = [entities[i] for i in sorted(order, key=lambda i: bool(usual[i] < np.median(usual)))]
    episodes = _cast((*_HOT, *_QUIET), free, start)
    show = _take(free, "project")
    if show:
        episodes += _weekly(show, start)
    episodes += _cast(_EARLIER, free, start)
    episodes += _later(dice, start, [entity for entity in entities if entity != show])
    return tuple(sorted(episodes, key=lambda episode: (episode.start_at, episode.entity)))


def _cast(roles: Sequence[Role], free: list[Entity], start: datetime) -> list[Episode]:
    return [_played(role, actor, start) for role in roles if (actor := _take(free, role.type))]


def _take(free: list[Entity], preferred_type: str) -> Entity | None:
    """The next free actor of the type, else of any; None when all have a role."""
    actor = next((entity for entity in free if entity.type == preferred_type), free[0] if free else None)
    if actor:
        free.remove(actor)
    return actor


def _played(role: Role, actor: Entity, start: datetime) -> Episode:
    kind, _, hours_ago, rise_hours, peak_multiplier, half_life_hours = role
    return Episode(kind, actor.name, start - hours_ago * HOUR, rise_hours, peak_multiplier, half_life_hours)


def _weekly(show: Entity, start: datetime) -> list[Episode]:
    weekday, hour = _WEEKLY_AIR_TIME
    first = (start - FORTNIGHT_HOURS * HOUR).replace(hour=hour)
    first += timedelta(days=(weekday - first.weekday()) % 7)
    weeks = 2 + DAYS_AFTER_START // 7
    return [Episode("weekly", show.name, first + timedelta(weeks=week), *_WEEKLY) for week in range(weeks)]


def _later(dice: np.random.Generator, start: datetime, entities: Sequence[Entity]) -> list[Episode]:
    """What nobody scripted: about ``_EPISODES_A_DAY`` a day from the start on."""
    episodes = []
    hours = np.cumsum(dice.exponential(24 / _EPISODES_A_DAY, size=int(DAYS_AFTER_START * _EPISODES_A_DAY)))
    for hours_after in hours.astype(int).tolist():
        start_at = start + hours_after * HOUR
        kind = str(dice.choice(list(_LATER)))
        ranges = _LATER[kind]
        fitting = [entity for entity in entities if entity.type in ranges.types] or entities
        if not fitting:
            break
        actor = fitting[int(dice.integers(len(fitting)))]
        if dice.random() < _BOT_SHARE:
            episodes.append(Episode("bot", actor.name, start_at, 1, 40.0, 0.0))
            continue
        rise_hours = int(dice.integers(*ranges.rise_hours, endpoint=True))
        peak = round(float(np.exp(dice.uniform(*np.log(ranges.peak_multiplier)))), 1)
        half_life_hours = round(float(dice.uniform(*ranges.half_life_hours)), 1)
        episodes.append(Episode(kind, actor.name, start_at, rise_hours, peak, half_life_hours))
    return episodes
