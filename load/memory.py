"""How much memory all processes hold together, looked at once a second, and the most there was."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from load.installation import Installation

_EVERY_SECONDS = 1.0
_KIB_A_MIB = 1024
_RUNS = "runs"


@dataclass
class Peak:
    """In MiB. PSS counts a page that several processes share once, RSS as often as there are processes. Of runs RSS is
    taken in both: the platform starts each as a process of its own, which shares nothing."""

    pss: float = 0.0
    rss: float = 0.0
    processes: int = 0
    by_kind: dict[str, float] = field(default_factory=dict)  # at the peak of pss
    looks: int = 0

    def look(self, home: Path, simulator: int) -> None:
        """At this process's children and theirs, and at the database server, which is a child of nobody."""
        kinds, rss, count = defaultdict[str, float](float), 0.0, 0
        for process in _of_the_platform(home):
            try:
                if process.pid == simulator:
                    continue
                kind, (shared, whole) = _kind(process), _held(process.pid)
                kinds[kind] += whole if kind == _RUNS else shared
            except (psutil.Error, OSError):
                continue  # it ended while we looked
            rss, count = rss + whole, count + 1
        self.looks += 1
        self.rss = max(self.rss, rss)
        self.processes = max(self.processes, count)
        if sum(kinds.values()) > self.pss:
            self.pss, self.by_kind = sum(kinds.values()), kinds


@contextmanager
def watched(installation: Installation) -> Iterator[Peak]:
    """Without the simulator: it is the world, and no part of the platform."""
    peak, is_over = Peak(), threading.Event()

    def watch() -> None:
        while not is_over.wait(_EVERY_SECONDS):
            peak.look(installation.home, installation.simulator_pid)

    thread = threading.Thread(target=watch, name="memory")
    thread.start()
    try:
        yield peak
    finally:
        is_over.set()
        thread.join()


def _of_the_platform(home: Path) -> Iterator[psutil.Process]:
    own = psutil.Process()
    yield from own.children(recursive=True)
    server = home / "postgres" / "postmaster.pid"
    if server.is_file():
        try:
            master = psutil.Process(int(server.read_text().split()[0]))
            if own not in master.parents():
                yield master
                yield from master.children(recursive=True)
        except psutil.NoSuchProcess:
            return


def _held(pid: int) -> tuple[float, float]:
    """PSS and RSS of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    told = {name: float(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines[1:])}
    return told["Pss"] / _KIB_A_MIB, told["Rss"] / _KIB_A_MIB


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    for mark, kind in (
        ("postgres", "database"), ("multiprocessing", _RUNS), ("load.service daemon", "daemon"),
        ("load.service webserver", "Dagster webserver"), ("load.service etheatmap", "API"),
        ("load.service codeserver", "code server"),
    ):  # fmt: skip
        if mark in words:
            return kind
    return "other"
