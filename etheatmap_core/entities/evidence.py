"""Does this place mean this entity? Each rule looks at one thing and says what it saw and what that is worth.

Here: rules for names that are common words or shared, and their weights in log-odds; above 0 is "yes, rather".
Not here: facts about texts (reading), cue words (cues), who else is in the text (matcher).
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from etheatmap_core.entities.cues import BEFORE, CUES, DOINGS, LINKS, TOPICS
from etheatmap_core.entities.names import CLOSED_CLASS, Rank
from etheatmap_core.entities.reading import Place, Profile, Reading, Shape, shape_of

RULES_VERSION = 1
WINDOW = 7  # words to each side in which a cue counts

_DETERMINERS_WRITTEN = "a an the my your his her our their its this these those some any every each another"
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


_PRIORS: dict[Rank, Evidence] = {
    "closed": Evidence(-4.0, "one of the commonest words"),
    "number": Evidence(-3.0, "a number"),
    "frequent": Evidence(-2.5, "a frequent word"),
    "common": Evidence(-1.5, "a common word"),
}


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
    belongs_to: str | None = None
    is_main: bool = False  # of several who share the name, the one whose name it is
    topic_names: str | None = None
    profile: Profile = field(init=False)
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", self.reading.profile(self.place))
        object.__setattr__(self, "shape", self.reading.shape(self.place.start, self.place.end))


def prior(rank: Rank) -> Evidence:
    """How seldom a common word means an entity, before looking at the text."""
    return _PRIORS[rank]


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
    elif question.reading.text.endswith(("#", "@", "r/"), 0, question.place.start):
        return  # nobody writes capitals there
    elif shape == "lower":
        if natural != "lower":
            yield _lower_case(question)
    elif profile == "sentence":
        if question.reading.starts_sentence(question.place):
            yield Evidence(0.5, "capital at the start of a sentence")
        else:
            yield Evidence(0.8, "capitals") if shape == "upper" else Evidence(2.2, "Title Case")


def _lower_case(question: Question) -> Evidence:
    if question.profile == "lower":
        return Evidence(-0.5, "no capitals in the text")
    if question.reading.capitalises_names(question.place):
        return Evidence(-4.0, "lower case, and other names are not")
    return Evidence(-1.5, "lower case")


def _quotes(question: Question) -> Iterator[Evidence]:
    text, place = question.reading.text, question.place
    before = text[place.start - 1] if place.start else ""
    closing = _PAIRS.get(before)
    tail = text[place.end :]
    is_opened = closing is not None and not (place.start > 1 and text[place.start - 2].isalnum())
    if is_opened and re.match(rf"[.,!?]?{re.escape(closing or '')}(?!\w)", tail):
        yield Evidence(1.2, "lower case in quotes") if question.shape == "lower" else Evidence(3.5, "in quotes")
    elif before == "(" and tail.startswith(")") and question.shape in {"capitalised", "upper"}:
        who = question.reading.before(place)
        yield Evidence(2.6 if who and who.shape == "capitalised" else 1.5, "in brackets")
    else:
        for quoted in question.reading.titles_in_quotes:
            if quoted.start <= place.start and place.end <= quoted.end and not _EDITION.match(tail):
                yield Evidence(-2.5, f"part of the title '{question.reading.written(*quoted)}'")
                return


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
    if phrase := next((one for one in question.against if " " in one and one in question.reading.text), None):
        yield Evidence(-3.0, f"'{phrase}' in the text")


def _determiner(question: Question) -> Iterator[Evidence]:
    word = question.reading.before(question.place)
    if word is None or word.text not in _DETERMINERS or question.reading.gap_before(question.place) != " ":
        return
    behind = question.reading.after(question.place)
    if behind and question.reading.gap_after(question.place) == " " and behind.text in CUES:
        return  # "the Dune trailer"
    yield Evidence(-2.5, f"'{word.text}' before it")


def _longer_name(question: Question) -> Iterator[Evidence]:
    """Capitalised neighbours make it a part of another name: "Prince William", "Captain America"."""
    if question.profile != "sentence" or question.shape in {"lower", "mixed"}:
        return
    reading, place = question.reading, question.place
    before, after = reading.before(place), reading.after(place)
    if after and _is_name_part(after.shape, after.text) and reading.gap_after(place) in {" ", "-"}:
        yield Evidence(-4.0, f"goes on as '{reading.written(after.start, after.end)}'")
    if before is None or not _is_name_part(before.shape, before.text) or reading.gap_before(place) not in {" ", "-"}:
        return
    written = reading.written(before.start, before.end)
    if before.text.endswith("'s"):
        yield Evidence(1.0, f"'{written}' before it")
    else:  # a capital at the start of the text says less
        yield Evidence(-4.0 if place.first > 1 else -1.5, f"part of a name with '{written}'")


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
    if text[place.start : place.end] in CLOSED_CLASS and re.match(r"'(?:s|re|ll|ve|d|m)\b", text[place.end :]):
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


def _subject(question: Question) -> Iterator[Evidence]:
    """ "Rain finishes his service", "Madonna postpones tour": it does what people and works do."""
    place, reading = question.place, question.reading
    word = reading.after(place)
    if word is None or question.shape == "lower" or reading.gap_after(place) != " ":
        return
    if word.text in DOINGS and reading.text[place.start : place.end] not in CLOSED_CLASS:  # "You will ..." is no title
        yield Evidence(1.5, f"'{word.text}' behind it")


def _heads_the_line(question: Question) -> Iterator[Evidence]:
    """ "Community - A Fistful of Paintballs": the line is about it, if the source is of its kind."""
    reading, place = question.reading, question.place
    if place.first > 0 or question.shape == "lower" or not question.topics & question.families & {"film", "tv"}:
        return
    if re.match(r"\s-\s|:\s|\s[\"']\w", reading.text[place.end :]):
        yield Evidence(1.2, "heads the line")


def _artist_and_song(question: Question) -> Iterator[Evidence]:
    """ "[MV] Artist - Song": what stands before the dash is who, what stands behind it is what."""
    if "music" not in question.families or "music" not in question.topics | _tag_families(question.reading.text):
        return
    text, place = question.reading.text, question.place
    dash = re.search(r"\s-\s|\s-(?=['\"])|:\s", text)
    if dash is None:
        return
    if place.start >= dash.end():
        yield Evidence(-3.0, "where a song's title stands")
    elif re.fullmatch(r"(?:\(.*\))?", text[place.end : dash.start()].strip()):
        yield Evidence(2.0, "where the artist stands")


def _tag_families(text: str) -> frozenset[str]:
    return frozenset({"music"}) if re.match(r"\W?\[?(?:mv|m/v|live|audio|teaser|remix)\b", text) else frozenset()


def _company(question: Question) -> Iterator[Evidence]:
    # What a text speaks of otherwise does not make a name of a word in lower case.
    trust = 0.4 if question.shape == "lower" and question.profile != "lower" else 1.0
    if question.otherwise_named:
        yield Evidence(3.0 * trust, f"'{question.otherwise_named}' in the same text")
    elif question.also_named:
        yield Evidence(1.5 * trust, "named in the same text")
    for name in question.related_named[:2]:
        yield Evidence(3.0 * trust, f"co-mention of {name}")
    if question.listed_with:
        yield Evidence(1.5, f"listed with {question.listed_with}")
    if question.belongs_to:
        yield Evidence(2.5, f"behind '{question.belongs_to}'s'")
    if question.is_main:
        yield Evidence(1.0, "the first to have this name")


def _topic(question: Question) -> Iterator[Evidence]:
    if question.topic_names:
        yield Evidence(3.0, f"the source is about {question.topic_names}")
    elif kinds := question.topics & question.families:
        # "entertainment" is about everything, and so says less
        yield Evidence(1.5 if len(question.topics) == 1 else 0.5, f"topic {sorted(kinds)[0]}")
    elif question.topics and question.families - {"person"}:
        yield Evidence(-1.0, f"the source's topic is {sorted(question.topics)[0]}")


_ABOUT_WHOM: tuple[Callable[[Question], Iterator[Evidence]], ...] = (
    _nearby_cues,
    _cue_behind,
    _cue_before,
    _words_against,
    _artist_and_song,
    _company,
    _topic,
)
_ABOUT_WORDING: tuple[Callable[[Question], Iterator[Evidence]], ...] = (
    _capitals,
    _quotes,
    _edition,
    _subject,
    _heads_the_line,
    _determiner,
    _longer_name,
    _compound,
    _tags,
)
