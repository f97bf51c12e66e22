"""What an hour of Wikipedia says about the tracked articles: pure, from an extract that is kept for ever.

Here: titles, the extract, and the signals it becomes. Not here: files (``wiki_dump``).
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from etheatmap_core.signals.model import SignalRow

SOURCE = "wiki"
ACCESS_KINDS = ("desktop", "mobile")
NO_MORE: Mapping[int, Collection[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Extract:
    """One hour of one wiki, cut down to the tracked articles; as JSON it is stored with its capture."""

    wiki: str
    smallest: Mapping[str, int]  # access kind → smallest count in the file; a kind the file does not hold is absent
    # title → access kind → views. Of an article's own titles every one that was looked up, empty where the file does
    # not show it; of redirects, which are many, only those shown: nothing follows from a redirect that nobody took.
    views: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Extract":
        return cls(wiki=stored["wiki"], smallest=stored["smallest"], views=stored["views"])


def page_title(text: str) -> str:
    """The title as Wikipedia keeps it: spaces for underscores, NFC, first letter upper-cased, the rest as it is."""
    spaced = " ".join(unicodedata.normalize("NFC", text).replace("_", " ").split())
    return spaced[:1].upper() + spaced[1:]


def signals_from_extract(
    extract: Extract, hour: datetime, titles: Mapping[int, str], also: Mapping[int, Collection[str]] = NO_MORE
) -> list[SignalRow]:
    """``views`` and, for each access kind the file holds, ``views_<kind>``, of every entity (id → article title).

    ``also`` names the other titles of the same article (where it has been moved to, redirects): the views of all are
    the entity's. An article of which the file shows no title had fewer views than any it shows: it counts as the
    smallest count minus one, censored. An entity of which no title was looked up has no row: a gap, not a zero.
    """
    if not extract.smallest:
        return []
    kinds = [kind for kind in ACCESS_KINDS if kind in extract.smallest]
    rows = []
    for entity_id, title in sorted(titles.items()):
        spelled = {page_title(one) for one in (title, *also.get(entity_id, ()))}
        looked_up = [extract.views[one] for one in spelled if one in extract.views]
        if not looked_up:
            continue
        shown = [(kind, count) for views in looked_up for kind, count in views.items()]
        total = sum(count for _, count in shown) if shown else min(extract.smallest.values()) - 1
        rows.append(SignalRow(entity_id, SOURCE, hour, "views", float(total), not shown))
        for kind in kinds:
            counts = [count for shown_kind, count in shown if shown_kind == kind]
            value = sum(counts) if counts else extract.smallest[kind] - 1
            rows.append(SignalRow(entity_id, SOURCE, hour, f"views_{kind}", float(value), not counts))
    return rows
