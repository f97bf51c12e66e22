"""Processes are kept alive, told about when they end, and ended with all they have started. With real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from etheatmap_cli import supervisor as module
from etheatmap_cli.platform import supervised
from etheatmap_cli.supervisor import Service, ServiceFailedError, Supervisor

pytestmark = pytest.mark.timeout(60)

# What children are made of. Each writes its process id to a file once it is in the state the test is about.
SLEEP = "import os, pathlib, signal, subprocess, sys, time; time.sleep(600)"
TELL = "pathlib.Path('{file}').write_text(str(os.getpid()))"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def sleeper(file: Path, first: str = "pass") -> str:
    """Code that does ``first``, tells its process id and sleeps."""
    before, sleep = SLEEP.split("; ")
    return "; ".join([before, first, TELL.format(file=file), sleep])


def parent_of(child_code: str) -> str:
    return f"subprocess.Popen([sys.executable, '-c', {child_code!r}])"


def is_alive(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def told_pid(file: Path) -> int:
    wait_until(lambda: file.exists() and file.read_text() != "", f"{file.name} to be written")
    return int(file.read_text())


@pytest.fixture
def announced() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, announced: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs", announced.append)
    yield made
    made.stop()


@pytest.fixture
def until_told(supervisor: Supervisor) -> Iterator[None]:
    """A child that sends USR1 to its parent, the test, makes ``watch`` return."""
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: supervisor.request_stop())
    yield
    signal.signal(signal.SIGUSR1, before)


def ends_until_nth_start(file: Path, nth: int) -> str:
    """Code that counts its starts in ``file``, ends with code 3, and at the ``nth`` stays and tells the test."""
    return (
        "import os, pathlib, signal, sys, time\n"
        f"file = pathlib.Path({str(file)!r})\n"
        "starts = int(file.read_text()) + 1 if file.exists() else 1\n"
        "file.write_text(str(starts))\n"
        "print('start number', starts, flush=True)\n"
        f"if starts < {nth}: sys.exit(3)\n"
        "os.kill(os.getppid(), signal.SIGUSR1)\n"
        "time.sleep(600)\n"
    )


def test_stop_ends_children_by_term(supervisor: Supervisor, tmp_path: Path) -> None:
    goodbye = tmp_path / "goodbye"
    polite = f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path('{goodbye}').write_text('bye'), sys.exit()))"
    supervisor.start(Service("polite", python(sleeper(tmp_path / "pid", polite)), {}))
    pid = told_pid(tmp_path / "pid")
    supervisor.stop()
    assert not is_alive(pid)
    assert goodbye.read_text() == "bye"


def test_what_ignores_term_is_killed_after_the_grace_with_its_own_children(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_GRACE_SECONDS", 1.0)
    grandchild = sleeper(tmp_path / "grandchild", DEAF)
    supervisor.start(
        Service("deaf", python(sleeper(tmp_path / "child", f"{DEAF}; child = {parent_of(grandchild)}")), {})
    )
    pids = [told_pid(tmp_path / "child"), told_pid(tmp_path / "grandchild")]
    assert all(is_alive(pid) for pid in pids)
    supervisor.stop()
    assert [pid for pid in pids if is_alive(pid)] == []


def test_a_grandchild_that_outlives_its_parent_is_ended_too(supervisor: Supervisor, tmp_path: Path) -> None:
    """A code server's run: the server ends at TERM, the run has not heard of it."""
    grandchild = sleeper(tmp_path / "grandchild")
    code = f"import os, pathlib, signal, subprocess, sys; child = {parent_of(grandchild)}; os._exit(0)"
    supervisor.start(Service("short", python(code), {}))
    pid = told_pid(tmp_path / "grandchild")
    supervisor.stop()
    assert not is_alive(pid)


def test_stop_twice_and_without_children_is_fine(supervisor: Supervisor) -> None:
    supervisor.stop()
    supervisor.stop()
    assert supervisor.is_stopping


@pytest.mark.usefixtures("until_told")
def test_a_child_that_ends_is_announced_and_started_again(
    supervisor: Supervisor, announced: list[str], tmp_path: Path
) -> None:
    supervisor.start(Service("code server", python(ends_until_nth_start(tmp_path / "starts", 2)), {}))
    supervisor.watch()
    assert announced == ["The code server ended (exit code 3); starting it again."]
    assert (tmp_path / "starts").read_text() == "2"
    assert (tmp_path / "logs" / "code-server.log").read_text() == "start number 1\nstart number 2\n"


