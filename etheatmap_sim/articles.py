"""The encyclopedia of the scenario: articles under their present titles, what redirects to them, their Wikidata items.

Here: which pages there are. Not here: the two APIs that tell of them (``wikipedia``, ``wikidata``), nor views.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from etheatmap_sim.randomness import hash_of
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario

_MOVED_ONE_IN = 30
_MOVED_ENDING = {"person": "(entertainer)", "project": "(production)", "event": "(ceremony)"}
_MISSPELLINGS = (6, 28)  # redirects an article has beside those from aliases, at least and fewer than

HUMAN, BAND, FILM, SERIES, FESTIVAL, CEREMONY = "Q5", "Q215380", "Q11424", "Q5398426", "Q132241", "Q4504495"
DISAMBIGUATION = "Q4167410"
ACTOR, SINGER = "Q33999", "Q177220"
HOME, ELSEWHERE = "Q30", "Q145"  # the United States, the United Kingdom
CLASS_NAMES = {
    HUMAN: "human",
    BAND: "musical group",
    FILM: "film",
    SERIES: "television series",
    FESTIVAL: "festival",
    CEREMONY: "awards ceremony",
    DISAMBIGUATION: "Wikimedia disambiguation page",
}


@dataclass(frozen=True)
class Publication:
    """A date of publication: ``precision`` 11 is a day, 10 a month, 9 a year; ``place`` an item."""

    day: date
    precision: int = 11
    place: str | None = None


@dataclass(frozen=True)
class Article:
    """``title`` is the present one: it differs from the roster's where the article has been moved since."""

    entity: Entity
    title: str
    redirects: tuple[str, ...]
    item_id: str
    instance_of: tuple[str, ...]
    published: tuple["Publication", ...] = ()

    @property
    def is_disambiguation(self) -> bool:
        return self.instance_of == (DISAMBIGUATION,)

    @property
    def occupations(self) -> tuple[str, ...]:
        """Of a human."""
        return (SINGER if hash_of(f"occupation {self.title}") % 3 == 0 else ACTOR,) if HUMAN in self.instance_of else ()

    @property
    def description(self) -> str:
        """What Wikipedia writes under the title, and Wikidata beside it."""
        if self.is_disambiguation:
            return "Topics referred to by the same term"
        if self.occupations:
            return "American singer" if SINGER in self.occupations else "American actor"
        return f"American {CLASS_NAMES[self.instance_of[0]]}"

    @property
    def page_id(self) -> int:
        return 1_000_000 + hash_of(self.entity.title) % 79_000_000

    @property
    def item_aliases(self) -> tuple[str, ...]:
        """Wikidata's: those of the roster, and more than a curator would want."""
        words = self.entity.name.split()
        more = (f"{words[0][0]}. {words[-1]}", words[-1]) if self.entity.type == "person" and len(words) > 1 else ()
        return tuple(dict.fromkeys((*self.entity.aliases, *more)))


