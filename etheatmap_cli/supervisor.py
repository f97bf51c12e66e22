"""Keeps a few child processes alive and ends them all: TERM first, KILL after ten seconds.

`dagster dev` is not used: it was seen alive two minutes after SIGTERM. Each child leads a process group of its own, so
that the runs a code server starts end with it, and asks the kernel to be ended when this process dies.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from etheatmap_core.errors import EtHeatmapError

STOP_GRACE_SECONDS = 10
_POLL_SECONDS = 0.25
_KEEP_ALIVE_SECONDS = 5
_PR_SET_PDEATHSIG = 1
_LOG_TAIL_LINES = 15
# A child that ends this often in a row, each time within the healthy time, will not get better by itself.
_MAX_RESTARTS = 5
_HEALTHY_SECONDS = 60


class ServiceFailedError(EtHeatmapError):
    """A child process ended before it was ready, or again and again."""


@dataclass(frozen=True)
class Service:
    """A process to keep alive. ``is_ready`` is asked until it answers true; None means ready once started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] | None = None


@dataclass
class _Child:
    service: Service
    process: subprocess.Popen[bytes]
    started_at_seconds: float
    restarts: int = 0


@dataclass
class Supervisor:
    """Starts, watches and stops services; their output goes to ``log_folder/<name>.log``."""

    log_folder: Path
    announce: Callable[[str], None]
    # Asked every few seconds beside the services; for what must live and is no child of ours.
    keep_alive: Callable[[], None] = lambda: None
    _next_keep_alive_seconds: float = 0.0
    _children: dict[str, _Child] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def request_stop(self) -> None:
        """Makes ``watch`` and ``wait_ready`` return soon; safe in a signal handler."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self, service: Service) -> None:
        self._children[service.name] = _Child(service, self._spawn(service, self._log_path(service)), time.monotonic())

    def wait_ready(self, timeout_seconds: float = 90) -> None:
        """Returns when every service is ready; ServiceFailedError with the end of its log when one is not."""
        deadline = time.monotonic() + timeout_seconds
        for child in self._children.values():
            while child.service.is_ready is not None and not child.service.is_ready():
                if self._stopping.is_set():
                    return
                if child.process.poll() is not None:
                    raise ServiceFailedError(
                        f"The {child.service.name} ended while it was starting:\n{self._log_tail(child.service)}"
                    )
                if time.monotonic() > deadline:
                    raise ServiceFailedError(
                        f"The {child.service.name} was not ready after {timeout_seconds:.0f} s:\n"
                        f"{self._log_tail(child.service)}"
                    )
                self._stopping.wait(_POLL_SECONDS)

    def run_to_end(self, service: Service, *, log: Path | None = None) -> int:
        """Runs one command beside the services, on this terminal or into ``log``; its exit code, 130 when stopped.

        Services that end meanwhile are started again: a first backfill may take an hour.
        """
        process = self._spawn(service, log)
        try:
            while process.poll() is None and not self._stopping.wait(_POLL_SECONDS):
                self._restart_ended()
        finally:
            # One grace for all: a command that needs its ten seconds must not make the services wait for theirs.
            _end([process, *self._processes()] if self._stopping.is_set() else [process])
        return 130 if self._stopping.is_set() else process.returncode

    def watch(self) -> None:
        """Until a stop is requested, starts again whatever has ended, a little later each time."""
        while not self._stopping.wait(_POLL_SECONDS):
            self._restart_ended()

    def stop(self) -> None:
        """Ends every child and whatever it started; returns when nothing is left."""
        self._stopping.set()
        _end(self._processes())
        self._children.clear()

    def _processes(self) -> list[subprocess.Popen[bytes]]:
        return [child.process for child in reversed(self._children.values())]

    def _restart_ended(self) -> None:
        if time.monotonic() >= self._next_keep_alive_seconds:
            self.keep_alive()
            self._next_keep_alive_seconds = time.monotonic() + _KEEP_ALIVE_SECONDS
        for child in self._children.values():
            code = child.process.poll()
            if code is not None:
                self._restart(child, code)

    def _restart(self, child: _Child, code: int) -> None:
        if time.monotonic() - child.started_at_seconds > _HEALTHY_SECONDS:
            child.restarts = 0
        child.restarts += 1
        if child.restarts > _MAX_RESTARTS:
            raise ServiceFailedError(
                f"The {child.service.name} keeps ending ({_how(code)}):\n{self._log_tail(child.service)}"
            )
        self.announce(f"The {child.service.name} ended ({_how(code)}); starting it again.")
        _end([child.process])  # its own children may have outlived it
        if not self._stopping.wait(min(2.0 ** (child.restarts - 1), 16.0)):
            child.process = self._spawn(child.service, self._log_path(child.service))
            child.started_at_seconds = time.monotonic()

    def _spawn(self, service: Service, log: Path | None) -> subprocess.Popen[bytes]:
        """Starts the command with its output in ``log``, or on this terminal where there is none."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else None
            return subprocess.Popen(
                list(service.command),
                env={**os.environ, **service.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if log else None,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  children are only started from the main thread
            )

    def _log_path(self, service: Service) -> Path:
        return self.log_folder / f"{service.name.replace(' ', '-')}.log"

    def _log_tail(self, service: Service) -> str:
        lines = self._log_path(service).read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return "\n".join(["  " + line for line in lines] + [f"  (whole log: {self._log_path(service)})"])


def _how(code: int) -> str:
    """In words, how a process ended."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _end_with_parent() -> None:
    """In the child: be sent TERM when the supervisor dies, however it dies (Linux; elsewhere nothing happens)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """TERM to each process group, KILL to what is left of any after the grace."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_GRACE_SECONDS
    groups = {process.pid for process in processes}
    while _living_members(groups, processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in processes:
        _signal_group(process, signal.SIGKILL)
        process.wait()
    # A killed group dies a moment after its leader, on a busy machine a long one: what follows may delete its folder.
    deadline = time.monotonic() + STOP_GRACE_SECONDS
    while _living_members(groups, processes) and time.monotonic() < deadline:
        time.sleep(0.05)


def _living_members(groups: set[int], leaders: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether any process of the groups still runs; one that only waits to be reaped does not count."""
    for leader in leaders:
        leader.poll()  # reaps
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            if os.getpgid(process.pid) in groups and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def _signal_group(process: subprocess.Popen[bytes], signal_number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # the group is gone: nothing to end
        os.killpg(process.pid, signal_number)
