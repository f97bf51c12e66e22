"""The scenario: what the world's audience does, hour by hour, with the reasons as labels.

A pure function of seed, start and entities. Here: views an hour of every entity. Not here: any upstream's format.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np

from etheatmap_sim.coverage import Channel, Coverage, Wave
from etheatmap_sim.episodes import Episode, Stage
from etheatmap_sim.hours import FORTNIGHT_HOURS, HOUR, hour_number, spell_hour
from etheatmap_sim.randomness import Counts, Floats, Purpose, stream
from etheatmap_sim.roster import Entity
from etheatmap_sim.script import write_script

_US_EVENING_UTC_HOUR = 1.0
_DAY_SWING = 0.38  # of the mean, from the day's mean to its busiest hour
_WEEKEND_GAIN = 0.10
_WEEKDAY_LOSS = 0.04  # keeps the week's mean at 1
_USUAL_MEDIAN = 260.0
_USUAL_SIGMA = 1.0  # of the logarithm: a roster spans tens to thousands an hour
_USUAL_RANGE = (20.0, 6000.0)
_MOBILE_SHARE_RANGE = (0.55, 0.70)
_NOISE_SHAPE = 120.0  # of the negative binomial: 9 % scatter between hours beyond Poisson's


class HourViews(NamedTuple):
    """Views of one hour, [entities] in roster order."""

    desktop: Counts
    mobile: Counts


def daily_profile(hour: datetime, busiest_utc_hour: Floats) -> Floats:
    """Traffic of the hour of the day as a multiple of the day's mean: 1 on average; any shape."""
    return 1 + _DAY_SWING * np.cos((hour.hour - busiest_utc_hour) * 2 * np.pi / 24)


