"""Hours of which only a part was answered, and hours whose roster has changed since: nothing is lost, and no zero."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from collecting import FEW_NAMES, CollectingInstallation

from etheatmap_core.hours import HOUR, partition_key
from etheatmap_sim.testing import Simulator


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator, database_url: str) -> Iterator[CollectingInstallation]:
    place = CollectingInstallation(tmp_path, database_url, simulator)
    place.track_only(*FEW_NAMES)
    yield place
    place.close()


def test_an_hour_that_lacks_an_answer_is_asked_again_and_only_for_that(place: CollectingInstallation) -> None:
    place.simulator.order("gdelt", kind="status", status=404, path=f"{place.hour:%Y%m%d%H}3000.gkg")
    first = place.run("gdelt_gkg", place.hour)
    assert (first.is_success, first.made) == (True, {}), "materialized, nobody would ask for it again"
    assert first.observed == [partition_key(place.hour)]
    assert place.query("SELECT FROM items WHERE source = 'gdelt_gkg'"), "what was answered is there at once"

    place.simulator.clear_faults()
    place.requests()
    second = place.run("gdelt_gkg", place.hour)
    assert second.made[partition_key(place.hour)]["coverage"] == 1.0
    assert place.requests() == {"gdelt": 1}


def test_what_never_comes_is_waited_for_no_longer_than_it_can(place: CollectingInstallation) -> None:
    place.simulator.order("feeds", kind="status", status=500, path="/variety.com/")
    assert place.run("trade_rss", place.hour).made == {}
    place.go_to(place.now + timedelta(minutes=45))
    run = place.run("trade_rss", place.hour)
    assert run.made[partition_key(place.hour)]["state"] == "ok"
    assert run.checks["every_question_answered"] is False


def test_an_hour_whose_run_was_killed_is_not_whole_when_it_can_no_longer_be_asked(
    place: CollectingInstallation,
) -> None:
    assert place.collect("trade_rss") is None
    with place.engine.begin() as connection:  # as a kill after the first answer leaves it
        connection.execute(sa.text("TRUNCATE source_hours, sightings, items CASCADE"))
        connection.execute(sa.text("DELETE FROM captures WHERE request_key <> 'feed/Variety'"))
    place.go_to(place.now + 3 * HOUR)
    killed = place.hour - 3 * HOUR
    assert place.collect("trade_rss", killed) is None
    outcome = place.outcome("trade_rss", killed)
    assert outcome is not None
    assert (outcome.state, outcome.is_complete) == ("ok", False)
    assert outcome.reason == "The run that asked was ended before all was asked, and nobody can be asked any more."


@pytest.mark.parametrize("source", ["trends", "reddit"])
def test_who_leaves_the_roster_keeps_the_history(place: CollectingInstallation, source: str) -> None:
    assert place.collect(source) is None
    before = place.made(source)
    assert before["signals"]
    place.track_only(*FEW_NAMES[2:])
    assert place.collect(source) is None
    after = place.made(source)
    assert after["signals"] == before["signals"]
    assert after["mentions"] == before["mentions"]
