"""Videos: who is named in which, and how often each was watched by an instant. A pure function of the scenario.

Their views follow the episodes, some hours late: what is new is watched, and so is what was there before. YouTube takes
back a part of some. Here: no format (``youtube``).
"""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np

from etheatmap_sim import titles, words
from etheatmap_sim.episodes import Episode
from etheatmap_sim.hours import HOUR, floor_hour, hour_number
from etheatmap_sim.randomness import Floats, Purpose, hash_of, stream
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario

_MIDDLING_VIEWS = 260.0
_USUAL_AN_HOUR = 0.02  # videos about a middling entity
_PER_EXCESS, _MOST_AN_HOUR = 0.05, 2.0
_BACKGROUND_AN_HOUR = 6.0
_LAGS = 4  # hours, 1 to 4
_VIEWS_PER_READER = 40.0  # in the end, for each who looks the entity up in a usual hour
_WATCHED_HOURS = 20.0  # 63 % of them after so many hours
_ATTENTION_SHARE = 0.1  # of those, for each usual hour's worth of an episode
_TAKEN_BACK_SHARE, _TAKEN_BACK_AFTER, _LEFT = 0.02, timedelta(hours=30), 0.9
_HOURS_IN_MEMORY = 1_000
_SCRAMBLE, _UNSCRAMBLE = 0x9E3779B97F4A7C15, 0xF1DE83E19937733D  # odd, each other's inverse modulo 2^64
_A_NUMBER = 2**64
_AN_HOUR = 1_000  # serials
_MOST_HOURS = 10 * 365 * 24  # no scenario goes on for longer
_CHANNELS_OF_A_NAME = 3
_CATEGORY_OF_TYPE = {"person": "10", "project": "1", "event": "24"}
_OTHER_CATEGORIES = ("20", "22", "25", "26", "28")


@dataclass(frozen=True)
class Video:
    """``name`` is whom it is about; None: nobody. ``audience``: its views in the end, without any episode."""

    serial: int
    title: str
    channel: str
    name: str | None
    category: str
    audience: float
    published_at: datetime

    @property
    def id(self) -> str:
        """Eleven characters, as YouTube's are."""
        scrambled = self.serial * _SCRAMBLE % _A_NUMBER
        return base64.urlsafe_b64encode(scrambled.to_bytes(8)).decode().rstrip("=")

    @property
    def channel_id(self) -> str:
        return f"UC{hash_of(self.channel):022d}"[:24]

    @property
    def description(self) -> str:
        return f"{self.title}. Watch it to the end.\n\nSubscribe: https://www.youtube.com/channel/{self.channel_id}"

    @property
    def tags(self) -> list[str]:
        return [self.name, "official"] if self.name and self.luck("tags") < 0.7 else []

    @property
    def hides_likes(self) -> bool:
        return self.luck("likes") < 0.03

    @property
    def takes_comments(self) -> bool:
        return self.luck("comments") > 0.04

    def luck(self, of: str) -> float:
        """Uniform in [0, 1) and for ever the same for a video."""
        return hash_of(f"{self.serial} {of}") / 2**64


