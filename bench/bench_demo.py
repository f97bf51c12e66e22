"""From a clean checkout to a populated dashboard, as a new user runs it; packages come from uv's cache."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.report import BenchRow

PROJECT = Path(__file__).parents[1]
_AIM = "≤ 90 s"
_PATIENCE_SECONDS = 600


def run() -> list[BenchRow]:
    """One row: `make demo` in a fresh clone of HEAD until the dashboard shows a row."""
    folder = Path(tempfile.mkdtemp(prefix="ethd-"))
    checkout = folder / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(checkout)], check=True)
    ports = [_free_port(), _free_port()]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "API_PORT": str(ports[0]),
        "DAGSTER_PORT": str(ports[1]),
    }
    started = time.perf_counter()
    with (folder / "demo.log").open("wb") as log:
        demo = subprocess.Popen(
            ["make", "demo"], cwd=checkout, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        seconds = _until_populated(f"http://127.0.0.1:{ports[0]}/trends/dashboard", started, demo)
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
    return [BenchRow("clean checkout to populated dashboard", None, seconds, _AIM, "packages cached")]


def _until_populated(url: str, started: float, demo: subprocess.Popen[bytes]) -> float:
    while time.perf_counter() - started < _PATIENCE_SECONDS and demo.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if b"the usual" in answer.read():
                    return time.perf_counter() - started
        except OSError:
            pass  # not listening yet
        time.sleep(0.5)
    raise RuntimeError("the demo showed no populated dashboard")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
