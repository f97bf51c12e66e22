"""Tentpoles: for each day, the boost of those whose event or opening it is, and of nobody else.

Whose it is: the entity that the title names, and those whom entities.csv lists as ``related`` to that one (cast, maker,
guests; one step, and in this direction only: others are not boosted by naming it); and the entities of tentpoles.csv.
Here: that rule, pure. Not here: the file (config.tables), the table (assets), what a model makes of a boost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from etheatmap_core.config.model import EntityConfig, Tentpole
from etheatmap_core.entities.normalise import normalise

SOURCE, METRIC = "tentpoles", "boost"
# What says which edition it is: the 99th, of 2027.
_EDITION = re.compile(r"\(?\b(?:\d+(?:st|nd|rd|th)|(?:19|20)\d\d)\b\)?")
_ARTICLE = "the "


@dataclass(frozen=True)
class Boosts:
    """``by_entity``: of whom one is on. ``running``: the titles of those that are on. ``nobodys``: titles of those that
    are on or to come and belong to no entity, so that they boost nobody."""

    by_entity: Mapping[str, float]
    running: tuple[str, ...]
    nobodys: tuple[str, ...]
    next_start: date | None


def boosts_on(day: date, tentpoles: Sequence[Tentpole], entities: Sequence[EntityConfig]) -> Boosts:
    """Both dates of a tentpole are days of it; of several that an entity belongs to the largest boost counts."""
    by_entity: dict[str, float] = {}
    running, nobodys = [], []
    for tentpole in tentpoles:
        if tentpole.end_date < day:
            continue
        names = entities_of(tentpole, entities)
        if not names:
            nobodys.append(tentpole.title)
        if tentpole.start_date <= day:
            running.append(tentpole.title)
            for name in names:
                by_entity[name] = max(by_entity.get(name, 0.0), tentpole.boost)
    next_start = min((one.start_date for one in tentpoles if one.start_date > day), default=None)
    return Boosts(by_entity, tuple(running), tuple(nobodys), next_start)


def entities_of(tentpole: Tentpole, entities: Sequence[EntityConfig]) -> tuple[str, ...]:
    """By name, each once, whom the title names first."""
    title = _form(tentpole.title)
    named = [entity for entity in entities if title in {_form(name) for name in (entity.name, *entity.aliases)}]
    related = (other for entity in named for other in entity.related)
    return tuple(dict.fromkeys((*(entity.name for entity in named), *tentpole.entities, *related)))


def _form(title: str) -> str:
    """A title without its edition: '99th Academy Awards' is about the same as 'Academy Awards', 'The 2027 Met Gala' as
    'Met Gala'. A title that is nothing but an edition ('1923') is left as it is."""
    form = normalise(title).text.strip()
    plain = " ".join(_EDITION.sub(" ", form).split()).removeprefix(_ARTICLE)
    return plain or form
