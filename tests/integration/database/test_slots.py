"""At most so many at once, over all processes of a database."""

import os
import signal
import subprocess
import sys
import threading

import sqlalchemy as sa

from etheatmap_core.database.slots import slot

HOLD_FOR_EVER = """
import sys, time
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.slots import slot
with slot(create_engine(sys.argv[1]), "upstream", 1):
    print("inside", flush=True)
    time.sleep(600)
"""


def test_no_more_than_the_slots_are_inside_at_once(engine: sa.Engine) -> None:
    inside, most, guard = 0, 0, threading.Lock()
    two_are_in = threading.Barrier(2, timeout=30)

    def work(waits: bool) -> None:
        nonlocal inside, most
        with slot(engine, "upstream", 2):
            with guard:
                inside += 1
                most = max(most, inside)
            if waits:
                two_are_in.wait()
            with guard:
                inside -= 1

    threads = [threading.Thread(target=work, args=(number < 2,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 2


def test_another_name_has_slots_of_its_own(engine: sa.Engine) -> None:
    entered = []
    with slot(engine, "one upstream", 1), slot(engine, "another upstream", 1):
        entered.append("both")
    assert entered == ["both"]


def test_a_killed_process_gives_its_slot_back(engine: sa.Engine, database_url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD_FOR_EVER, database_url], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "inside\n"
    entered = threading.Event()

    def enter() -> None:
        with slot(engine, "upstream", 1):
            entered.set()

    waiting = threading.Thread(target=enter)
    waiting.start()
    assert not entered.is_set()
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert entered.wait(30)
    waiting.join()
