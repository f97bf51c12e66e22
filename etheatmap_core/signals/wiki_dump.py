"""Wikimedia's hourly dumps: from the file as received to the lake, and from the lake to the tracked articles.

A line is ``project title views bytes``: ``en.m Get_Smart_(film) 25 0``. ``en`` is the desktop site, ``en.m`` and
``en.zero`` the mobile one. https://wikitech.wikimedia.org/wiki/Data_Platform/Data_Lake/Traffic/Pageviews

A lake file holds every page of the chosen wikis in one hour, one row a page, sorted: ``wiki, title, views_desktop,
views_mobile`` (null: no such line). Same bytes and wikis give the same rows in the same order.
"""

import json
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import BinaryIO

import duckdb

from etheatmap_core.errors import CorruptCaptureError, EtHeatmapError
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.gzip_stream import plain_chunks
from etheatmap_core.signals.wiki_views import ACCESS_KINDS, Extract, page_title

MAX_MALFORMED_SHARE = 0.01
DRAFT_PREFIX = ".draft-"  # what a killed process leaves; never read, cleared by the archive's retention

_MOBILE_SUFFIXES = (".m", ".zero")
_STATS_KEY = "etheatmap_stats"
_PART_BYTES = 32 * 1024 * 1024
_ENGINE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "350MB",
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
}

# Quotes are ordinary characters of a title; a line that cannot be a row is skipped and counted.
_READ_PART = """
    read_csv(?, columns = {'project': 'VARCHAR', 'title': 'VARCHAR', 'views': 'UINTEGER', 'bytes': 'VARCHAR'},
             delim = ' ', quote = '', escape = '', new_line = '\\n', header = false, auto_detect = false,
             compression = 'none', ignore_errors = true, buffer_size = 4194304)
"""
# A percent sign that starts no valid escape is part of the title ("100% Wolf").
_INSERT_PART = f"""
    INSERT INTO lines
    SELECT wiki, is_mobile, views,
           CASE WHEN wiki IS NOT NULL THEN nfc_normalize(replace(
               CASE WHEN contains(title, '%') THEN coalesce(try(url_decode(title)), title) ELSE title END, '_', ' '))
           END
    FROM {_READ_PART} LEFT JOIN projects USING (project)
    WHERE title <> '' AND views IS NOT NULL
"""
_COPY_PAGES = """
    COPY (
        SELECT wiki, title,
               sum(views) FILTER (NOT is_mobile)::BIGINT AS views_desktop,
               sum(views) FILTER (is_mobile)::BIGINT AS views_mobile
        FROM lines WHERE wiki IS NOT NULL
        GROUP BY wiki, title ORDER BY wiki, title
    ) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {{{key}: '{stats}'}})
"""
_SELECT_PAGES = """
    SELECT title, views_desktop, views_mobile FROM read_parquet(?)
    WHERE wiki = ? AND title IN (SELECT unnest(?::VARCHAR[]))
"""


@dataclass(frozen=True)
class LakeStats:
    """What was in the dump; stored in the lake file's own metadata too."""

    lines: int
    malformed_lines: int  # cannot be a row: skipped
    rows: int  # lines of the chosen wikis
    smallest: dict[str, dict[str, int]]  # wiki → access kind → smallest count of a line; absent: no line of that kind


def dump_url(base_url: str, hour: datetime) -> str:
    """Where the views of ``hour`` are: file names carry the END of their hour. ``base_url`` may be a file:// URL."""
    stamp = (hour + HOUR).astimezone(UTC)
    return f"{base_url.rstrip('/')}/other/pageviews/{stamp:%Y/%Y-%m}/pageviews-{stamp:%Y%m%d-%H}0000.gz"


