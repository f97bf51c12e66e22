"""Headlines: which two are the same, which call themselves breaking. Pure rules on words.

Not here: counting stories (news).
"""

import re

from etheatmap_core.entities.normalise import normalise

# "BREAKING: ...", "Breaking news - ...", "Update | Breaking: ...": a label at the start, or behind another label.
_LABEL = re.compile(r"(?:^|[:|•]\s)\W*breaking(?:\s+news)?\s*(?:[:|!—–]|\s-\s)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[\[(]\s*breaking(?:\s+news)?\s*[\])]", re.IGNORECASE)
# "Maya BREAKING contract": shouted in a headline that does not shout otherwise, and not another sense of the word.
_SHOUTED = re.compile(r"(?<![\w-])BREAKING(?![\w-])(?!\s+(?:BAD|DOWN|INTO|POINT|UP)\b)")
_OUTLET_SIGNS = r"\s+[-–—|]\s+"
_NO_WORD = re.compile(r"[\W_]+")


def is_breaking(title: str) -> bool:
    """Whether the headline calls itself breaking news.

    Only the word as a label counts: "BREAKING: ...", "Breaking - ...", "(Breaking)", or in capitals in a headline that
    is not all capitals. Not "groundbreaking", "record-breaking", "Breaking Bad", "Breaking Down the Finale"; and not
    "Exclusive", which the trades write over interviews and first looks as well as over news.
    """
    if _LABEL.search(title) or _IN_BRACKETS.search(title):
        return True
    return bool(_SHOUTED.search(title)) and any(letter.islower() for letter in title)


def without_outlet(title: str, outlet: str | None) -> str:
    """The headline without " - Outlet" at its end, which aggregators append."""
    if not outlet:
        return title
    shortened = re.sub(rf"{_OUTLET_SIGNS}{re.escape(outlet)}\s*$", "", title, flags=re.IGNORECASE)
    return shortened or title


def headline_key(title: str, outlet: str | None = None) -> str:
    """What two printings of one headline have in common: its words in small letters, without punctuation and outlet."""
    return _NO_WORD.sub(" ", normalise(without_outlet(title, outlet)).text).strip()
