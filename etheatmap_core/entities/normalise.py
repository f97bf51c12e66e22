"""One normal form for names and texts, with the way back.

Here: HTML entities, NFKC, casefold, one apostrophe, one dash, one space; where each character came from.
Not here: what a word is (boundaries), which spellings a name has (names).
"""

import html
import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_APOSTROPHES = "’‘ʼʻʹ`´′‛＇"
_DASHES = "‐‑‒–—―−﹘﹣－⁃"
_QUOTES = "“”„‟«»″〝〞"
# NFKC would make ™ the letters "tm" and glue them to the name before it.
_MARKS = "™℠®©"
_ONE_FOR_ONE = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_QUOTES, '"')
    | dict.fromkeys(_MARKS, " ")
)
# Feeds escape twice: `&amp;#8217;` is one apostrophe.
_ENTITY = re.compile(r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NEEDS_CARE = re.compile(r"[&`\t-\r\x1c-\x1f]|  ")
# Soft hyphens, joiners, marks of direction, variation selectors, lone surrogates: seen by nobody.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
# Plain ASCII that nothing behind it can change: its last character is left to what follows.
_PLAIN = re.compile(r"[!-_a-~](?:[!-_a-~]| (?=[!-_a-~]))*(?=[!-_a-~]|\Z)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s\s|[^\S ]")


_Offsets: TypeAlias = Sequence[int]
_Span: TypeAlias = tuple[_Offsets, _Offsets]
_Mapped: TypeAlias = tuple[str, _Offsets, _Offsets]


@dataclass(frozen=True, slots=True)
class Normalised:
    """The normal form and, for each of its characters, where the original of it starts and ends (None: right there)."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text whose normal form holds ``text[start:end]``; never empty for a full span."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """The text as names are compared. Texts of plain ASCII, most of them, cost one scan and one copy."""
    if text.isascii():
        if _NEEDS_CARE.search(text) is None:
            return Normalised(text.lower())
    elif (short := _length_kept(text)) is not None:
        return Normalised(short)
    return _with_offsets(text)


def _length_kept(text: str) -> str | None:
    """The normal form where each character has exactly one for itself; None where the long way is needed."""
    if _SURROGATE.search(text) or _UNSEEN.search(text):
        return None
    simple = text.translate(_ONE_FOR_ONE)
    if "&" in simple or not unicodedata.is_normalized("NFKC", simple):
        return None
    folded = simple.casefold()
    # Folding never removes a character, so an equal length means one for one.
    if len(folded) != len(text) or _SPACES.search(folded) or not unicodedata.is_normalized("NFKC", folded):
        return None
    return folded


def _with_offsets(text: str) -> Normalised:
    out, starts, ends = _one_pass(text)
    while _ENTITY.search(out):  # a fullwidth ampersand, or an entity that spells an ampersand
        again, inner_starts, inner_ends = _one_pass(out)
        if again == out:  # `&zendaya;` is no entity and stays
            break
        out, (starts, ends) = again, _composed(starts, ends, inner_starts, inner_ends)
    return Normalised(out, starts, ends)


def _one_pass(text: str) -> _Mapped:
    if "&" not in text:
        return _folded(text)
    plain, starts, ends = _without_entities(text)
    folded, inner_starts, inner_ends = _folded(plain)
    return folded, *_composed(starts, ends, inner_starts, inner_ends)


def _composed(starts: _Offsets, ends: _Offsets, inner_starts: _Offsets, inner_ends: _Offsets) -> _Span:
    return array("l", [starts[at] for at in inner_starts]), array("l", [ends[at - 1] for at in inner_ends])


def _without_entities(text: str) -> _Mapped:
    """Entities as what they stand for; text that only looks like one stays."""
    parts: list[str] = []
    starts, ends = array("l"), array("l")
    at = 0
    for entity in _ENTITY.finditer(text):
        meant = html.unescape(re.sub("^&(?:amp;)+", "&", entity[0]))
        if meant.startswith("&") and len(meant) > 1:  # no such entity
            continue
        parts += (text[at : entity.start()], meant)
        starts.extend(range(at, entity.start()))
        ends.extend(range(at + 1, entity.start() + 1))
        starts.extend([entity.start()] * len(meant))
        ends.extend([entity.end()] * len(meant))
        at = entity.end()
    parts.append(text[at:])
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return "".join(parts), starts, ends


def _folded(text: str) -> _Mapped:
    """Stretches of plain ASCII at once, everything else cluster by cluster."""
    parts: list[str] = []
    starts, ends = array("l"), array("l")
    at = 0
    while at < len(text):
        plain = _PLAIN.search(text, at)
        until = plain.start() if plain else len(text)
        for start, end, cluster in _clusters(text, at, until):
            part = _fold(cluster)
            if part.startswith(" ") and parts and parts[-1].endswith(" "):  # a run of spaces is one, as long as the run
                ends[-1] = end
                part = part[1:]
            if part:
                parts.append(part)
                starts.extend([start] * len(part))
                ends.extend([end] * len(part))
        if plain is None:
            break
        at = plain.end()
        parts.append(plain[0].lower())
        starts.extend(range(until, at))
        ends.extend(range(until + 1, at + 1))
    return "".join(parts), starts, ends


def _clusters(text: str, first: int, last: int) -> Iterator[tuple[int, int, str]]:
    """(start, end, characters) from ``first`` to ``last``: each character with what composes with it."""
    start = first
    for at in range(first + 1, last):
        if not _joins(text[at]):
            yield start, at, text[start:at]
            start = at
    if first < last:
        yield start, last, text[start:last]


@lru_cache(maxsize=4096)
def _joins(character: str) -> bool:
    """Can it compose with what stands before it, or is it unseen? Marks, the later parts of Hangul syllables."""
    if _UNSEEN.match(character):
        return True
    first = unicodedata.normalize("NFKC", character)[:1]
    return (
        unicodedata.category(first)[0] == "M"
        or "\u1161" <= first <= "\u1175"
        or "\u11a8" <= first <= "\u11c2"
        or first == "\U00016d67"
    )


@lru_cache(maxsize=16384)
def _fold(cluster: str) -> str:
    """NFKC, casefold, plain signs; again until it stays, because folding can undo composition."""
    seen = _UNSEEN.sub("", _SURROGATE.sub("\ufffd", cluster)).translate(_ONE_FOR_ONE)
    while True:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
        folded = _UNSEEN.sub("", folded).translate(_ONE_FOR_ONE)
        if folded == seen:
            return re.sub(r"\s+", " ", folded)
        seen = folded
