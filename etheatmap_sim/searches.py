"""What the world searches for, hour by hour: of the entities, the unlisted people, and any other words.

Here: searches an hour. Not here: how Google scales and spells them (``trends``, ``trends_rss``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR, hour_number
from etheatmap_sim.randomness import Floats, Purpose, hash_of, stream
from etheatmap_sim.scenario import Scenario, daily_profile

_US_EVENING_UTC_HOUR = 2.0
_SHAPE = 60.0  # of the noise: 13 % scatter between hours
_SEARCHES_A_VIEW = (0.5, 2.0)
_OTHER_WORDS = (150.0, 3_000.0)  # searches an hour for words that are nobody's name
_UNLISTED_USUAL = 15.0
_HOURS_IN_MEMORY = 4_000


class Searches:
    """Of all terms. ``names``: those with a course of their own; every other word has a steady one."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.at = lru_cache(maxsize=_HOURS_IN_MEMORY)(self._drawn)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return self._scenario.coverage.names

    @cached_property
    def usual(self) -> Floats:
        """[names]"""
        low, high = np.log(_SEARCHES_A_VIEW)
        shares = np.array([np.exp(low + (high - low) * hash_of(f"searches {name}") / 2**64) for name in self.names])
        usual: Floats = shares * self._scenario.coverage.usual_views
        usual[len(self._scenario.entities) :] = _UNLISTED_USUAL
        return usual

    def mean(self, term: str, start: datetime, length: timedelta) -> float:
        """Searches an hour for ``term`` from ``start`` on; before the fortnight nothing happens to anybody."""
        hours = range(int(length / HOUR))
        if start + length <= self._scenario.first_hour and len(hours) > 1:
            luck = hash_of(f"{self._scenario.seed} {term} {start:%Y%m%d}") / 2**64
            return self._usual_of(term) * (0.93 + 0.14 * luck)
        return float(np.mean([self._one(term, start + turn * HOUR) for turn in hours]))

    def position(self, term: str) -> int | None:
        """Of the name or alias, whatever its case."""
        return self._positions.get(" ".join(term.split()).casefold())

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        spelled: dict[str, int] = {}
        for position, entity in enumerate(self._scenario.entities):
            for alias in entity.aliases:
                spelled.setdefault(alias.strip().casefold(), position)
        return spelled | {name.casefold(): position for position, name in enumerate(self.names)}

    def _usual_of(self, term: str) -> float:
        position = self.position(term)
        if position is not None:
            return float(self.usual[position])
        low, high = np.log(_OTHER_WORDS)
        return float(np.exp(low + (high - low) * hash_of(f"word {term.casefold()}") / 2**64))

    def _one(self, term: str, hour: datetime) -> float:
        position = self.position(term)
        if position is not None:
            return float(self.at(hour)[position])
        luck = hash_of(f"{self._scenario.seed} {term.casefold()} {hour_number(hour)}") / 2**64
        return self._usual_of(term) * float(_daily(hour)) * (0.94 + 0.12 * luck)

    def _drawn(self, hour: datetime) -> Floats:
        """[names]"""
        excess = np.zeros(len(self.names))
        for wave in self._scenario.coverage.waves_at(Channel.TRENDS, hour):
            excess[self._by_name[wave.name]] += wave.course.excess(hour)
        dice = stream(self._scenario.seed, Purpose.SEARCHES, hour_number(hour))
        noise = dice.gamma(_SHAPE, 1 / _SHAPE, size=len(self.names))
        return dice.poisson(self.usual * (float(_daily(hour)) + excess) * noise).astype(float)

    @cached_property
    def _by_name(self) -> Mapping[str, int]:
        return {name: position for position, name in enumerate(self.names)}


def scaled(series: Sequence[Sequence[float]]) -> list[list[int]]:
    """0 to 100 by the highest of all series together, as Google gives them. [terms][points]"""
    highest = max((value for one in series for value in one), default=0.0)
    return [[round(100 * value / highest) if highest else 0 for value in one] for one in series]


def _daily(hour: datetime) -> Floats:
    return daily_profile(hour, np.array(_US_EVENING_UTC_HOUR))
