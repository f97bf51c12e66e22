"""One full-size dump: verified, into the lake, into signals; beside what merely reading it costs.

Floor: decompress to a file, then one pass of the engine (count, two sums) over that file. Each repeat is a process of
its own, floor and ours in turns, so that memory is one dump's and a busy machine hits both alike.

    python -m bench.bench_dump
"""

import json
import resource
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb

from bench.dump_file import full_size_dump
from bench.report import BenchRow, print_table
from etheatmap_core.signals.wiki_dump import tracked_rows, write_lake_file
from etheatmap_core.signals.wiki_views import signals_from_extract

REPEATS = 7
MAX_MEMORY_MB = 600
CACHE = Path(tempfile.gettempdir()) / "etheatmap-bench"
_HOUR = datetime(2024, 8, 3, 5, tzinfo=UTC)
_ENTITIES = 60
_READ_ALL = """
    SELECT count(*), sum(views), sum(strlen(title))
    FROM read_csv(?, columns = {'project': 'VARCHAR', 'title': 'VARCHAR', 'views': 'BIGINT', 'bytes': 'BIGINT'},
                  delim = ' ', quote = '', escape = '', header = false, auto_detect = false, compression = ?)
"""


@dataclass(frozen=True)
class _Measured:
    seconds: float
    peak_mb: float


def run(repeats: int = REPEATS) -> list[BenchRow]:
    """Measures and returns the rows of the table; makes the dump first if this machine has none yet."""
    # Made in a process of its own: on Linux a child's peak memory starts at its parent's.
    _own_process("make")
    dump = full_size_dump(CACHE)
    measured: dict[str, list[_Measured]] = {what: [] for what in _STEPS}
    for _ in range(repeats):
        for what in _STEPS:
            measured[what].append(_Measured(**json.loads(_own_process(what, str(dump.path)))))
    floor, direct, ours = (median(one.seconds for one in measured[what]) for what in ("floor", "engine_only", "ours"))
    peak_mb = max(one.peak_mb for one in measured["ours"])
    note = f"{dump.lines:,} lines, {dump.size_bytes / 1e6:.0f} MB gz; {ours / direct:.2f}× the engine reading the gz"
    return [
        BenchRow("dump → lake + signals", floor, ours, "≤ 2×", note),
        BenchRow("its peak memory", None, ours, f"< {MAX_MEMORY_MB} MB", f"{peak_mb:.0f} MB"),
    ]


def _floor(dump: Path, folder: Path) -> None:
    plain = folder / "plain.txt"
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    with dump.open("rb") as packed, plain.open("wb") as unpacked:
        while data := packed.read(128 * 1024):
            unpacked.write(stream.decompress(data))
    _one_pass(plain, "none")


def _engine_only(dump: Path, _folder: Path) -> None:
    """The engine's own gzip reader, which checks no CRC."""
    _one_pass(dump, "gzip")


def _one_pass(path: Path, compression: str) -> None:
    with duckdb.connect(config={"threads": 2}) as engine:
        engine.execute(_READ_ALL, [str(path), compression]).fetchall()


def _ours(dump: Path, folder: Path) -> None:
    lake = folder / "lake.parquet"
    write_lake_file(dump, lake, ["en"])
    titles = {number: f"Nobody reads this {number}" for number in range(_ENTITIES)}
    signals_from_extract(tracked_rows(lake, titles.values()), _HOUR, titles)


_STEPS: dict[str, Callable[[Path, Path], None]] = {"floor": _floor, "engine_only": _engine_only, "ours": _ours}


def _own_process(*arguments: str) -> str:
    command = [sys.executable, "-m", "bench.bench_dump", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _measure(what: str, dump: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        _STEPS[what](dump, Path(folder))
        seconds = perf_counter() - started
    unit = 1024 if sys.platform == "linux" else 1024 * 1024  # macOS counts bytes
    print(json.dumps({"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make"]:
            full_size_dump(CACHE)
        case [what, path]:
            _measure(what, Path(path))
        case _:
            print_table(run())