@pytest.mark.usefixtures("until_told")
def test_ending_now_and_then_is_forgiven(
    supervisor: Supervisor, announced: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was healthy before is not counted as ending again and again."""
    monkeypatch.setattr(module, "_MAX_RESTARTS", 1)
    monkeypatch.setattr(module, "_HEALTHY_SECONDS", 0)
    supervisor.start(Service("API", python(ends_until_nth_start(tmp_path / "starts", 4)), {}))
    supervisor.watch()
    assert len(announced) == 3


def test_a_child_that_keeps_ending_is_given_up_with_the_end_of_its_log(
    supervisor: Supervisor, announced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_RESTARTS", 1)
    supervisor.start(Service("API", python("import sys; print('no such table'); sys.exit(4)"), {}))
    with pytest.raises(ServiceFailedError) as told:
        supervisor.watch()
    log = supervisor.log_folder / "API.log"
    assert str(told.value) == (
        f"The API keeps ending (exit code 4):\n  no such table\n  no such table\n  (whole log: {log})"
    )
    assert len(announced) == 1


def test_a_child_that_ends_before_it_is_ready_is_an_error_with_its_log(supervisor: Supervisor) -> None:
    supervisor.start(Service("API", python("raise SystemExit('no database')"), {}, is_ready=lambda: False))
    with pytest.raises(ServiceFailedError) as told:
        supervisor.wait_ready()
    log = supervisor.log_folder / "API.log"
    assert str(told.value) == f"The API ended while it was starting:\n  no database\n  (whole log: {log})"


def test_only_the_end_of_a_long_log_is_shown(supervisor: Supervisor) -> None:
    code = "[print('line', n) for n in range(100)]; raise SystemExit(1)"
    supervisor.start(Service("API", python(code), {}, is_ready=lambda: False))
    with pytest.raises(ServiceFailedError) as told:
        supervisor.wait_ready()
    lines = str(told.value).splitlines()
    assert lines[1] == "  line 85"
    assert lines[-2] == "  line 99"


def test_a_child_that_is_never_ready_is_an_error_after_the_timeout(supervisor: Supervisor) -> None:
    supervisor.start(Service("webserver", python(SLEEP), {}, is_ready=lambda: False))
    with pytest.raises(ServiceFailedError, match=r"^The webserver was not ready after 1 s:"):
        supervisor.wait_ready(timeout_seconds=0.6)


def test_ready_children_are_waited_for(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(Service("API", python(sleeper(tmp_path / "pid")), {}, is_ready=(tmp_path / "pid").exists))
    supervisor.wait_ready()
    assert (tmp_path / "pid").exists()


def test_a_child_gets_the_services_environment_over_ours(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "ours")
    monkeypatch.setenv("OVER", "ours")
    log = tmp_path / "out.log"
    code = "import os; print(os.environ['KEPT'], os.environ['OVER'])"
    assert supervisor.run_to_end(Service("once", python(code), {"OVER": "theirs"}), log=log) == 0
    assert log.read_text() == "ours theirs\n"


def test_a_command_run_to_its_end_hands_back_its_exit_code(supervisor: Supervisor) -> None:
    assert supervisor.run_to_end(Service("once", python("raise SystemExit(7)"), {})) == 7


@pytest.mark.usefixtures("until_told")
def test_services_are_kept_alive_while_a_command_runs(
    supervisor: Supervisor, announced: list[str], tmp_path: Path
) -> None:
    """A first backfill of live data takes long; the dashboard must not stay away until its end."""
    supervisor.start(Service("API", python(ends_until_nth_start(tmp_path / "starts", 2)), {}))
    assert supervisor.run_to_end(Service("backfill", python(SLEEP), {})) == 130
    assert announced == ["The API ended (exit code 3); starting it again."]


@pytest.mark.usefixtures("until_told")
def test_a_command_is_ended_when_a_stop_is_requested(supervisor: Supervisor, tmp_path: Path) -> None:
    tell_parent = "os.kill(os.getppid(), signal.SIGUSR1)"
    code = sleeper(tmp_path / "pid").replace("; time.sleep", f"; {tell_parent}; time.sleep")
    assert supervisor.run_to_end(Service("backfill", python(code), {})) == 130
    assert not is_alive(told_pid(tmp_path / "pid"))


SUPERVISING = """
import sys
from pathlib import Path
from etheatmap_cli.platform import say, supervised
from etheatmap_cli.supervisor import Service

with supervised(Path({logs!r})) as supervisor:
    supervisor.start(Service("child", [sys.executable, "-c", {child!r}], {{}}, lambda: Path({file!r}).exists()))
    supervisor.wait_ready()
    say("up")
    supervisor.watch()
say("down")
"""


@pytest.fixture
def supervising(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises one child, whose process id is in ``child``; it has said "up"."""
    file = tmp_path / "child"
    code = SUPERVISING.format(logs=str(tmp_path / "logs"), child=sleeper(file), file=str(file))
    with subprocess.Popen(python(code), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_killing_the_supervisor_itself_ends_its_children(supervising: subprocess.Popen[str], tmp_path: Path) -> None:
    child = told_pid(tmp_path / "child")
    supervising.kill()
    wait_until(lambda: not is_alive(child), "the child to end with its supervisor")
    assert not is_alive(child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_term_end_everything_in_order(
    supervising: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    child = told_pid(tmp_path / "child")
    supervising.send_signal(number)
    output, _ = supervising.communicate(timeout=30)
    assert (output, supervising.returncode) == ("Stopping.\ndown\n", 0)
    assert not is_alive(child)


def test_an_error_inside_leaves_nothing_running_and_gives_the_signals_back(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def start_and_fail() -> None:
        with supervised(tmp_path / "logs") as supervisor:
            supervisor.start(Service("child", python(sleeper(tmp_path / "child")), {}))
            told_pid(tmp_path / "child")
            raise ServiceFailedError("it went wrong")

    with pytest.raises(ServiceFailedError, match=r"^it went wrong$"):
        start_and_fail()
    assert not is_alive(told_pid(tmp_path / "child"))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_second_ctrl_c_is_not_said_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with supervised(tmp_path / "logs") as supervisor:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        supervisor.watch()
    assert capsys.readouterr().out == "Stopping.\n"


def test_what_is_no_child_is_looked_after_while_watching(
    tmp_path: Path, announced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etheatmap_cli.supervisor._KEEP_ALIVE_SECONDS", 0)
    looked: list[int] = []

    def look() -> None:
        looked.append(1)
        if len(looked) == 3:
            supervisor.request_stop()

    supervisor = Supervisor(tmp_path / "logs", announced.append, keep_alive=look)
    supervisor.watch()
    assert len(looked) == 3
