"""What a name is: its article, its item, its type and category, or in words why it is none of them. Pure.

Asked of Wikipedia, by up to fifty titles: where each leads, the item behind it, its short description; of Wikidata:
classes, occupations, description. A name that leads to several meanings is resolved where one of them spikes, and else
refused. Here: addresses, and what the answers say. Not here: asking (assets), storing (identity_store).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import urlencode

from etheatmap_core.discovery.candidates import Identity
from etheatmap_core.discovery.kinds import DISAMBIGUATION_PAGE, Kind, of_classes, of_words
from etheatmap_core.discovery.pages import PageKind, page_kind
from etheatmap_core.entities.roster_facts import Item, Page, Pages, wikidata_url
from etheatmap_core.signals.wiki_views import page_title

ITEM_PROPS = "aliases|claims|descriptions|labels"
_TITLE_BYTES = 255  # Wikipedia keeps no longer one


class State(StrEnum):
    """What became of the question."""

    KNOWN = "known"
    AMBIGUOUS = "ambiguous"
    NO_ENTITY = "no entity"
    NOT_FOUND = "not found"


DecidedBy = Literal["wikipedia", "wikidata", "classifier"]


@dataclass(frozen=True)
class Resolved:
    """What a name is, as ``page_title`` spells it. ``identity`` is None where there is no article."""

    name: str
    state: State
    identity: Identity | None
    kinds: tuple[str, ...]
    decided_by: DecidedBy
    reason: str


def identity_url(base_url: str, titles: Sequence[str], go_on: Mapping[str, str]) -> str:
    """The question to Wikipedia."""
    parameters = {
        "action": "query", "titles": "|".join(titles), "redirects": "1", "prop": "pageprops|description",
        "ppprop": "wikibase_item|disambiguation", "format": "json", "formatversion": "2", **go_on,
    }  # fmt: skip
    return f"{base_url}/w/api.php?{urlencode(parameters)}"


def items_url(base_url: str, ids: Sequence[str]) -> str:
    """The question to Wikidata."""
    return wikidata_url(base_url, ids, props=ITEM_PROPS)


def is_askable(name: str) -> bool:
    """Whether Wikipedia can have an article of that name."""
    return page_kind(name) is PageKind.ARTICLE and len(page_title(name).encode()) <= _TITLE_BYTES


def wanted_items(names: Iterable[str], pages: Pages) -> set[str]:
    """The items that are still to be asked for."""
    found = (pages.find(name) for name in names)
    return {one[1].wiki_id for one in found if one is not None and one[1].wiki_id and not one[1].is_disambiguation}


def resolved(name: str, pages: Pages, items: Mapping[str, Item | None]) -> Resolved | None:
    """What the answers say of the name; None where they do not: it was not asked, or Wikidata did not answer."""
    found = pages.find(name)
    if found is None:
        return None
    hops, page = found
    by_page = _by_page(page_title(name), page, is_part=any(hop.fragment for hop in hops))
    if by_page is not None:
        return by_page
    if page.wiki_id is not None and page.wiki_id not in items:
        return None
    item = items.get(page.wiki_id) if page.wiki_id else None
    if item is not None and DISAMBIGUATION_PAGE in item.kinds:
        return _ambiguous(page_title(name), page, item.kinds)
    return _classified(page_title(name), page, item)


def _by_page(title: str, page: Page, *, is_part: bool) -> Resolved | None:
    """What the page alone decides; None where its item has to be known."""
    if page.is_missing:
        return Resolved(title, State.NOT_FOUND, None, (), "wikipedia", f"Wikipedia has no article '{page.title}'.")
    if is_part:
        return _no_entity(title, page, None, "wikipedia", f"It is a part of '{page.title}', without an article.")
    if page.is_disambiguation:
        return _ambiguous(title, page, ())
    if page_kind(page.title) is not PageKind.ARTICLE:
        return _no_entity(title, page, None, "wikipedia", f"'{page.title}' is a {page_kind(page.title)}.")
    return None


def resolved_by_spikes(known: Mapping[str, Resolved], spiking: Collection[str]) -> Mapping[str, Identity]:
    """The identities of an hour, by name: of one with several meanings, the only one of them whose article spikes.

    ``known``: by name; ``spiking``: titles of the window. A name that is no entity, or not found, has none. One that
    nothing resolves stays ambiguous.
    """
    identities: dict[str, Identity] = {}
    for name, one in known.items():
        if one.identity is None or one.state not in (State.KNOWN, State.AMBIGUOUS):
            continue
        identities[name] = one.identity
        if one.state is State.AMBIGUOUS:
            meanings = {
                meant.identity
                for title in spiking
                if page_title(title).startswith(f"{one.identity.title.removesuffix(' (disambiguation)')} (")
                and (meant := known.get(page_title(title))) is not None
                and meant.state is State.KNOWN
                and meant.identity is not None
            }
            if len(meanings) == 1:
                identities[name] = meanings.pop()
    return identities


def _classified(title: str, page: Page, item: Item | None) -> Resolved:
    kinds = item.kinds if item else ()
    description = (item.description if item else "") or page.description
    kind = of_classes(kinds, item.occupations if item else ())
    decided_by: DecidedBy = "wikidata" if kind else "classifier"
    worded = of_words(page.title, description)
    if kind is None or (kind.category is None and worded is not None and worded.type == kind.type):
        kind = worded
    if kind is None:
        told = f"an instance of {', '.join(kinds)}" if kinds else "without a class"
        what = f"'{page.title}' is {told}, described as '{description}': no person, project or event."
        return _no_entity(title, page, item, "wikidata" if kinds else "classifier", what)
    identity = _identity(page, item, kind)
    return Resolved(title, State.KNOWN, identity, kinds, decided_by, f"{kind.type}: {description or page.title}.")


def _identity(page: Page, item: Item | None, kind: Kind | None) -> Identity:
    description = (item.description if item else "") or page.description
    wiki_id = item.wiki_id if item else page.wiki_id
    return Identity(page.title, wiki_id, description, kind.type if kind else None, kind.category if kind else None)


def _ambiguous(title: str, page: Page, kinds: tuple[str, ...]) -> Resolved:
    identity = Identity(page.title, None, page.description, is_disambiguation=True)
    return Resolved(title, State.AMBIGUOUS, identity, kinds, "wikipedia", f"'{page.title}' lists several meanings.")


def _no_entity(title: str, page: Page, item: Item | None, decided_by: DecidedBy, reason: str) -> Resolved:
    return Resolved(title, State.NO_ENTITY, _identity(page, item, None), item.kinds if item else (), decided_by, reason)
