"""What an hour of Wikipedia says about the tracked articles: pure, from an extract that is kept for ever.

Here: titles, the extract, and the signals it becomes. Not here: files (``wiki_dump``).
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from etheatmap_core.signals.model import SignalRow

SOURCE = "wiki"
ACCESS_KINDS = ("desktop", "mobile")


@dataclass(frozen=True)
class Extract:
    """One hour of one wiki, cut down to the tracked articles; as JSON it is stored with its capture."""

    wiki: str
    smallest: Mapping[str, int]  # access kind → smallest count in the file; a kind the file does not hold is absent
    views: Mapping[str, Mapping[str, int]]  # every title looked up → access kind → views; empty: not in the file

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Extract":
        return cls(wiki=stored["wiki"], smallest=stored["smallest"], views=stored["views"])


def page_title(text: str) -> str:
    """The title as Wikipedia keeps it: spaces for underscores, NFC, first letter upper-cased, the rest as it is."""
    spaced = " ".join(unicodedata.normalize("NFC", text).replace("_", " ").split())
    return spaced[:1].upper() + spaced[1:]


def signals_from_extract(extract: Extract, hour: datetime, titles: Mapping[int, str]) -> list[SignalRow]:
    """``views`` and, for each access kind the file holds, ``views_<kind>``, of every entity (id → article title).

    An article that the file does not show had fewer views than any it shows: it counts as the smallest count minus
    one, censored. A title that was not looked up when the extract was made has no row: a gap, not a zero.
    """
    if not extract.smallest:
        return []
    kinds = [kind for kind in ACCESS_KINDS if kind in extract.smallest]
    rows = []
    for entity_id, title in sorted(titles.items()):
        seen = extract.views.get(page_title(title))
        if seen is None:
            continue
        total = sum(seen.values()) if seen else min(extract.smallest.values()) - 1
        rows.append(SignalRow(entity_id, SOURCE, hour, "views", float(total), not seen))
        for kind in kinds:
            value = seen.get(kind, extract.smallest[kind] - 1)
            rows.append(SignalRow(entity_id, SOURCE, hour, f"views_{kind}", float(value), kind not in seen))
    return rows
