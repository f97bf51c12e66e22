"""Data folders for tests that start, kill and break servers of their own, and processes that do so."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from etheatmap_core.database.embedded import EmbeddedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private folder (0700). Servers in a folder ``pg`` anywhere below it are stopped before it is deleted."""
    folder = Path(tempfile.mkdtemp(prefix="etheatmap-"))
    yield folder
    for marker in list(folder.rglob("pg/PG_VERSION")):  # stopping a server removes its socket's folder
        EmbeddedPostgres.stop_leftover(marker.parent)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stopped_server(start_postgres: Callable[[Path], EmbeddedPostgres]) -> Iterator[Path]:
    """The data folder of a stopped server with a table ``kept`` in it, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="etheatmap-"))
    server = start_postgres(folder / "pg")
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    yield folder / "pg"
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(folder: Path, stopped_server: Path) -> Path:
    """A data folder of this test's own, no server on it."""
    shutil.copytree(stopped_server, folder / "pg")
    return folder / "pg"


@pytest.fixture
def run_python() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts ``python -c code arguments...`` in the project's root; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        with process:  # closes its pipes and waits for it
            pass


@pytest.fixture
def waits_for_lock() -> Callable[[sa.Engine], None]:
    """Returns once a session of the engine's database waits for an advisory lock."""

    def wait(engine: sa.Engine) -> None:
        query = sa.text("""
            SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
            WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()""")
        with engine.connect() as connection:
            while connection.execute(query).scalar_one() == 0:
                os.sched_yield()

    return wait
