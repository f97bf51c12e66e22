"""NewsAPI's answers: pages of articles as items. Pure: bytes in.

Here: what an article becomes, what makes an answer none. Not here: what is asked, what NewsAPI refuses (the source).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from etheatmap_core.config.model import UNKNOWN_TIER, Config
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.feeds import SUMMARY_CHARACTERS, TITLE_CHARACTERS, plain_text, shortened
from etheatmap_core.signals.headlines import is_breaking, without_outlet
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.links import canonical_url, domain_of, link_key

PAGE_ARTICLES = 100  # NewsAPI gives no more at once
_CUT = re.compile(r"\s*(?:…|\.\.\.)?\s*\[\+\d+ chars\]\s*$")
_REMOVED = "[Removed]"  # stands for each text of an article that was withdrawn
_FIELDS = ("source", "title", "description", "url", "publishedAt", "content")

Page = Mapping[str, Any]


def read_page(body: bytes, key: str) -> Page:
    """One page of the answer to the question ``key``. CorruptCaptureError where it is none, naming what is missing."""
    what = f"NewsAPI's answer to {key}"
    if not body.strip():
        raise CorruptCaptureError(f"{what} is empty.")
    try:
        page = orjson.loads(body.decode())
    except UnicodeDecodeError as error:
        raise CorruptCaptureError(f"{what} is not UTF-8 (byte {error.start}).") from error
    except orjson.JSONDecodeError as error:
        raise CorruptCaptureError(f"{what} is not whole JSON ({error}): cut short, or no answer at all.") from error
    if not isinstance(page, dict):
        raise CorruptCaptureError(f"{what} is no JSON object.")
    for field, kind in (("status", str), ("totalResults", int), ("articles", list)):
        if not isinstance(page.get(field), kind):
            raise CorruptCaptureError(f"{what} has no '{field}', or one of another kind: it may be renamed.")
    if page["status"] != "ok":
        raise CorruptCaptureError(f"{what} has the status {page['status'][:40]!r}, and not 'ok'.")
    _require_fields(page["articles"], what)
    return page


def articles(pages: Sequence[Page], key: str, topics: tuple[str, ...], config: Config | None) -> list[Item]:
    """Those that can be read and linked to, in the order of the pages."""
    found = (_item(article, key, topics, config) for page in pages for article in page["articles"])
    return [item for item in found if item is not None]


def cut_off_at(pages: Sequence[Page], key: str, hour: datetime) -> datetime | None:
    """How far back the newest articles reach where there are more of the hour; None where it is all there."""
    if len(pages[-1]["articles"]) < PAGE_ARTICLES:
        return None
    had = [article for page in pages for article in page["articles"]]
    dates = [at for article in had if (at := _published_at(article, key)) is not None]
    oldest = min(dates, default=None)
    return oldest if pages[-1]["totalResults"] > len(had) and oldest is not None and oldest > hour else None


def _require_fields(found: Sequence[Any], what: str) -> None:
    """Each may be empty in an article; one that no article has is no longer called so."""
    told = f"{what} has {len(found)} articles,"
    if not all(isinstance(article, dict) for article in found):
        raise CorruptCaptureError(f"{told} not all of them JSON objects.")
    for field in _FIELDS:
        if found and not any(field in article for article in found):
            raise CorruptCaptureError(f"{told} none with '{field}': it may be renamed.")
    if found and not any("name" in _source(article) for article in found):
        raise CorruptCaptureError(f"{told} none with 'source.name': it may be renamed.")


def _item(article: Mapping[str, Any], channel: str, topics: tuple[str, ...], config: Config | None) -> Item | None:
    """None where it was withdrawn, or has no title or no link."""
    url = canonical_url(str(article.get("url") or "").replace("\x00", ""))
    title, outlet = _text(article.get("title")), _text(_source(article).get("name")) or None
    if url is None or not title or title == _REMOVED:
        return None
    known = config.outlet_of(domain_of(url)) if config else None
    title = shortened(without_outlet(title, outlet), TITLE_CHARACTERS)
    return Item(
        item_id=link_key(url),
        channel=channel,
        url=url,
        title=title,
        summary=_summary(article),
        author=known.name if known else outlet,
        topics=topics,
        published_at=_published_at(article, channel),
        numbers={"tier": float(known.tier if known else UNKNOWN_TIER), "is_breaking": float(is_breaking(title))},
    )


def _source(article: Mapping[str, Any]) -> Mapping[str, Any]:
    source = article.get("source")
    return source if isinstance(source, dict) else {}


def _summary(article: Mapping[str, Any]) -> str:
    """The description, and the beginning of the text where it says more, without the mark that it is only that."""
    description, content = _text(article.get("description")), _CUT.sub("", _text(article.get("content")))
    if content in description:
        content = ""
    told = content if description in content else f"{description} {content}".strip()
    return shortened(told, SUMMARY_CHARACTERS)


def _text(value: object) -> str:
    return plain_text(value) if isinstance(value, str) else ""


def _published_at(article: Mapping[str, Any], key: str) -> datetime | None:
    spelled = article.get("publishedAt")
    if spelled is None:
        return None
    try:
        at = datetime.fromisoformat(spelled)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptCaptureError(
            f"NewsAPI's answer to {key} has the 'publishedAt' {str(spelled)[:40]!r}, which is no instant."
        ) from error
