"""One server a data folder: started once, joined by everybody, refused in plain words."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.errors import DatabaseUnavailableError

Start = Callable[[Path], EmbeddedPostgres]
RunPython = Callable[..., "subprocess.Popen[str]"]

NOBODY = 65534
START_AND_WAIT = """
import sys
from pathlib import Path
import psycopg
from etheatmap_core.database.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]), version=int(sys.argv[2]))
with psycopg.connect(server.url("postgres")) as connection:
    print(connection.execute("SELECT pg_postmaster_start_time()").fetchone()[0], flush=True)
sys.stdin.read()
"""


def answer(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Drops root's privileges where the tests have them: root ignores what a folder's mode says."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def test_two_processes_that_start_at_once_share_one_server(
    folder: Path, start_postgres: Start, postgres: EmbeddedPostgres, run_python: RunPython
) -> None:
    processes = [run_python(START_AND_WAIT, folder / "pg", postgres.version) for _ in range(2)]
    started_at = [process.stdout.readline() for process in processes if process.stdout]
    assert started_at[0] == started_at[1] != ""


def test_the_server_outlives_the_process_that_started_it(
    data_dir: Path, start_postgres: Start, postgres: EmbeddedPostgres, run_python: RunPython
) -> None:
    starter = run_python(START_AND_WAIT, data_dir, postgres.version)
    assert starter.stdout
    assert starter.stdout.readline()
    server = start_postgres(data_dir)
    with psycopg.connect(server.url("postgres")) as connection:
        starter.kill()
        starter.wait()
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert answer(server) == 42


def test_stopping_ends_it_and_starting_again_finds_the_data(data_dir: Path, start_postgres: Start) -> None:
    server = start_postgres(data_dir)
    assert server.is_running()
    server.stop()
    assert not server.is_running()
    server.stop()  # nothing to stop is fine
    assert answer(start_postgres(data_dir)) == 42


def test_a_folder_that_does_not_exist_has_no_leftover_to_stop(folder: Path) -> None:
    EmbeddedPostgres.stop_leftover(folder / "never" / "pg")
    assert list(folder.iterdir()) == []


def test_listens_on_no_network_and_keeps_its_socket_private(data_dir: Path, start_postgres: Start) -> None:
    server = start_postgres(data_dir)
    with psycopg.connect(server.url("postgres")) as connection:
        settings = "SELECT current_setting('listen_addresses'), current_setting('data_checksums')"
        assert connection.execute(settings).fetchone() == ("", "on")
    assert stat.S_IMODE((data_dir / ".s.PGSQL.5432").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["with spaces and 100%", 'it\'s $HOME, "quoted"', "Amélie", "x" * 120])
def test_any_folder_name_will_do(folder: Path, stopped_server: Path, start_postgres: Start, name: str) -> None:
    shutil.copytree(stopped_server, folder / name / "pg")
    server = start_postgres(folder / name / "pg")
    assert answer(server) == 42
    server.stop()


def test_a_path_too_long_for_a_socket_gets_a_private_folder_that_goes_with_the_server(
    folder: Path, stopped_server: Path, start_postgres: Start
) -> None:
    data_dir = folder / ("long" * 30) / "pg"
    shutil.copytree(stopped_server, data_dir)
    server = start_postgres(data_dir)
    socket_dir = Path(psycopg.conninfo.conninfo_to_dict(server.url("postgres"))["host"])
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    server.stop()
    assert not socket_dir.exists()


@pytest.mark.parametrize("name", ["short", "long" * 30])
def test_a_server_whose_folder_was_deleted_makes_room_for_the_next(
    folder: Path, stopped_server: Path, start_postgres: Start, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # where the deleted one's socket stays
    data_dir = folder / name / "pg"
    shutil.copytree(stopped_server, data_dir)
    with closing(psycopg.connect(start_postgres(data_dir).url("postgres"))) as of_the_deleted:
        shutil.rmtree(data_dir)
        with psycopg.connect(start_postgres(data_dir).url("postgres")) as connection:
            assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
        with pytest.raises(psycopg.OperationalError):
            of_the_deleted.execute("SELECT 1")


def test_a_folder_below_a_read_only_one_is_refused_in_one_sentence(folder: Path) -> None:
    folder.chmod(0o555)
    with as_an_ordinary_user(), pytest.raises(DatabaseUnavailableError) as refused:
        EmbeddedPostgres.start(folder / "home" / "pg")
    folder.chmod(0o700)
    assert str(refused.value) == (
        f"The database folder {folder}/home/pg cannot be used (Permission denied: {folder}/home): "
        "set ETHEATMAP_HOME to a folder you may write to."
    )


def test_data_of_another_major_version_is_refused(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    other = {16: 18, 18: 16}[postgres.version]
    with pytest.raises(
        DatabaseUnavailableError, match=f"made by PostgreSQL {postgres.version} and cannot be opened by {other}"
    ):
        EmbeddedPostgres.start(data_dir, version=other)


def test_a_version_the_wheel_does_not_have_is_refused(folder: Path) -> None:
    with pytest.raises(DatabaseUnavailableError, match="comes as 16 and 18, not as 17"):
        EmbeddedPostgres.start(folder / "pg", version=17)


def test_a_folder_with_other_files_is_left_alone(folder: Path, start_postgres: Start) -> None:
    (folder / "pg").mkdir()
    (folder / "pg" / "thesis.txt").write_text("do not lose me")
    with pytest.raises(DatabaseUnavailableError, match="holds files but no database"):
        start_postgres(folder / "pg")
    assert (folder / "pg" / "thesis.txt").read_text() == "do not lose me"


def test_what_a_killed_initdb_left_is_made_anew(folder: Path, start_postgres: Start) -> None:
    (folder / ".pg.new").mkdir()
    (folder / ".pg.new" / "PG_VERSION").write_text("18\n")
    assert start_postgres(folder / "pg").is_running()
    assert not (folder / ".pg.new").exists()


def test_a_server_that_does_not_start_says_why(data_dir: Path, postgres: EmbeddedPostgres) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"could not be started(.|\n)*no_such_setting"):
        EmbeddedPostgres.start(data_dir, version=postgres.version, settings={"no_such_setting": "1"})


def test_settings_of_the_operator_survive_restarts(data_dir: Path, start_postgres: Start) -> None:
    server = start_postgres(data_dir)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET work_mem = '33MB'")
    server.stop()
    with psycopg.connect(start_postgres(data_dir).url("postgres")) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("33MB",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_root_hands_the_server_to_an_ordinary_user_and_opens_no_more_than_the_way(
    folder: Path, stopped_server: Path, start_postgres: Start
) -> None:
    between = folder / "between"
    between.mkdir(mode=0o700)
    shutil.copytree(stopped_server, between / "pg")
    (between / "secret").write_text("of root")
    start_postgres(between / "pg")
    assert (between / "pg").stat().st_uid != 0
    assert stat.S_IMODE((between / "pg").stat().st_mode) == 0o700
    assert stat.S_IMODE(between.stat().st_mode) == 0o701
    assert (between / "secret").stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="everybody else is an ordinary user in all tests")
def test_an_ordinary_user_runs_the_server_as_himself(folder: Path, postgres: EmbeddedPostgres) -> None:
    folder.chmod(0o755)
    (folder / "home").mkdir()
    os.chown(folder / "home", NOBODY, NOBODY)
    child = os.fork()
    if child == 0:  # a process of its own: who drops root for good does not get it back
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        server = EmbeddedPostgres.start(folder / "home" / "pg", version=postgres.version)
        os._exit(0 if server.is_running() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (folder / "home" / "pg").stat().st_uid == NOBODY
    # Root joins that server; started again by root, it goes on as its folder's owner.
    EmbeddedPostgres.start(folder / "home" / "pg", version=postgres.version).stop()
    assert EmbeddedPostgres.start(folder / "home" / "pg", version=postgres.version).is_running()
    assert (folder / "home" / "pg" / "postmaster.pid").stat().st_uid == NOBODY
