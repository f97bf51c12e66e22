"""Coverage: which channels (Reddit, the trade press, news, GDELT, searches) take part in an episode, and how late.

Here: lags, participation, spikes of one channel alone, people whom no roster lists. Not here: what is said (``items``),
nor views: Wikipedia's readers make the episodes, the channels follow them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np

from etheatmap_sim import words
from etheatmap_sim.episodes import Episode
from etheatmap_sim.hours import FORTNIGHT_HOURS, HOUR
from etheatmap_sim.randomness import Floats, Purpose, stream
from etheatmap_sim.roster import Entity
from etheatmap_sim.script import DAYS_AFTER_START


class Channel(StrEnum):
    """Named as the sources that collect them are."""

    REDDIT = "reddit"
    TRADE = "trade_rss"
    NEWS = "google_news"
    GDELT = "gdelt_gkg"
    TRENDS = "trends"


# How likely a channel takes part in an episode of a kind. Machines that read Wikipedia are talked about by nobody.
_TAKES_PART: Mapping[str, Mapping[Channel, float]] = {
    "weekly": dict(zip(Channel, (0.8, 0.2, 0.4, 0.3, 0.9), strict=True)),
    "ramp": dict(zip(Channel, (0.7, 0.6, 0.7, 0.7, 0.9), strict=True)),
    "bot": dict.fromkeys(Channel, 0.0),
}
_USUALLY_TAKES_PART = dict(zip(Channel, (0.92, 0.85, 0.92, 0.85, 0.95), strict=True))
_LAG_CHANCES = (0.35, 0.25, 0.15, 0.10, 0.10, 0.05)  # of 0 to 5 hours
_TRADE_LAG_HOURS = (2, 8)  # the trades check before they print

ONE_CHANNEL_SPIKE = "one_source_spike"
SPAM = "spam"  # a spike on Reddit made by one account
UNLISTED = "unlisted"
_SPIKES_A_DAY = 1.5
_SPIKING = dict(zip(Channel, (0.45, 0.0, 0.15, 0.15, 0.25), strict=True))
_SPAM_SHARE = 0.5
_CALM_FOR = timedelta(hours=36)  # a spike keeps away from the entity's episodes by this much
_SPIKE_AT_THE_END_HOURS_AGO = 5
_UNLISTED_PEOPLE = 16
_UNLISTED_HOURS_AGO = (200, 8, 4)  # then one every three days
_DAYS_BETWEEN_UNLISTED = 3
_UNLISTED_USUAL_VIEWS = 40.0


@dataclass(frozen=True)
class Wave:
    """What one channel makes of a cause. ``course`` is as the channel sees it: shifted by its lag."""

    channel: Channel
    course: Episode
    lag_hours: int
    kind: str
    cause_start_at: datetime

    @property
    def name(self) -> str:
        return self.course.entity

    @property
    def first_hour(self) -> datetime:
        return self.course.start_at


class Coverage:
    """All waves of a scenario, drawn once in a fixed order."""

    def __init__(
        self, seed: int, start: datetime, entities: Sequence[Entity], episodes: Sequence[Episode], usual: Floats
    ) -> None:
        self._seed = seed
        self._start = start
        self._entities = entities
        self._episodes = episodes
        self._usual = usual

    @cached_property
    def unlisted_people(self) -> tuple[str, ...]:
        """Invented people whom the roster does not know and the channels talk about."""
        dice = stream(self._seed, Purpose.UNLISTED)
        known = {entity.name for entity in self._entities}
        names = [f"{first} {last}" for first in words.FIRST for last in words.UNLISTED_LAST]
        chosen = [names[i] for i in dice.permutation(len(names)).tolist() if names[i] not in known]
        return tuple(chosen[:_UNLISTED_PEOPLE])

    @cached_property
    def unlisted_titles(self) -> tuple[str, ...]:
        """Of their articles, in the order of the people: the last shares the name with somebody else."""
        *names, shared = self.unlisted_people
        return (*names, f"{shared} (actor)")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everyone who is talked about: the entities in roster order, then the unlisted people."""
        return (*(entity.name for entity in self._entities), *self.unlisted_people)

    @cached_property
    def usual_views(self) -> Floats:
        """Of ``names``; the unlisted have small audiences. [names]"""
        return np.concatenate([self._usual, np.full(len(self.unlisted_people), _UNLISTED_USUAL_VIEWS)])

    @cached_property
    def of_episode(self) -> Mapping[Episode, Mapping[Channel, Wave]]:
        """The channels that take part in each episode of the scenario."""
        dice = stream(self._seed, Purpose.COVERAGE)
        return {episode: self._spread(dice, episode) for episode in self._episodes}

    @cached_property
    def spikes(self) -> tuple[Wave, ...]:
        """Of one channel alone, by their first hour: nothing that should alarm."""
        dice = stream(self._seed, Purpose.SPIKES)
        hours = [FORTNIGHT_HOURS - _SPIKE_AT_THE_END_HOURS_AGO]
        drawn = np.cumsum(dice.exponential(24 / _SPIKES_A_DAY, size=int((14 + DAYS_AFTER_START) * _SPIKES_A_DAY)))
        channels = [Channel.REDDIT, *dice.choice(list(Channel), size=len(drawn), p=list(_SPIKING.values())).tolist()]
        waves: list[Wave] = []
        for hours_in, channel in zip([*hours, *drawn.astype(int).tolist()], channels, strict=True):
            start_at = self._start + (hours_in - FORTNIGHT_HOURS) * HOUR
            calm = self._calm_at(start_at)
            if not calm:
                continue
            is_spam = Channel(channel) is Channel.REDDIT and len(waves) > 0 and dice.random() < _SPAM_SHARE
            kind = SPAM if is_spam else ONE_CHANNEL_SPIKE
            name = calm[int(dice.integers(len(calm)))]
            rise_hours, half_life_hours = int(dice.integers(1, 4)), round(float(dice.uniform(3, 8)), 1)
            course = Episode(kind, name, start_at, rise_hours, round(float(dice.uniform(8, 20)), 1), half_life_hours)
            waves.append(Wave(Channel(channel), course, 0, kind, start_at))
        return tuple(sorted(waves, key=lambda wave: (wave.first_hour, wave.name)))

    @cached_property
    def of_unlisted(self) -> Mapping[Episode, Mapping[Channel, Wave]]:
        """Their breakouts: readers of their articles begin, the channels follow."""
        dice = stream(self._seed, Purpose.UNLISTED, hour=1)
        hours = [-hours_ago for hours_ago in _UNLISTED_HOURS_AGO]
        hours += [24 * day for day in range(1, DAYS_AFTER_START, _DAYS_BETWEEN_UNLISTED)]
        spread: dict[Episode, Mapping[Channel, Wave]] = {}
        for turn, hours_after in enumerate(hours):
            name = self.unlisted_people[turn % len(self.unlisted_people)]
            peak, half_life_hours = round(float(dice.uniform(20, 45)), 1), round(float(dice.uniform(6, 16)), 1)
            start_at = self._start + hours_after * HOUR
            episode = Episode(UNLISTED, name, start_at, int(dice.integers(1, 5)), peak, half_life_hours)
            spread[episode] = self._spread(dice, episode)
        return spread

    @cached_property
    def waves(self) -> Mapping[Channel, Sequence[Wave]]:
        """Every wave of a channel, by its first hour."""
        every = [*self.spikes]
        for spread in (self.of_episode, self.of_unlisted):
            every += [wave for waves in spread.values() for wave in waves.values()]
        every.sort(key=lambda wave: (wave.first_hour, wave.name))
        return {channel: [wave for wave in every if wave.channel is channel] for channel in Channel}

    def waves_at(self, channel: Channel, hour: datetime) -> list[Wave]:
        """Those that have begun and left something."""
        return [wave for wave in self.waves[channel] if wave.course.excess(hour) > 0]

    def _spread(self, dice: np.random.Generator, episode: Episode) -> dict[Channel, Wave]:
        chances = _TAKES_PART.get(episode.kind, _USUALLY_TAKES_PART)
        spread = {}
        for channel in Channel:
            takes_part = dice.random() < chances[channel]
            lag = int(dice.choice(len(_LAG_CHANCES), p=_LAG_CHANCES))
            if channel is Channel.TRADE:
                lag = int(dice.integers(*_TRADE_LAG_HOURS))
            if takes_part:
                course = replace(episode, start_at=episode.start_at + lag * HOUR)
                spread[channel] = Wave(channel, course, lag, episode.kind, episode.start_at)
        return spread

    def _calm_at(self, instant: datetime) -> list[str]:
        busy = {
            episode.entity
            for episode in self._episodes
            if episode.start_at - _CALM_FOR <= instant <= episode.end_at + _CALM_FOR
        }
        return [entity.name for entity in self._entities if entity.name not in busy]
