"""The captured bytes: whether they are what was received, and the very record in them that speaks of the entity.

Here: files, read only. Not here: which captures matter (``finding``). A dump of 60 MB takes a second to hash and several
to unpack: without ``verify_all`` only small files are read, and of the others it is said that they were not.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from etheatmap_core.explain.model import Capture, Explanation, Found, Receipt, Record, Stored
from etheatmap_core.signals.wiki_views import SOURCE as WIKI
from etheatmap_core.signals.wiki_views import page_title

SMALL_BYTES = 2 * 1024 * 1024  # a file up to so much is read in any case ...
READ_AT_MOST_BYTES = 24 * 1024 * 1024  # ... until so much of them is
VERIFIED = "verified: its sha256 is that of the bytes received"
DAMAGED = "damaged: its sha256 is no longer that of the bytes received"
REMOVED = "removed by retention: its hash, address and tracked rows are kept"
GONE = "not on disk, though no retention has removed it"
_RECORDS_A_CAPTURE = 4
_SHOWN_CHARACTERS = 240
_SITES = ("", ".m", ".zero")


def down_to_the_bytes(found: Found, home: Path, *, verify_all: bool) -> Explanation:
    """Reads the captures' files, the newest first."""
    left = READ_AT_MOST_BYTES
    looked_at = []
    for stored in sorted(found.captures, key=lambda one: one.ts, reverse=True):
        is_read = verify_all or stored.size_bytes <= min(SMALL_BYTES, left)
        if is_read and stored.raw_path is not None:
            left -= stored.size_bytes
        looked_at.append(_capture(stored, found, home, is_read=is_read))
    return Explanation(found, tuple(looked_at))


def _capture(stored: Stored, found: Found, home: Path, *, is_read: bool) -> Capture:
    kept = _kept_rows(stored)
    if stored.raw_path is None:
        return Capture(stored, REMOVED, kept)
    path = home / stored.raw_path
    if not path.is_file():
        return Capture(stored, GONE, kept)
    if not is_read:
        return Capture(stored, f"not verified: {_size(stored.size_bytes)}, `--verify` reads all", kept)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != stored.content_hash:
        return Capture(stored, DAMAGED, kept)
    return Capture(stored, VERIFIED, (*_records(path, stored, found), *kept))


def _kept_rows(stored: Stored) -> tuple[Record, ...]:
    """What is kept for ever of an hour of Wikipedia: the rows of the entity's articles."""
    if stored.source != WIKI or not stored.extract:
        return ()
    views = stored.extract.get("views") or {}
    return tuple(Record("extract", f"{title}: {_counts(counts)}") for title, counts in sorted(views.items()))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "below what the file shows"


def _records(path: Path, stored: Stored, found: Found) -> tuple[Record, ...]:
    """Lines of the file that hold what was counted. An unreadable one cannot be: its hash is right."""
    if stored.source == WIKI:
        wiki = str((stored.extract or {}).get("wiki", "en"))
        return _lines_of_articles(path, wiki, {page_title(title) for title in found.entity.titles})
    needles = _needles(stored, found)
    return _lines_with(path, needles) if needles else ()


def _lines_of_articles(path: Path, wiki: str, titles: set[str]) -> tuple[Record, ...]:
    """``en.m Get_Smart_(film) 25 0``: found by its first two words, the title decoded as the collector does it."""
    projects = {f"{wiki}{site}".encode() for site in _SITES}
    starts = tuple(project + b" " for project in projects)
    likely = {title.split(" ")[0].encode()[:1].lower() for title in titles}
    found = []
    with _plain(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.startswith(starts):
                continue
            title = line.split(b" ", 2)[1]
            if title[:1].lower() not in likely and not title.startswith(b"%"):
                continue
            if page_title(unquote(title.decode(errors="replace"))) in titles:
                found.append(Record(f"line {number}", line.decode(errors="replace").strip()))
    return tuple(found)


def _needles(stored: Stored, found: Found) -> list[bytes]:
    """What an item of this hour, or a figure of the entity, looks like in the bytes."""
    items = [one for one in found.receipts if (one.source, one.first_ts) == (stored.source, stored.ts)]
    if items:
        return [needle for item in items for needle in _spellings(item)]
    has_figure = any((one.source, one.capture_ts) == (stored.source, stored.ts) for one in found.signals)
    return [found.entity.name.encode()] if has_figure else []


def _spellings(item: Receipt) -> Iterator[bytes]:
    """By id or by address; in JSON slashes may be escaped, in XML ampersands are."""
    yield item.item_id.encode()
    for url in {item.url, item.url.replace("&", "&amp;"), item.url.replace("/", "\\/")}:
        yield url.encode()


def _lines_with(path: Path, needles: Sequence[bytes]) -> tuple[Record, ...]:
    """The first places, one a line."""
    found = []
    with _plain(path) as file:
        for number, line in enumerate(file, start=1):
            for at in _first_places(line, needles):
                found.append(Record(f"line {number}, byte {at}", _around(line, at)))
                if len(found) == _RECORDS_A_CAPTURE:
                    return tuple(found)
    return tuple(found)


def _first_places(line: bytes, needles: Iterable[bytes]) -> list[int]:
    """At most one a stretch that is shown: an id and an address of one item stand close together."""
    places = sorted({at for needle in needles if (at := line.find(needle)) >= 0})
    apart: list[int] = []
    for at in places:
        if not apart or at - apart[-1] > _SHOWN_CHARACTERS:
            apart.append(at)
    return apart


def _around(line: bytes, at: int) -> str:
    """The stretch of the line that begins a little before, as text on one line."""
    start = max(0, at - _SHOWN_CHARACTERS // 4)
    shown = line[start : start + _SHOWN_CHARACTERS].decode(errors="replace")
    return " ".join(shown.split())


@contextmanager
def _plain(path: Path) -> Iterator[IO[bytes]]:
    """The file unpacked: gzip, the only member of a zip, or as it is."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start[:2] == b"\x1f\x8b":
            with GzipFile(fileobj=file) as unpacked, io.BufferedReader(unpacked, 1024 * 1024) as buffered:
                yield buffered
        elif start == b"PK\x03\x04":
            with zipfile.ZipFile(file) as packed, packed.open(packed.namelist()[0]) as member:
                yield member
        else:
            yield file


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1024 / 1024:.0f} MB" if size_bytes >= 1024 * 1024 else f"{size_bytes / 1024:.0f} KB"
