"""The embedded server's own files: where it listens, what it logs."""

import os
from pathlib import Path

import pytest

from etheatmap_core.database import server_files


def test_a_short_folder_holds_its_own_socket() -> None:
    assert server_files.planned_socket_dir(Path("/srv/heat/postgres")) == Path("/srv/heat/postgres")


@pytest.mark.parametrize("folder", ["/srv/" + "long" * 30, "/srv/" + "ü" * 50, "/srv/one,two"])
def test_a_folder_that_cannot_hold_a_socket_gets_one_that_can(folder: str) -> None:
    planned = server_files.planned_socket_dir(Path(folder))
    assert len(os.fsencode(planned / ".s.PGSQL.5432")) <= 103
    assert planned == server_files.planned_socket_dir(Path(folder))
    assert planned != server_files.planned_socket_dir(Path(folder + "2"))


@pytest.mark.parametrize("content", ["", "12", "12\n/data\n1329235200\n5432", "12\n/data\n1329235200\n5432\n\n"])
def test_half_a_pid_file_records_no_socket(tmp_path: Path, content: str) -> None:
    (tmp_path / "postmaster.pid").write_text(content)
    assert server_files.recorded_socket_dir(tmp_path) is None


def test_the_recorded_socket_is_the_running_servers(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text("12\n/data\n1329235200\n5432\n/run/elsewhere\n\n")
    assert server_files.recorded_socket_dir(tmp_path) == Path("/run/elsewhere")


def test_a_log_that_grew_too_large_keeps_its_end_while_the_server_writes_on(tmp_path: Path) -> None:
    log = tmp_path / server_files.LOG
    with log.open("ab", buffering=0) as server:
        server.write(b"old\n" * 2_000_001 + b"newest\n")
        server_files.trim_log(tmp_path)
        server.write(b"after\n")
    kept = log.read_bytes()
    assert len(kept) == 1_000_000 + len(b"after\n")
    assert kept.endswith(b"old\nnewest\nafter\n")


def test_a_log_of_ordinary_size_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / server_files.LOG).write_bytes(b"line\n" * 1000)
    server_files.trim_log(tmp_path)
    assert (tmp_path / server_files.LOG).stat().st_size == 5000
    assert server_files.log_tail(tmp_path, lines=2) == "\n  line\n  line"
