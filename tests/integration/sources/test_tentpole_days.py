"""Days of tentpoles: stored for those alone whose they are, again without a trace, and an unknown title told."""

from datetime import UTC, datetime

import pytest
from one_source import kit_of
from simulated import SimulatedInstallation

from etheatmap_assets.sources.day_answers import CollectedDay
from etheatmap_assets.sources.tentpoles import ALL_NAMED, TentpoleCollector

DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def place(simulated: SimulatedInstallation) -> SimulatedInstallation:
    (simulated.configs / "tentpoles.csv").write_text(
        "title,start_date,end_date,boost,entities\n"
        '99th Academy Awards,2026-11-20,2026-11-21,0.5,"[""Zendaya""]"\n'
        "Super Bowl LXI,2027-02-14,2027-02-14,0.9,\n"
    )
    return simulated


def collect(place: SimulatedInstallation, day: datetime) -> CollectedDay:
    with kit_of(place) as kit:
        return TentpoleCollector(kit).collect(day)


def stored(place: SimulatedInstallation) -> set[tuple[str, int, float]]:
    query = """SELECT name, ts, value FROM signals JOIN entities ON id = entity_id
               WHERE source = 'tentpoles' AND metric = 'boost'"""
    return {(row.name, row.ts.day, row.value) for row in place.query(query)}


def test_the_days_within_are_stored_and_those_beside_are_empty(place: SimulatedInstallation) -> None:
    states = [collect(place, DAY.replace(day=day)).outcome.state for day in (19, 20, 21, 22)]
    assert states == ["empty", "ok", "ok", "empty"]
    assert stored(place) == {
        ("Academy Awards", 20, 0.5), ("Academy Awards", 21, 0.5), ("Zendaya", 20, 0.5), ("Zendaya", 21, 0.5),
    }  # fmt: skip
    before = stored(place)
    collect(place, DAY)
    assert stored(place) == before


def test_a_day_that_is_one_no_more_is_taken_back(place: SimulatedInstallation) -> None:
    collect(place, DAY)
    (place.configs / "tentpoles.csv").write_text("title,start_date,end_date,boost\n")
    assert collect(place, DAY).outcome.reason == "no tentpole of tentpoles.csv is on, and none is to come"
    assert stored(place) == set()


def test_a_title_that_is_nobodys_is_told(place: SimulatedInstallation) -> None:
    collected = collect(place, DAY)
    assert collected.outcome.reason == (
        "no entity is called Super Bowl LXI: name some in the column entities of tentpoles.csv"
    )
    run = place.run_day("tentpoles", "2026-11-20")
    assert (run.is_success, run.checks) == (True, {ALL_NAMED: False})
    assert run.made["2026-11-20"]["without_entities"] == "Super Bowl LXI"
    assert place.states("tentpoles") == {DAY: "ok"}
    assert place.requests() == {}
