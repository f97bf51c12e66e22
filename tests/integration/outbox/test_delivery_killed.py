"""kill -9 in mid-delivery, again and again: nothing arrives twice, nothing is lost, what nobody can know is listed.

Two programs deliver at once, each with a clock of its own, minutes apart: what one is at the other may give up.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SEEDS = (11, 12)
PROGRAM = Path(__file__).with_name("killed_deliverer.py")


def kill(outbox, database_url: str, kills: int) -> Counter[str]:
    died: Counter[str] = Counter()
    for program in [start(outbox, database_url, kills // len(SEEDS), seed) for seed in SEEDS]:
        told, complaints = program.communicate(timeout=1500)
        assert program.returncode == 0, complaints
        died += Counter(json.loads(told))

    arrived = Counter(outbox.arrived)
    assert max(arrived.values()) == 1, "nothing arrives twice"
    states = {row.text: row.state for row in outbox.rows()}
    assert set(arrived) <= set(states)
    assert set(states.values()) <= {"sent", "unknown"}, "nothing waits for ever"
    assert {text for text, state in states.items() if state == "sent"} <= set(arrived), "what is called sent is there"
    lost = [text for text in states if text not in arrived and states[text] != "unknown"]
    assert lost == [], "what did not arrive is listed"
    unknown = [text for text, state in states.items() if state == "unknown"]
    print(
        f"\n{sum(died.values())} deliverers killed ({dict(died)}), {len(states)} messages: {len(arrived)} arrived, "
        f"0 twice, {len(unknown)} listed as unknown, of which {sum(text in arrived for text in unknown)} had arrived"
    )
    return died


def start(outbox, database_url: str, kills: int, seed: int) -> "subprocess.Popen[str]":
    command = [sys.executable, str(PROGRAM), database_url, outbox.slack.url, str(kills), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_hundred_kills(outbox, database_url: str) -> None:
    died = kill(outbox, database_url, 200)
    assert sum(died.values()) == 200
    assert set(died) == {"claimed", "posted", "written", "anywhere"}


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.environ.get("SOAK") != "1", reason="takes minutes: make soak")
def test_two_thousand_kills(outbox, database_url: str) -> None:
    assert sum(kill(outbox, database_url, 2000).values()) == 2000