@dataclass(frozen=True)
class Scenario:
    """``start`` is the first hour after the scripted fortnight; the story goes on for 120 days after it."""

    seed: int
    start: datetime
    entities: Sequence[Entity]

    @property
    def first_hour(self) -> datetime:
        return self.start - FORTNIGHT_HOURS * HOUR

    @property
    def last_scripted_hour(self) -> datetime:
        return self.start - HOUR

    @cached_property
    def usual_views(self) -> Floats:
        """Mean views an hour, [entities]."""
        dice = stream(self.seed, Purpose.ENTITIES)
        drawn = np.exp(np.log(_USUAL_MEDIAN) + _USUAL_SIGMA * dice.standard_normal(len(self.entities)))
        usual: Floats = np.clip(drawn, *_USUAL_RANGE)
        return usual

    @cached_property
    def mobile_shares(self) -> Floats:
        dice = stream(self.seed, Purpose.ENTITIES, hour=1)
        return dice.uniform(*_MOBILE_SHARE_RANGE, size=len(self.entities))

    @cached_property
    def episodes(self) -> tuple[Episode, ...]:
        return write_script(self.seed, self.start, self.entities, self.usual_views)

    @cached_property
    def coverage(self) -> Coverage:
        """What Reddit, the press and searches make of the episodes, and what they make up without one."""
        return Coverage(self.seed, self.start, self.entities, self.episodes, self.usual_views)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {entity.name: i for i, entity in enumerate(self.entities)}

    def views(self, hour: datetime) -> HourViews:
        """What people and machines looked at in ``hour``; a bot has no telephone: its views are all desktop."""
        usual = self.usual_views * daily_profile(hour, np.array(_US_EVENING_UTC_HOUR)) * _weekly_profile(hour)
        people, bots = np.zeros_like(usual), np.zeros_like(usual)
        for episode in self.episodes:
            # News does not wait for the evening: the excess is a multiple of the mean hour, not of this one.
            share = bots if episode.kind == "bot" else people
            share[self._positions[episode.entity]] += episode.excess(hour)
        expected = usual + people * self.usual_views
        dice = stream(self.seed, Purpose.ENTITY_VIEWS, hour_number(hour))
        views = dice.poisson(expected * dice.gamma(_NOISE_SHAPE, 1 / _NOISE_SHAPE, size=len(expected)))
        mobile = dice.binomial(views, self.mobile_shares)
        return HourViews(views - mobile + dice.poisson(bots * self.usual_views), mobile)

    def unlisted_views(self, hour: datetime) -> HourViews:
        """Views of the articles of people whom no roster lists, [coverage.unlisted_titles]."""
        people = self.coverage.unlisted_people
        usual = self.coverage.usual_views[len(self.entities) :]
        rhythm = float(daily_profile(hour, np.array(_US_EVENING_UTC_HOUR))) * _weekly_profile(hour)
        times = np.full(len(people), rhythm)
        for episode in self.coverage.of_unlisted:
            times[people.index(episode.entity)] += episode.excess(hour)
        # Of a stream of its own: who is in the roster has the views that they had.
        dice = stream(self.seed, Purpose.UNLISTED_VIEWS, hour_number(hour))
        views = dice.poisson(usual * times * dice.gamma(_NOISE_SHAPE, 1 / _NOISE_SHAPE, size=len(people)))
        mobile = dice.binomial(views, float(np.mean(_MOBILE_SHARE_RANGE)))
        return HourViews(views - mobile, mobile)

    def hot_at(self, hour: datetime) -> Mapping[str, Stage]:
        """The entities that really are in an episode of attention in ``hour``, and how far it has got."""
        stages = ((episode.entity, episode.stage_at(hour)) for episode in self.episodes if episode.is_hot)
        return {entity: stage for entity, stage in stages if stage not in (Stage.BEFORE, Stage.OVER)}

    def labels(self) -> dict[str, object]:
        """The truth as JSON: what a detector should find, and what it should not."""
        by_entity = defaultdict(list)
        for episode in self.episodes:
            by_entity[episode.entity].append(episode)
        hot = self.hot_at(self.last_scripted_hour)
        return {
            "seed": self.seed,
            "start": spell_hour(self.start),
            "first_hour": spell_hour(self.first_hour),
            "last_scripted_hour": spell_hour(self.last_scripted_hour),
            "hot_at_last_scripted_hour": hot,
            "entities": [
                {
                    "name": entity.name,
                    "type": entity.type,
                    "title": entity.title,
                    "usual_views_an_hour": round(float(usual), 1),
                    "episodes": [
                        _label(episode) | _sources(self.coverage.of_episode[episode])
                        for episode in by_entity[entity.name]
                    ],
                }
                for entity, usual in zip(self.entities, self.usual_views, strict=True)
            ],
            "one_source_spikes": [
                {"entity": wave.name, "source": wave.channel, **_label(wave.course), "is_hot": False}
                for wave in self.coverage.spikes
            ],
            "unlisted": [
                {"name": episode.entity, **_label(episode), **_sources(waves)}
                for episode, waves in self.coverage.of_unlisted.items()
            ],
        }


def _label(episode: Episode) -> dict[str, object]:
    return {
        "kind": episode.kind,
        "is_hot": episode.is_hot,
        "start_hour": spell_hour(episode.start_at),
        "peak_hour": spell_hour(episode.peak_at),
        "end_hour": spell_hour(episode.end_at),
        "rise_hours": episode.rise_hours,
        "peak_multiplier": episode.peak_multiplier,
        "half_life_hours": episode.half_life_hours,
    }


def _sources(waves: Mapping[Channel, Wave]) -> dict[str, object]:
    """Which sources take part and since when; those that do not are None."""
    return {
        "sources": {
            channel: {"lag_hours": waves[channel].lag_hours, "start_hour": spell_hour(waves[channel].first_hour)}
            if channel in waves
            else None
            for channel in Channel
        }
    }


def _weekly_profile(hour: datetime) -> float:
    return 1 + _WEEKEND_GAIN if hour.weekday() >= 5 else 1 - _WEEKDAY_LOSS
