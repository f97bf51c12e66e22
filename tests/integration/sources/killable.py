"""Collecting in a process of its own, that a test can kill."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from collecting import CollectingInstallation

_HERE = Path(__file__).parent


def start(place: CollectingInstallation, source: str) -> ForkServerProcess:
    """Begins to collect the newest partition of ``source`` in another process."""
    where = (place.home.parent, place.database_url, place.simulator.url, place.now, source)
    process = multiprocessing.get_context("forkserver").Process(target=_collect, args=where)
    process.start()
    return process


@contextmanager
def warm() -> Iterator[None]:
    """Within it a process starts at once: what it imports is there already."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(_HERE), str(_HERE.parent / "assets"), *filter(None, [before])))
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _collect(folder: Path, database_url: str, simulator_url: str, now: datetime, source: str) -> None:
    simulator: Any = SimpleNamespace(url=simulator_url, clock=lambda: now)
    place = CollectingInstallation(folder, database_url, simulator)
    try:
        place.collect(source)
    finally:
        place.close()
