"""Run as a program: delivers an outbox with a child process after the other, each of which dies by SIGKILL.

Arguments: database, simulator, kills, seed. A child dies at one of the named points of one of its next messages, or
wherever it is after a few milliseconds. The last one lives. Prints how many died of each.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from etheatmap_core.database.engine import create_engine
from etheatmap_core.outbox import deliver as delivery
from etheatmap_core.outbox.slack import webhook_poster

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
POINTS = ("claimed", "posted", "written")
WEBHOOK = "https://hooks.slack.com/services/T0/B0/secret"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deliver_once(database_url: str, simulator_url: str, turn: int, point: str | None, message: int) -> None:
    """``turn`` moves the clock on, so that what an earlier one held is given up."""
    engine = create_engine(database_url)
    post, seen = webhook_poster(WEBHOOK, simulator_url), 0
    now = START + turn * timedelta(minutes=2)

    def killable(claimed):
        nonlocal seen
        seen += 1
        if seen == message and point == "claimed":
            die()
        attempt = post(claimed)
        if seen == message and point == "posted":
            die()
        return attempt

    def pause(_seconds: float) -> None:
        if seen == message and point == "written":
            die()

    delivery.deliver(engine, killable, lambda: now, sleep=pause, within_seconds=600)
    engine.dispose()


def main() -> None:
    database_url, simulator_url, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    chance, died = random.Random(seed), Counter()
    for turn in range(kills + 1):
        point = chance.choice((*POINTS, "anywhere")) if turn < kills else None
        message, after_seconds = chance.randint(1, 2), chance.uniform(0.002, 0.04)
        child = os.fork()
        if child == 0:
            deliver_once(database_url, simulator_url, turn, point, message)
            os._exit(0)
        if point == "anywhere":
            time.sleep(after_seconds)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            died[point] += 1
        elif os.WEXITSTATUS(status):
            sys.exit(f"a child failed with {os.WEXITSTATUS(status)}")
    print(json.dumps(died))


if __name__ == "__main__":
    main()
