"""Finds entities in texts: one automaton over all names and aliases, longest match, whole words, evidence where needed.

Here: candidates and the decision about each. Not here: the rules of evidence (evidence), the normal form (normalise).
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from etheatmap_core.entities.boundaries import is_whole
from etheatmap_core.entities.evidence import RULES_VERSION, families_of, prior, topic_families, weigh
from etheatmap_core.entities.names import AliasClass, CommonWords, Rank, spellings, squash, tag
from etheatmap_core.entities.normalise import Normalised, normalise
from etheatmap_core.entities.question import Evidence, Question
from etheatmap_core.entities.reading import Reading
from etheatmap_core.entities.wording_evidence import goes_on, weigh_wording

# A shared name goes to the entity with at least this much evidence of its own, and this much more than the next.
_ENOUGH = 1.5
_CLEARLY_MORE = 1.0
_LIST_GAPS = frozenset({", ", " and ", " & ", " or ", ", and ", " vs ", " vs. ", "/", " / ", " + ", ", or ", " x "})


class MatchEntity(NamedTuple):
    """Who can be matched. ``related``: ids whose mention in the same text is evidence."""

    entity_id: int
    name: str
    type: str
    category: str
    aliases: Sequence[str]
    related: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """An entity at a place of the original text, by which alias (as in the roster), and why it was believed."""

    entity_id: int
    alias: str
    start: int
    end: int
    alias_class: AliasClass
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """A shared alias that could be given to nobody: counts for nobody, and is listed."""

    alias: str
    start: int
    end: int
    candidates: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Matches:
    """All that one text names, in the order of the text."""

    matches: tuple[Match, ...]
    ties: tuple[Tie, ...]


# Feeds and posts carry links; what stands in them is not said by anybody.
_ADDRESS = re.compile(r"\S*(?:://|www\.)\S*")
_BEFORE_TAGS = ("#", "@", "r/")
_OPENERS = frozenset("\"'*#@/([")
_WITHOUT_QUOTES = str.maketrans("", "", "\"'*")
_NOTHING = Matches((), ())
_SURE = ("unique name",)


@dataclass(frozen=True, slots=True)
class _Owner:
    entity: MatchEntity
    alias: str
    families: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Name:
    """One spelling: who has it. A tag ("#gameofthrones") is only one behind `#`, `@` or `r/`."""

    spelling: str
    owners: tuple[_Owner, ...]
    alias_class: AliasClass
    rank: Rank | None
    is_tag: bool
    against: frozenset[str]


class _Candidate(NamedTuple):
    name: _Name
    start: int
    end: int


class _Found(NamedTuple):
    candidate: _Candidate
    owner: _Owner
    evidence: tuple[str, ...]


class Matcher:
    """Immutable once made, and safe to share between threads."""

    def __init__(self, entities: Iterable[MatchEntity], common_words: Collection[str]) -> None:
        roster = sorted(entities, key=lambda entity: entity.entity_id)
        self._words = CommonWords(common_words)
        self._names, self._known_by_tag = _names(roster, self._words)
        self._automaton = AhoCorasick([name.spelling for name in self._names], matchkind=MatchKind.Standard)
        self._related = _both_ways(roster)
        self.version = _version(roster, common_words)

    def match(self, text: str, *, topics: Collection[str] = ()) -> Matches:
        """Everyone the text names. ``topics``: what its source is about ("film", the subreddit's name, ...)."""
        normalised = normalise(text)
        hits = self._automaton.find_matches_as_indexes(normalised.text, overlapping=True)
        if not hits:
            return _NOTHING
        candidates = self._candidates(text, normalised, hits)
        if not candidates:
            return _NOTHING
        if all(candidate.name.alias_class == "unique" for candidate in candidates):
            return Matches(tuple(_sure_match(normalised, candidate) for candidate in candidates), ())
        company = _Company(self._related, self._known_by_tag, topics)
        return _decide(Reading(text, normalised, self._words), candidates, company)

    def _candidates(self, original: str, normalised: Normalised, hits: list[tuple[int, int, int]]) -> list[_Candidate]:
        """Whole words outside of addresses; of names that overlap the leftmost, and of those the longest."""
        text = normalised.text
        addresses = [found.span() for found in _ADDRESS.finditer(text)] if "://" in text or "www." in text else ()
        found: list[_Candidate] = []
        free_from = 0
        for number, start, end in sorted(hits, key=_leftmost_longest) if len(hits) > 1 else hits:
            if start < free_from or not is_whole(text, start, end):
                continue
            name = self._names[number]
            if name.is_tag and not text.endswith(_BEFORE_TAGS, 0, start):
                continue
            if addresses and any(first < end and start < last for first, last in addresses):
                continue
            free_from = end
            if not (name.rank == "closed" and _is_plain_word(original, normalised, start, end)):
                found.append(_Candidate(name, start, end))
        return found


class _Company:
    """What the rest of the text and its source say about an entity."""

    def __init__(
        self,
        related: Mapping[int, frozenset[int]],
        known_by_tag: Mapping[str, Collection[int]],
        topics: Collection[str],
    ) -> None:
        self._related = related
        self._told = {topic: known_by_tag.get(squash(topic.removeprefix("r/")), ()) for topic in topics}
        self.topic_families = topic_families(topics)

    def question(self, reading: Reading, candidate: _Candidate, owner: _Owner, found: Sequence[_Found]) -> Question:
        entity_id = owner.entity.entity_id
        others = [one for one in found if one.owner.entity.entity_id in self._related.get(entity_id, ())]
        own = [one for one in found if one.owner.entity.entity_id == entity_id]
        return Question(
            reading=reading,
            place=reading.place(candidate.start, candidate.end),
            alias=owner.alias,
            families=owner.families,
            against=candidate.name.against,
            topics=self.topic_families,
            otherwise_named=next((one.owner.alias for one in own if one.candidate.name is not candidate.name), None),
            also_named=any(one.candidate.name is candidate.name for one in own),
            related_named=tuple(dict.fromkeys(one.owner.entity.name for one in others)),
            listed_with=_listed_with(reading.text, candidate, owner, found),
            belongs_to=_belongs_to(reading.text, candidate, owner, found),
            is_main=len(candidate.name.owners) > 1 and squash(owner.entity.name) == squash(candidate.name.spelling),
            topic_names=self._topic_of(entity_id),
        )

    def _topic_of(self, entity_id: int) -> str | None:
        """The topic that is the entity itself, or one that is related: r/gameofthrones for an actor of it."""
        meant = self._related.get(entity_id, frozenset()) | {entity_id}
        return next((topic for topic, told in self._told.items() if meant.intersection(told)), None)


def _decide(reading: Reading, candidates: Sequence[_Candidate], company: _Company) -> Matches:
    """Unique names first; each name that is then believed is evidence for the rest, until nothing changes."""
    found = [
        _Found(candidate, candidate.name.owners[0], _SURE)
        for candidate in candidates
        if candidate.name.alias_class == "unique"
    ]
    open_ones = [candidate for candidate in candidates if candidate.name.alias_class != "unique"]
    ties: list[Tie] = []
    while open_ones:
        answers = [(candidate, _judge(reading, candidate, company, found)) for candidate in open_ones]
        new = [answer for _, answer in answers if isinstance(answer, _Found)]
        ties = [answer for _, answer in answers if isinstance(answer, Tie)]
        if not new:
            break
        found += new
        open_ones = [candidate for candidate, answer in answers if not isinstance(answer, _Found)]
    found.sort(key=lambda one: one.candidate.start)
    return Matches(tuple(_match(reading.normalised, one) for one in found), tuple(ties))


def _judge(reading: Reading, candidate: _Candidate, company: _Company, found: Sequence[_Found]) -> _Found | Tie | None:
    """The entity the place means; a tie if one of several, nobody knows which; None if it is a mere word."""
    name = candidate.name
    questions = [(owner, company.question(reading, candidate, owner, found)) for owner in name.owners]
    wording: list[Evidence] = []
    if name.rank is not None:
        wording = [prior(name.rank), *weigh_wording(questions[0][1])]
    told = [(owner, weigh(question)) for owner, question in questions]
    told.sort(key=lambda one: -_sum(one[1]))
    owner, evidence = told[0]
    if name.rank is not None and _sum(evidence) + _sum(wording) <= 0:
        return None
    if name.rank is None and goes_on(questions[0][1]):  # "Big Bang Theory" is no "Big Bang"
        return None
    if len(told) > 1 and (_sum(evidence) < _ENOUGH or _sum(evidence) - _sum(told[1][1]) < _CLEARLY_MORE):
        start, end = reading.normalised.original(candidate.start, candidate.end)
        reason = ", ".join(f"{one.entity.name} {_sum(for_it):+.1f}" for one, for_it in told)
        ids = tuple(sorted(one.entity.entity_id for one in name.owners))
        return Tie(owner.alias, start, end, ids, f"no clear evidence: {reason}")
    return _Found(candidate, owner, tuple(_words(one) for one in (*wording[1:], *evidence)))


def _sum(evidence: Iterable[Evidence]) -> float:
    return sum(one.weight for one in evidence)


def _words(evidence: Evidence) -> str:
    return evidence.words if evidence.weight > 0 else f"against it: {evidence.words}"


def _listed_with(text: str, candidate: _Candidate, owner: _Owner, found: Sequence[_Found]) -> str | None:
    """The neighbour in an enumeration of things of one kind: "Lost, Fringe and Alias"."""
    for one in found:
        other = one.candidate
        if other.end <= candidate.start:
            gap = text[other.end : candidate.start]
        elif candidate.end <= other.start:
            gap = text[candidate.end : other.start]
        else:
            continue
        if gap.translate(_WITHOUT_QUOTES) in _LIST_GAPS and one.owner.families & owner.families:
            return one.owner.alias
    return None


def _belongs_to(text: str, candidate: _Candidate, owner: _Owner, found: Sequence[_Found]) -> str | None:
    """Whose it is said to be, of the same kind: "SNSD's Tiffany"."""
    for one in found:
        if text[one.candidate.end : candidate.start] == "'s " and one.owner.families & owner.families:
            return one.owner.alias
    return None


def _match(normalised: Normalised, found: _Found) -> Match:
    start, end = normalised.original(found.candidate.start, found.candidate.end)
    owner, name = found.owner, found.candidate.name
    return Match(owner.entity.entity_id, owner.alias, start, end, name.alias_class, found.evidence)


def _sure_match(normalised: Normalised, candidate: _Candidate) -> Match:
    owner = candidate.name.owners[0]
    start, end = normalised.original(candidate.start, candidate.end)
    return Match(owner.entity.entity_id, owner.alias, start, end, "unique", _SURE)


def _is_plain_word(original: str, normalised: Normalised, start: int, end: int) -> bool:
    """Is "you" or "it" written as the word it is? No evidence could make up for that, and every text has them."""
    first, last = normalised.original(start, end)
    return original[first:last].islower() and normalised.text[max(0, start - 1) : start] not in _OPENERS


def _leftmost_longest(hit: tuple[int, int, int]) -> tuple[int, int]:
    return hit[1], -hit[2]


def _names(roster: Sequence[MatchEntity], words: CommonWords) -> tuple[list[_Name], dict[str, frozenset[int]]]:
    """Every spelling once, with all who have it; and who is known by which tag, a name in one word."""
    owners: defaultdict[str, dict[int, _Owner]] = defaultdict(dict)
    tags: defaultdict[str, dict[int, _Owner]] = defaultdict(dict)
    for entity in roster:
        families = families_of(entity.type, entity.category)
        for alias in dict.fromkeys((entity.name, *entity.aliases)):
            owner = _Owner(entity, alias, families)
            for spelling in spellings(alias):
                owners[spelling].setdefault(entity.entity_id, owner)
                tags[tag(spelling)].setdefault(entity.entity_id, owner)
    names = [_name(spelling, held.values(), words, is_tag=False) for spelling, held in owners.items()]
    names += [_name(one, held.values(), words, is_tag=True) for one, held in tags.items() if one and one not in owners]
    return names, {one: frozenset(held) for one, held in tags.items()}


def _name(spelling: str, held: Iterable[_Owner], words: CommonWords, *, is_tag: bool) -> _Name:
    owners = tuple(held)
    rank = words.rank(spelling)
    alias_class: AliasClass = "shared" if len(owners) > 1 else "common_word" if rank else "unique"
    return _Name(spelling, owners, alias_class, rank, is_tag, words.against(spelling))


def _both_ways(roster: Sequence[MatchEntity]) -> dict[int, frozenset[int]]:
    related: defaultdict[int, set[int]] = defaultdict(set)
    for entity in roster:
        for other in entity.related - {entity.entity_id}:
            related[entity.entity_id].add(other)
            related[other].add(entity.entity_id)
    return {entity_id: frozenset(others) for entity_id, others in related.items()}


def _version(roster: Sequence[MatchEntity], common_words: Collection[str]) -> str:
    """Names, classes and rules in one short hash: mentions made by different rules can be told apart."""
    said = [RULES_VERSION, sorted(common_words)]
    said += [[*entity[:4], list(entity.aliases), sorted(entity.related)] for entity in roster]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]
