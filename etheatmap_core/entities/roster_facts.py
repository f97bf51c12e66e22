"""What Wikipedia and Wikidata say about the tracked entities. Pure: bytes in, facts and named problems out.

Asked of Wikipedia, by titles: https://www.mediawiki.org/wiki/API:Query with ``prop=redirects|pageprops``, in several
answers where there is more (https://www.mediawiki.org/wiki/API:Continue). Asked of Wikidata, by ids: wbgetentities.
Here: addresses, parsing, and what of it is a fact about an entity. Not here: asking (assets), storing (roster).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode

from etheatmap_core.entities.wiki_answers import by_language, json_object, member, members, text_of
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.drift import require_not_renamed
from etheatmap_core.signals.wiki_views import page_title

_TITLES_A_QUESTION = 50  # no more are answered without a bot's rights
_TITLES_LENGTH = 4000  # of them in an address, which may have some 8,000 characters
_IDS_A_QUESTION = 20  # fifty are allowed; all claims of one famous person are some hundred kilobytes
_INSTANCE_OF, _OCCUPATION = "P31", "P106"
_OF_A_QUERY = ("pages", "interwiki", "badpageids", "converted", "redirects", "normalized")
_OF_A_PAGE = (
    "pageid", "ns", "title", "missing", "invalid", "invalidreason", "known", "special", "description",
    "descriptionsource",
)  # fmt: skip
_DISAMBIGUATION_PAGE = "Q4167410"

Origin = Literal["redirect", "moved", "wikidata"]


class Hop(NamedTuple):
    """A redirect that was followed. With a fragment it leads to a part of an article, which is about something else."""

    to: str
    fragment: str | None


@dataclass(frozen=True)
class Page:
    """A page as the answers show it, titles as Wikipedia keeps them."""

    title: str
    is_missing: bool = False
    is_disambiguation: bool = False
    wiki_id: str | None = None
    redirects: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Part:
    """One answer of Wikipedia. ``go_on`` goes into the next question; empty: this was the last part."""

    normalized: Mapping[str, str]
    hops: Mapping[str, Hop]
    pages: Mapping[str, Page]
    go_on: Mapping[str, str]


@dataclass(frozen=True)
class Item:
    """A Wikidata item: its English names, and what it is an instance of (ids); where asked for, what it says of it."""

    wiki_id: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    occupations: tuple[str, ...] = ()  # ids
    description: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of one entity's article; ``item`` is None where Wikidata did not tell."""

    current_title: str | None  # where the article has been moved to; None: it is where entities.csv says
    moved_from: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    found_id: str | None = None  # for who has no wiki_id in entities.csv
    item: Item | None = None

    def names(self) -> Iterator[tuple[Origin, str]]:
        """Each once an origin."""
        for title in self.moved_from:
            yield "moved", title
        for title in self.redirects:
            yield "redirect", title
        for name in self.item.names if self.item else ():
            yield "wikidata", name


@dataclass(frozen=True)
class Pages:
    """All that complete answers say, however many there were; of two that show a title the later counts."""

    hops: dict[str, Hop] = field(default_factory=dict)
    normalized: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def add(self, parts: Sequence[Part]) -> None:
        """All parts of one question, in order: the redirects of a page may be spread over them."""
        whole: dict[str, Page] = {}
        for part in parts:
            self.normalized.update(part.normalized)
            self.hops.update(part.hops)
            for title, page in part.pages.items():
                before = whole.get(title, page)
                whole[title] = Page(
                    title,
                    page.is_missing,
                    page.is_disambiguation or before.is_disambiguation,
                    page.wiki_id or before.wiki_id,
                    tuple(dict.fromkeys(before.redirects + page.redirects)),
                    page.description or before.description,
                )
        self.pages.update(whole)

    def find(self, title: str) -> tuple[list[Hop], Page] | None:
        """The redirects that lead from a title to its page, and the page; None when it was not answered."""
        at = page_title(title)
        at = self.normalized.get(at, at)
        hops: list[Hop] = []
        while at in self.hops and self.hops[at] not in hops:
            hops.append(self.hops[at])
            at = hops[-1].to
        page = self.pages.get(at)
        return None if page is None else (hops, page)


