"""The article of a page: its text without menus, lists of other stories and footers; title, author, time. Pure.

trafilatura tells the text from what stands around it. Title, author and time are those the page declares for machines,
where it does. Here: what of it is used. Not here: pages and links (pages), whom an article names (entities).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.feeds import TITLE_CHARACTERS, plain_text, shortened
from etheatmap_core.signals.headlines import without_outlet
from etheatmap_core.signals.pages import Page, canonical_of

TEXT_CHARACTERS = 2000  # who is named further down is not what the article is about
_SHORTEST = 80
_AUTHOR_CHARACTERS = 200
_KINDS = re.compile(r"\w*Article|(?:Live)?BlogPosting|(?:Critic)?Review")
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "article.published",
    "publish-date", "pubdate", "dc.date.issued", "date",
)  # fmt: skip
# Lines that editors set between paragraphs, and systems below them.
_BETWEEN = re.compile(
    r"(?:related|read (?:more|next|also)|also read|see also|watch(?: next)?:|more (?:from|on)|most (?:popular|read)"
    r"|popular on|trending|don.t miss|sign up|subscribe|newsletter|listen to|follow us|advertisement)\b",
    re.IGNORECASE,
)
_BETWEEN_CHARACTERS = 160  # longer ones are sentences that happen to begin so
_WHY_NOT = (
    (re.compile(r"cookie|consent|your privacy|privacy choices|gdpr", re.I), "asks for consent"),
    (re.compile(r"subscri|sign in|log in|already a member|paywall|unlock", re.I), "is for subscribers"),
    (re.compile(r"not found|\b404\b|no longer available|went wrong|error|unavailable", re.I), "says there is nothing"),
)


class Article(NamedTuple):
    """``published_at`` None: the page gives no time with its zone; ``published_on``: a day, where it gives one."""

    url: str
    title: str
    text: str
    author: str | None
    published_at: datetime | None
    published_on: date | None


class NoArticle(NamedTuple):
    """A whole page that holds none, and why in words."""

    reason: str


def read_article(page: Page) -> Article | NoArticle:
    """The article, or why there is none to be read."""
    extracted = _extracted(page)
    paragraphs = [line for line in (extracted.text or "").splitlines() if not _is_between(line)] if extracted else []
    declared = next(_declared(page), {})
    outlet = page.meta.get("og:site_name")
    title = without_outlet(_title(page, declared, extracted.title if extracted else None), outlet)
    text = "\n".join(one for one in paragraphs if one.strip() and one.strip() != title)
    if not title or len(text) < _SHORTEST:
        return NoArticle(_why_not(page))
    day = extracted.date if extracted else None
    published_at, published_on = _published(page, declared, day)
    author = _author(declared) or page.meta.get("author") or (extracted.author if extracted else None)
    return Article(
        canonical_of(page), shortened(title, TITLE_CHARACTERS), shortened(text, TEXT_CHARACTERS), _person(author),
        published_at, published_on,
    )  # fmt: skip


def _extracted(page: Page) -> Any:
    """By trafilatura, which is loaded only here: to import it takes as long as to read a hundred pages."""
    from trafilatura import bare_extraction  # noqa: PLC0415

    try:
        return bare_extraction(
            page.text, url=page.url, favor_precision=True, include_comments=False, include_tables=False,
            with_metadata=True, date_extraction_params={"extensive_search": False, "original_date": True},
        )  # fmt: skip
    except Exception as error:  # whatever it fails at: one page must not end the hour of all
        raise CorruptCaptureError(f"{page.url} cannot be taken apart ({type(error).__name__}: {error}).") from error


def _is_between(line: str) -> bool:
    return len(line) <= _BETWEEN_CHARACTERS and _BETWEEN.match(line.strip(" -–—•")) is not None


def _declared(page: Page) -> Iterator[Mapping[str, Any]]:
    """What the page declares as the article, in JSON-LD."""
    for node in page.data:
        told = node.get("@type")
        kinds = told if isinstance(told, list) else [told]
        if any(isinstance(kind, str) and _KINDS.fullmatch(kind) for kind in kinds):
            yield node


def _title(page: Page, declared: Mapping[str, Any], extracted: str | None) -> str:
    """As it is declared; over the article some sites set their own name, or a menu's."""
    for told in (declared.get("headline"), page.meta.get("og:title"), extracted, page.heading, page.title):
        if isinstance(told, str) and (title := plain_text(told)):
            return title
    return ""


def _author(declared: Mapping[str, Any]) -> str | None:
    told = declared.get("author")
    people = told if isinstance(told, list) else [told]
    names = [one.get("name") if isinstance(one, dict) else one for one in people]
    return ", ".join(name.strip() for name in names if isinstance(name, str) and name.strip()) or None


def _person(author: object) -> str | None:
    """No address of a page in place of a name."""
    if not isinstance(author, str) or "://" in author:
        return None
    return shortened(re.sub(r"^by\s+", "", " ".join(author.split()), flags=re.I), _AUTHOR_CHARACTERS) or None


def _published(page: Page, declared: Mapping[str, Any], day: str | None) -> tuple[datetime | None, date | None]:
    """The instant where one is told with its zone, and the day. Times without a zone are only a day."""
    told = [page.meta.get(name) for name in _PUBLISHED]
    read = [_instant(text) for text in (*told[:2], declared.get("datePublished"), *told[2:], *page.dates, day)]
    at = next((one for one in read if isinstance(one, datetime)), None)
    if at is not None:
        return at, at.date()
    return None, next((one for one in read if one is not None), None)


def _instant(text: object) -> datetime | date | None:
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return at.date() if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_over(day: date | None, before: datetime) -> bool:
    """Whether the day had ended everywhere on Earth by then: what is dated so is older for certain."""
    return day is not None and day < (before - timedelta(days=1)).date()


def _why_not(page: Page) -> str:
    """What the page calls itself, and what that sounds like."""
    said = f"{page.title} {page.heading}"
    meaning = next((meaning for words, meaning in _WHY_NOT if words.search(said)), None)
    if meaning is None and any(node.get("isAccessibleForFree") in (False, "False", "false") for node in page.data):
        meaning = "is for subscribers"
    return f"the page ({page.name!r}) {meaning or 'has no article'}"
