"""Items: the posts and articles of every channel, hour by hour, each with the truth about whom it names.

A pure function of the scenario and the hour. Here: who is named when, in which words, by whom. Not here: any format.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from etheatmap_sim import titles, words
from etheatmap_sim.coverage import SPAM, Channel, Wave
from etheatmap_sim.hours import HOUR, floor_hour, hour_number
from etheatmap_sim.outlets import (
    NEWSROOMS,
    SMALL_PAPERS,
    SUBREDDITS_OF_OTHER_THINGS,
    SUBREDDITS_OF_TYPE,
    TRADE_OF,
    TRADES,
)
from etheatmap_sim.randomness import Floats, Purpose, hash_of, stream
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario, daily_profile

_US_AFTERNOON_UTC_HOUR = 20.0
_MIDDLING_VIEWS = 260.0
_HOURS_IN_MEMORY = 1_000
_ALIAS_SHARE = 0.25
_SECOND_NAME_SHARE = 0.08
_EDITED_SHARE, _UNDATED_SHARE, _FUTURE_SHARE, _COPIED_SHARE = 0.06, 0.03, 0.03, 0.12


class Loudness(NamedTuple):
    """Items an hour: of a middling entity usually, for each multiple of the usual in a wave, at most in a wave."""

    purpose: Purpose
    usual: float
    per_excess: float
    most: float
    everyday: float  # of each name that has an everyday sense
    background: float


_LOUDNESS: Mapping[Channel, Loudness] = {
    Channel.REDDIT: Loudness(Purpose.REDDIT_ITEMS, 0.05, 0.60, 12.0, 0.05, 30.0),
    Channel.TRADE: Loudness(Purpose.TRADE_ITEMS, 0.006, 0.12, 1.5, 0.01, 5.0),
    Channel.NEWS: Loudness(Purpose.NEWS_ITEMS, 0.03, 0.40, 8.0, 0.03, 10.0),
    Channel.GDELT: Loudness(Purpose.GDELT_ITEMS, 0.04, 0.50, 10.0, 0.03, 50.0),
}
USUAL, EVERYDAY, BACKGROUND = "usual", "everyday", "background"


class Named(NamedTuple):
    """An entity (or an unlisted person), and the words that name it."""

    name: str
    surface: str


@dataclass(frozen=True)
class Item:
    """``place``: the outlet's host or the subreddit. ``number`` counts the channel's items of the hour."""

    channel: Channel
    kind: str  # of the wave; or usual, everyday, background
    title: str
    place: str
    author: str
    published_at: datetime
    entities: tuple[Named, ...] = ()
    unlisted: tuple[Named, ...] = ()
    not_meant: tuple[str, ...] = ()  # entities whose letters are in the title in another sense
    cause_start_at: datetime | None = None
    size: float = 1.0  # what it will have gathered in the end: a score, as a multiple of the channel's middling one
    number: int = 0
    edited_at: datetime | None = None
    edited_title: str | None = None
    is_undated: bool = False
    dated_ahead: timedelta = timedelta(0)  # a wrong clock at the outlet: dated later than it appeared
    also_in: str | None = None  # a second place that carries it
    also_at: datetime | None = None
    shares_link: bool = False

    @property
    def hour(self) -> datetime:
        return floor_hour(self.published_at)

    @property
    def serial(self) -> int:
        """Grows with time, as upstreams' numbers do; an hour has room for 1,000."""
        return hour_number(self.hour) * 1_000 + self.number

    @cached_property
    def id(self) -> str:
        """What the upstream calls it: a Reddit fullname, else the link."""
        return f"t3_{base36(3_000_000_000 + self.serial)}" if self.channel is Channel.REDDIT else self.link

    @property
    def link(self) -> str:
        return self.link_in(self.place)

    def link_in(self, place: str) -> str:
        if self.channel is Channel.REDDIT:
            return f"https://www.reddit.com/r/{place}/comments/{self.id[3:]}/{_slug(self.title, '_')}/"
        host = self.place if self.shares_link else place
        return f"https://{host}/{self.published_at:%Y/%m/%d}/{_slug(self.title, '-')}-{self.serial}/"

    def title_at(self, now: datetime) -> str:
        return self.edited_title if self.edited_title and self.edited_at and self.edited_at <= now else self.title

    def shown_in(self, place: str) -> datetime | None:
        """When it appears there; None: never."""
        return self.published_at if place == self.place else self.also_at if place == self.also_in else None


