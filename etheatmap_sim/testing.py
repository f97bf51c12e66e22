"""For tests and benches: a simulator that is served on loopback from a thread of this process.

with serve(roster, now="2026-11-20T15:05") as simulator:
    ask(f"{simulator.url}/variety.com/feed/")
    simulator.order("feeds", kind="status", status=429, retry_after=2)
    simulator.pin("2026-11-20T16:05")
    assert simulator.requests()["feeds"] == 1
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from etheatmap_sim.app import create_app
from etheatmap_sim.clock import SimClock
from etheatmap_sim.coverage import Channel
from etheatmap_sim.faults import Fault, FaultBoard
from etheatmap_sim.hours import floor_hour, parse_instant
from etheatmap_sim.items import Item, Items
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.server import create_server, listen
from etheatmap_sim.slack import SlackRoom
from etheatmap_sim.world import all_upstreams

SEED = 7


@dataclass(frozen=True)
class Simulator:
    """``url``: where it listens, without a slash at the end."""

    url: str
    scenario: Scenario
    items: Items
    clock: SimClock
    board: FaultBoard
    slack: SlackRoom

    def order(self, upstream: str, kind: str, **details: object) -> None:
        """A fault, with the same words as are posted to ``/sim/faults``."""
        self.board.post(Fault.model_validate({"upstream": upstream, "kind": kind, **details}))

    def clear_faults(self) -> None:
        self.board.clear()

    def pin(self, now: datetime | str) -> None:
        self.clock.pin(_instant(now))

    def requests(self) -> dict[str, int]:
        """Of each upstream that was asked, since the start or since ``forget_requests``."""
        return dict(self.board.requests)

    def forget_requests(self) -> None:
        self.board.requests.clear()

    def said(self, source: str, start: datetime, end: datetime) -> list[Item]:
        """The items of reddit, trade_rss, google_news or gdelt_gkg published in [start, end), with whom they name."""
        return self.items.between(Channel(source), start, end)


@contextmanager
def serve(
    roster: Sequence[Entity],
    now: datetime | str,
    *,
    seed: int = SEED,
    start: datetime | None = None,
    publish_delay: timedelta = timedelta(0),
) -> Iterator[Simulator]:
    """On a free port, with a clock that stands at ``now``; the fortnight ends at ``start`` (default: now's hour)."""
    pinned_at = _instant(now)
    scenario = Scenario(seed, start or floor_hour(pinned_at), roster)
    clock, board = SimClock(lambda: datetime.now(UTC), pinned_at), FaultBoard()
    items, room = Items(scenario), SlackRoom()
    upstreams = all_upstreams(scenario, items, clock, publish_delay, room)
    server = create_server(create_app(scenario, items, upstreams, clock, board, room))
    with listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Simulator(url, scenario, items, clock, board, room)
        finally:
            server.should_exit = True
            thread.join()


def _instant(told: datetime | str) -> datetime:
    return parse_instant(told) if isinstance(told, str) else told
