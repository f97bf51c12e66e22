"""kill -9 in mid-call of the product itself: what the upstream has charged is never more than what the books say."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from metered import MeteredInstallation
from metered_program import POINTS
from simulated import SimulatedInstallation

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.hours import HOUR

PROGRAM = Path(__file__).with_name("metered_program.py")


@pytest.fixture
def metered(simulated: SimulatedInstallation) -> MeteredInstallation:
    return MeteredInstallation(simulated)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_call_is_never_understated_and_the_next_run_goes_on(metered: MeteredInstallation, point: str) -> None:
    place, hour = metered.place, metered.hour - 3 * HOUR
    arguments = [
        str(place.home.parent), place.database_url, place.simulator.url, place.now.isoformat(), hour.isoformat(), point,
    ]  # fmt: skip
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == -9, ended.stderr
    charged = metered.charged()
    spent, reserved = metered.books()
    assert spent + reserved >= charged

    place.now += timedelta(minutes=11)
    Ledger(place.engine, lambda: place.now).expire()
    spent, reserved = metered.books()
    assert reserved == 0, "nothing stays set aside for ever"
    assert spent >= charged
    lost = place.query("SELECT count(*) AS calls FROM budget_reservations WHERE state = 'lost'")[0].calls
    assert lost == (1 if point in {"marked, not sent", "answered, not read", "on disk, not booked"} else 0)

    assert metered.collect(hours_ago=3).outcome.is_complete
    assert metered.charged() - charged == (0 if point == "archived, not stored" else 1), (
        "what is archived is not paid again"
    )
    assert metered.books()[0] >= metered.charged()
