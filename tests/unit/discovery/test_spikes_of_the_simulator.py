"""Whom discovery has to find in the simulator's story: people of no roster, who break out before its start."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from etheatmap_core.discovery.spike_test import AGES, LEAST_DAYS
from etheatmap_core.discovery.wiki_spikes import SpikeReport, wiki_spikes
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.wiki_dump import write_lake_file
from etheatmap_sim.dumps import Dumps
from etheatmap_sim.roster import Entity
from etheatmap_sim.scenario import Scenario

START = datetime(2026, 11, 20, 15, tzinfo=UTC)
NEWEST = START - HOUR
SCENARIO = Scenario(7, START, tuple(Entity(f"Person {number}", "person", f"Person {number}") for number in range(30)))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SpikeReport:
    folder, dumps = tmp_path_factory.mktemp("lake"), Dumps(SCENARIO)
    lake: dict[datetime, Path] = {}
    # As few hours as tell: today's, and the same hour of the days before.
    for age in [age for age in AGES if age <= 5 or age in {24 * day for day in range(1, LEAST_DAYS + 1)}]:
        hour = NEWEST - age * HOUR
        raw = folder / f"{age}.gz"
        raw.write_bytes(dumps.file(hour))
        lake[hour] = folder / f"{age}.parquet"
        write_lake_file(raw, lake[hour], ["en"])
    return wiki_spikes(lake, NEWEST)


def test_the_two_who_broke_out_today_are_found(report: SpikeReport) -> None:
    on = [one for one in SCENARIO.coverage.of_unlisted if NEWEST - 9 * HOUR < one.start_at <= NEWEST]
    assert len(on) == 2
    assert {one.entity for one in on} <= {spike.title for spike in report.spikes}


def test_nothing_spikes_that_nobody_wrote_into_the_story(report: SpikeReport) -> None:
    of_the_story = {*SCENARIO.coverage.unlisted_titles, *(entity.title for entity in SCENARIO.entities)}
    assert {spike.title for spike in report.spikes} <= of_the_story
