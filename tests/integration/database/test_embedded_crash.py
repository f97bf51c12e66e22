"""kill -9 of any process of the server: the next start recovers, and committed rows are there."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.service_account import service_account

Start = Callable[[Path], EmbeddedPostgres]
_PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def server(data_dir: Path, start_postgres: Start) -> EmbeddedPostgres:
    """A running server with one row committed, and not checkpointed, after it started."""
    server = start_postgres(data_dir)
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("INSERT INTO kept VALUES (43)")
    return server


@pytest.fixture
def adopted() -> Iterator[None]:
    """Makes this process the parent of orphans, as a container's first process is; it reaps them only at the end."""
    if not sys.platform.startswith("linux"):
        pytest.skip("subreapers are a thing of Linux")
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    yield
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().splitlines()[0])


def kill_postmaster(data_dir: Path) -> int:
    """SIGKILL; returns when the process has ended (it may stay as a zombie)."""
    process = psutil.Process(postmaster_pid(data_dir))
    process.kill()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        os.sched_yield()
    return process.pid


def answers(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url("postgres")) as connection:
        return [row[0] for row in connection.execute("SELECT answer FROM kept ORDER BY 1")]


def test_a_killed_postmaster(server: EmbeddedPostgres, start_postgres: Start) -> None:
    kill_postmaster(server.data_dir)
    assert not server.is_running()
    assert answers(start_postgres(server.data_dir)) == [42, 43]


def test_a_killed_postmaster_that_stays_as_a_zombie(adopted: None, data_dir: Path, start_postgres: Start) -> None:
    start_postgres(data_dir)
    dead = kill_postmaster(data_dir)
    assert psutil.Process(dead).status() == psutil.STATUS_ZOMBIE
    assert answers(start_postgres(data_dir)) == [42]
    os.waitpid(dead, 0)


def test_a_killed_postmaster_whose_number_another_process_of_the_user_has_got(
    server: EmbeddedPostgres, start_postgres: Start
) -> None:
    kill_postmaster(server.data_dir)
    account = service_account(server.data_dir)
    with subprocess.Popen(["sleep", "600"], user=account.uid if account else None) as stranger:
        pid_file = server.data_dir / "postmaster.pid"
        pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().splitlines()[1:]]) + "\n")
        assert answers(start_postgres(server.data_dir)) == [42, 43]
        server.stop()
        assert stranger.poll() is None, "the stranger was killed"
        stranger.kill()


@pytest.mark.parametrize("half_written", ["", "12", "99999\n/somewhere\n"])
def test_a_killed_postmaster_and_half_a_pid_file(
    server: EmbeddedPostgres, start_postgres: Start, half_written: str
) -> None:
    kill_postmaster(server.data_dir)
    (server.data_dir / "postmaster.pid").write_text(half_written)
    assert answers(start_postgres(server.data_dir)) == [42, 43]


def test_a_killed_postmaster_whose_backend_works_on(server: EmbeddedPostgres, start_postgres: Start) -> None:
    with closing(psycopg.connect(server.url("postgres"), autocommit=True)) as connection:
        connection.pgconn.send_query(b"DO 'BEGIN LOOP END LOOP; END'")  # notices nothing of its postmaster's death
        kill_postmaster(server.data_dir)
        assert psutil.Process(connection.info.backend_pid).is_running()
        assert answers(start_postgres(server.data_dir)) == [42, 43]


def test_a_killed_backend_ends_all_connections_and_the_next_start_waits_for_recovery(
    server: EmbeddedPostgres, start_postgres: Start
) -> None:
    url = server.url("postgres")
    with closing(psycopg.connect(url)) as victim, closing(psycopg.connect(url)) as bystander:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            bystander.execute("SELECT pg_sleep(600)")
        assert answers(start_postgres(server.data_dir)) == [42, 43]
