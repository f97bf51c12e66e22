"""Is a place a name at all, or only the word it is spelled like?

Here: rules about capitals, quotes, neighbours, numbers; needed where a name is also a common word.
Not here: which entity is meant (evidence).
"""

import re
from collections.abc import Callable, Iterator

from etheatmap_core.entities.cues import CUES, DOINGS
from etheatmap_core.entities.names import CLOSED_CLASS
from etheatmap_core.entities.question import Evidence, Question
from etheatmap_core.entities.reading import Word, shape_of

_DETERMINERS_WRITTEN = "a an the my your his her our their its this these those some any every each another"
_DETERMINERS = frozenset(_DETERMINERS_WRITTEN.split())
_COUNTED_WRITTEN = """
    season seasons episode episodes part chapter series volume vol phase week day number no top bond route highway ages
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sept sep oct nov dec
"""
_COUNTED = frozenset(_COUNTED_WRITTEN.split())
_EDITION = re.compile(
    r"""[\s:,(\[-]{0,2}(?:
        [(\[]\s?(?:\w+\s)?(?:19|20)\d\d\b | (?:19|20)\d\d\s(?:film|movie|remake|series)
        | [:,-]?\s?(?:part|chapter|season|series|episode|vol\.?|volume|book|phase)
          \s(?:\d+|one|two|three|four|five|[ivx]+\b|finale|premiere)
        | (?:[2-9]|ii|iii|iv|vi?)
          (?!\w|[.,:]\d|\s(?:years?|times?|days?|hours?|people|men|women|of|more|minutes?|weeks?|months?)\b)
        | [-,(]?\s?s\d\d?\s?(?:e\d\d?)?(?!\w) | [-,(]?\s?\d\d?x\d\d(?!\w)
    )""",
    re.VERBOSE,
)
_PAIRS = {'"': '"', "'": "'", "*": "*", "_": "_", "「": "」", "『": "』", "《": "》", "〈": "〉", "【": "】"}
_STATION = re.compile(r"(?:^|[\s(])/?r/$")
_ACCOUNT = re.compile(r"(?:^|[\s(])/?u/$")
# Of the commonest words, those that belong to a name when they have a capital: "Big Love", "Rescue Me".
_NAME_PARTS = frozenset({"big", "down", "her", "him", "me", "new", "off", "out", "over", "under", "up", "us", "you"})


def weigh_wording(question: Question) -> list[Evidence]:
    """All evidence that the place is a name."""
    return [evidence for rule in _RULES for evidence in rule(question)]


def goes_on(question: Question) -> bool:
    """Is the place a part of a longer name?"""
    return any(evidence.weight < -5 for evidence in _longer_name(question))


def _capitals(question: Question) -> Iterator[Evidence]:
    reading, place, shape = question.reading, question.place, question.shape
    natural = shape_of(question.alias)
    if natural in {"mixed", "upper"} and _written(question) == question.alias and question.profile != "capitals":
        # "GoT" can be nothing else, "TOP" may be shouted
        yield Evidence(5.0 if natural == "mixed" else 3.0, f"written '{question.alias}' as its own name is")
    elif shape == "none" or reading.text.endswith(("#", "@", "r/"), 0, place.start):
        return  # no letters, or a place where nobody writes capitals
    elif shape == "lower":
        if natural != "lower":
            yield _lower_case(question)
    elif question.profile in {"headline", "capitals"}:
        if not _is_in_quotes(question):
            yield Evidence(-1.0, "capitals say nothing in a headline")
    elif reading.common_words.is_capitalised(_spelling(question)):
        yield Evidence(-0.5, "a capital that it always has")
    elif reading.starts_sentence(place):
        yield Evidence(0.4, "capital at the start of a sentence")
    elif shape == "upper":
        yield Evidence(0.0 if _is_shouted(question) else 0.8, "capitals")
    else:  # a pronoun never has a capital there, a noun now and then
        yield Evidence(3.2 if _spelling(question) in CLOSED_CLASS else 1.4, "Title Case")


def _written(question: Question) -> str:
    return question.reading.written(question.place.start, question.place.end)


def _spelling(question: Question) -> str:
    return question.reading.text[question.place.start : question.place.end]


def _is_shouted(question: Question) -> bool:
    beside = question.reading.before(question.place), question.reading.after(question.place)
    return any(word is not None and word.shape == "upper" for word in beside)


def _lower_case(question: Question) -> Evidence:
    if question.profile == "lower":
        return Evidence(-0.5, "no capitals in the text")
    if question.reading.capitalises_names(question.place):
        return Evidence(-4.0, "lower case, and other names are not")
    is_frequent = question.reading.common_words.rank(_spelling(question)) in {"frequent", "closed"}
    return Evidence(-3.0 if is_frequent else -1.5, "lower case")


