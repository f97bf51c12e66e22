"""The scenario the simulator's tests look at, and a simulator on a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.testing import serve

START = datetime(2026, 11, 20, 15, tzinfo=UTC)
SEED = 7
SHIPPED_ROSTER = Path(__file__).parents[3] / "configs" / "entities.csv"

ROSTER = (
    Entity("Beyoncé", "person", "Beyoncé", ("Queen B", "Beyonce Knowles")),
    Entity("The Bear", "project", "The Bear (TV series)"),
    Entity("Kendrick Lamar", "person", "Kendrick Lamar", ("The Bear (TV series)",)),  # an alias is no article
    *(Entity(f"Person {number}", "person", f"Person {number}") for number in range(40)),
    *(Entity(f"Film {number}", "project", f"Film {number}") for number in range(20)),
    *(Entity(f"Gala {number}", "event", f"Gala {number}") for number in range(8)),
)


def scenario(start: datetime = START, *, seed: int = SEED) -> Scenario:
    return Scenario(seed, start, ROSTER)


@contextmanager
def running_simulator(clock_shows: datetime, publish_delay: timedelta = timedelta(seconds=20)) -> Iterator[str]:
    """The address of a simulator that serves on a free port, with a clock that stands still."""
    with serve(ROSTER, clock_shows, seed=SEED, start=START, publish_delay=publish_delay) as simulator:
        yield simulator.url
