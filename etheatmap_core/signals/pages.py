"""Pages of news sites: what the head of a page says of it, and which articles a front page leads to. Pure.

Here: bytes in, a Page out; encodings, what makes an answer no page. Not here: the text of an article (articles), whom
it names. A page that was cut short is refused: browsers forgive that, but a count of names would silently be less.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.links import canonical_url, domain_of, link_key

_LONGEST_LINK = 500
_HEAD_BYTES = 4096
_CHARSET = re.compile(rb"""<meta[^>]{1,200}charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})""", re.IGNORECASE)
_CHARSET_OF_TYPE = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._:-]{2,40})", re.IGNORECASE)
# As browsers read them: each name stands for a superset of what it says.
_READ_AS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8"}
_BOM = b"\xef\xbb\xbf"
_STARTS = re.compile(r"(?:<\?xml.{0,200}?\?>|<!--.*?-->|\s)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_HTML, _HTML_END = re.compile(r"<html[\s>]", re.IGNORECASE), re.compile(r"</html\s*>", re.IGNORECASE)
# A wall against robots, by the words of its title or heading: what stands behind it was not seen.
_WALL = re.compile(
    r"just a moment|checking your browser|are you (?:a )?(?:human|robot)|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|attention required|access (?:to this page has been )?denied|pardon our interruption|security check|captcha",
    re.IGNORECASE,
)

# Paths of articles. A slug of four words is one; with its number, or below a date, shorter ones are.
_DATED = re.compile(r"/(20\d\d)(?:/(\d{1,2}|[a-z]{3})(?:/(\d{1,2}))?)?/")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"(?:^|[-_.])(\d{5,})$")
_LISTING = re.compile(
    r"/(?:tags?|category|categories|topics?|authors?|contributors?|people|search|page|feed|rss|newsletters?|login|account"
    r"|subscribe|subscription|about|contact|privacy|terms|legal|shop|store|events|podcasts?|c|t|e|v)(?=/)",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?!html?$|php$|aspx?$)[a-z0-9]{2,4}$", re.IGNORECASE)
_SLUG_WORDS, _NUMBERED_WORDS = 4, 2


@dataclass(frozen=True)
class Page:
    """``meta`` by name or property in small letters, the first of each; ``data``: the JSON-LD that could be read;
    ``links``: as they stand, in their order."""

    url: str
    text: str
    title: str
    heading: str
    canonical: str | None
    meta: Mapping[str, str]
    data: Sequence[Mapping[str, Any]]
    links: Sequence[str]
    dates: Sequence[str] = ()  # that are marked as the time of publication

    @property
    def name(self) -> str:
        """What it calls itself, for sentences."""
        return self.heading or self.title or "no title"

    @property
    def is_wall(self) -> bool:
        """Whether it seems to stand before the page that was asked for. Of headlines this says nothing."""
        return _WALL.search(f"{self.title} {self.heading}") is not None


def read_page(body: bytes, content_type: str | None, url: str) -> Page:
    """The page. CorruptCaptureError where the answer is none, was was cut short."""
    text = _decoded(body, content_type, url)
    if not _STARTS.match(text):
        raise CorruptCaptureError(f"{url} is no HTML page but begins with {text[:40]!r}.")
    if _HTML.search(text) and not _HTML_END.search(text):
        raise CorruptCaptureError(f"{url} was cut short: the page has no </html>.")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return Page(
        url, text, _line(reader.title), _line(reader.heading), reader.canonical, reader.meta,
        tuple(_data(reader.blocks)), tuple(reader.links), tuple(reader.dates),
    )  # fmt: skip


def article_links(page: Page) -> tuple[str, ...]:
    """The articles of the page's own site it leads to, each once, the newest first as far as addresses tell: by the
    date in them, then by their number, then as they stand on the page."""
    found: dict[str, str] = {}
    for link in page.links:
        whole = _joined(page.url, link)
        if whole is not None and is_same_site(whole, page.url) and is_article(whole):
            found.setdefault(link_key(whole), whole)
    return tuple(sorted(found.values(), key=_newness, reverse=True))


def is_same_site(url: str, other: str) -> bool:
    return domain_of(url) == domain_of(other)


def is_article(url: str) -> bool:
    """Whether the address looks like that of an article, and not of a section, a tag or a file."""
    path = urlsplit(url).path
    slug = path.rstrip("/").rpartition("/")[2]
    if len(url) > _LONGEST_LINK or not slug or _LISTING.match(path) or _FILE.search(slug):
        return False
    words = [word for word in re.split(r"[-_]", slug.partition(".")[0]) if re.search(r"[^\W\d]", word)]
    if (dated := _DATED.search(path)) is not None and dated[2]:
        return len(words) > 0
    if _NUMBER.search(slug.partition(".")[0]):
        return len(words) >= _NUMBERED_WORDS
    below_article = re.search(r"/articles?/[^/]*\d[^/]*/?$", path) is not None
    return below_article or len(words) >= _SLUG_WORDS


def day_of(url: str) -> date | None:
    """The day in the address, where there is one."""
    dated = _DATED.search(urlsplit(url).path.lower())
    if dated is None or not dated[2] or not dated[3]:
        return None
    try:
        return date(int(dated[1]), _month(dated[2]), int(dated[3]))
    except ValueError:
        return None


def canonical_of(page: Page) -> str:
    """The address the page gives itself, where that is an article's; else the one it was asked by. A page that calls
    itself the front page would make one of all articles."""
    for told in (page.canonical, page.meta.get("og:url")):
        if told and (whole := _joined(page.url, told)) is not None and is_article(whole):
            return whole
    return canonical_url(page.url) or page.url


def _newness(url: str) -> tuple[tuple[int, int, int], int]:
    path = urlsplit(url).path.lower()
    day, slug = (0, 0, 0), path.rstrip("/").rpartition("/")[2].partition(".")[0]
    if (dated := _DATED.search(path)) is not None:
        day = (int(dated[1]), _month(dated[2] or ""), int(dated[3] or 0))
    numbered = _NUMBER.search(slug)
    return day, int(numbered[1]) if numbered else 0


def _month(spelled: str) -> int:
    if spelled.isdigit():
        return int(spelled)
    return _MONTHS.index(spelled) + 1 if spelled in _MONTHS else 0


def _joined(base: str, link: str) -> str | None:
    try:
        return canonical_url(urljoin(base, link.strip()))
    except ValueError:
        return None


def _line(text: Sequence[str]) -> str:
    return " ".join("".join(text).split())


def _decoded(body: bytes, content_type: str | None, url: str) -> str:
    """As the server says, else the page itself, else UTF-8."""
    if not body.strip():
        raise CorruptCaptureError(f"{url} is empty.")
    told = _CHARSET_OF_TYPE.search(content_type or "")
    marked = _CHARSET.search(body[:_HEAD_BYTES])
    name = told[1] if told else marked[1].decode("ascii") if marked else "utf-8"
    encoding = "utf-8" if body.startswith(_BOM) else _READ_AS.get(name.lower(), name)
    try:
        text = body.decode(encoding)
    except LookupError:
        raise CorruptCaptureError(f"{url} says it is written in '{name}', which is no known encoding.") from None
    except UnicodeDecodeError as error:
        raise CorruptCaptureError(
            f"{url} says it is written in {name}, but byte {error.start} is not (0x{body[error.start]:02x})."
        ) from error
    return text.removeprefix("\ufeff").replace("\x00", "")


def _data(blocks: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The nodes of JSON-LD, with those below @graph. Sites publish broken ones: those say nothing."""
    for block in blocks:
        try:
            found = orjson.loads(block)
        except orjson.JSONDecodeError:
            continue
        for node in found if isinstance(found, list) else [found]:
            if isinstance(node, dict):
                yield node
                graph = node.get("@graph")
                yield from (one for one in (graph if isinstance(graph, list) else ()) if isinstance(one, dict))


