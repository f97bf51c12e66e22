"""The platform as a process: how tests start it, ask it, wait for it, end it, and look for what it left."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

PROJECT = Path(__file__).parents[2]
# A developer's own database is no place for a test.
_NOT_OURS = ("ETHEATMAP_", "DAGSTER_", "POSTGRES_", "DATABASE_URL")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(home: Path, **extra: str) -> dict[str, str]:
    """Ours without any setting of the platform, but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    return {**kept, "ETHEATMAP_HOME": str(home), **extra}


def etheatmap(*words: str) -> list[str]:
    return [sys.executable, "-m", "etheatmap_cli.main", *words]


def start(*words: str, env: dict[str, str], log: Path, cwd: Path = PROJECT) -> "subprocess.Popen[bytes]":
    """`etheatmap` with these words, its output added to ``log``."""
    with log.open("ab") as output:
        return subprocess.Popen(etheatmap(*words), cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT)


def end_by_ctrl_c(process: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C, and the exit code; who does not end by it is killed."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(40)
    finally:
        process.kill()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def wait_for(
    condition: Callable[[], bool], *, seconds: float, what: str, log: Path, process: "subprocess.Popen[bytes]"
) -> None:
    """Until the condition holds; fails with the log when the process ends before, or the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"it ended while waiting for {what}:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}:\n{log.read_text()}"
        time.sleep(0.5)


def processes_of(home: Path) -> list[str]:
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
