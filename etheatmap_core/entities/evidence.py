"""Which entity does a place mean? Each rule looks at one thing and says what it saw and what that is worth.

Here: cue words, company, topics, and their weights in log-odds; above 0 is "yes, rather".
Not here: whether the place is a name at all (wording_evidence), facts about texts (reading).
"""

import re
from collections.abc import Callable, Collection, Iterator

from etheatmap_core.entities.cues import BEFORE, CUES, LINKS, TOPICS
from etheatmap_core.entities.names import Rank
from etheatmap_core.entities.question import Evidence, Question

RULES_VERSION = 2
WINDOW = 7  # words to each side in which a cue counts

_PRIORS: dict[Rank, Evidence] = {
    "closed": Evidence(-4.5, "one of the commonest words"),
    "number": Evidence(-3.0, "a number"),
    "frequent": Evidence(-2.5, "a frequent word"),
    "common": Evidence(-1.5, "a common word"),
}


def prior(rank: Rank) -> Evidence:
    """How seldom a common word means an entity, before looking at the text."""
    return _PRIORS[rank]


def weigh(question: Question) -> list[Evidence]:
    """All evidence about who is meant, whatever the class of the name."""
    return [evidence for rule in _RULES for evidence in rule(question)]


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
    linked = at - 2 if at > 1 and words[at - 1].text.isdigit() else at - 1  # "season 3 of"
    if BEFORE.get(word, frozenset()) & question.families:
        yield Evidence(2.2, f"'{word}' right before")
    elif word in LINKS and linked >= 0 and CUES.get(words[linked].text, frozenset()) & question.families:
        yield Evidence(2.0, f"'{words[linked].text} {word}' right before")
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
        yield Evidence(2.6, "where the artist stands")
    elif re.match(r"\s(?!(?:ft|feat|featuring|and|x|with|vs|of|from|new|teaser|mv)\b)\w", text[place.end :]):
        yield Evidence(-2.0, "part of the artist's name")


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
        yield Evidence(2.0, f"listed with {question.listed_with}")
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


_RULES: tuple[Callable[[Question], Iterator[Evidence]], ...] = (
    _nearby_cues,
    _cue_behind,
    _cue_before,
    _words_against,
    _artist_and_song,
    _company,
    _topic,
)
