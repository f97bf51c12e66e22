"""GDELT's Global Knowledge Graph 2.1: the articles of one quarter of an hour, from the file as it is published. Pure.

Columns by the codebook, http://data.gdeltproject.org/documentation/GDELT-Global_Knowledge_Graph_Codebook-V2.1.pdf,
and https://blog.gdeltproject.org/new-gkg-2-0-article-metadata-fields/ for the XML at the end of a line.
Here: the zip, its 27 columns, what an article is. Not here: which files make an hour (sources/gdelt_gkg).
"""

import html
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.links import canonical_url

QUARTER = timedelta(minutes=15)
COLUMNS = 27
_RECORD, _DATE, _COLLECTION, _SOURCE, _DOCUMENT, _PERSONS, _TONE, _ALL_NAMES, _EXTRAS = 0, 1, 2, 3, 4, 12, 15, 23, 26
_OTHER_TABLES = {
    1: "a list of numbers",
    11: "GKG 1.0",
    15: "the counts of GKG 1.0",
    16: "the mentions of GDELT 2.0",
    57: "the events of GDELT 1.0",
    58: "the events of GDELT 1.0",
    61: "the events of GDELT 2.0",
}
_MAX_SIZE_BYTES = 200 * 1024 * 1024  # unpacked; several times a busy quarter of an hour
_WEB = "1"  # of SourceCollectionIdentifier: only these documents have an address
_RECORD_ID = re.compile(r"\d{14}-T?\d+")
_STAMP = "%Y%m%d%H%M%S"
_EXTRA = {
    name: re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL)
    for name in ("PAGE_TITLE", "PAGE_AUTHORS", "PAGE_PRECISEPUBTIMESTAMP")
}
_NAMES = 200
_TITLE_CHARACTERS = 500
_AUTHOR_CHARACTERS = 200
_BETWEEN_WORDS = re.compile(r"[-_+.\s]+")
_WORD = re.compile(r"[A-Za-z']+|\d{1,4}[a-z]{0,3}")
_FILE_KIND = re.compile(r"\.(?:s?html?|php|aspx?|jsp|cms|ece|story)$", re.IGNORECASE)


class GkgArticle(NamedTuple):
    """One article of the web. ``tone`` is None where GDELT gives none; ``names`` as it spells them."""

    url: str
    outlet: str
    title: str
    author: str | None
    names: tuple[str, ...]
    tone: float | None
    published_at: datetime


def read_gkg(body: bytes, stamp: datetime, what: str) -> list[GkgArticle]:
    """The articles of the file that is stamped ``stamp``, the end of its quarter of an hour.

    Documents outside the web (a broadcast, a print) have no address that could be a receipt, and are left out.
    CorruptCaptureError, with ``what`` in its sentence, where the file is not what it claims to be.
    """
    articles = []
    for number, line in enumerate(_lines(body, what), start=1):
        fields = line.split("\t")
        _require_gkg(fields, number, stamp, what)
        url = canonical_url(fields[_DOCUMENT]) if fields[_COLLECTION] == _WEB else None
        if url is not None:
            articles.append(_article(fields, url, number, stamp, what))
    return articles


