"""Which of several meanings a name has, by the words around it. Pure: a page of meanings and texts in, one or none out.

Asked of Wikipedia: what the page of meanings links to, with short descriptions. Evidence are the words that one meaning
alone has: those of its parentheses and description, and cues of its kind ("album" for a singer). Where texts speak for
two, or hardly for one, the name stays ambiguous. Here: address, reading, decision. Not here: asking (assets), spikes
(identities).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from etheatmap_core.discovery.candidates import Identity
from etheatmap_core.discovery.kinds import Kind, of_words
from etheatmap_core.entities.cues import CUES
from etheatmap_core.entities.evidence import families_of
from etheatmap_core.entities.names import CLOSED_CLASS
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.entities.roster_facts import Part, parse_wikipedia
from etheatmap_core.entities.wiki_answers import json_object

_WORD = re.compile(r"[^\W\d_]{3,}")
_LEAST_TEXTS = 2  # that must speak for the one
_SAY_LITTLE = frozenset({"american", "british", "english", "canadian", "born", "died"})


@dataclass(frozen=True)
class Meaning:
    """An article that a page of meanings leads to, and what it is."""

    title: str
    wiki_id: str | None
    description: str
    kind: Kind

    @property
    def identity(self) -> Identity:
        return Identity(self.title, self.wiki_id, self.description, self.kind.type, self.kind.category)


def meanings_url(base_url: str, title: str, go_on: Mapping[str, str]) -> str:
    """The question to Wikipedia: the articles the page links to."""
    parameters = {
        "action": "query", "generator": "links", "titles": title, "gplnamespace": "0", "gpllimit": "50",
        "redirects": "1", "prop": "pageprops|description", "ppprop": "wikibase_item|disambiguation",
        "format": "json", "formatversion": "2", **go_on,
    }  # fmt: skip
    return f"{base_url}/w/api.php?{urlencode(parameters)}"


def parse_links(body: bytes) -> Part:
    """As ``parse_wikipedia``; a page without links has no 'query', and is none that is broken."""
    answer = json_object(body, "Wikipedia's answer about links")
    if "query" not in answer and answer.get("batchcomplete"):
        return Part({}, {}, {}, {})
    return parse_wikipedia(body)


def meanings_of(name: str, parts: Iterable[Part]) -> tuple[Meaning, ...]:
    """Those of the linked articles that have the name and are entities, by title."""
    found = {}
    for part in parts:
        for page in part.pages.values():
            is_one = page.title == name or page.title.startswith(f"{name} (")
            kind = of_words(page.title, page.description)
            if is_one and kind is not None and not page.is_missing and not page.is_disambiguation:
                found[page.title] = Meaning(page.title, page.wiki_id, page.description, kind)
    return tuple(found[title] for title in sorted(found))


def meant_by(name: str, meanings: Sequence[Meaning], texts: Iterable[str]) -> Meaning | None:
    """The only meaning that two or more of the texts speak for; None where none is, or another has a text too."""
    known = [_evidence(name, meaning) for meaning in meanings]
    shared = {word for at, words in enumerate(known) for other in known[at + 1 :] for word in words & other}
    told = [{*_WORD.findall(text)} for text in sorted({normalise(text).text for text in texts})]
    counts = [sum(not (words - shared).isdisjoint(text) for text in told) for words in known]
    best = max(counts, default=0)
    if best < _LEAST_TEXTS or sum(count > 0 for count in counts) != 1:
        return None
    return meanings[counts.index(best)]


def _evidence(name: str, meaning: Meaning) -> frozenset[str]:
    """Words that speak for it."""
    families = families_of(meaning.kind.type, meaning.kind.category or "")
    cues = {word for word, kinds in CUES.items() if kinds <= families}
    return frozenset(cues | _words(f"{meaning.title} {meaning.description}")) - _words(name)


def _words(text: str) -> frozenset[str]:
    return frozenset({*_WORD.findall(normalise(text).text)}) - CLOSED_CLASS - _SAY_LITTLE
