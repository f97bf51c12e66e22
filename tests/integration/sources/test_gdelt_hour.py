"""GDELT from the simulator: four files an hour, each once; past hours; and its bad days."""

from datetime import timedelta

import pytest
from one_source import collect
from simulated import SimulatedInstallation

from etheatmap_assets.sources.gdelt_gkg import SOURCE
from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.hours import HOUR
from etheatmap_sim.testing import Simulator


def test_an_hour_is_four_files_and_who_is_named_in_them(simulated: SimulatedInstallation) -> None:
    outcome = collect(simulated, SOURCE).outcome
    assert (outcome.state, outcome.is_complete, outcome.questions, outcome.answered) == ("ok", True, 4, 4)
    assert simulated.requests() == {"gdelt": 4}
    made = simulated.made_rows("gdelt_gkg")
    assert len(made["items"]) == outcome.items
    assert {row["item_id"] for row in made["items"]} == {row["item_id"] for row in made["mentions"]}
    assert {row["metric"] for row in made["signals"]} == {"gkg_mentions", "gkg_tone_avg", "affect_sum"}


def test_the_articles_of_the_hour_count_in_the_hour(simulated: SimulatedInstallation) -> None:
    """Those of the last quarter too, whose file is stamped with the next hour."""
    collect(simulated, SOURCE)
    quarters = simulated.query(
        """SELECT DISTINCT floor(extract(minute FROM published_at) / 15)::int AS quarter FROM items
           WHERE source = 'gdelt_gkg' AND counted_ts = :hour AND date_trunc('hour', published_at) = :hour""",
        hour=simulated.hour,
    )
    assert {row.quarter for row in quarters} >= {0, 3}
    (row,) = simulated.query(
        "SELECT count(*) AS others FROM items WHERE counted_ts IS DISTINCT FROM :h", h=simulated.hour
    )
    assert row.others == 0


def test_the_counts_are_the_mentions_in_the_tables(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    rows = simulated.query(
        """WITH counted AS (SELECT entity_id, count(*) AS number, avg((numbers ->> 'tone')::float) AS tone
               FROM items JOIN mentions USING (source, item_id) WHERE source = 'gdelt_gkg' GROUP BY entity_id)
           SELECT number, tone, max(value) FILTER (WHERE metric = 'gkg_mentions') AS mentions,
               max(value) FILTER (WHERE metric = 'gkg_tone_avg') AS average
           FROM counted JOIN signals USING (entity_id) WHERE source = 'gdelt_gkg' GROUP BY entity_id, number, tone"""
    )
    assert len(rows) > 5
    assert all(row.mentions == row.number and row.average == pytest.approx(row.tone) for row in rows)


def test_replayed_it_is_the_same_without_a_request(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    before = simulated.made_rows("gdelt_gkg")
    simulated.requests()
    replayed = collect(simulated, SOURCE)
    assert (replayed.asked, simulated.requests()) == (0, {})
    assert simulated.made_rows("gdelt_gkg") == before


def test_a_past_hour_can_be_asked_for(simulated: SimulatedInstallation) -> None:
    assert collect(simulated, SOURCE, simulated.hour - timedelta(days=3)).outcome.is_complete


def test_files_that_are_not_there_yet_are_no_silence(simulated: SimulatedInstallation) -> None:
    simulated.go_to(simulated.now - timedelta(minutes=20))
    hour = simulated.hour + HOUR
    outcome = collect(simulated, SOURCE, hour).outcome
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", False, 2)
    assert "gkg/45" in str(outcome.reason)
    simulated.go_to(simulated.now + timedelta(minutes=20))
    simulated.requests()
    assert collect(simulated, SOURCE, hour).outcome.is_complete
    assert simulated.requests() == {"gdelt": 2}
    with pytest.raises(EtHeatmapError):
        collect(simulated, SOURCE, hour + HOUR)
    assert simulated.states("gdelt_gkg")[hour + HOUR] == "not published"


@pytest.mark.parametrize("kind", ["malformed", "corrupt", "truncate", "empty", "html"])
def test_a_bad_day_is_a_failure_and_never_a_zero(
    simulated: SimulatedInstallation, simulator: Simulator, kind: str
) -> None:
    simulator.order("gdelt", kind)
    with pytest.raises(EtHeatmapError):
        collect(simulated, SOURCE)
    assert simulated.states("gdelt_gkg") == {simulated.hour: "failed"}
    assert not any(simulated.made_rows("gdelt_gkg").values())


def test_one_bad_file_costs_its_quarter(simulated: SimulatedInstallation, simulator: Simulator) -> None:
    simulator.order("gdelt", "corrupt", path="20261120144500.gkg")
    outcome = collect(simulated, SOURCE).outcome
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", False, 3)
    simulator.clear_faults()
    simulated.requests()
    assert collect(simulated, SOURCE).outcome.is_complete
    assert simulated.requests() == {"gdelt": 1}