class Items:
    """All items of a scenario. Any hour costs the same and is the same, whatever was asked before."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.of = lru_cache(maxsize=_HOURS_IN_MEMORY)(self._drawn)

    @property
    def first_hour(self) -> datetime:
        return self._scenario.first_hour

    def between(self, channel: Channel, start: datetime, end: datetime) -> list[Item]:
        """Published from ``start`` on and before ``end``, oldest first."""
        hour, found = floor_hour(start), []
        while hour < end:
            found += [item for item in self.of(channel, hour) if start <= item.published_at < end]
            hour += HOUR
        return found

    def _drawn(self, channel: Channel, hour: datetime) -> tuple[Item, ...]:
        if hour < self._scenario.first_hour:
            return ()  # the world begins with the fortnight, as the dumps do
        loudness = _LOUDNESS[channel]
        dice = stream(self._scenario.seed, loudness.purpose, hour_number(hour))
        daily = float(daily_profile(hour, np.array(_US_AFTERNOON_UTC_HOUR)))
        draw = _Draw(self, dice, channel, hour)
        for position, count in enumerate(dice.poisson(loudness.usual * daily * self._popularity).tolist()):
            for _ in range(count):
                draw.mention(self._names[position], USUAL)
        for wave in self._scenario.coverage.waves_at(channel, hour):
            count = int(dice.poisson(min(loudness.most, loudness.per_excess * wave.course.excess(hour))))
            if channel is Channel.TRADE and hour == wave.first_hour:
                count = max(count, 1)  # its lag is that of the first article
            for turn in range(count):
                draw.mention(wave.name, wave.kind, wave, turn)
        for name in self._everyday_names:
            for _ in range(int(dice.poisson(loudness.everyday))):
                draw.everyday(name)
        for _ in range(int(dice.poisson(loudness.background * daily))):
            draw.background()
        in_time = sorted(draw.items, key=lambda item: item.published_at)
        return tuple(replace(item, number=number) for number, item in enumerate(in_time))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self._scenario.coverage.names

    @cached_property
    def _popularity(self) -> Floats:
        popularity: Floats = np.sqrt(self._scenario.coverage.usual_views / _MIDDLING_VIEWS)
        popularity[len(self._scenario.entities) :] = 0.0  # nobody speaks of the unlisted before they break out
        return popularity

    @cached_property
    def _everyday_names(self) -> tuple[str, ...]:
        return tuple(entity.name for entity in self._scenario.entities if titles.has_everyday_sense(entity.name))

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        return {entity.name: entity for entity in self._scenario.entities}

    @cached_property
    def listed(self) -> tuple[Entity, ...]:
        return tuple(self._scenario.entities)


class _Draw:
    """The dice of one hour of one channel, and what they gave so far."""

    def __init__(self, world: Items, dice: np.random.Generator, channel: Channel, hour: datetime) -> None:
        self._world = world
        self._dice = dice
        self._channel = channel
        self._hour = hour
        self._is_post = channel is Channel.REDDIT
        self.items: list[Item] = []

    def mention(self, name: str, kind: str, wave: Wave | None = None, turn: int = 0) -> None:
        entity = self._world.entities.get(name)
        surface, entity_type = name, "person"
        if entity:
            surface, entity_type = self._surface(entity), titles.entity_type_of(entity.type)
        named = Named(name, surface)
        other = self._other(name) if entity and kind != SPAM and self._dice.random() < _SECOND_NAME_SHARE else None
        if kind == SPAM:
            title, author = titles.spam_title(surface, turn), f"deals_{abs(hash_of(name)) % 9_000}"
        else:
            title = titles.title(self._dice, entity_type, surface, is_post=self._is_post, other=other)
            author = self._author()
        self._add(
            kind,
            title,
            self._place(entity_type),
            author,
            entities=((named,) if entity else ()) + ((Named(other, other),) if other else ()),
            unlisted=() if entity else (named,),
            cause_start_at=wave and wave.cause_start_at,
            size=0.02 if kind == SPAM else float(self._dice.lognormal(1.2 if wave else 0.0, 1.0)),
        )

    def everyday(self, name: str) -> None:
        title, place = titles.everyday_title(self._dice, name), self._place(None)
        self._add(EVERYDAY, title, place, self._author(), not_meant=(name,), size=float(self._dice.lognormal(0, 1)))

    def background(self) -> None:
        title = titles.background_title(self._dice, is_post=self._is_post)
        self._add(BACKGROUND, title, self._place(None), self._author(), size=float(self._dice.lognormal(0, 1.2)))

    def _add(self, kind: str, title: str, place: str, author: str, **known: object) -> None:
        published_at = self._hour + timedelta(seconds=int(self._dice.integers(3_600)))
        item = Item(self._channel, kind, title, place, author, published_at)
        self.items.append(replace(item, **known, **({} if self._is_post else self._oddities(item))))  # type: ignore[arg-type]

    def _oddities(self, item: Item) -> dict[str, object]:
        """What editors do to their articles."""
        edited, undated, ahead, copied = (float(value) for value in self._dice.random(4))
        later_minutes = self._dice.integers((20, 1, 5), (180, 10, 90)).tolist()
        odd: dict[str, object] = {}
        if edited < _EDITED_SHARE:
            edited_at = item.published_at + timedelta(minutes=later_minutes[0])
            odd |= {"edited_at": edited_at, "edited_title": f"{item.title} (UPDATED)"}
        if self._channel is Channel.TRADE and undated < _UNDATED_SHARE:
            odd["is_undated"] = True
        elif ahead < _FUTURE_SHARE:
            odd["dated_ahead"] = timedelta(minutes=later_minutes[1])
        if copied < _COPIED_SHARE:
            others = [place for place in self._places if place != item.place]
            also_in = others[int(self._dice.integers(len(others)))]
            also_at = item.published_at + timedelta(minutes=later_minutes[2])
            shares_link = self._channel is Channel.TRADE and copied < _COPIED_SHARE / 2
            odd |= {"also_in": also_in, "also_at": also_at, "shares_link": shares_link}
        return odd

    def _surface(self, entity: Entity) -> str:
        aliases = [alias for alias in entity.aliases if alias.strip()]
        if aliases and self._dice.random() < _ALIAS_SHARE:
            return aliases[int(self._dice.integers(len(aliases)))].strip()
        return entity.name

    def _other(self, name: str) -> str | None:
        others = [entity.name for entity in self._world.listed if entity.name != name]
        return others[int(self._dice.integers(len(others)))] if others else None

    @property
    def _places(self) -> tuple[str, ...]:
        by_channel = {Channel.TRADE: tuple(TRADE_OF), Channel.NEWS: tuple(NEWSROOMS), Channel.GDELT: SMALL_PAPERS}
        return by_channel[self._channel]

    def _place(self, entity_type: str | None) -> str:
        """``None``: an item about something else."""
        if self._is_post:
            about = SUBREDDITS_OF_TYPE[entity_type] if entity_type else SUBREDDITS_OF_OTHER_THINGS
            return about[int(self._dice.integers(len(about)))]
        weights = [outlet.weight for outlet in TRADES] if self._channel is Channel.TRADE else None
        return str(self._dice.choice(self._places, p=weights))

    def _author(self) -> str:
        first, last = (str(self._dice.choice(names)) for names in (words.FIRST, words.LAST))
        return f"{first}_{last}{int(self._dice.integers(100))}" if self._is_post else f"{first} {last}"


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _slug(text: str, between: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return between.join(re.findall(r"[a-z0-9]+", plain))[:60].strip(between)