class Videos:
    """All videos of a scenario, from its first hour on."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._of = lru_cache(maxsize=_HOURS_IN_MEMORY)(self._drawn)

    def between(self, start: datetime, end: datetime) -> list[Video]:
        """Published from ``start`` on and not after ``end``, oldest first."""
        hour, found = max(floor_hour(start), self._scenario.first_hour), list[Video]()
        while hour <= end:
            found += [video for video in self._of(hour) if start <= video.published_at <= end]
            hour += HOUR
        return found

    def by_id(self, video_id: str) -> Video | None:
        """None where there never was one."""
        try:
            scrambled = int.from_bytes(base64.urlsafe_b64decode(video_id + "="))
        except ValueError:
            return None
        serial = scrambled * _UNSCRAMBLE % _A_NUMBER
        hours = serial // _AN_HOUR - hour_number(self._scenario.first_hour)
        if not 0 <= hours < _MOST_HOURS:
            return None
        of_hour = self._of(self._scenario.first_hour + hours * HOUR)
        return next((video for video in of_hour if video.serial == serial), None)

    def views(self, video: Video, now: datetime) -> int:
        """Until ``now``. Grows, but for what is taken back."""
        age_hours = (now - video.published_at) / HOUR
        if age_hours <= 0:
            return 0
        watched = 1 - math.exp(-age_hours / _WATCHED_HOURS)
        if video.name is not None:
            attention = self._attention(video.name, now) - self._attention(video.name, video.published_at)
            watched += _ATTENTION_SHARE * attention
        is_less = now >= video.published_at + _TAKEN_BACK_AFTER and video.luck("taken back") < _TAKEN_BACK_SHARE
        return int(video.audience * watched * (_LEFT if is_less else 1.0))

    def _attention(self, name: str, now: datetime) -> float:
        """All that the episodes of the name have added until then, in hours of the usual."""
        total = 0.0
        for start_at, summed in self._courses.get(name, ()):
            hours = (now - start_at) / HOUR
            if hours > 0:
                whole = min(int(hours), len(summed) - 1)
                following = summed[min(whole + 1, len(summed) - 1)]
                total += float(summed[whole] + (hours - int(hours)) * (following - summed[whole]))
        return total

    @cached_property
    def _courses(self) -> Mapping[str, list[tuple[datetime, Floats]]]:
        """Of each episode, when it begins here, and its excess summed up to each hour."""
        courses: dict[str, list[tuple[datetime, Floats]]] = {}
        for start_at, _, episode in self._episodes:
            courses.setdefault(episode.entity, []).append((start_at, _summed(episode)))
        return courses

    @cached_property
    def _episodes(self) -> list[tuple[datetime, datetime, Episode]]:
        """Those that people take part in, some hours late, with their first hour and the first without them."""
        people = (episode for episode in self._scenario.episodes if episode.kind != "bot")
        late = [replace(episode, start_at=episode.start_at + _lag(episode)) for episode in people]
        return [(episode.start_at, episode.end_at, episode) for episode in late]

    @cached_property
    def _entities(self) -> Mapping[str, tuple[Entity, float]]:
        """With the views that its article usually has in an hour."""
        usual = self._scenario.usual_views.tolist()
        return {entity.name: (entity, views) for entity, views in zip(self._scenario.entities, usual, strict=True)}

    def _drawn(self, hour: datetime) -> tuple[Video, ...]:
        dice = stream(self._scenario.seed, Purpose.VIDEOS, hour_number(hour))
        usual = _USUAL_AN_HOUR * np.sqrt(self._scenario.usual_views / _MIDDLING_VIEWS)
        names = [
            name for name, count in zip(self._entities, dice.poisson(usual).tolist(), strict=True) for _ in range(count)
        ]
        for start_at, end_at, episode in self._episodes:
            if start_at <= hour < end_at:
                rate = min(_MOST_AN_HOUR, _PER_EXCESS * episode.excess(hour))
                names += [episode.entity] * int(dice.poisson(rate))
        about = [*names, *[None] * int(dice.poisson(_BACKGROUND_AN_HOUR))]
        return tuple(self._video(dice, hour, position, name) for position, name in enumerate(about))

    def _video(self, dice: np.random.Generator, hour: datetime, position: int, name: str | None) -> Video:
        published_at = hour + timedelta(seconds=int(dice.integers(3_600)))
        serial, size = hour_number(hour) * _AN_HOUR + position, float(dice.lognormal(0.0, 0.8))
        if name is None:
            title = titles.background_title(dice, is_post=False)
            channel = f"{words.FIRST[int(dice.integers(len(words.FIRST)))]} Plays"
            category = _OTHER_CATEGORIES[serial % len(_OTHER_CATEGORIES)]
            return Video(serial, title, channel, None, category, 8_000 * size, published_at)
        entity, usual_views = self._entities[name]
        kind = titles.entity_type_of(entity.type)
        title = titles.title(dice, kind, name, is_post=False)
        channel = f"{words.LAST[hash_of(f'{name} {dice.integers(_CHANNELS_OF_A_NAME)}') % len(words.LAST)]} Media"
        audience = _VIEWS_PER_READER * usual_views * size
        return Video(serial, title, channel, name, _CATEGORY_OF_TYPE[kind], audience, published_at)


def _summed(episode: Episode) -> Floats:
    """As ``Episode.excess`` has it, of all its hours at once; 0 first."""
    hours = np.arange((episode.end_at - episode.start_at) // HOUR)
    after_peak = np.maximum(hours - (episode.rise_hours - 1), 0)
    fading = 0.5 ** (after_peak / episode.half_life_hours) if episode.half_life_hours else np.ones(len(hours))
    course = np.where(hours < episode.rise_hours, (hours + 1) / episode.rise_hours, fading)
    return np.concatenate([[0.0], np.cumsum((episode.peak_multiplier - 1) * course)])


def _lag(episode: Episode) -> timedelta:
    return (1 + hash_of(f"{episode.entity} {episode.start_at}") % _LAGS) * HOUR
