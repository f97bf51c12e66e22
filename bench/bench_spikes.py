"""One hour of spikes on a full-size lake: three million titles, the files of a week that the test reads.

Floor: DuckDB reads the same columns of the same files once, and sums them. Ours: the hour's report, from the files to
the spikes. Both in turns, each in a process of its own, so that memory is one hour's; the lake is made before, in a
folder that is removed afterwards. Before anything is said, every burst that was put into the lake must be found, and
nothing else.

    python -m bench.bench_spikes
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb

from bench.lake_files import TITLES, LakeFiles, week_of_lake
from bench.report import BenchRow, print_table
from etheatmap_core.discovery.wiki_spikes import wiki_spikes

REPEATS = 3
_HOUR = datetime(2026, 11, 20, 12, tzinfo=UTC)
_MAX_MEMORY_MB = 2048
_TOLD = "lake.json"  # of the folder: what is in it
_READ_ALL = """
    SELECT count(*), sum(strlen(title)), sum(views_desktop), sum(views_mobile) FROM read_parquet(?) WHERE wiki = 'en'
"""


@dataclass(frozen=True)
class _Measured:
    seconds: float
    peak_mb: float
    tested: int = 0


def run(repeats: int = REPEATS) -> list[BenchRow]:
    """Measures and returns the rows of the table."""
    measured: dict[str, list[_Measured]] = {what: [] for what in _STEPS}
    with tempfile.TemporaryDirectory(prefix="etheatmap-bench-") as folder:
        # In a process of its own, as all of it: on Linux a child's peak memory starts at its parent's.
        _own_process("make", folder)
        lake = _lake(Path(folder))
        for _ in range(repeats):
            for what in _STEPS:
                measured[what].append(_Measured(**json.loads(_own_process(what, folder))))
    floor, ours = (median(one.seconds for one in measured[what]) for what in ("floor", "ours"))
    peak_mb = max(one.peak_mb for one in measured["ours"])
    note = (
        f"{len(lake.files)} files, {lake.rows / 1e6:.0f} million rows, {lake.size_bytes / 1e6:,.0f} MB; "
        f"{measured['ours'][0].tested:,} articles tested"
    )
    return [
        BenchRow(f"wiki_spikes: {TITLES / 1e6:.0f} million titles × 7 days", floor, ours, "≤ 30 s", note),
        BenchRow("its peak memory", None, ours, f"≤ {_MAX_MEMORY_MB:,} MB", f"{peak_mb:.0f} MB"),
    ]


def _floor(lake: LakeFiles) -> int:
    with duckdb.connect(config={"threads": 2}) as engine:
        engine.execute(_READ_ALL, [[str(path) for path in lake.files.values()]]).fetchall()
    return 0


def _ours(lake: LakeFiles) -> int:
    report = wiki_spikes(lake.files, lake.hour)
    found = {spike.title for spike in report.spikes}
    if found != lake.spikes:
        raise RuntimeError(f"{len(lake.spikes - found)} bursts were not found, {len(found - lake.spikes)} are none")
    return report.tested


_STEPS: dict[str, Callable[[LakeFiles], int]] = {"floor": _floor, "ours": _ours}


def _own_process(*arguments: str) -> str:
    command = [sys.executable, "-m", "bench.bench_spikes", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _make(folder: Path) -> None:
    lake = week_of_lake(folder, _HOUR)
    files = {hour.isoformat(): str(path) for hour, path in lake.files.items()}
    told = {"files": files, "rows": lake.rows, "size_bytes": lake.size_bytes, "spikes": sorted(lake.spikes)}
    (folder / _TOLD).write_text(json.dumps(told), encoding="utf-8")


def _lake(folder: Path) -> LakeFiles:
    told = json.loads((folder / _TOLD).read_text(encoding="utf-8"))
    files = {datetime.fromisoformat(hour): Path(path) for hour, path in told["files"].items()}
    return LakeFiles(_HOUR, files, told["rows"], told["size_bytes"], frozenset(told["spikes"]))


def _measure(what: str, folder: Path) -> None:
    lake = _lake(folder)
    started = perf_counter()
    tested = _STEPS[what](lake)
    seconds = perf_counter() - started
    unit = 1024 if sys.platform == "linux" else 1024 * 1024  # macOS counts bytes
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb, "tested": tested}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder]:
            _make(Path(folder))
        case [what, folder]:
            _measure(what, Path(folder))
        case _:
            print_table(run())