def title_batches(titles: Iterable[str]) -> list[tuple[str, ...]]:
    """The titles in as few questions as are answered."""
    batches: list[list[str]] = [[]]
    length = 0
    for title in titles:
        length += len(quote(title)) + 3
        if batches[-1] and (len(batches[-1]) == _TITLES_A_QUESTION or length > _TITLES_LENGTH):
            batches.append([])
            length = len(quote(title)) + 3
        batches[-1].append(title)
    return [tuple(batch) for batch in batches if batch]


def id_batches(ids: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + _IDS_A_QUESTION]) for start in range(0, len(ids), _IDS_A_QUESTION)]


def question_key(site: Literal["wikipedia", "wikidata", "meanings"], asked: Sequence[str]) -> str:
    """The same titles or ids are the same question."""
    return f"{site}/{hashlib.sha256('|'.join(asked).encode()).hexdigest()[:16]}"


def wikipedia_url(base_url: str, titles: Sequence[str], go_on: Mapping[str, str]) -> str:
    """Redirects into a section are left out: they, and their views, are about a part (a role, an album, a child)."""
    parameters = {
        "action": "query", "titles": "|".join(titles), "redirects": "1", "prop": "redirects|pageprops",
        "ppprop": "wikibase_item|disambiguation", "rdlimit": "max", "rdnamespace": "0", "rdshow": "!fragment",
        "format": "json", "formatversion": "2", **go_on,
    }  # fmt: skip
    return f"{base_url}/w/api.php?{urlencode(parameters)}"


def wikidata_url(base_url: str, ids: Sequence[str], *, props: str = "aliases|claims|labels") -> str:
    parameters = {
        "action": "wbgetentities", "ids": "|".join(ids), "props": props, "languages": "en",
        "format": "json", "formatversion": "2",
    }  # fmt: skip
    return f"{base_url}/w/api.php?{urlencode(parameters)}"


def parse_wikipedia(body: bytes) -> Part:
    """Raises CorruptCaptureError, which names the field, for anything that is not such an answer."""
    what = "Wikipedia's answer about titles"
    answer = json_object(body, what)
    query = member(answer, "query", dict, what)
    go_on = member(answer, "continue", dict, what) if "continue" in answer else {}
    if not go_on and not answer.get("batchcomplete"):
        raise CorruptCaptureError(f"{what} has neither 'continue' nor 'batchcomplete': it is not known to be whole.")
    shown = members(query, "pages", what)
    pages = [_page(page, what) for page in shown]
    _require_known_names(query, shown, what)
    return Part(
        normalized={
            page_title(text_of(one, "from", what)): text_of(one, "to", what)
            for one in members(query, "normalized", what, may_lack=True)
        },
        hops={
            text_of(one, "from", what): Hop(text_of(one, "to", what), one.get("tofragment") or None)
            for one in members(query, "redirects", what, may_lack=True)
        },
        pages={page.title: page for page in pages},
        go_on={str(name): str(value) for name, value in go_on.items()},
    )


def parse_wikidata(body: bytes) -> dict[str, Item | None]:
    """The items by id, also by the id asked for of one that was merged into another; None for an id without item."""
    what = "Wikidata's answer about items"
    entities = member(json_object(body, what), "entities", dict, what)
    items: dict[str, Item | None] = {}
    for asked, entity in entities.items():
        if not isinstance(entity, dict):
            raise CorruptCaptureError(f"{what} has no object for '{asked}' in 'entities'.")
        if "missing" in entity:
            items[asked] = None
            continue
        item = _item(entity, what)
        merged = entity.get("redirects")
        ids = {asked, item.wiki_id, *([text_of(merged, "from", what)] if isinstance(merged, dict) else [])}
        items.update(dict.fromkeys(ids, item))
    return items


