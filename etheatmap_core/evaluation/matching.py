"""How well names are found: matches beside labels, ambiguous and unique names apart.

Here: counting. Not here: where texts and labels come from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from etheatmap_core.entities.matcher import Match, Matches

Kind = Literal["ambiguous", "unique"]
Verdict = Literal["found", "false", "missed"]


class LabelledMention(NamedTuple):
    """A name of the roster at a place of a text: does it mean this entity there?"""

    start: int
    end: int
    entity_id: int
    alias: str
    is_meant: bool


@dataclass(frozen=True)
class LabelledText:
    """A text of which every mention of a roster entity is labelled; ``topics`` is what its source is about."""

    key: str
    text: str
    topics: tuple[str, ...]
    mentions: tuple[LabelledMention, ...]


class Outcome(NamedTuple):
    """One mention or match, judged."""

    verdict: Verdict
    kind: Kind
    alias: str
    start: int
    end: int
    entity_id: int


@dataclass(frozen=True)
class Figures:
    """Counts of one kind of name. A match that no label confirms is false, labelled or not."""

    found: int
    false: int
    missed: int

    @property
    def precision(self) -> float | None:
        """Of what was matched, the share that was meant; None where nothing was matched."""
        return _share(self.found, self.found + self.false)

    @property
    def recall(self) -> float | None:
        """Of what was meant, the share that was matched; None where nothing was meant."""
        return _share(self.found, self.found + self.missed)


def judge(text: LabelledText, matches: Matches, ambiguous: Mapping[int, frozenset[str]]) -> Iterator[Outcome]:
    """Every mention that was meant, found or missed, and every match that was not. ``ambiguous``: names by entity."""
    meant = [mention for mention in text.mentions if mention.is_meant]
    confirmed: set[LabelledMention] = set()
    for match in matches.matches:
        hit = next((one for one in meant if one not in confirmed and _is_same(one, match)), None)
        if hit is not None:
            confirmed.add(hit)
        else:
            kind = _kind(ambiguous, match.entity_id, match.alias)
            yield Outcome("false", kind, match.alias, match.start, match.end, match.entity_id)
    for mention in meant:
        verdict: Verdict = "found" if mention in confirmed else "missed"
        kind = _kind(ambiguous, mention.entity_id, mention.alias)
        yield Outcome(verdict, kind, mention.alias, mention.start, mention.end, mention.entity_id)


def figures(outcomes: Iterable[Outcome]) -> dict[Kind, Figures]:
    """The counts of each kind of name."""
    counts = Counter((outcome.kind, outcome.verdict) for outcome in outcomes)
    kinds: Sequence[Kind] = ("ambiguous", "unique")
    return {kind: Figures(*(counts[kind, verdict] for verdict in ("found", "false", "missed"))) for kind in kinds}


def evaluate(
    texts: Iterable[LabelledText],
    match: Callable[[str, tuple[str, ...]], Matches],
    ambiguous: Mapping[int, frozenset[str]],
) -> list[tuple[LabelledText, Outcome]]:
    """Matches every text and judges what came out."""
    return [(text, outcome) for text in texts for outcome in judge(text, match(text.text, text.topics), ambiguous)]


def _is_same(mention: LabelledMention, match: Match) -> bool:
    return mention.entity_id == match.entity_id and mention.start < match.end and match.start < mention.end


def _kind(ambiguous: Mapping[int, frozenset[str]], entity_id: int, alias: str) -> Kind:
    return "ambiguous" if alias in ambiguous.get(entity_id, frozenset()) else "unique"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