def write_lake_file(raw_path: Path, lake_path: Path, wikis: Sequence[str]) -> LakeStats:
    """Verifies the dump and writes all pages of ``wikis`` to ``lake_path`` (Parquet), or raises and writes nothing.

    CorruptCaptureError: not a whole gzip file, too many malformed lines, or not one line of the chosen wikis.
    """
    lake_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=DRAFT_PREFIX, dir=lake_path.parent) as draft_folder:
        folder = Path(draft_folder)
        with duckdb.connect(config={**_ENGINE, "temp_directory": draft_folder}) as engine:
            _create_tables(engine, wikis)
            counted = _parsed(engine, raw_path, folder, wikis)
            stats = _stats(engine, raw_path.name, counted, wikis)
            draft = folder / lake_path.name
            quoted = json.dumps(asdict(stats)).replace("'", "''")
            engine.execute(_COPY_PAGES.format(path=str(draft).replace("'", "''"), key=_STATS_KEY, stats=quoted))
        draft.replace(lake_path)
    return stats


def _parsed(engine: duckdb.DuckDBPyConnection, raw_path: Path, folder: Path, wikis: Sequence[str]) -> "_Counted":
    """``_load``, with what the engine says of an unreadable file as our own error; of memory or disk it is another."""
    try:
        return _load(engine, raw_path, folder, wikis)
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise EtHeatmapError(f"{raw_path.name} could not be parsed here ({str(error).splitlines()[0]}).") from error
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise CorruptCaptureError(f"{raw_path.name} cannot be parsed as a pageviews dump ({reason}).") from error


def read_lake_stats(lake_path: Path) -> LakeStats:
    """The stats a lake file carries in its metadata. CorruptCaptureError: it is no lake file, or a damaged one."""
    with _opened(lake_path) as engine:
        return _stored_stats(engine, lake_path)


def tracked_rows(
    lake_path: Path, titles: Collection[str], wiki: str = "en", *, redirects: Collection[str] = ()
) -> Extract:
    """The named articles of one wiki, read from a lake file; titles may be spelled with underscores or spaces.

    ``titles`` are in the extract whether the file shows them or not, ``redirects`` only where it does.
    """
    wanted = sorted({page_title(title) for title in titles})
    sought = sorted({*wanted, *(page_title(title) for title in redirects)})
    with _opened(lake_path) as engine:
        smallest = _stored_stats(engine, lake_path).smallest.get(wiki, {})
        found = engine.execute(_SELECT_PAGES, [str(lake_path), wiki, sought]).fetchall()
    counts = {title: dict(zip(ACCESS_KINDS, views, strict=True)) for title, *views in found}
    views = {
        title: {kind: n for kind, n in counts.get(title, {}).items() if n is not None}
        for title in sorted({*wanted, *counts})
    }
    return Extract(wiki, smallest, views)


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """One engine a process for reading: making one costs more than reading a file of the demo."""
    return duckdb.connect(config=_ENGINE)


@contextmanager
def _opened(lake_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with _reader().cursor() as engine:
            yield engine
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        reason = str(error).splitlines()[0]
        raise CorruptCaptureError(f"{lake_path} cannot be read ({reason}): delete it to have it made again.") from error


def _stored_stats(engine: duckdb.DuckDBPyConnection, lake_path: Path) -> LakeStats:
    query = "SELECT value FROM parquet_kv_metadata(?) WHERE key = ?"
    found = engine.execute(query, [str(lake_path), _STATS_KEY.encode()]).fetchone()
    if found is None:
        raise CorruptCaptureError(f"{lake_path} carries no statistics: it is no lake file; delete it to have it made.")
    return LakeStats(**json.loads(found[0]))


def _create_tables(engine: duckdb.DuckDBPyConnection, wikis: Sequence[str]) -> None:
    # An enum groups and sorts like a number: a fifth of the time of a full dump.
    names = ", ".join("'" + wiki.replace("'", "''") + "'" for wiki in sorted(set(wikis)))
    engine.execute(f"CREATE TYPE wiki_name AS ENUM ({names})")
    engine.execute("CREATE TEMP TABLE projects (project VARCHAR, wiki wiki_name, is_mobile BOOLEAN)")
    engine.execute("CREATE TEMP TABLE lines (wiki wiki_name, is_mobile BOOLEAN, views UINTEGER, title VARCHAR)")
    for wiki in sorted(set(wikis)):
        sites = [(wiki, False), *((wiki + suffix, True) for suffix in _MOBILE_SUFFIXES)]
        engine.executemany("INSERT INTO projects VALUES (?, ?, ?)", [(site, wiki, mobile) for site, mobile in sites])


@dataclass
class _Counted:
    lines: int = 0
    handed_over_lines: int = 0


def _load(engine: duckdb.DuckDBPyConnection, raw_path: Path, folder: Path, wikis: Sequence[str]) -> _Counted:
    """All lines that matter into the table ``lines``; the next part is decompressed while one is parsed."""
    counted = _Counted()
    parts = _parts(raw_path, folder, wikis, counted)
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, parts, None)
        while (part := upcoming.result()) is not None:
            upcoming = pool.submit(next, parts, None)
            engine.execute(_INSERT_PART, [str(part)])
            part.unlink()
    return counted


