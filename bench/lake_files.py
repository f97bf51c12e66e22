"""A week of lake files that nobody downloaded: seeded, so every machine measures the same rows.

Three million titles, each with a popularity of its own, in the hours that a spike test reads, as ``write_lake_file``
leaves them: sorted, four in ten readers on a telephone, titles that nobody read in an hour missing from it. The last
three hours hold the spikes that a measurement must find.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from etheatmap_core.discovery.spike_test import AGES
from etheatmap_core.hours import HOUR

SEED = 2012
TITLES = 3_000_000
SPIKES = 300
_BURST = frozenset({0, 1, 2})  # ages
_RISE = 400.0  # views that a burst adds to an hour
# Of English Wikipedia, some ten million views an hour.
_VIEWS_A_TITLE = 3.4
_SLOPE = 0.85
_MOBILE_SHARE = 0.4
_WORDS = 40_000
_LATIN = "etaoinsrhldcumfpgwybvkxjqz"
# Half as many again as are wanted: some come out twice.
_CREATE_TITLES = """
    CREATE TABLE titles AS SELECT title FROM (
        SELECT DISTINCT upper(a.word[1]) || a.word[2:] || ' ' || b.word
            || CASE WHEN number % 3 = 0 THEN ' (' || c.word || ')' ELSE '' END
            || CASE WHEN number % 7 = 0 THEN ' ' || (1900 + number % 126)::VARCHAR ELSE '' END AS title
        FROM range(?) numbers (number)
        JOIN words a ON a.id = hash(number) % ? JOIN words b ON b.id = hash(number + 1e9) % ?
        JOIN words c ON c.id = hash(number + 2e9) % ?
        ORDER BY hash(title) LIMIT ?)
    ORDER BY title
"""
_COPY = """
    COPY (SELECT 'en' AS wiki, title, nullif(desktop, 0) AS views_desktop, nullif(mobile, 0) AS views_mobile
          FROM titles POSITIONAL JOIN counts WHERE desktop + mobile > 0)
    TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {{etheatmap_stats: '{stats}'}})
"""


@dataclass(frozen=True)
class LakeFiles:
    """The files by hour; ``rows`` of all of them, and who breaks out in ``hour``."""

    hour: datetime
    files: dict[datetime, Path]
    rows: int
    size_bytes: int
    spikes: frozenset[str]


def week_of_lake(
    folder: Path, hour: datetime, *, titles: int = TITLES, spikes: int = SPIKES, seed: int = SEED
) -> LakeFiles:
    """Writes the files that the spikes of ``hour`` are judged by into ``folder``."""
    random = np.random.default_rng(seed)
    files: dict[datetime, Path] = {}
    rows = 0
    with duckdb.connect(config={"threads": 2}) as engine:
        _create_titles(engine, titles, random)
        usual = _usual(titles, random)
        # Among pages that are read now and then: neither the busiest nor those that nobody knows.
        risen = random.choice(np.flatnonzero((usual > 1) & (usual < 30)), spikes, replace=False)
        for age in AGES:
            at = hour - age * HOUR
            expected = usual * (1 + 0.4 * np.sin(2 * np.pi * at.hour / 24))
            if age in _BURST:
                expected[risen] += _RISE
            rows += _write(engine, folder / f"{age}.parquet", random.poisson(expected), random)
            files[at] = folder / f"{age}.parquet"
        places = np.sort(risen).tolist()
        found = engine.execute("SELECT title FROM titles WHERE rowid IN (SELECT unnest(?))", [places]).fetchall()
    size = sum(path.stat().st_size for path in files.values())
    return LakeFiles(hour, files, rows, size, frozenset(title for (title,) in found))


def _create_titles(engine: duckdb.DuckDBPyConnection, titles: int, random: np.random.Generator) -> None:
    lengths = random.integers(3, 11, _WORDS)
    weights = np.arange(1, len(_LATIN) + 1) ** -0.5
    spelled = "".join(random.choice(list(_LATIN), int(lengths.sum()), p=weights / weights.sum()))
    ends = np.cumsum(lengths)
    words = [spelled[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    engine.execute("CREATE TABLE words AS SELECT unnest(?::VARCHAR[]) AS word, unnest(range(?)) AS id", [words, _WORDS])
    engine.execute(_CREATE_TITLES, [titles * 3 // 2, _WORDS, _WORDS, _WORDS, titles])


def _usual(titles: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Views an hour of each title: by Zipf's law, popular ones anywhere in the alphabet."""
    popularity = (np.arange(titles) + 50.0) ** -_SLOPE
    return random.permutation(popularity * (_VIEWS_A_TITLE * titles / popularity.sum()))


def _write(
    engine: duckdb.DuckDBPyConnection, path: Path, views: npt.NDArray[np.int64], random: np.random.Generator
) -> int:
    mobile = random.binomial(views, _MOBILE_SHARE)
    counts = {"desktop": views - mobile, "mobile": mobile}  # read by the statement, by its name
    rows = int((views > 0).sum())
    stats = {"lines": rows, "malformed_lines": 0, "rows": rows, "smallest": {"en": {"desktop": 1, "mobile": 1}}}
    engine.register("counts", counts)
    engine.execute(_COPY.format(path=str(path).replace("'", "''"), stats=json.dumps(stats)))
    engine.unregister("counts")
    return rows
