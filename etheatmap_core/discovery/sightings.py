"""What one hour's sources say of names that nobody tracks. Pure: articles, searches and spikes in, sightings out.

Here: what of a source is a sighting, how much more than usual it is. Not here: reading the sources (sighting_sources),
names in prose (names), what a name is (identities).
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from etheatmap_core.discovery.candidate_store import Seen
from etheatmap_core.discovery.candidates import Sighting
from etheatmap_core.discovery.identities import is_askable
from etheatmap_core.discovery.names import RECEIPTS, Text, unmatched_names
from etheatmap_core.entities.names import CLOSED_CLASS, CommonWords, spellings
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.signals.wiki_views import page_title

WIKI, TRENDS, GDELT = "wiki", "trends", "gdelt_gkg"
# Sources of texts whose names are looked for, and of names that the source has found itself.
TEXT_SOURCES = ("trade_rss", "google_news", "newsapi", "scrape_news", "reddit")
HISTORY_HOURS = 7 * 24
# Hours of the source that must have been looked at before "usual" means something.
_LEAST_OBSERVED = 24
# GDELT reads some thousand articles an hour: whom fewer outlets name is nobody's news.
_LEAST_OUTLETS = 3
_MOST_PERSONS = 500
_SEVERAL_WORDS = re.compile(r"\S\s+\S")
_ANSCOMBE = 3 / 8


class Spike(NamedTuple):
    """A row of wiki_spikes."""

    title: str
    z: float


class Search(NamedTuple):
    """A search that rises, and the page of the feed that says so."""

    title: str
    url: str


class Person(NamedTuple):
    """A name that an upstream has found in an article."""

    name: str
    outlet: str
    url: str


@dataclass(frozen=True)
class History:
    """The week before the hour. ``observed``: source → hours it was looked at; ``seen``: source, name → hours with it
    and mentions in them."""

    observed: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Tracked:
    """Who is tracked in the hour: names and aliases, titles of articles with their redirects, Wikidata items."""

    names: Collection[str] = ()
    titles: Collection[str] = ()
    items: Collection[str] = ()

    @property
    def keys(self) -> frozenset[str]:
        """As ``Identity.keys`` spells them."""
        return frozenset(self.items) | {page_title(title) for title in self.titles}


def of_spikes(spikes: Iterable[Spike], hour: datetime, wiki: str, tracked: Tracked) -> list[Seen]:
    """Articles that stand out of their week, with a link to each."""
    known = {page_title(title) for title in tracked.titles}
    return [
        Seen(Sighting(page_title(spike.title), WIKI, hour, spike.z, (_article(wiki, spike.title),)))
        for spike in sorted(set(spikes))
        if page_title(spike.title) not in known and is_askable(spike.title)
    ]


def of_searches(searches: Iterable[Search], hour: datetime) -> list[Seen]:
    """Rising searches. Google's traffic is a rounded size of all time zones, and no measure of speed: no z."""
    found: dict[str, set[str]] = defaultdict(set)
    for search in searches:
        if is_askable(search.title):
            found[as_title(search.title)].add(search.url)
    return [
        Seen(Sighting(name, TRENDS, hour, None, _receipts(urls)), len(urls)) for name, urls in sorted(found.items())
    ]


def of_texts(
    source: str, texts: Sequence[Text], hour: datetime, words: CommonWords, tracked: Tracked, history: History
) -> list[Seen]:
    """Names in the prose of one source."""
    found = unmatched_names(texts, words, tracked.names)
    counted = [(one.name, one.mentions, one.receipts) for one in found if is_askable(one.name)]
    return [_seen(source, *one, hour, history, least=1) for one in counted]


def of_persons(persons: Iterable[Person], hour: datetime, tracked: Tracked, history: History) -> list[Seen]:
    """Names GDELT has found, of several words, in the articles of several outlets; the most named first."""
    forms = {form for name in tracked.names for form in spellings(name)}
    outlets: dict[str, set[str]] = defaultdict(set)
    urls: dict[str, set[str]] = defaultdict(set)
    for person in persons:
        outlets[person.name].add(person.outlet)
        urls[person.name].add(person.url)
    named = [
        (name, len(seen_in))
        for name, seen_in in outlets.items()
        if len(seen_in) >= _LEAST_OUTLETS
        and _SEVERAL_WORDS.search(name)
        and normalise(name).text not in forms
        and is_askable(name)
    ]
    named.sort(key=lambda one: (-one[1], one[0]))
    return [
        _seen(GDELT, name, count, _receipts(urls[name]), hour, history, least=_LEAST_OUTLETS)
        for name, count in named[:_MOST_PERSONS]
    ]


def velocity(mentions: int, seen: tuple[int, int], observed: int, least: int = 1) -> float | None:
    """How far an hour's mentions are above those of the hours observed, in standard deviations of counts.

    The difference of square roots, whose spread is that of one standard deviation whatever the count (Anscombe). An
    hour that does not show the name had fewer than ``least``. None where the source was hardly observed.
    """
    if observed < _LEAST_OBSERVED:
        return None
    hours, total = seen
    usual = (total + max(observed - hours, 0) * (least - 1)) / observed
    return 2 * (math.sqrt(mentions + _ANSCOMBE) - math.sqrt(usual + _ANSCOMBE))


def strongest_first(seen: Iterable[Seen], type_of: Callable[[str], str]) -> list[str]:
    """The names, as ``page_title`` spells them: those in more types of source first, then the faster, the more told."""
    types: dict[str, set[str]] = defaultdict(set)
    z: dict[str, float] = defaultdict(float)
    mentions: dict[str, int] = defaultdict(int)
    for one in seen:
        name = page_title(one.sighting.name)
        types[name].add(type_of(one.sighting.source))
        z[name] = max(z[name], one.sighting.z or 0.0)
        mentions[name] += one.mentions
    return sorted(types, key=lambda name: (-len(types[name]), -z[name], -mentions[name], name))


def as_title(search: str) -> str:
    """A search as titles are written, where it was typed without a capital: "game of thrones" → "Game of Thrones"."""
    words = search.split()
    if search != search.lower():
        return page_title(search)
    small = {word for word in words[1:-1] if word in CLOSED_CLASS}
    return page_title(" ".join(word if word in small else word[:1].upper() + word[1:] for word in words))


def _seen(
    source: str, name: str, mentions: int, receipts: tuple[str, ...], hour: datetime, history: History, *, least: int
) -> Seen:
    z = velocity(mentions, history.seen.get((source, name), (0, 0)), history.observed.get(source, 0), least)
    return Seen(Sighting(name, source, hour, z, receipts), mentions)


def _receipts(urls: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(urls)[:RECEIPTS])


def _article(wiki: str, title: str) -> str:
    spelled = quote(page_title(title).replace(" ", "_"), safe="/:(),'!*")
    return f"https://{wiki}.wikipedia.org/wiki/{spelled}"
