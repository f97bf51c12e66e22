"""One text as the rules of evidence read it: words, capitals, what stands beside a place.

Here: facts about the text. Not here: what they are worth (evidence).
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from etheatmap_core.entities.names import CLOSED_CLASS, CommonWords
from etheatmap_core.entities.normalise import Normalised

Shape = Literal["lower", "capitalised", "upper", "mixed", "none"]
Profile = Literal["sentence", "headline", "capitals", "lower"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_QUOTED = re.compile(r"""(?<!\w)["']((?:[^\s"']+(?:'\w+)?\s){1,6}[^\s"']+?)["'](?!\w)""")
_SENTENCE_END = re.compile(r"[.!?:;…|(\[\]\"~>*]|(?:^|\s)[-'/]|[-'/]\s|\s-\s")


class Word(NamedTuple):
    """A word of the normalised text and how its original is written."""

    start: int
    end: int
    text: str
    shape: Shape


class Span(NamedTuple):
    """A stretch of the normalised text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the normalised text where a name stands, and the numbers of its first and last word."""

    start: int
    end: int
    first: int
    last: int


class Reading:
    """Facts about one text, found when first asked for."""

    def __init__(self, original: str, normalised: Normalised, words: CommonWords) -> None:
        self.common_words = words
        self.original = original
        self.normalised = normalised
        self.text = normalised.text

    @cached_property
    def words(self) -> Sequence[Word]:
        return tuple(
            Word(found.start(), found.end(), found[0], self.shape(found.start(), found.end()))
            for found in _WORD.finditer(self.text)
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [word.start for word in self.words]

    @cached_property
    def titles_in_quotes(self) -> Sequence[Span]:
        """What stands in quotes and is written like a title: short, its major words capitalised."""
        spans = [Span(found.start(1), found.end(1)) for found in _QUOTED.finditer(self.text)]
        return tuple(span for span in spans if self.shape(*span) in {"capitalised", "upper"})

    def place(self, start: int, end: int) -> Place:
        first = max(0, bisect_left(self._starts, start + 1) - 1)
        last = max(first, bisect_left(self._starts, end) - 1)
        return Place(start, end, first, last)

    def written(self, start: int, end: int) -> str:
        """The original of a stretch."""
        first, last = self.normalised.original(start, end)
        return self.original[first:last]

    def shape(self, start: int, end: int) -> Shape:
        return shape_of(self.written(start, end))

    def profile(self, place: Place) -> Profile:
        """How the text around the place uses capitals: only in a sentence does a capital say something."""
        around = [word for at, word in enumerate(self.words) if not place.first <= at <= place.last]
        lettered = [word for word in around if word.shape != "none"]
        if not lettered:
            return "headline"
        if all(word.shape == "lower" or word.text == "i" for word in lettered):
            return "lower"
        if all(word.shape == "upper" for word in lettered if len(word.text) > 1):
            return "capitals"
        major = [word for word in lettered if word.text not in CLOSED_CLASS and len(word.text) > 2]
        lower = sum(word.shape == "lower" for word in major)
        minor_lower = sum(
            word.shape == "lower" and len(word.text) > 3 for word in lettered if word.text in CLOSED_CLASS
        )
        return "sentence" if lower + minor_lower >= max(1, 0.25 * len(major)) else "headline"

    def capitalises_names(self, place: Place) -> bool:
        """Does the writer put a capital elsewhere than at the start of a sentence?"""
        return any(
            word.shape in {"capitalised", "mixed", "upper"}
            and word.text != "i"
            and at > 0
            and _SENTENCE_END.search(self.text[self.words[at - 1].end : word.start]) is None
            for at, word in enumerate(self.words)
            if not place.first <= at <= place.last
        )

    def before(self, place: Place) -> Word | None:
        return self.words[place.first - 1] if place.first > 0 else None

    def after(self, place: Place) -> Word | None:
        return self.words[place.last + 1] if place.last + 1 < len(self.words) else None

    def gap_before(self, place: Place) -> str:
        """What stands between the place and the word before it."""
        word = self.before(place)
        return self.text[word.end if word else 0 : place.start]

    def gap_after(self, place: Place) -> str:
        """What stands between the place and the word after it."""
        word = self.after(place)
        return self.text[place.end : word.start if word else len(self.text)]

    def starts_sentence(self, place: Place) -> bool:
        """Would any word be capitalised here?"""
        return place.first == 0 or _SENTENCE_END.search(self.gap_before(place)) is not None


def shape_of(written: str) -> Shape:
    """How a word or name is written; small words within a name do not count."""
    words = _WORD.findall(written)
    lettered = [word for word in words if word[0].lower() != word[0].upper()]
    if not lettered:
        return "none"
    major = [word for word in lettered if word.lower() not in CLOSED_CLASS] or lettered
    if all(word.isupper() and len(word) > 1 for word in major):
        return "upper"
    if any(word[1:] != word[1:].lower() and not word.isupper() for word in major):
        return "mixed"
    if all(word[0].isupper() for word in major):
        return "capitalised"
    return "lower" if all(word.islower() for word in major) else "mixed"
