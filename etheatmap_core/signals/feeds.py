"""Feeds: RSS 0.9x, 1.0 and 2.0 and Atom as entries in plain text. Pure: bytes in, a Feed out.

Here: safety (no entity is expanded, nothing outside is loaded), encodings, what makes an answer no feed.
Not here: what a source makes of an entry, which host sent it. A feed that is not well-formed is refused, not guessed
at: forgiving parsers turn a feed that was cut short into a shorter feed.
"""

import codecs
import html
import io
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

import defusedxml
import feedparser  # type: ignore[import-untyped]
from defusedxml import ElementTree

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.links import canonical_url

SUMMARY_CHARACTERS = 1000  # some feeds carry whole articles: who is named far down is not what it is about
TITLE_CHARACTERS = 500
_CATEGORIES = 40
_CATEGORY_CHARACTERS = 80
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
# What names of encodings mean in practice: each is a superset of what it says.
_READ_AS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8"}
_XML_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL)
# XML allows none of these, and editors let them through.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ROOTS = {"rss": "item", "RDF": "item", "feed": "entry"}
_NOT_ENTRIES = {"rss", "RDF", "feed", "channel", "image", "textinput", "textInput", "source", "author", "group"}
# What an entry is known to have, whatever the kind of feed; the names that a date and a text go by.
_DATES = {"pubDate", "date", "published", "updated", "created", "issued", "modified"}
_TEXTS = {"description", "summary", "content", "encoded", "subtitle"}
_OF_AN_ENTRY = {"title", "link", "author", "category", "comments", "enclosure", "guid", "source", "id", "contributor",
                "rights"} | _DATES | _TEXTS  # fmt: skip
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2},\s+)?\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4}\s+\d{1,2}:\d{2}|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"
)
_PROSE_WORDS = 8
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|font|i|mark|q|s|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
# WordPress ends each description so; it only says the title again.
_BOILERPLATE = re.compile(r"\s*The post .{1,400} (?:appeared first on|first appeared on) [^.]{1,80}\.\s*$", re.DOTALL)


class FeedEntry(NamedTuple):
    """One entry. ``link`` is canonical and None where the entry has none; ``outlet`` is who published what an
    aggregator shows."""

    link: str | None
    guid: str | None
    title: str
    summary: str
    author: str | None
    published_at: datetime | None
    categories: tuple[str, ...]
    outlet: str | None
    outlet_url: str | None


class Feed(NamedTuple):
    """``home``: the page of the feed itself."""

    title: str
    home: str | None
    entries: tuple[FeedEntry, ...]


def read_feed(body: bytes, what: str) -> Feed:
    """The feed. CorruptCaptureError, with ``what`` in its sentence, where the answer is none or lacks a field."""
    text = _decoded(body, what)
    document = text.encode()
    root = _parsed(document, text, what)
    expected = _expected_entries(root, what)
    # As a stream: feedparser takes bytes for a file's name or an address first.
    found = feedparser.parse(io.BytesIO(document), sanitize_html=False)
    if found.bozo or len(found.entries) != expected:
        reason = found.get("bozo_exception") or f"{len(found.entries)} of {expected} entries could be read"
        raise CorruptCaptureError(f"{what} is not read to its end ({reason}).")
    # As plain dicts: feedparser's own answer a question for one date with another where it is missing.
    entries = tuple(_entry(dict(entry)) for entry in found.entries)
    for field, values in (("title", [one.title for one in entries]), ("link", [one.link for one in entries])):
        if entries and not any(values):
            raise CorruptCaptureError(f"{what} has {expected} entries, none with a <{field}>: it may be renamed.")
    _require_known_names(root, what)
    return Feed(plain_text(found.feed.get("title", "")), canonical_url(found.feed.get("link", "")), entries)


def plain_text(markup: str) -> str:
    """What a reader sees of HTML, on one line."""
    shown = _TAG.sub(" ", _INLINE.sub("", _UNSEEN.sub(" ", markup)))
    return " ".join(html.unescape(shown).replace("\x00", "").split())


def shortened(text: str, characters: int) -> str:
    """Its first words, at most ``characters`` long."""
    if len(text) <= characters:
        return text
    start = text[:characters]
    return start.rpartition(" ")[0] or start


def _decoded(body: bytes, what: str) -> str:
    """As the document itself says: its byte order mark, its declaration, else UTF-8.

    Not as the header says: servers send feeds under types whose default is not what the file is written in.
    """
    if not body.strip():
        raise CorruptCaptureError(f"{what} is empty.")
    encoding = next((name for mark, name in _BOMS if body.startswith(mark)), None)
    if encoding is None:
        declared = _DECLARATION.match(body)
        encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
    try:
        text = body.decode(_READ_AS.get(encoding, encoding))
    except LookupError:
        raise CorruptCaptureError(f"{what} says it is written in '{encoding}', which is no known encoding.") from None
    except UnicodeDecodeError as error:
        raise CorruptCaptureError(
            f"{what} says it is written in {encoding}, but byte {error.start} is not (0x{body[error.start]:02x})."
        ) from error
    # With the declaration gone nobody who reads on can think of another encoding than ours.
    return _FORBIDDEN.sub("", _XML_DECLARATION.sub("", text.removeprefix("\ufeff"), count=1).lstrip())