def _parts(raw_path: Path, folder: Path, wikis: Sequence[str], counted: _Counted) -> Iterator[Path]:
    """The verified dump as plain files of some 32 MB, without most of the other wikis' lines."""
    starts = [b"\n" + wiki.encode() for wiki in wikis]
    blocks = _whole_lines(plain_chunks(raw_path))
    is_last = False
    for number in count():
        path = folder / f"part-{number}"
        with path.open("wb") as part:
            is_last = _fill(part, blocks, starts, counted)
        yield path
        if is_last:
            return


def _fill(part: BinaryIO, blocks: Iterator[bytes], starts: Sequence[bytes], counted: _Counted) -> bool:
    """Writes one part; whether it was the last."""
    for block in blocks:
        lines = block.count(b"\n")
        kept = _relevant(block, lines, starts)
        counted.lines += lines
        counted.handed_over_lines += kept.count(b"\n")
        part.write(kept)
        if part.tell() >= _PART_BYTES:
            return False
    return True


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at line ends; an unfinished last line gets its end."""
    rest = b""
    for chunk in chunks:
        block = rest + chunk
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        if cut:
            yield block[:cut]
    if rest:
        yield rest + b"\n"


def _relevant(block: bytes, lines: int, starts: Sequence[bytes]) -> bytes:
    """From the first to the last line of a chosen wiki: a dump is sorted by project, so this is little else.

    Two thirds of a dump are other wikis; not parsing them is what keeps a dump within its time. Their lines are only
    counted, as long as three spaces a line say that they are in order; else the engine gets all to judge.
    """
    firsts = [0 if block.startswith(start[1:]) else block.find(start) + 1 or len(block) for start in starts]
    first = min(firsts)
    last = max(block.rfind(start) for start in starts) + 1 if first < len(block) else first
    kept = block[first : block.find(b"\n", last) + 1]
    if len(kept) < len(block) and block.count(b" ") != 3 * lines:
        return block
    return kept


def _stats(engine: duckdb.DuckDBPyConnection, name: str, counted: _Counted, wikis: Sequence[str]) -> LakeStats:
    parsed, rows = engine.execute("SELECT count(*), count(wiki) FROM lines").fetchall()[0]
    malformed_lines = counted.handed_over_lines - parsed
    if malformed_lines > MAX_MALFORMED_SHARE * counted.lines:
        raise CorruptCaptureError(
            f'{name} is no dump: {malformed_lines} of {counted.lines} lines are not "project title views bytes".'
        )
    smallest: dict[str, dict[str, int]] = {}
    query = "SELECT wiki, is_mobile, min(views) FROM lines WHERE wiki IS NOT NULL GROUP BY ALL ORDER BY ALL"
    for wiki, is_mobile, views in engine.execute(query).fetchall():
        smallest.setdefault(wiki, {})[ACCESS_KINDS[is_mobile]] = views
    if not smallest:
        raise CorruptCaptureError(f"{name} has {counted.lines} lines, but none of {', '.join(wikis)}.")
    return LakeStats(counted.lines, malformed_lines, rows, smallest)
