"""Candidates: what several sources saw of one thing that nobody tracks, under its Wikipedia identity.

Here: sightings, identities, merging. Not here: where sightings come from, whether a candidate is admitted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from etheatmap_core.signals.wiki_views import page_title


@dataclass(frozen=True)
class Identity:
    """What a name is: its article and, where Wikidata knows it, its item. Who shares a key is the same thing."""

    title: str  # of the article, as Wikipedia spells it
    wiki_id: str | None = None
    description: str = ""
    type: str | None = None  # person, show ...; None: not known
    category: str | None = None
    is_disambiguation: bool = False  # a page of many meanings that was not resolved to one

    @property
    def keys(self) -> tuple[str, ...]:
        """The surest first."""
        title = page_title(self.title)
        return (self.wiki_id, title) if self.wiki_id else (title,)


@dataclass(frozen=True)
class Sighting:
    """One source's word on one name in one hour."""

    name: str  # as the source spells it
    source: str
    hour: datetime
    z: float | None = None  # how far above the usual; None: the source measures none
    receipts: tuple[str, ...] = ()  # links


@dataclass(frozen=True)
class Candidate:
    """All sightings of one identity, the earliest first."""

    identity: Identity
    sightings: tuple[Sighting, ...]
    is_doodle_like: bool = field(default=False, kw_only=True)

    @property
    def first_seen(self) -> datetime:
        return self.sightings[0].hour


def merged(
    sightings: Iterable[Sighting], identities: Mapping[str, Identity], doodle_like: Iterable[str] = ()
) -> tuple[Candidate, ...]:
    """One candidate an identity, in the order first seen; the order and repetition of ``sightings`` do not matter.

    ``identities``: what a name (as ``page_title`` spells it) was resolved to; a name it does not hold is no candidate,
    for nothing says what it is. ``doodle_like``: titles whose burst looks like that of a search engine's picture.
    """
    doodles = {page_title(title) for title in doodle_like}
    of_title = {page_title(known.title): known.wiki_id for known in identities.values() if known.wiki_id}
    found: dict[str, set[Sighting]] = {}
    meant: dict[str, set[Identity]] = {}
    for sighting in sightings:
        identity = identities.get(page_title(sighting.name))
        if identity is not None:
            key = identity.wiki_id or of_title.get(page_title(identity.title)) or page_title(identity.title)
            found.setdefault(key, set()).add(sighting)
            meant.setdefault(key, set()).add(identity)
    candidates = []
    for key, seen in found.items():
        identity = min(meant[key], key=lambda one: (one.wiki_id is None, one.title, one.description))
        names = {page_title(name) for name in (identity.title, *(one.name for one in seen))}
        is_doodle_like = not names.isdisjoint(doodles)
        candidates.append(Candidate(identity, tuple(sorted(seen, key=_place)), is_doodle_like=is_doodle_like))
    return tuple(sorted(candidates, key=lambda candidate: (candidate.first_seen, candidate.identity.keys)))


def _place(sighting: Sighting) -> tuple[datetime, str, str, float, tuple[str, ...]]:
    z = float("-inf") if sighting.z is None else sighting.z
    return sighting.hour, sighting.source, sighting.name, z, sighting.receipts