class Encyclopedia:
    """All articles of a scenario's entities, and of the unlisted people, who have one before the roster knows them.

    The last of those shares the name with somebody: the plain name is a page that lists both.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        taken = {entity.title for entity in self._scenario.entities}
        hot = self._scenario.hot_at(self._scenario.last_scripted_hour)
        articles = []
        for entity in self._scenario.entities:
            # Those the demo shows first stay where their readers are.
            title = entity.title if entity.name in hot else _present_title(entity)
            redirects = [one for one in _redirects(entity, title) if one == entity.title or one not in taken]
            taken |= {title, *redirects}
            published = _published(entity, self._scenario.start.date())
            articles.append(Article(entity, title, tuple(redirects), _item_id(entity), _classes(entity), published))
        return tuple(articles)

    @cached_property
    def by_title(self) -> Mapping[str, Article]:
        return {article.title: article for article in (*self._disambiguations, *self.articles, *self.unlisted)}

    @cached_property
    def by_redirect(self) -> Mapping[str, Article]:
        return {redirect: article for article in self.articles for redirect in article.redirects}

    @cached_property
    def by_item_id(self) -> Mapping[str, Article]:
        return {article.item_id: article for article in (*self._disambiguations, *self.articles, *self.unlisted)}

    def meanings(self, title: str) -> list[str]:
        """The articles that a page of several meanings leads to; none of any other page."""
        page = self.by_title.get(title)
        if page is None or not page.is_disambiguation:
            return []
        return sorted(one for one in self.by_title if one.startswith(f"{title} ("))

    @cached_property
    def unlisted(self) -> tuple[Article, ...]:
        """People of whom the channels talk though the roster does not know them."""
        *names, shared = self._scenario.coverage.unlisted_people
        people = [Entity(name, "person", name) for name in names]
        people += [Entity(shared, "person", f"{shared} ({who})") for who in ("actor", "cyclist")]
        plain = Entity(shared, "page", shared)
        return (
            *(Article(one, one.title, (), _item_id(one), (HUMAN,)) for one in people),
            Article(plain, shared, (), _item_id(plain), (DISAMBIGUATION,)),
        )

    @cached_property
    def _disambiguations(self) -> tuple[Article, ...]:
        """Where an article has to say which one it is, the plain name is a page that lists them all."""
        plain = [entity for entity in self._scenario.entities if entity.title.startswith(f"{entity.name} (")]
        taken = {title for article in self.articles for title in (article.title, *article.redirects)}
        pages = [Entity(one.name, "page", one.name) for one in plain if one.name not in taken]
        return tuple(Article(page, page.title, (), _item_id(page), (DISAMBIGUATION,)) for page in pages)

    @property
    def moved(self) -> Mapping[str, str]:
        """Present titles of those articles that are no longer where the roster has them."""
        return {one.entity.name: one.title for one in self.articles if one.title != one.entity.title}


def _present_title(entity: Entity) -> str:
    if hash_of(f"moved {entity.title}") % _MOVED_ONE_IN:
        return entity.title
    return f"{entity.title.partition(' (')[0]} {_MOVED_ENDING.get(entity.type, '(subject)')}"


def _item_id(entity: Entity) -> str:
    return entity.wiki_id or f"Q{200_000_000 + hash_of(entity.title) % 100_000_000}"


def _redirects(entity: Entity, title: str) -> list[str]:
    """Other titles that lead to the article; an article's old title is always one."""
    old = [entity.title] if title != entity.title else []
    count = _MISSPELLINGS[0] + hash_of(f"redirects {entity.title}") % (_MISSPELLINGS[1] - _MISSPELLINGS[0])
    aliases = [alias.strip() for alias in entity.aliases if alias.strip()]
    others = [one for one in (*aliases, *_spelled_otherwise(entity.name)) if one not in (title, *old, entity.name)]
    return [*old, *list(dict.fromkeys(others))[: len(aliases) + count]]


def _published(entity: Entity, today: date) -> tuple[Publication, ...]:
    """Of half of the projects: out since, to come at home and elsewhere, or to come in a month or a year."""
    draw = hash_of(f"published {entity.title}") % 100
    days = 3 + hash_of(f"release {entity.title}") % 200
    if entity.type != "project" or draw >= 50:
        return ()
    if draw < 15:
        return (Publication(today - timedelta(days=10 * days)),)
    if draw < 35:
        at_home = today + timedelta(days=days)
        return (Publication(at_home - timedelta(days=2), place=ELSEWHERE), Publication(at_home, place=HOME))
    coming = today + timedelta(days=365 + days)
    return (Publication(coming, precision=10 if draw < 43 else 9),)


def _spelled_otherwise(name: str) -> Iterator[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    yield plain
    yield name.title()
    for position in range(1, len(plain)):
        if plain[position].isalpha():
            yield plain[:position] + plain[position] + plain[position:]  # a letter doubled
            yield plain[:position] + plain[position + 1 :]  # a letter left out


def _classes(entity: Entity) -> tuple[str, ...]:
    draw = hash_of(f"class {entity.title}") % 100
    if entity.type == "person":
        return (BAND,) if draw < 5 else (HUMAN,)
    if entity.type == "event":
        return (CEREMONY,) if "award" in entity.name.casefold() or draw < 30 else (FESTIVAL,)
    if "(TV" in entity.title or "series)" in entity.title:
        return (SERIES,)
    if "film)" in entity.title:
        return (FILM,)
    return (FILM, SERIES) if draw < 4 else (FILM,) if draw < 60 else (SERIES,)
