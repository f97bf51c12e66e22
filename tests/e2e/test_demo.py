"""The README's first command as a user meets it: it fills a dashboard, goes on by itself, and leaves nothing."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

PROJECT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder of the test's own, with a path short enough for a database socket."""
    folder = Path(tempfile.mkdtemp(prefix="eth-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _environment(home: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ETHEATMAP_", "DAGSTER_"))}
    return {**kept, "ETHEATMAP_HOME": str(home), **extra}


def _etheatmap(*words: str) -> list[str]:
    return [sys.executable, "-m", "etheatmap_cli.main", *words]


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def _newest_scored_hour(api_port: int) -> datetime:
    answer = json.loads(_get(f"http://127.0.0.1:{api_port}/trends/intelligent?limit=1"))
    return datetime.fromisoformat(answer["trends"][0]["timestamp"])


def _graphql(dagster_port: int, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{dagster_port}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        body: dict[str, Any] = json.loads(answer.read())["data"]
        return body


def _processes_of(home: Path) -> list[str]:
    """What still runs with this data folder in its command line or environment."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            if str(home) in " ".join(process.cmdline()) or process.environ().get("ETHEATMAP_HOME", "").startswith(
                str(home)
            ):
                found.append(f"{process.pid} {' '.join(process.cmdline())[:120]}")
        except psutil.Error:
            continue  # it ended while we looked, or is not ours to look at
    return found


def test_once_prints_the_hottest_with_their_why_and_leaves_nothing(home: Path) -> None:
    run = subprocess.run(
        _etheatmap("demo", "--once"),
        cwd=PROJECT,
        env=_environment(home, ETHEATMAP_SIM_START="2026-11-20T15", COLUMNS="160"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Hottest at 2026-11-20 14:00 UTC" in run.stdout
    assert re.search(r"\+\d\.\d\dσ .*12 h of Wikipedia views are \d+(\.\d+)?× the usual 7 days", run.stdout), run.stdout
    assert _processes_of(home) == []


def test_the_demo_fills_itself_goes_on_by_itself_and_ends_on_ctrl_c(home: Path) -> None:
    api_port, dagster_port = _free_port(), _free_port()
    log = home.with_suffix(".log")
    with log.open("wb") as output:
        demo = subprocess.Popen(
            _etheatmap("demo"),
            cwd=PROJECT,
            env=_environment(home, API_PORT=str(api_port), DAGSTER_PORT=str(dagster_port)),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(
            lambda: "ET Heatmap is up" in log.read_text(), seconds=240, what="the demo to be up", log=log, process=demo
        )
        newest_full_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR

        _wait(
            lambda: _newest_scored_hour(api_port) >= newest_full_hour,
            seconds=120,
            what="the automation to make the newest hour",
            log=log,
            process=demo,
        )
        page = _get(f"http://127.0.0.1:{api_port}/trends/dashboard").decode()
        assert page.count("<tr") > 10
        assert "× the usual" in page

        status = _graphql(
            dagster_port,
            "{ assetNodes { assetKey { path } partitionStats { numMaterialized } } }",
        )
        made = {node["assetKey"]["path"][0]: node["partitionStats"]["numMaterialized"] for node in status["assetNodes"]}
        assert made["wiki"] >= 336
        assert made["heat_scores"] >= 336
    finally:
        demo.send_signal(signal.SIGINT)
        try:
            demo.wait(40)
        finally:
            demo.kill()
    assert demo.returncode == 0, log.read_text()
    assert _processes_of(home) == []
    log.unlink()


def _wait(
    condition: Callable[[], bool], *, seconds: float, what: str, log: Path, process: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"the demo ended while waiting for {what}:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}:\n{log.read_text()}"
        time.sleep(1)