def _parsed(document: bytes, text: str, what: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(document)
    except defusedxml.DefusedXmlException as error:
        raise CorruptCaptureError(f"{what} declares entities of its own, which are not expanded.") from error
    except ParseError as error:
        if _is_html(text):
            raise CorruptCaptureError(f"{what} is an HTML page, not a feed.") from error
        raise CorruptCaptureError(f"{what} is not well-formed XML ({error}): cut short or damaged.") from error
    return root


def _is_html(text: str) -> bool:
    return re.match(r"(?:<!--.*?-->|\s)*<(?:!doctype\s+html|html)\b", text, re.IGNORECASE | re.DOTALL) is not None


def _expected_entries(root: Element, what: str) -> int:
    """How many entries the document has; an error where it is no feed, or has them under another name."""
    kind = _name(root)
    if kind not in _ROOTS:
        is_page = kind.lower() == "html"
        raise CorruptCaptureError(f"{what} is {'an HTML page' if is_page else f'a <{kind}> document'}, not a feed.")
    if kind != "feed" and not any(_name(child) == "channel" for child in root):
        raise CorruptCaptureError(f"{what} has no <channel> below <{kind}>: it may have been renamed.")
    wanted = _ROOTS[kind]
    count = sum(_name(element) == wanted for element in root.iter())
    if count == 0:
        for element in root.iter():
            if _name(element) not in _NOT_ENTRIES and any(_name(child) in ("title", "link") for child in element):
                raise CorruptCaptureError(f"{what} has no <{wanted}> but <{_name(element)}>: it has been renamed.")
    return count


def _require_known_names(root: Element, what: str) -> None:
    """A feed may leave out dates and summaries. Where none has one, and something by a name of its own holds just
    that, it has been renamed: it would be missed in silence."""
    entries = [element for element in root.iter() if _name(element) == _ROOTS[_name(root)]]
    there = {_name(child) for entry in entries for child in entry}
    for field, others, is_like in (("pubDate", _DATES, _is_date), ("description", _TEXTS, _is_prose)):
        if there & others:
            continue
        # In the feed's own namespace: others say what they like.
        own = ((child, _space(child) == _space(entry)) for entry in entries for child in entry)
        for child in (child for child, is_own in own if is_own):
            if _name(child) not in _OF_AN_ENTRY and is_like(child.text or ""):
                raise CorruptCaptureError(
                    f"{what} has no <{field}> in any entry, but <{_name(child)}> where it would be: it may be renamed."
                )


def _space(element: Element) -> str:
    return str(element.tag).rpartition("}")[0]


def _is_date(text: str) -> bool:
    return _DATE.match(text.strip()) is not None


def _is_prose(text: str) -> bool:
    return len(plain_text(text).split()) >= _PROSE_WORDS


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _entry(entry: Mapping[str, Any]) -> FeedEntry:
    guid = entry.get("id")
    # Behind Feedburner's counting link stands the article's own. A guid that is a permanent link is among the links.
    links = (entry.get("feedburner_origlink"), entry.get("link"))
    summary = _BOILERPLATE.sub("", plain_text(entry.get("summary") or _content(entry)))
    title = plain_text(entry.get("title") or "")
    author = plain_text((entry.get("author_detail") or {}).get("name") or entry.get("author") or "")
    outlet = entry.get("source") or {}
    return FeedEntry(
        link=next((link for one in links if one and (link := canonical_url(one))), None),
        guid=guid or None,
        title=shortened(title, TITLE_CHARACTERS),
        summary=shortened(summary, SUMMARY_CHARACTERS),
        author=author or None,
        published_at=_published_at(entry),
        categories=tuple(_categories(entry)),
        outlet=plain_text(outlet.get("title", "")) or None,
        outlet_url=canonical_url(outlet.get("href", "")),
    )


# The names of RFC 822, section 5.1, and UTC; a time that ends in digits, or in Z, names no zone.
_KNOWN_ZONES = frozenset({"UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"})
_ZONE_NAME = re.compile(r"\d\s*([A-Za-z]{1,5})\s*$")


def _content(entry: Mapping[str, Any]) -> str:
    return next((str(one.get("value", "")) for one in entry.get("content") or ()), "")


def _published_at(entry: Mapping[str, Any]) -> datetime | None:
    """When it was published; where only a change is dated, that. What cannot be read is no date, nor is one in a zone
    by a name that feedparser does not know: it would be taken for UTC."""
    for key in ("published", "updated", "created"):
        if parsed := entry.get(f"{key}_parsed"):
            zone = _ZONE_NAME.search(str(entry.get(key, "")))
            if zone is not None and zone[1].upper() not in _KNOWN_ZONES:
                return None
            try:
                return datetime.fromtimestamp(timegm(parsed), UTC)
            except (ValueError, OverflowError):
                return None
    return None


def _categories(entry: Mapping[str, Any]) -> Iterator[str]:
    """Tags and sections, each once."""
    terms = (plain_text(tag.get("term") or "") for tag in entry.get("tags") or ())
    fitting = dict.fromkeys(term for term in terms if 0 < len(term) <= _CATEGORY_CHARACTERS)
    yield from list(fitting)[:_CATEGORIES]
