"""A process that collects one hour and is killed on the way. A module of its own: the server it is forked from has to
be able to import it."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

import stamina
from collecting import CollectingInstallation

from etheatmap_sim.testing import Simulator

# Forked from a process that has loaded everything and has no threads: a child is there in no time, and sane.
_PROCESSES = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Place:
    """Of the installation to collect in, as it travels to the child."""

    folder: Path
    database_url: str
    simulator_url: str
    now: datetime


@dataclass(frozen=True)
class _Elsewhere:
    """The simulator is in the other process."""

    url: str
    now: datetime

    def clock(self) -> datetime:
        return self.now


def preload() -> None:
    _PROCESSES.set_forkserver_preload(["doomed"])


@contextmanager
def collecting(place: Place, source: str) -> Iterator[BaseProcess]:
    """The child from the moment on in which it begins to collect. In the end it is gone, in whatever way."""
    here, there = _PROCESSES.Pipe()
    child = _PROCESSES.Process(target=_collect, args=(place, source, there))
    child.start()
    try:
        here.recv()
        yield child
    finally:
        child.kill()
        child.join()
        here.close()
        there.close()


def _collect(place: Place, source: str, ready: Connection) -> None:
    elsewhere: Any = _Elsewhere(place.simulator_url, place.now)
    installation = CollectingInstallation(place.folder, place.database_url, cast("Simulator", elsewhere))
    with stamina.set_testing(True, attempts=1):
        ready.send("ready")
        if (error := installation.collect(source)) is not None:
            raise error
