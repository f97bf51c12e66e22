"""Where a name may start and end, in every script.

Here: is a stretch of normalised text a whole word, or words. Not here: whether it means the entity (evidence).

Scripts with spaces: a letter or digit next to it makes it part of another word ("training" holds no "ai").
Chinese and hiragana have no spaces: any place will do. Katakana words are whole runs. Korean glues particles
behind a name. Thai, Lao, Khmer and Myanmar have no spaces either, but a syllable is not split.
"""

import re
import unicodedata
from functools import lru_cache

# What may follow a Korean name without a space: particles, the vocatives, "-ssi", "-nim".
_PARTICLES_WRITTEN = """
    은 는 이 가 을 를 의 에 에서 에게 에게서 께 께서 한테 와 과 도 만 로 으로 부터 까지 이나 나 랑
    이랑 하고 처럼 보다 마저 조차 이라 라 이란 란 이라고 라고 이다 다 입니다 이여 여 야 아 님 씨 들
    들은 들이 들의 뿐 이는 가는 이가 의는 에는 에도 만의 와의 과의 님이 님의 씨가 씨의
"""
_PARTICLES = frozenset(_PARTICLES_WRITTEN.split())
_HANGUL_RUN = re.compile(r"[가-힣]+")
_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_FOLLOWING_VOWELS = frozenset("ะาๅะາຽ")
_STACKERS = frozenset("\u17d2\u1039\u0e3a")
# French and Italian articles and pronouns lose their vowel before a name: d'Harry, l'Oscar, dell'Oscar.
_ELIDED_WRITTEN = "d l j m t s n c qu jusqu lorsqu puisqu dell all nell sull dall un"
_ELIDED = frozenset(_ELIDED_WRITTEN.split())
_WORD_BEFORE = re.compile(r"[^\W_]+\Z")
_NEGATED = re.compile(r"'t(?![^\W_])")
_ADDRESS_AFTER = re.compile(r"\.(?:com|org|net|tv|io|co|ly|me|fm|gov|edu|info|html?|php|jpe?g|png|gifv?)(?![^\W_])")


def is_whole(text: str, start: int, end: int) -> bool:
    """Does the normalised text have a word, or words, of their own at ``[start, end)``?"""
    return (start == 0 or _may_start(text, start)) and (end == len(text) or _may_end(text, end))


def _may_start(text: str, start: int) -> bool:
    before, first = text[start - 1], text[start]
    if before == " ":
        return True
    if before == "'":
        word = _WORD_BEFORE.search(text, max(0, start - 10), start - 1)
        return word is None or word[0] in _ELIDED
    if before == "_":
        return not _is_glued_by_underscores(text, start - 1, -1)
    if before in ".,:" and first.isdigit() and start > 1:
        return not text[start - 2].isdigit()
    return not _is_joined(before, first)


def _may_end(text: str, end: int) -> bool:
    after, last = text[end], text[end - 1]
    if after == " ":
        return True
    if after in "'.,:_":
        return _may_end_before_sign(text, end)
    if after in _FOLLOWING_VOWELS:
        return False
    if _script(after) == _script(last) == "hangul":
        rest = _HANGUL_RUN.match(text, end)
        return rest is not None and rest[0] in _PARTICLES
    return not _is_joined(last, after)


def _may_end_before_sign(text: str, end: int) -> bool:
    sign = text[end]
    if sign == "'":
        return _NEGATED.match(text, end) is None
    if sign == "_":
        return not _is_glued_by_underscores(text, end, 1)
    is_number = text[end - 1].isdigit() and text[end + 1 : end + 2].isdigit()
    return not is_number and (sign != "." or _ADDRESS_AFTER.match(text, end) is None)


def _is_glued_by_underscores(text: str, at: int, step: int) -> bool:
    """`_dune_` is emphasis, `dune_fan` is another word."""
    while 0 <= at < len(text) and text[at] == "_":
        at += step
    return 0 <= at < len(text) and text[at].isalnum()


def _is_joined(left: str, right: str) -> bool:
    """Do two neighbours belong to one word?"""
    if right.isascii() and left.isascii():
        return left.isalnum() and right.isalnum()
    scripts = _script(left), _script(right)
    if scripts[1] == "mark":  # the letter before it would be torn apart
        return True
    if scripts[0] == "mark":
        return left in _STACKERS or scripts[1] == "spaced"
    if left in _LEADING_VOWELS:
        return True
    if "" in scripts:
        return False
    return scripts[0] == scripts[1] and scripts[0] in {"spaced", "katakana", "hangul"}


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    """spaced, han, hiragana, katakana, hangul, unspaced (Thai and its neighbours), mark, or "" for no letter."""
    if unicodedata.category(character)[0] == "M":
        return "mark"
    if not character.isalnum() and character != "ー":
        return ""
    name = unicodedata.name(character, "")
    if character == "ー" or name.startswith("KATAKANA"):
        return "katakana"
    first = name.partition(" ")[0]
    if first in {"CJK", "IDEOGRAPHIC"}:
        return "han"
    if first in {"HIRAGANA", "HANGUL"}:
        return first.lower()
    return "unspaced" if first in {"THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"} else "spaced"
