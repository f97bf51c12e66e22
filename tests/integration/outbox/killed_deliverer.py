"""Run as a program: fills and delivers an outbox with a child process after the other, each of which dies by SIGKILL.

Arguments: database, simulator, kills, seed. A child puts in three messages, and dies at one of the named points of one
of the next it delivers, or wherever it is after some milliseconds. The last one lives. Prints how many died of each.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from etheatmap_core.database.engine import create_engine
from etheatmap_core.outbox.deliver import deliver
from etheatmap_core.outbox.slack import Attempt, webhook_poster
from etheatmap_core.outbox.store import Claimed, Message, enqueue

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
POINTS, ANYWHERE = ("claimed", "posted", "written"), "anywhere"
WEBHOOK = "https://hooks.slack.com/services/T0/B0/secret"


@dataclass(frozen=True)
class Death:
    """At ``point`` of the ``message``-th message, or anywhere within a delivery, so many seconds after its start."""

    point: str
    message: int
    after_seconds: float


def main() -> None:
    database_url, simulator_url, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    chance, died = random.Random(seed), Counter()
    # The driver is loaded here, once, and not by every child; no connection is shared.
    create_engine(database_url).dispose()
    for turn in count():
        is_last = died.total() == kills
        death = Death(chance.choice((*POINTS, ANYWHERE)), chance.randint(1, 2), chance.uniform(0, 0.03))
        started, starts = os.pipe()
        child = os.fork()
        if child == 0:
            live(create_engine(database_url), simulator_url, f"{seed}:{turn}", turn, None if is_last else death, starts)
            os._exit(0)
        os.close(starts)
        if death.point == ANYWHERE and not is_last:
            os.read(started, 1)
            time.sleep(death.after_seconds)
            os.kill(child, signal.SIGKILL)
        os.close(started)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            died[death.point] += 1
        elif os.WEXITSTATUS(status):
            sys.exit(f"a child failed with {os.WEXITSTATUS(status)}")
        if is_last:
            break
    print(json.dumps(died))


def live(engine: sa.Engine, simulator_url: str, name: str, turn: int, death: Death | None, starts: int) -> None:
    """``turn`` moves the clock on, so that what an earlier child held is given up. Tells ``starts`` when it starts."""
    now = START + turn * timedelta(minutes=2)
    post, seen = webhook_poster(WEBHOOK, simulator_url), 0
    with engine.begin() as connection:
        for number in range(3):
            enqueue(connection, Message(f"{name}:{number}", "test", f"message {name}:{number}"), now)

    os.write(starts, b"!")

    def die_at(point: str) -> None:
        if death is not None and (death.point, death.message) == (point, seen):
            os.kill(os.getpid(), signal.SIGKILL)

    def killable(message: Claimed) -> Attempt:
        nonlocal seen
        seen += 1
        die_at("claimed")
        attempt = post(message)
        die_at("posted")
        return attempt

    deliver(engine, killable, lambda: now, sleep=lambda _seconds: die_at("written"), within_seconds=600)
    engine.dispose()


if __name__ == "__main__":
    main()