def _is_in_quotes(question: Question) -> bool:
    text, place = question.reading.text, question.place
    before = text[place.start - 1] if place.start else ""
    closing = _PAIRS.get(before)
    is_opened = closing is not None and not (place.start > 1 and text[place.start - 2].isalnum())
    return is_opened and re.match(rf"[.,!?]?{re.escape(closing or '')}(?!\w)", text[place.end :]) is not None


def _quotes(question: Question) -> Iterator[Evidence]:
    reading, place = question.reading, question.place
    tail = reading.text[place.end :]
    if _is_in_quotes(question):
        yield Evidence(1.2, "lower case in quotes") if question.shape == "lower" else Evidence(3.5, "in quotes")
    elif reading.text.endswith("(", 0, place.start) and tail.startswith(")") and question.shape != "lower":
        who = reading.before(place)
        yield Evidence(2.6 if who and who.shape == "capitalised" else 1.5, "in brackets")
    elif not _EDITION.match(tail):
        for quoted in reading.titles_in_quotes:
            if quoted.start <= place.start and place.end <= quoted.end:
                yield Evidence(-2.5, f"part of the title '{reading.written(*quoted)}'")


def _edition(question: Question) -> Iterator[Evidence]:
    found = _EDITION.match(question.reading.text[question.place.end : question.place.end + 40])
    if found and not question.alias[-1:].isdigit():
        yield Evidence(3.0, f"followed by '{found[0].strip()}'")


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


def _determiner(question: Question) -> Iterator[Evidence]:
    word = question.reading.before(question.place)
    if word is None or word.text not in _DETERMINERS or question.reading.gap_before(question.place) != " ":
        return
    behind = question.reading.after(question.place)
    if behind and question.reading.gap_after(question.place) == " " and behind.text in CUES:
        return  # "the Dune trailer"
    yield Evidence(-2.5, f"'{word.text}' before it")


def _instruction(question: Question) -> Iterator[Evidence]:
    """ "Watch the video": at the start, before an article, it is a verb."""
    reading, place = question.reading, question.place
    word = reading.after(place)
    if word and reading.gap_after(place) == " " and word.text in _DETERMINERS and reading.starts_sentence(place):
        yield Evidence(-1.5, f"'{word.text}' behind it")


def _longer_name(question: Question) -> Iterator[Evidence]:
    """Capitalised neighbours make it a part of another name: "Prince William", "Captain America"."""
    reading, place = question.reading, question.place
    if question.profile != "sentence" or question.shape in {"lower", "mixed"}:
        return
    before, after = reading.before(place), reading.after(place)
    if after and reading.gap_after(place) in {" ", "-"} and _is_name_part(after):
        yield Evidence(-5.5, f"goes on as '{reading.written(after.start, after.end)}'")
    if before is None or reading.gap_before(place) not in {" ", "-"} or before.text.endswith("'s"):
        return
    is_first = reading.starts_sentence(reading.place(before.start, before.end))
    if _is_name_part(before) and not (is_first and before.text in CLOSED_CLASS):
        is_surely = not is_first or reading.common_words.may_be_name(before.text)
        written = reading.written(before.start, before.end)
        yield Evidence(-5.0 if is_surely else -1.5, f"part of a name with '{written}'")


def _is_name_part(word: Word) -> bool:
    if word.shape not in {"capitalised", "mixed", "upper"} or word.text in CUES:
        return False
    return word.text in _NAME_PARTS or not (word.text in CLOSED_CLASS or word.text.startswith("i'"))


def _number(question: Question) -> Iterator[Evidence]:
    """Years, counts, and the numbers of parts: "in 2012", "24 new episodes", "season 9"."""
    reading, place = question.reading, question.place
    written = reading.text[place.start : place.end]
    if not written.isdigit():
        return
    if re.fullmatch(r"(?:19|20)\d\d", written):
        yield Evidence(-4.0, "also a year")
    before, after = reading.before(place), reading.after(place)
    if (
        before
        and (before.text in _COUNTED or before.text.isdigit())
        and reading.gap_before(place).strip(" .,:-/#") == ""
    ):
        yield Evidence(-4.0, f"behind '{before.text}'")
    is_counting = after and after.shape == "lower" and reading.gap_after(place) in {" ", "-"}
    if after and is_counting and after.text not in DOINGS and not CUES.get(after.text, frozenset()) & question.families:
        yield Evidence(-2.5, f"counts '{after.text}'")


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
    if before.endswith("[") and text.startswith("]", question.place.end):
        yield Evidence(-3.0, "a label in brackets")
    if _ACCOUNT.search(before):
        yield Evidence(-5.0, "somebody's account")
    elif _STATION.search(before):
        yield Evidence(2.0, "a subreddit's name")
    elif before.endswith(("#", "@")):
        yield Evidence(1.5, f"behind '{before[-1]}'")


_RULES: tuple[Callable[[Question], Iterator[Evidence]], ...] = (
    _capitals,
    _quotes,
    _edition,
    _subject,
    _heads_the_line,
    _determiner,
    _instruction,
    _longer_name,
    _number,
    _compound,
    _tags,
)
