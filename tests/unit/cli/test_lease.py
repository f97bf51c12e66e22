"""A data folder in use is known to be, until its user ends, however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

from etheatmap_cli.lease import in_use, is_in_use

HOLD = """
import sys, time
from pathlib import Path
from etheatmap_cli.lease import in_use
with in_use(Path(sys.argv[1])):
    print("in", flush=True)
    time.sleep(600)
"""


def test_a_folder_is_in_use_while_anyone_has_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert not is_in_use(home)
    with in_use(home):
        with in_use(home):
            assert is_in_use(home)
        assert is_in_use(home)
    assert not is_in_use(home)


def test_a_killed_user_is_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "in\n"
    assert is_in_use(home)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert not is_in_use(home)
