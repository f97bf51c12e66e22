"""What must be true before anything starts, and the one sentence that is told when it is not."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from etheatmap_cli.preflight import PreflightError, free_port, require_free_port, require_writable_folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_one_sentence_that_names_the_setting(taken_port: int) -> None:
    with pytest.raises(PreflightError) as told:
        require_free_port(taken_port, "the dashboard", "API_PORT")
    assert str(told.value) == (
        f"Port {taken_port} for the dashboard is in use: stop what listens there, "
        "or choose another with API_PORT=NUMBER."
    )


def test_a_port_nobody_listens_on_is_fine_and_stays_free() -> None:
    port = free_port()
    require_free_port(port, "the dashboard", "API_PORT")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        assert listener.getsockname()[1] == port


def test_a_port_that_was_just_let_go_is_free() -> None:
    """A start right after a stop meets the closed connections of the stopped server (TIME_WAIT)."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listener.accept()
            accepted.close()  # the server closes first, so that its side waits
    require_free_port(port, "the Dagster UI", "DAGSTER_PORT")
    with socket.socket() as successor:
        assert successor.connect_ex(("127.0.0.1", port)) != 0, "nothing listens there"


def test_a_folder_is_made_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet" / "there"
    require_writable_folder(folder, "ETHEATMAP_HOME")
    assert list(folder.iterdir()) == []


# Permissions do not bind root, so a file stands where the folder, or one above it, should be.
@pytest.mark.parametrize("below", [".", "data"], ids=["a file", "below a file"])
def test_a_folder_that_cannot_be_one_is_one_sentence(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / below
    with pytest.raises(PreflightError) as told:
        require_writable_folder(folder, "ETHEATMAP_HOME")
    assert str(told.value) == (
        f"{folder} is no folder, or lies below a file: choose another with ETHEATMAP_HOME=FOLDER."
    )