def _lines(body: bytes, what: str) -> Iterator[str]:
    """The lines of the only file in the zip. Unpacked to its end first: its checksum stands there."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            members = packed.namelist()
            if len(members) != 1:
                raise CorruptCaptureError(f"{what} holds {len(members)} files in its zip, expected one.")
            with packed.open(members[0]) as stream:
                content = stream.read(_MAX_SIZE_BYTES + 1)
    except zipfile.BadZipFile as error:
        if b"<html" in body[:2000].lower():
            raise CorruptCaptureError(f"{what} is an HTML page, not a zip file.") from error
        raise CorruptCaptureError(f"{what} is no whole zip file ({error}): cut short or damaged.") from error
    # What zipfile lets through of damaged directories and streams.
    except (zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise CorruptCaptureError(f"{what} cannot be unpacked ({error}).") from error
    if len(content) > _MAX_SIZE_BYTES:
        raise CorruptCaptureError(f"{what} unpacks to more than {_MAX_SIZE_BYTES} bytes.")
    for raw in content.split(b"\n"):
        if line := raw.rstrip(b"\r"):
            yield _text(line)


def _text(raw: bytes) -> str:
    """UTF-8 by the codebook; a line that is not is read as the Latin alphabet of the web, not dropped."""
    try:
        return raw.decode().replace("\x00", "")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace").replace("\x00", "")


def _require_gkg(fields: Sequence[str], number: int, stamp: datetime, what: str) -> None:
    if len(fields) != COLUMNS:
        looks_like = f": it looks like {other}" if (other := _OTHER_TABLES.get(len(fields))) else ""
        raise CorruptCaptureError(
            f"{what} has {len(fields)} columns in line {number}, GKG 2.1 has {COLUMNS}{looks_like}."
        )
    if not _RECORD_ID.fullmatch(fields[_RECORD]):
        raise CorruptCaptureError(
            f"{what} has {fields[_RECORD][:40]!r} for GKGRECORDID in line {number}: its columns may have moved."
        )
    # The codebook: the same in every line of a file.
    if fields[_DATE] != stamp.strftime(_STAMP):
        raise CorruptCaptureError(
            f"{what} has {fields[_DATE][:20]!r} for V2.1DATE in line {number}, expected {stamp:{_STAMP}}."
        )


def _article(fields: Sequence[str], url: str, number: int, stamp: datetime, what: str) -> GkgArticle:
    extras = fields[_EXTRAS]
    title = " ".join(_unescaped(_extra(extras, "PAGE_TITLE")).split())
    authors = "; ".join(filter(None, (part.strip() for part in _unescaped(_extra(extras, "PAGE_AUTHORS")).split(";"))))
    return GkgArticle(
        url=url,
        outlet=fields[_SOURCE] or (urlsplit(url).hostname or ""),
        title=(title or words_of_address(url))[:_TITLE_CHARACTERS],
        author=authors[:_AUTHOR_CHARACTERS] or None,
        names=_names(fields[_ALL_NAMES], fields[_PERSONS]),
        tone=_tone(fields[_TONE], number, what),
        published_at=_published_at(_extra(extras, "PAGE_PRECISEPUBTIMESTAMP"), stamp),
    )


def words_of_address(url: str) -> str:
    """What stands for a title where GDELT gives none: the words that the outlet itself has put into the address.

    Of the part of the path with the most words; an address without words stands for itself.
    """
    parts = [_FILE_KIND.sub("", unquote(part)) for part in urlsplit(url).path.split("/")]
    readings = [[word for word in _BETWEEN_WORDS.split(part) if _is_word(word)] for part in parts]
    most = max(readings, key=len, default=[])
    return " ".join(most) if len(most) > 1 else url.partition("://")[2]


def _is_word(text: str) -> bool:
    """Letters, or a number as short as people write them; not an article's id."""
    if text.isascii():
        return _WORD.fullmatch(text) is not None
    return any(letter.isalpha() for letter in text)


def _extra(extras: str, name: str) -> str:
    found = _EXTRA[name].search(extras)
    return found[1] if found else ""


def _unescaped(text: str) -> str:
    """GDELT writes whatever is not ASCII as HTML does, some of it twice over."""
    return html.unescape(html.unescape(text)).replace("\x00", "")


def _names(*columns: str) -> tuple[str, ...]:
    """``Seth Rogen,155;Seth Rogen,405;...`` as names, each once, without their offsets; the first spelling counts."""
    spelled = (_unescaped(block.rpartition(",")[0]).strip() for column in columns for block in column.split(";"))
    distinct: dict[str, str] = {}
    for name in spelled:
        if name:
            distinct.setdefault(name.casefold(), name)
    return tuple(distinct.values())[:_NAMES]


def _tone(column: str, number: int, what: str) -> float | None:
    """The first of its numbers: positive minus negative words, in percent."""
    first = column.partition(",")[0].strip()
    if not first:
        return None
    try:
        tone = float(first)
    except ValueError:
        raise CorruptCaptureError(
            f"{what} has {first[:40]!r} for the tone (V1.5TONE) in line {number}: its columns may have moved."
        ) from None
    return tone if math.isfinite(tone) else None


def _published_at(precise: str, stamp: datetime) -> datetime:
    """When the page says so itself, which about a third do: they were all published before their file's stamp, some
    by days. Else in the quarter of an hour in which GDELT has found the article."""
    try:
        told = datetime.strptime(precise, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return stamp - QUARTER
    return told if told < stamp else stamp - QUARTER
