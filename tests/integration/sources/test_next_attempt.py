"""A second attempt at an hour asks what the first one did not learn, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import CollectingInstallation

from etheatmap_sim.testing import Simulator

# The eight hottest fill two questions, the others share one and a half.
NAMES = (
    "Academy Awards", "Cannes Film Festival", "Coachella", "Met Gala", "Ali Wong", "Anya Taylor-Joy", "Ariana Grande",
    "Bad Bunny", "Beyoncé", "Billie Eilish", "Brad Pitt", "Bruno Mars", "BTS", "Coldplay",
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator, database_url: str) -> Iterator[CollectingInstallation]:
    place = CollectingInstallation(tmp_path, database_url, simulator)
    place.track_only(*NAMES)
    yield place
    place.close()


def test_of_a_source_that_asks_in_turn_about_several_at_once(place: CollectingInstallation) -> None:
    """Those who were answered have had their turn now: that moves nobody into another question of the same hour."""
    place.simulator.order("trends", kind="status", status=403, path="value%22%3A+%22Coldplay")
    assert place.collect("trends") is None
    first = place.outcome("trends")
    assert first is not None
    assert (first.answered, first.questions) == (4, 5)

    place.simulator.clear_faults()
    place.requests()
    assert place.collect("trends") is None
    second = place.outcome("trends")
    assert second is not None
    assert (second.answered, second.questions, second.is_complete) == (5, 5, True)
    assert place.requests() == {"trends": 3}, "a cookie, the widgets and the lines of one question"
    keys = place.query("SELECT request_key FROM captures WHERE source = 'trends' AND request_key LIKE 'interest/%'")
    asked = [name for row in keys for name in row.request_key.removeprefix("interest/").split("|")]
    assert sorted(asked) == sorted(NAMES)
