"""An upstream that is down for an hour, as the automation meets it: fewer and fewer requests, then a probe, then all.

Each tick is a run of its own, with a gateway of its own: what they know of each other is in the database.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg
import pytest
import sqlalchemy as sa
import stamina
from installation import Run
from simulated import SimulatedInstallation

from etheatmap_assets.definitions import build_defs
from etheatmap_core.hours import partition_key
from etheatmap_sim.hours import parse_instant

DOWN, UP = "gdelt_gkg", "trade_rss"  # the first has four files an hour, and a circuit that opens after five failures
FEEDS = 7


class Evening:
    """The automation of two sources, tick by tick; grid and clock begin together, so that there is one hour to make."""

    def __init__(self, installation: SimulatedInstallation) -> None:
        installation.switch_on(DOWN, UP)
        installation.partitions = (installation.hour, installation.partitions[1])
        self.installation = installation
        self._definitions = build_defs(installation.settings(), clock=lambda: installation.now)
        self.runs: dict[str, list[Run]] = {}  # of the last tick
        self._cursors: dict[str, object] = {DOWN: None, UP: None}

    def tick(self, clock: str) -> dict[str, int]:
        """Runs what is requested at ``clock``; the requests each upstream has had."""
        place = self.installation
        place.go_to(parse_instant(f"2026-11-20T{clock}"))
        self.runs = {}
        for source, cursor in self._cursors.items():
            found = dg.evaluate_automation_conditions(
                self._definitions,
                place.instance,
                asset_selection=dg.AssetSelection.assets(source),
                evaluation_time=place.now + timedelta(seconds=10),
                cursor=cursor,  # type: ignore[arg-type]  opaque to us
            )
            self._cursors[source] = found.cursor
            wanted = sorted(found.get_requested_partitions(dg.AssetKey(source)))
            hours = {partition_key(hour): hour for hour in self._hours()}
            self.runs[source] = [place.run(source, hours[key]) for key in wanted if key is not None]
        return place.requests()

    def state(self, source: str) -> str:
        """Of the newest hour."""
        return self.installation.states(source)[self.installation.hour]

    def circuit(self, source: str) -> sa.Row[tuple[str, str | None, int]]:
        """State, until when (HH:MM), failures in a row."""
        [row] = self.installation.query(
            "SELECT circuit_state, to_char(circuit_open_until AT TIME ZONE 'UTC', 'HH24:MI') AS until,"
            " consecutive_errors FROM source_health WHERE source = :s",
            s=source,
        )
        return row

    def _hours(self) -> Iterator[datetime]:
        hour = self.installation.partitions[0]
        while hour <= self.installation.hour:
            yield hour
            hour += timedelta(hours=1)


@pytest.fixture
def evening(simulated: SimulatedInstallation) -> Iterator[Evening]:
    with stamina.set_testing(True, attempts=1):  # a request a question: what counts here are failures
        yield Evening(simulated)


def test_a_source_that_is_down_is_left_alone_probed_and_caught_up_with_while_others_go_on(evening: Evening) -> None:
    assert evening.tick("15:10") == {"gdelt": 4, "feeds": FEEDS}
    assert evening.state(DOWN) == evening.state(UP) == "ok"
    good = evening.installation.made_rows(DOWN)

    evening.installation.simulator.order("gdelt", "status", status=503)
    assert evening.tick("16:10") == {"gdelt": 4, "feeds": FEEDS}
    assert (evening.state(DOWN), evening.state(UP)) == ("failed", "ok")
    assert evening.circuit(DOWN) == ("closed", None, 4)

    assert evening.tick("16:25") == {"gdelt": 1}, "the fifth failure opens the circuit: the other files are not asked"
    assert evening.circuit(DOWN) == ("open", "16:35", 5)

    assert evening.tick("16:40") == {"gdelt": 1}, "the pause is over: one request probes"
    assert evening.circuit(DOWN) == ("open", "17:00", 6), "down still: twice the pause"

    assert evening.tick("16:55") == {}, "open: nobody is asked"
    assert (evening.state(DOWN), evening.state(UP)) == ("circuit open", "ok")
    assert evening.circuit(UP) == ("closed", None, 0)
    skipped = evening.installation.query("SELECT DISTINCT source FROM audit_logs WHERE event = 'circuit open'")
    assert [row.source for row in skipped] == [DOWN]
    [run] = evening.runs[DOWN]
    assert run.is_success, "time mends it: the automation asks again, and nobody is called"
    assert evening.installation.made_rows(DOWN) == good, "the earlier hour has not changed"

    evening.installation.simulator.clear_faults()
    assert evening.tick("17:10") == {"gdelt": 8, "feeds": FEEDS}, "the hour that was missed, and the newest"
    assert set(evening.installation.states(DOWN).values()) == {"ok"}
    assert evening.circuit(DOWN) == ("closed", None, 0)
    assert evening.tick("17:25") == {}
