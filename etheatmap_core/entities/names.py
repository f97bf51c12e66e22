"""What a name looks like in texts, and how far it can be trusted.

Here: the spellings of an alias, the word list, which aliases are common words.
Not here: the decision about one place in one text (evidence).
"""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Literal

from etheatmap_core.entities.normalise import normalise
from etheatmap_core.errors import ConfigError

AliasClass = Literal["unique", "common_word", "shared"]
# How often a spelling stands in texts without meaning a name.
Rank = Literal["closed", "number", "frequent", "common"]

_PAUSES = re.compile(r"\s*[:;,!?]+(?=\s|$)|(?<=\w)\.(?=\s|$)")
_ARTICLE = re.compile(r"^(?:the|a|an) ")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "ers", "ly", "'s", "y", "n", "r")
# The closed classes of English and its commonest verbs: a title made of them alone ("It", "Get Out") says least.
_CLOSED_CLASS = """
    a about above across after again against ago all almost along already also although always am among an and
    another any anybody anyone anything are around as at away back be because been before behind being below big between
    both but by came can cannot come could did do does doing done down during each either else enough even ever
    every everybody everyone everything few find first for from get gets getting give go goes going gone good got
    had has have having he her here hers herself him himself his how however i if in inside into is it its itself
    just keep know last least less let like made make many may me mine more most much must my myself near never new
    next no nobody none nor not nothing now of off often on once one only onto or other others our ours ourselves
    out over own perhaps please put rather really same saw say see self shall she should since so some somebody someone
    something soon still such take than that the their theirs them themselves then there these they thing things
    think this those though through to today together tomorrow tonight too toward two under until up upon us use
    very want was way we well went were what whatever when where whether which while who whoever whole whom whose
    why will with within without would yes yesterday yet you your yours yourself
"""
CLOSED_CLASS = frozenset(_CLOSED_CLASS.split())


def spellings(alias: str) -> tuple[str, ...]:
    """Every normal form in which people write the alias: with and without accents, pauses, dashes, `&` for "and"."""
    plain = normalise(alias).text.strip()
    forms = {plain, _without_accents(plain)}
    forms |= {_PAUSES.sub("", form) for form in forms}
    forms |= {bare for form in forms if _stands_alone(bare := without_article(form))}
    forms |= {form.replace("-", " ") for form in forms}
    forms |= {form.replace(" & ", " and ") for form in forms} | {form.replace(" and ", " & ") for form in forms}
    squeezed = {re.sub(r"\s+", " ", form).strip() for form in forms}
    return (plain, *sorted(form for form in squeezed if form and form != plain)) if plain else ()


def _stands_alone(spelling: str) -> bool:
    """Is it a name without its article: "Walking Dead" is, "Bear" and "Last of Us" are not?"""
    words = _WORD.findall(spelling)
    return len(words) > 1 and not all(word in CLOSED_CLASS for word in words)


def tag(spelling: str) -> str:
    """How a name of several words is written behind `#`, `@` and `r/`: in one word."""
    return re.sub(r"[\W_]+", "", spelling)


def squash(name: str) -> str:
    """A name without spaces, signs, accents and case, to compare it with the name of a subreddit."""
    return tag(_without_accents(normalise(name).text))


class CommonWords:
    """The word list: which spellings are common words, and what near them speaks against a name."""

    def __init__(self, entries: Collection[str]) -> None:
        self._against: dict[str, frozenset[str]] = {}
        self._frequent: set[str] = set()
        self._capitalised: set[str] = set()
        for entry in entries:
            word, _, against = entry.partition(":")
            cues = frozenset(normalise(cue).text.strip() for cue in against.split(",")) - {""}
            key = normalise(word).text.strip().rstrip("!^")
            self._against[key] = self._against.get(key, frozenset()) | cues
            if "!" in word:
                self._frequent.add(key)
            if "^" in word:
                self._capitalised.add(key)

    def against(self, spelling: str) -> frozenset[str]:
        """Words that, near this spelling, say that something else is meant: "sand" near "dune"."""
        return self._against.get(spelling) or self._against.get(without_article(spelling), frozenset())

    def is_capitalised(self, spelling: str) -> bool:
        """Is it written with a capital whatever it means: places, days, given names?"""
        return without_article(spelling) in self._capitalised

    def may_be_name(self, word: str) -> bool:
        """Is a capitalised word at the start of a sentence rather a name: "Lara Logan", but not "Watched Logan"?"""
        return word in self._capitalised or (self.rank(word) is None and not word.endswith(("ed", "ing")))

    def is_common(self, spelling: str) -> bool:
        """Does a place of this spelling need evidence before it counts?"""
        return self.rank(spelling) is not None

    def rank(self, spelling: str) -> Rank | None:
        """Could this spelling stand in a text that never heard of the entity, and how easily? None: it could not."""
        core = without_article(spelling)
        words = _WORD.findall(core)
        if words and all(word in CLOSED_CLASS for word in words):
            return "closed"
        if core.isdigit():
            return "number"
        if {spelling, core, f"the {core}", f"a {core}"} & self._against.keys() or len(core) <= (
            2 if core.isascii() else 1
        ):
            return "frequent" if {spelling, core} & self._frequent else "common"
        stems = _stems(words[0]) if len(words) == 1 else ()
        if any(stem in self._frequent for stem in stems):
            return "frequent"
        return "common" if any(stem in self._against for stem in stems) else None


def _stems(word: str) -> list[str]:
    """The word without each ending it may have: "friends" is "friend", "saved" is "save", "hotd" is not "hot"."""
    cut = [word[: -len(ending)] for ending in _ENDINGS if word.endswith(ending) and len(word) > len(ending) + 2]
    bare = [stem for stem in cut if len(word) - len(stem) > 1 or word[-1] in "sy" or stem.endswith("e")]
    return [word, *bare, *(stem + "e" for stem in bare)]


def without_article(spelling: str) -> str:
    """ "the bear" as "bear"; a bare article stays."""
    return _ARTICLE.sub("", spelling, count=1)


def load_common_words(path: Path) -> frozenset[str]:
    """Reads configs/common_words.txt: words and phrases separated by commas, or `word: what, near it, betrays`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): restore it from the release.") from error
    entries: set[str] = set()
    for number, line in enumerate(lines, start=1):
        content = line.partition("#")[0].strip()
        if content.count(":") > 1 or content.startswith(":") or content.endswith(":"):
            raise ConfigError(f"{path}, line {number}: expected words separated by commas, or `word: cue, cue`.")
        entries |= {content} if ":" in content else {word.strip() for word in content.split(",")}
    return frozenset(entries - {""})


@lru_cache(maxsize=65536)
def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFKC", bare)