def facts_about(
    name: str, title: str, curated_id: str | None, pages: Pages, items: Mapping[str, Item | None]
) -> tuple[Facts | None, str | None]:
    """What the answers to a question for ``title`` say, and what is wrong with the row in entities.csv, in words."""
    found = pages.find(title)
    if found is None:
        return None, f"{name}: Wikipedia knows no page '{title}' of its own; set its wiki_title"
    hops, page = found
    if page.is_missing:
        return None, f"{name}: Wikipedia has no article '{title}'; set its wiki_title"
    on_page = items.get(page.wiki_id) if page.wiki_id else None
    if page.is_disambiguation or (on_page is not None and _DISAMBIGUATION_PAGE in on_page.kinds):
        return None, f"{name}: '{title}' is a disambiguation page; set wiki_title to the article meant"
    if any(hop.fragment for hop in hops):
        return None, f"{name}: '{title}' leads to a part of '{page.title}', it has no article of its own"
    configured = page_title(title)
    is_moved = page.title != configured
    wiki_id = curated_id or page.wiki_id
    facts = Facts(
        current_title=page.title if is_moved else None,
        moved_from=(configured,) if is_moved else (),
        redirects=tuple(sorted(set(page.redirects) - {configured, page.title})),
        found_id=None if curated_id else page.wiki_id,
        item=items.get(wiki_id) if wiki_id else None,
    )
    problem = None
    if curated_id and page.wiki_id and curated_id != page.wiki_id:
        problem = f"{name}: wiki_id is {curated_id}, but the article '{page.title}' is {page.wiki_id}; correct one"
    elif wiki_id and items.get(wiki_id, facts) is None:
        problem = f"{name}: Wikidata has no item {wiki_id}; correct wiki_id"
    return facts, problem


def _require_known_names(query: Mapping[str, Any], pages: Sequence[Mapping[str, Any]], what: str) -> None:
    """What a page may not have, none of these pages has under another name: it would lose its redirects, its item."""
    require_not_renamed([query], ("normalized", "redirects"), _OF_A_QUERY, f"{what}: its 'query'")
    require_not_renamed(pages, ("redirects", "pageprops"), _OF_A_PAGE, f"{what}: its 'pages'")
    properties = [page["pageprops"] for page in pages if isinstance(page.get("pageprops"), dict)]
    require_not_renamed(properties, ("wikibase_item",), ("disambiguation",), f"{what}: its 'pageprops'")


def _page(page: Any, what: str) -> Page:
    title = text_of(page, "title", what)
    properties = page.get("pageprops", {})
    if not isinstance(properties, dict):
        raise CorruptCaptureError(f"{what} has a 'pageprops' of '{title}' that is no object.")
    return Page(
        title=title,
        is_missing=bool(page.get("missing") or page.get("invalid")),
        is_disambiguation="disambiguation" in properties,
        wiki_id=properties.get("wikibase_item"),
        redirects=tuple(text_of(one, "title", what) for one in members(page, "redirects", what, may_lack=True)),
        description=text_of(page, "description", what) if "description" in page else "",
    )


def _item(entity: Mapping[str, Any], what: str) -> Item:
    labels = by_language(entity, "labels", what)
    names = [text_of(labels["en"], "value", what)] if "en" in labels else []
    aliases = by_language(entity, "aliases", what)
    names += [text_of(alias, "value", what) for alias in aliases.get("en", [])]
    claims = by_language(entity, "claims", what)
    descriptions = by_language(entity, "descriptions", what) if "descriptions" in entity else {}
    return Item(
        wiki_id=text_of(entity, "id", what),
        names=tuple(dict.fromkeys(name.strip() for name in names if name.strip())),
        kinds=_stated(claims, _INSTANCE_OF, what),
        occupations=_stated(claims, _OCCUPATION, what),
        description=text_of(descriptions["en"], "value", what) if "en" in descriptions else "",
    )


def _stated(claims: Mapping[str, Any], of: str, what: str) -> tuple[str, ...]:
    """The ids that the claims of one property point to, each once."""
    kinds = [_kind(claim, what) for claim in claims.get(of, []) if claim.get("rank") != "deprecated"]
    return tuple(dict.fromkeys(kind for kind in kinds if kind))


def _kind(claim: Mapping[str, Any], what: str) -> str | None:
    """The id a claim points to; None where it says "unknown" or "none"."""
    snak = member(claim, "mainsnak", dict, what)
    if text_of(snak, "snaktype", what) != "value":
        return None
    return text_of(member(member(snak, "datavalue", dict, what), "value", dict, what), "id", what)
