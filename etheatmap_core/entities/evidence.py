"""Does this place mean this entity? Each rule looks at one thing and says what it saw and what that is worth.

Here: rules for names that are common words or shared, and their weights in log-odds; above 0 is "yes, rather".
Not here: facts about texts (reading), cue words (cues), who else is in the text (matcher).
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from etheatmap_core.entities.cues import BEFORE, CUES, LINKS, TOPICS
from etheatmap_core.entities.names import CLOSED_CLASS, is_closed_class
from etheatmap_core.entities.reading import Place, Profile, Reading, Shape, shape_of

RULES_VERSION = 1
WINDOW = 7  # words to each side in which a cue counts

_DETERMINERS_WRITTEN = "a an the my your his her our their its this that these those some any no every each another"
_DETERMINERS = frozenset(_DETERMINERS_WRITTEN.split())
_EDITION = re.compile(
    r"""\W{0,2}\s?(?:
        [(\[]\s?(?:\w+\s)?(?:19|20)\d\d\b | (?:19|20)\d\d\s(?:film|movie|remake|series)
        | [:,-]?\s?(?:part|chapter|season|series|episode|vol\.?|volume|book|phase)
          \s(?:\d+|one|two|three|four|five|[ivx]+\b|finale|premiere)
        | (?:[2-9]|ii|iii|iv|vi?)
          (?!\w|[.,:]\d|\s(?:years?|times?|days?|hours?|people|men|women|of|more|minutes?|weeks?|months?)\b)
        | [-,(]?\s?s\d\d?\s?(?:e\d\d?)?(?!\w) | [-,(]?\s?\d\d?x\d\d(?!\w)
    )""",
    re.VERBOSE,
)
_PAIRS = {'"': '"', "'": "'", "*": "*", "_": "_", "[": "]", "「": "」", "『": "』", "《": "》", "〈": "〉", "【": "】"}
_STATION = re.compile(r"(?:^|[\s(])/?r/$")
_ACCOUNT = re.compile(r"(?:^|[\s(])/?u/$")


class Evidence(NamedTuple):
    """What was seen, in words for people, and its weight in log-odds."""

    weight: float
    words: str


@dataclass(frozen=True)
class Question:
    """Is it this entity that stands at this place?"""

    reading: Reading
    place: Place
    alias: str
    families: frozenset[str]
    against: frozenset[str]
    topics: frozenset[str] = frozenset()
    # What the matcher knows of the rest of the text.
    otherwise_named: str | None = None
    also_named: bool = False
    related_named: tuple[str, ...] = ()
    listed_with: str | None = None
    topic_names: str | None = None
    profile: Profile = field(init=False)
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", self.reading.profile(self.place))
        object.__setattr__(self, "shape", self.reading.shape(self.place.start, self.place.end))


def prior(spelling: str) -> Evidence:
    """How seldom a common word means an entity, before looking at the text."""
    if is_closed_class(spelling):
        return Evidence(-4.0, "one of the commonest words")
    if spelling.isdigit():
        return Evidence(-3.0, "a number")
    return Evidence(-1.5, "a common word")


def weigh(question: Question) -> list[Evidence]:
    """All evidence about who is meant, whatever the class of the name."""
    return [evidence for rule in _ABOUT_WHOM for evidence in rule(question)]


def weigh_wording(question: Question) -> list[Evidence]:
    """All evidence that the place is a name at all, needed where the name is also a common word."""
    return [evidence for rule in _ABOUT_WORDING for evidence in rule(question)]


def families_of(entity_type: str, category: str) -> frozenset[str]:
    """The kinds of cue that speak for an entity of this type and category."""
    kind = category.lower()
    if entity_type == "event":
        return frozenset({"event"})
    if entity_type == "person":
        return frozenset({"person"}) | ({kind} if kind in {"film", "tv", "music", "comedy"} else frozenset())
    return frozenset({kind}) if kind in {"film", "tv", "music", "game"} else frozenset({"film", "tv", "music"})


def topic_families(topics: Collection[str]) -> frozenset[str]:
    """The kinds that a source's own words name: r/television is about tv."""
    return frozenset(kind for topic in topics for kind in TOPICS.get(topic.lower().removeprefix("r/"), ()))


def _capitals(question: Question) -> Iterator[Evidence]:
    shape, profile = question.shape, question.profile
    natural = shape_of(question.alias)
    written = question.reading.written(question.place.start, question.place.end)
    is_odd = natural in {"mixed", "upper"} and len(question.alias) > 1
    if is_odd and written == question.alias and profile != "capitals":
        yield Evidence(3.0, f"written '{written}' as its own name is")
    elif shape == "lower":
        if natural != "lower":
            yield Evidence(-0.5, "no capitals in the text") if profile == "lower" else Evidence(-2.5, "lower case")
    elif profile == "sentence":
        if question.reading.starts_sentence(question.place):
            yield Evidence(0.3, "capital at the start of a sentence")
        else:
            yield Evidence(0.8, "capitals") if shape == "upper" else Evidence(2.2, "Title Case")


def _quotes(question: Question) -> Iterator[Evidence]:
    text, place = question.reading.text, question.place
    before = text[place.start - 1] if place.start else ""
    closing = _PAIRS.get(before)
    if closing is None or (place.start > 1 and text[place.start - 2].isalnum()):
        return
    tail = text[place.end :]
    if re.match(rf"[.,!?]?{re.escape(closing)}(?!\w)", tail):
        yield Evidence(1.2, "lower case in quotes") if question.shape == "lower" else Evidence(3.0, "in quotes")
        return
    if before in "\"'" and question.profile != "lower" and not _EDITION.match(tail):
        quoted = re.match(rf"([^{before}]{{1,40}}?){closing}(?!\w)", tail)
        if quoted and len(quoted[1].split()) <= 5:
            yield Evidence(-1.5, "quoted with more words")


def _edition(question: Question) -> Iterator[Evidence]:
    found = _EDITION.match(question.reading.text[question.place.end : question.place.end + 40])
    if found and not question.alias[-1:].isdigit():
        yield Evidence(3.0, f"followed by '{found[0].strip()}'")


def _nearby_cues(question: Question) -> Iterator[Evidence]:
    words, place = question.reading.words, question.place
    weights = iter((1.2, 0.6, 0.3))
    seen: set[str] = set()
    beside = {place.first - 1, place.last + 1}
    window = range(max(0, place.first - WINDOW), min(len(words), place.last + WINDOW + 1))
    for at in sorted(window, key=lambda at: min(abs(at - place.first), abs(at - place.last))):
        word = words[at].text.removesuffix("'s")
        if (
            place.first <= at <= place.last
            or at in beside
            or word in seen
            or not CUES.get(word, frozenset()) & question.families
        ):
            continue
        seen.add(word)
        weight = next(weights, None)
        if weight is None:
            return
        yield Evidence(weight, f"cue word '{word}'")


def _cue_behind(question: Question) -> Iterator[Evidence]:
    word = question.reading.after(question.place)
    gap = question.reading.gap_after(question.place).removeprefix("'s").strip()
    if word is None or gap not in {"", '"', "'", '")', "-", "*", "_", "/", ":"}:
        return
    if CUES.get(word.text.removesuffix("'s"), frozenset()) & question.families:
        yield Evidence(2.5, f"cue word '{word.text}' right behind")


def _cue_before(question: Question) -> Iterator[Evidence]:
    words, at = question.reading.words, question.place.first - 1
    if at < 0 or question.reading.gap_before(question.place).strip() not in {"", '"', "'", "*", "_", "(", ":", "-"}:
        return
    word = words[at].text
    if BEFORE.get(word, frozenset()) & question.families:
        yield Evidence(2.2, f"'{word}' right before")
    elif word in LINKS and at and CUES.get(words[at - 1].text, frozenset()) & question.families:
        yield Evidence(2.0, f"'{words[at - 1].text} {word}' right before")
    elif CUES.get(word, frozenset()) & question.families:
        yield Evidence(1.2, f"cue word '{word}' right before")


def _words_against(question: Question) -> Iterator[Evidence]:
    words, place = question.reading.words, question.place
    for at in range(max(0, place.first - WINDOW), min(len(words), place.last + WINDOW + 1)):
        if not place.first <= at <= place.last and words[at].text.removesuffix("'s") in question.against:
            yield Evidence(-3.0, f"'{words[at].text}' near by")
            return


def _determiner(question: Question) -> Iterator[Evidence]:
    word = question.reading.before(question.place)
    if word is None or word.text not in _DETERMINERS or question.reading.gap_before(question.place) != " ":
        return
    behind = question.reading.after(question.place)
    if behind and question.reading.gap_after(question.place) == " " and behind.text in CUES:
        return  # "the Dune trailer"
    yield Evidence(-1.5, f"'{word.text}' before it")


def _longer_name(question: Question) -> Iterator[Evidence]:
    """Capitalised neighbours make it a part of another name: "Prince William", "Captain America"."""
    if question.profile != "sentence" or question.shape == "lower":
        return
    before, after = question.reading.before(question.place), question.reading.after(question.place)
    if after and _is_name_part(after.shape, after.text) and question.reading.gap_after(question.place) in {" ", "-"}:
        yield Evidence(-2.5, f"goes on as '{question.reading.written(after.start, after.end)}'")
    if (
        before
        and question.place.first > 1
        and _is_name_part(before.shape, before.text)
        and question.reading.gap_before(question.place) in {" ", "-"}
    ):
        written = question.reading.written(before.start, before.end)
        if before.text.endswith("'s"):
            yield Evidence(1.0, f"'{written}' before it")
        else:
            yield Evidence(-2.0, f"part of a name with '{written}'")


def _is_name_part(shape: Shape, word: str) -> bool:
    return (
        shape in {"capitalised", "mixed"}
        and word not in CUES
        and word not in CLOSED_CLASS
        and not word.startswith("i'")
    )


def _compound(question: Question) -> Iterator[Evidence]:
    text, place = question.reading.text, question.place
    if text[place.start - 1 : place.start] == "-" and text[max(0, place.start - 2) : place.start - 1].isalnum():
        yield Evidence(-2.0, "hyphenated")
    behind = re.match(r"-(\w+)", text[place.end :])
    if behind and behind[1] not in {"led", "directed", "starring", "themed", "inspired", "style", "esque", "like"}:
        yield Evidence(-2.0, "hyphenated")
    if is_closed_class(text[place.start : place.end]) and re.match(r"'(?:s|re|ll|ve|d|m)\b", text[place.end :]):
        yield Evidence(-3.0, "a contraction")


def _tags(question: Question) -> Iterator[Evidence]:
    text, start = question.reading.text, question.place.start
    before = text[max(0, start - 4) : start]
    if _ACCOUNT.search(before):
        yield Evidence(-5.0, "somebody's account")
    elif _STATION.search(before):
        yield Evidence(2.0, "a subreddit's name")
    elif before.endswith(("#", "@")):
        yield Evidence(1.5, f"behind '{before[-1]}'")


def _company(question: Question) -> Iterator[Evidence]:
    if question.otherwise_named:
        yield Evidence(3.0, f"'{question.otherwise_named}' in the same text")
    elif question.also_named:
        yield Evidence(1.5, "named in the same text")
    for name in question.related_named[:2]:
        yield Evidence(3.0, f"co-mention of {name}")
    if question.listed_with:
        yield Evidence(1.5, f"listed with {question.listed_with}")


def _topic(question: Question) -> Iterator[Evidence]:
    if question.topic_names:
        yield Evidence(3.0, f"the source is about {question.topic_names}")
    elif kinds := question.topics & question.families:
        yield Evidence(1.0, f"topic {sorted(kinds)[0]}")


_ABOUT_WHOM: tuple[Callable[[Question], Iterator[Evidence]], ...] = (
    _nearby_cues,
    _cue_behind,
    _cue_before,
    _words_against,
    _company,
    _topic,
)
_ABOUT_WORDING: tuple[Callable[[Question], Iterator[Evidence]], ...] = (
    _capitals,
    _quotes,
    _edition,
    _determiner,
    _longer_name,
    _compound,
    _tags,
)
