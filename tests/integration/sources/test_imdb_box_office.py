"""Releases from the simulator's Wikidata and box office from a file: each half alone, replayed, and its bad days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from one_source import kit_of
from simulated import SimulatedInstallation

from etheatmap_assets.sources.day_answers import CollectedDay
from etheatmap_assets.sources.imdb_box_office import ALL_ANSWERED, ALL_MATCHED, BoxOfficeCollector
from etheatmap_assets.sources.roster_collector import RosterCollector
from etheatmap_core.errors import ConfigError, CorruptCaptureError, EtHeatmapError, NotRecollectableError
from etheatmap_sim.articles import Encyclopedia, Publication

DAY = datetime(2026, 11, 19, tzinfo=UTC)  # the newest full day: it is 15:05 on the 20th
HEADER = "title,weekend_end,rank,weekend_gross_usd,total_gross_usd,theaters,weeks"
PROJECT = "Avengers: Doomsday"


@pytest.fixture
def place(simulated: SimulatedInstallation) -> SimulatedInstallation:
    """Its roster has been made, so that the Wikidata ids are known."""
    simulated.switch_on("entity_roster", "imdb_box_office")
    with kit_of(simulated) as kit:
        RosterCollector(kit).collect(DAY)
    simulated.requests()
    return simulated


def collect(place: SimulatedInstallation, day: datetime = DAY, *, must_ask: bool = False) -> CollectedDay:
    with kit_of(place) as kit:
        return BoxOfficeCollector(kit, must_ask=must_ask).collect(day)


def rows(place: SimulatedInstallation, source: str) -> dict[str, dict[str, float]]:
    """Of the day: metrics by entity."""
    found: dict[str, dict[str, float]] = {}
    query = (
        """SELECT name, metric, value FROM signals JOIN entities ON id = entity_id WHERE source = :s AND ts = :day"""
    )
    for row in place.query(query, s=source, day=DAY):
        found.setdefault(row.name, {})[row.metric] = row.value
    return found


def published(place: SimulatedInstallation) -> dict[str, tuple[Publication, ...]]:
    articles = Encyclopedia(place.simulator.scenario).articles
    return {one.entity.name: one.published for one in articles if one.published}


def write(place: SimulatedInstallation, *lines: str) -> None:
    (place.configs / "box_office.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


def test_each_project_to_come_has_its_days_and_its_anticipation(place: SimulatedInstallation) -> None:
    collected = collect(place)
    expected = {}
    for name, dates in published(place).items():
        at_home = [one.day for one in dates if one.place == "Q30"] or [one.day for one in dates if one.precision == 11]
        if at_home and (days := (at_home[0] - DAY.date()).days) >= 0:
            expected[name] = {"days_until_release": days, "anticipation_score": pytest.approx(0.5 ** (days / 30))}
    assert rows(place, "releases") == expected != {}
    assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", True)
    assert place.requests() == {"wikidata": collected.asked}
    assert collected.asked == 2, "24 projects, twenty ids a question"


def test_a_month_or_a_year_is_told_and_no_number(place: SimulatedInstallation) -> None:
    reason = str(collect(place).outcome.reason)
    vague = {name for name, dates in published(place).items() if all(one.precision < 11 for one in dates)}
    assert vague, "the scenario has some"
    assert "no day of the release is known yet: " in reason
    assert all(f"{name} (20" in reason for name in vague)
    assert rows(place, "releases").keys().isdisjoint(vague)


def test_without_the_file_that_half_is_empty_and_says_what_to_drop_where(place: SimulatedInstallation) -> None:
    collected = collect(place)
    assert (collected.told["releases"], collected.told["box_office"]) == ("ok", "empty")
    assert f"no box office: put it into box_office.csv in {place.configs}, with the columns {HEADER}" in str(
        collected.outcome.reason
    )
    assert rows(place, "box_office") == {}


def test_the_newest_weekend_of_the_file_and_the_titles_that_are_nobodys(place: SimulatedInstallation) -> None:
    write(
        place,
        f"{PROJECT},2026-11-08,1,50,50,4000,1",
        f"{PROJECT},2026-11-15,1,30,80,4100,2",
        "Unheard,2026-11-15,2,9,,,",
    )
    collected = collect(place)
    assert rows(place, "box_office") == {
        PROJECT: {
            "box_office_rank": 1, "box_office_weeks": 2, "weekend_gross": 30, "total_gross": 80, "theater_count": 4100,
            "box_office_change": pytest.approx(-0.4),
        }
    }  # fmt: skip
    assert "no tracked project is called Unheard" in str(collected.outcome.reason)
    assert {check.name: check.passed for check in collected.checks} == {ALL_ANSWERED: True, ALL_MATCHED: False}


def test_replayed_it_is_the_same_without_a_request_and_of_an_old_day_nobody_is_asked(
    place: SimulatedInstallation,
) -> None:
    write(place, f"{PROJECT},2026-11-15,1,30,80,4100,2")
    collect(place)
    before = [rows(place, source) for source in ("releases", "box_office")]
    place.requests()
    place.go_to(place.now + timedelta(days=9))
    assert collect(place).asked == 0
    assert place.requests() == {}
    assert [rows(place, source) for source in ("releases", "box_office")] == before
    with pytest.raises(NotRecollectableError, match="Wikidata only tells what is now, and of 2026-11-10 nothing"):
        collect(place, DAY - timedelta(days=9))
    partial = collect(place, DAY - timedelta(days=2))
    assert (partial.outcome.state, partial.outcome.is_complete) == ("ok", False), "the file knows older days"
    assert (partial.told["releases"], partial.told["box_office"]) == ("failed", "ok")


@pytest.mark.parametrize("fault", [{"kind": "malformed"}, {"kind": "html"}])
def test_without_wikidata_the_file_counts_and_the_day_is_asked_for_again(
    place: SimulatedInstallation, fault: dict[str, Any]
) -> None:
    place.simulator.order("wikidata", **fault)
    with pytest.raises(CorruptCaptureError):
        collect(place)
    assert place.states("imdb_box_office") == {DAY: "failed"}
    write(place, f"{PROJECT},2026-11-15,1,30,80,4100,2")
    collected = collect(place)
    assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", False)
    assert PROJECT in rows(place, "box_office")
    place.simulator.clear_faults()
    assert collect(place).outcome.is_complete


def test_asked_again_what_is_not_answered_stays_as_it_was(place: SimulatedInstallation) -> None:
    collect(place)
    before = rows(place, "releases")
    place.simulator.order("wikidata", kind="malformed", count=1)
    assert not collect(place, must_ask=True).outcome.is_complete
    assert rows(place, "releases") == before


def test_a_slip_in_the_file_costs_its_half_and_is_told_by_line(place: SimulatedInstallation) -> None:
    write(place, f"{PROJECT},2026-11-15,1,30,80,4100,2")
    collect(place)
    before = rows(place, "box_office")
    write(place, f"{PROJECT},2026-11-15,first,30,80,4100,2")
    collected = collect(place)
    assert (collected.outcome.state, collected.outcome.is_complete) == ("ok", False)
    assert "box_office.csv:2: rank: expected a whole number of at least 1, found 'first'." in str(
        collected.outcome.reason
    )
    assert rows(place, "box_office") == before, "what was stored stays"
    place.simulator.order("wikidata", kind="status", status=403)
    with pytest.raises(EtHeatmapError) as error:
        collect(place, must_ask=True)
    assert not isinstance(error.value, ConfigError)


def test_dagster_shows_it(place: SimulatedInstallation) -> None:
    run = place.run_day("imdb_box_office", "2026-11-19")
    assert (run.is_success, run.checks) == (True, {ALL_ANSWERED: True, ALL_MATCHED: True})
    assert run.made["2026-11-19"]["dagster/partition_row_count"] == 2 * len(rows(place, "releases"))


def test_what_time_mends_is_a_failure_for_who_asks_by_hand_and_for_nobody_else(place: SimulatedInstallation) -> None:
    place.simulator.order("wikidata", kind="status", status=429, retry_after=900)
    automated = place.run_day("imdb_box_office", "2026-11-19", tags={"etheatmap/tier": "source"})
    assert (automated.is_success, automated.made, automated.observed) == (True, {}, ["2026-11-19"])
    by_hand = place.run_day("imdb_box_office", "2026-11-19", tags={"etheatmap/launched_by": "etheatmap run"})
    assert not by_hand.is_success
    assert "2026-11-20 15:20" in by_hand.failure