@dataclass
class _Text:
    """Of an element that is being read, and of the first of its kind."""

    parts: list[str] = field(default_factory=list)
    is_open: bool = False
    is_done: bool = False


class _Reader(HTMLParser):
    """What a page says of itself, in one pass."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._texts = {"title": _Text(), "h1": _Text()}
        self._block: list[str] | None = None
        self.canonical: str | None = None
        self.meta: dict[str, str] = {}
        self.blocks: list[str] = []
        self.links: list[str] = []
        self.dates: list[str] = []

    @property
    def title(self) -> Sequence[str]:
        return self._texts["title"].parts

    @property
    def heading(self) -> Sequence[str]:
        return self._texts["h1"].parts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and told.get("href") and "sponsored" not in told.get("rel", ""):
            self.links.append(told["href"])
        elif tag == "meta":
            name = told.get("property") or told.get("name") or told.get("itemprop") or ""
            self.meta.setdefault(name.lower(), told.get("content", "").strip())
        elif tag == "link" and told.get("rel", "").lower() == "canonical":
            self.canonical = self.canonical or told.get("href")
        elif tag == "script" and told.get("type", "").lower() == "application/ld+json":
            self._block = []
        elif tag == "time" and told.get("datetime") and _is_of_publication(told):
            self.dates.append(told["datetime"])
        if (text := self._texts.get(tag)) is not None and not text.is_done:
            text.is_open = True

    def handle_data(self, data: str) -> None:
        if self._block is not None:
            self._block.append(data)
        for text in self._texts.values():
            if text.is_open:
                text.parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._block is not None:
            self.blocks.append("".join(self._block))
            self._block = None
        if (text := self._texts.get(tag)) is not None and text.is_open:
            text.is_open, text.is_done = False, any(part.strip() for part in text.parts)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """``<![anything``: a comment, as browsers take it, where Python's parser stops."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)


def _is_of_publication(told: Mapping[str, str]) -> bool:
    """Other times of a page are of its comments and of other articles."""
    marks = told.get("class", "").lower().split()
    return "pubdate" in told or told.get("itemprop") == "datePublished" or {"entry-date", "published"} <= {*marks}
