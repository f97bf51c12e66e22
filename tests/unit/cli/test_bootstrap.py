"""deploy/bootstrap.sh on machines that are not ready: one plain sentence, and an exit code that stops make."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy" / "bootstrap.sh"


def bootstrap(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The script run in ``folder`` as the Makefile runs it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    (folder / "requirements.lock").touch()
    return subprocess.run(
        ["sh", str(SCRIPT), ".venv", "requirements.lock"],
        cwd=folder,
        env={**kept, "PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """A folder that any user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="eth-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_no_python_is_one_sentence(tmp_path: Path) -> None:
    run = bootstrap(tmp_path, PYTHON="python-that-is-not-there")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "make: no 'python-that-is-not-there' on this machine; install Python 3.11 or newer, "
        "or name one: make PYTHON=/path/to/python3.12 ...\n"
    )


def test_an_old_python_is_one_sentence(tmp_path: Path) -> None:
    old = executable(tmp_path / "old" / "python3", 'case "$1" in -V) echo "Python 3.9.2";; *) exit 1;; esac')
    run = bootstrap(tmp_path, PYTHON=str(old))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"make: '{old}' is Python 3.9.2; Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 ...\n"
    )
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_venv_is_one_sentence(tmp_path: Path) -> None:
    bare = executable(tmp_path / "bare" / "python3", 'case "$*" in *venv*) echo "No module named venv"; exit 1;; esac')
    run = bootstrap(tmp_path, PYTHON=str(bare))
    assert run.returncode == 1
    assert run.stderr == (
        f"make: '{bare} -m venv' does not work; "
        "install the venv module (on Debian and Ubuntu: apt install python3-venv)\n"
    )


def test_no_package_index_is_one_sentence_after_what_pip_said(tmp_path: Path) -> None:
    run = bootstrap(tmp_path, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull)
    assert run.returncode == 1
    assert run.stdout == "Installing uv\n"
    assert run.stderr.splitlines()[-1] == (
        "make: the package index cannot be reached; "
        "check the network (or the proxy and index settings of pip) and run make again"
    )
    assert len(run.stderr.splitlines()) <= 4, "not the whole of pip's trace"


def test_a_lost_network_after_uv_is_told_with_the_lock_file(tmp_path: Path) -> None:
    """Both installers fail: the environment must not count as finished."""
    for name in ("python", "uv"):
        executable(tmp_path / ".venv" / "bin" / name, "echo 'no route to host' >&2; exit 1")
    run = bootstrap(tmp_path)
    assert run.returncode == 1
    assert run.stdout == "Installing the packages of requirements.lock\n"
    assert run.stderr.splitlines()[-1] == (
        "make: the packages of requirements.lock could not be installed; "
        "the lines above and .venv/bootstrap.log say why"
    )


def test_a_read_only_folder_is_one_sentence(readable_folder: Path) -> None:
    python = executable(readable_folder / "python3", "exit 0")
    readable_folder.chmod(0o555)
    run = subprocess.run(
        ["sh", "-s", ".venv", "requirements.lock"],
        input=SCRIPT.read_text(),  # another user may not be let into the project's folder
        user=65534 if os.geteuid() == 0 else None,  # permissions do not bind root
        cwd=readable_folder,
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"make: the folder {readable_folder} is read-only; clone the project into a folder you may write to\n"
    )
