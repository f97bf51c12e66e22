"""What a page title of Wikipedia can be read as: an article about something, or a page that is no entity.

Here: the title alone, English Wikipedia's names. Not here: what an article is about (Wikidata says so).
"""

import re
from enum import StrEnum

from etheatmap_core.signals.wiki_views import page_title


class PageKind(StrEnum):
    ARTICLE = "article"
    MAIN_PAGE = "main page"
    NAMESPACE = "namespace"  # Special:, File:, Talk: and so on
    LIST = "list"
    DATE = "date"
    DISAMBIGUATION = "disambiguation"
    NO_TITLE = "no title"  # what broken links and machines ask for


# https://en.wikipedia.org/wiki/Wikipedia:Namespace. No article's title begins with one; a colon alone says nothing
# ("CSI: Miami").
_NAMESPACES = frozenset({
    "media", "special", "user", "wikipedia", "wp", "project", "file", "image", "mediawiki", "template", "help",
    "category", "portal", "book", "draft", "timedtext", "module", "mos", "wikt",
})  # fmt: skip
_FORBIDDEN = re.compile(r"[#<>\[\]{}|\x00-\x1f\x7f�]")  # no title holds these
_FILE_LIKE = re.compile(r"\.(?:php|html?|aspx?|jpe?g|png|gif|svg|ico|xml|txt|css)$", re.IGNORECASE)
_NOBODYS_PAGES = frozenset({"-", "Undefined", "NaN", "Wiki/Main Page", "%s"})
_LIST = re.compile(
    r"(?:Lists? of|Index of|Outline of|Glossary of|Timeline of|Deaths in) "
    r"|\d{4}s? in "
    r"|.+ (?:discography|filmography|bibliography|videography)$"
    r"|.+ \((?:discography|filmography)\)$"
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"(?:{_MONTHS})(?: \d{{1,2}})?(?:,? \d{{4}})?"
    rf"|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?"
    r"|(?:AD )?\d+(?: (?:BC|AD|BCE|CE))?"
    r"|\d+s(?: BC)?"
    r"|\d+(?:st|nd|rd|th) (?:century|millennium)(?: BC)?"
)


def page_kind(title: str) -> PageKind:
    """``Main_Page`` → main page, ``Frank_Carson`` → article; underscores and spaces are one."""
    spelled = page_title(title)
    if spelled.rstrip("/").casefold() == "main page":
        return PageKind.MAIN_PAGE
    if _is_in_namespace(spelled):
        return PageKind.NAMESPACE
    if not spelled or spelled in _NOBODYS_PAGES or _is_broken(spelled):
        return PageKind.NO_TITLE
    if spelled.endswith("(disambiguation)"):
        return PageKind.DISAMBIGUATION
    if _LIST.match(spelled):
        return PageKind.LIST
    return PageKind.DATE if _DATE.fullmatch(spelled) else PageKind.ARTICLE


def _is_broken(title: str) -> bool:
    return bool(_FORBIDDEN.search(title)) or title.startswith("/") or bool(_FILE_LIKE.search(title))


def _is_in_namespace(title: str) -> bool:
    prefix, colon, _ = title.partition(":")
    name = prefix.strip("/ ").casefold()
    return bool(colon) and (name in _NAMESPACES or name == "talk" or name.endswith(" talk"))
