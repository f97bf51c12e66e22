"""The scenario the simulator's tests look at, and a simulator on a real socket."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from starlette.testclient import TestClient

from etheatmap_sim.app import create_app
from etheatmap_sim.clock import SimClock
from etheatmap_sim.faults import FaultBoard
from etheatmap_sim.gdelt import stamp
from etheatmap_sim.items import Items
from etheatmap_sim.reddit import CLIENT_ID, CLIENT_SECRET
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.slack import SlackRoom
from etheatmap_sim.testing import serve
from etheatmap_sim.world import all_upstreams

START = datetime(2026, 11, 20, 15, tzinfo=UTC)
SEED = 7
REDDIT_TOKEN = "/www.reddit.com/api/v1/access_token"
REDDIT_ALL = "/oauth.reddit.com/r/all"
TRENDS_EXPLORE = "/trends.google.com/trends/api/explore"
TRENDS_LINES = "/trends.google.com/trends/api/widgetdata/multiline"
GDELT = "/data.gdeltproject.org/gdeltv2"
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


def client(now: datetime = START, roster: Sequence[Entity] = ROSTER) -> TestClient:
    """Asks a simulator in this process, whose clock stands at ``now`` until it is pinned elsewhere."""
    told, items = _world(tuple(roster))
    clock = SimClock(lambda: now, now)
    room = SlackRoom()
    upstreams = all_upstreams(told, items, clock, timedelta(0), room)
    return TestClient(create_app(told, items, upstreams, clock, FaultBoard(), room))


@cache
def _world(roster: tuple[Entity, ...]) -> tuple[Scenario, Items]:
    """Drawn once: no test changes it."""
    told = Scenario(SEED, START, roster)
    return told, Items(told)


def signed_in(asked: TestClient) -> TestClient:
    """With a bearer token of Reddit in its headers."""
    answer = asked.post(REDDIT_TOKEN, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET))
    asked.headers["Authorization"] = f"bearer {answer.json()['access_token']}"
    return asked


def gkg_rows(asked: TestClient, quarter_end: datetime) -> list[list[str]]:
    """The columns of every line of GDELT's file of the quarter."""
    answer = asked.get(f"{GDELT}/{stamp(quarter_end)}.gkg.csv.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = archive.namelist()
        assert name == f"{stamp(quarter_end)}.gkg.csv"
        return [line.split("\t") for line in archive.read(name).decode().splitlines()]


@contextmanager
def running_simulator(clock_shows: datetime, publish_delay: timedelta = timedelta(seconds=20)) -> Iterator[str]:
    """The address of a simulator that serves on a free port, with a clock that stands still."""
    with serve(ROSTER, clock_shows, seed=SEED, start=START, publish_delay=publish_delay) as simulator:
        yield simulator.url
