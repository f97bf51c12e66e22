"""What is wrong before anything runs is told at once, in a sentence; and a database that ends is started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from etheatmap_cli.lease import in_use
from etheatmap_cli.platform import database_keeper
from etheatmap_core.database.address import database_url
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.settings import Settings, load_settings

PROJECT = Path(__file__).parents[3]
pytestmark = pytest.mark.integration


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="eth-"))
    yield folder
    EmbeddedPostgres.stop_leftover(folder / "postgres")
    shutil.rmtree(folder)


def _etheatmap(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ETHEATMAP_", "POSTGRES_"))}
    return subprocess.run(
        [sys.executable, "-m", "etheatmap_cli.main", *words],
        cwd=PROJECT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_mistake_in_configs_is_told_before_anything_starts(home: Path) -> None:
    configs = home / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    (configs / "entities.csv").write_text("name,type,aliases,wiki_id\nBella Ramsey,persn,,\n")
    run = _etheatmap(
        "up", ETHEATMAP_HOME=str(home), ETHEATMAP_CONFIG_DIR=str(configs), API_PORT="18473", DAGSTER_PORT="18474"
    )
    assert run.returncode == 1
    assert run.stderr == "etheatmap: entities.csv:2: type: expected 'person' (the nearest known), found 'persn'.\n"
    assert not (home / "postgres").exists()


def test_one_port_for_two_is_told(home: Path) -> None:
    run = _etheatmap("up", ETHEATMAP_HOME=str(home), API_PORT="18473", DAGSTER_PORT="18473")
    assert run.returncode == 1
    assert run.stderr == "etheatmap: API_PORT and DAGSTER_PORT are both 18473: choose two different ports.\n"


def test_a_data_folder_that_is_a_file_is_told(home: Path) -> None:
    (home / "file").write_text("")
    run = _etheatmap("up", ETHEATMAP_HOME=str(home / "file"), API_PORT="18473", DAGSTER_PORT="18474")
    assert run.returncode == 1
    assert run.stderr == (
        f"etheatmap: {home / 'file'} is no folder, or lies below a file: choose another with ETHEATMAP_HOME=FOLDER.\n"
    )


def test_a_second_demo_is_told_of_the_first_and_not_of_its_ports(home: Path) -> None:
    with in_use(home / "demo"), socket.create_server(("127.0.0.1", 0)) as taken:
        run = _etheatmap("demo", ETHEATMAP_HOME=str(home), API_PORT=str(taken.getsockname()[1]))
    assert run.returncode == 1
    assert run.stderr == f"etheatmap: A demo is running in {home / 'demo'}: stop it first.\n"


def test_the_version_is_told() -> None:
    run = _etheatmap("--version")
    assert (run.returncode, run.stdout) == (0, f"etheatmap {version('etheatmap')}\n")


def _settings(home: Path) -> Settings:
    return load_settings(None).model_copy(update={"etheatmap_home": home})


def test_a_killed_database_is_started_again_and_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = _settings(home)
    url = database_url(settings)
    keep = database_keeper(settings)
    keep()
    assert capsys.readouterr().out == ""
    os.kill(int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    keep()
    assert capsys.readouterr().out == "The database ended; starting it again.\n"
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
