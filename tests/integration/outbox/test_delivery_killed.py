"""kill -9 in mid-delivery, again and again: nothing arrives twice, nothing is lost, what nobody can know is listed."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SEED = 11
PROGRAM = Path(__file__).with_name("killed_deliverer.py")


def kill(outbox, database_url: str, kills: int) -> dict[str, int]:
    texts = [f"message {number}" for number in range(3 * kills)]
    outbox.put(*texts)
    command = [sys.executable, str(PROGRAM), database_url, outbox.slack.url, str(kills), str(SEED)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1500)
    assert ended.returncode == 0, ended.stderr
    died = json.loads(ended.stdout)

    arrived = Counter(outbox.arrived)
    assert max(arrived.values()) == 1, "nothing arrives twice"
    states = {row.text: row.state for row in outbox.rows()}
    assert set(states.values()) <= {"sent", "unknown"}, "nothing waits for ever"
    assert {text for text, state in states.items() if state == "sent"} <= set(arrived), "what is called sent is there"
    assert set(arrived) <= set(states)
    lost = [text for text in texts if text not in arrived and states[text] != "unknown"]
    assert lost == [], "what did not arrive is listed"
    unknown = [text for text, state in states.items() if state == "unknown"]
    print(
        f"\n{sum(died.values())} deliverers killed ({died}), {len(texts)} messages: {len(arrived)} arrived, 0 twice, "
        f"{len(unknown)} listed as unknown, of which {sum(text in arrived for text in unknown)} had arrived"
    )
    return died


def test_two_hundred_kills(outbox, database_url: str) -> None:
    died = kill(outbox, database_url, 200)
    assert sum(died.values()) >= 150
    assert set(died) == {"claimed", "posted", "written", "anywhere"}


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.environ.get("SOAK") != "1", reason="takes minutes: make soak")
def test_two_thousand_kills(outbox, database_url: str) -> None:
    assert sum(kill(outbox, database_url, 2000).values()) >= 1500
