"""Google Trends from the simulator: hours of interest on one scale, within the limit; and its bad days."""

from datetime import timedelta

import pytest
from one_source import collect
from simulated import SimulatedInstallation

from etheatmap_assets.sources.trends import SOURCE
from etheatmap_core.errors import EtHeatmapError, NotRecollectableError
from etheatmap_core.hours import HOUR
from etheatmap_sim.searches import Searches
from etheatmap_sim.testing import Simulator

QUESTIONS = 9  # of interest, that fit into twenty requests an hour: one is for the feed, one for the cookie
READ = "SELECT entity_id, ts, value FROM signals WHERE source = 'trends' AND metric = 'interest'"


def test_an_hour_asks_twenty_times_and_defers_the_rest(simulated: SimulatedInstallation) -> None:
    collected = collect(simulated, SOURCE)
    outcome = collected.outcome
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", True, 1 + QUESTIONS)
    assert outcome.deferred == outcome.questions - 1 - QUESTIONS > 0
    assert "trends: 20 requests an hour are used" in str(outcome.reason)
    assert simulated.requests() == {"trends": 19, "trends_rss": 1}
    rows = simulated.query(READ)
    assert len({row.entity_id for row in rows}) == 4 * QUESTIONS
    assert {row.ts for row in rows} <= {simulated.hour - number * HOUR for number in range(8 * 24)}


def test_the_hour_that_is_not_over_has_no_value(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    assert max(row.ts for row in simulated.query(READ)) == simulated.hour


def test_all_entities_share_one_scale(simulated: SimulatedInstallation) -> None:
    """The simulator knows what is really searched for: values of different questions compare as the searches do."""
    collect(simulated, SOURCE)
    rows = simulated.query("""
        SELECT name, avg(value) AS mean FROM signals JOIN entities ON id = entity_id
        WHERE source = 'trends' AND metric = 'interest' GROUP BY name HAVING avg(value) > 20""")
    assert len(rows) > 10
    searches = Searches(simulated.simulator.scenario)
    anchor = searches.mean("Rotten Tomatoes", simulated.hour - 167 * HOUR, timedelta(hours=168))
    for row in rows:
        truth = 100 * searches.mean(row.name, simulated.hour - 167 * HOUR, timedelta(hours=168)) / anchor
        assert row.mean == pytest.approx(truth, rel=0.25)  # Google's values are whole numbers


def test_who_was_deferred_is_asked_next(simulated: SimulatedInstallation) -> None:
    """The answers about the hottest are two hours good: their requests go to others."""
    asked = "SELECT DISTINCT jsonb_array_elements_text(extract -> 'entities') AS name FROM captures WHERE ts = :hour"
    first = simulated.hour
    collect(simulated, SOURCE)
    simulated.go_to(simulated.now + HOUR)
    collect(simulated, SOURCE)
    before, after = ({row.name for row in simulated.query(asked, hour=hour)} for hour in (first, simulated.hour))
    assert len(before) == 4 * QUESTIONS
    assert (len(after & before), len(after - before)) == (8, 4 * QUESTIONS)


def test_replayed_it_is_the_same_without_a_request(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    before = simulated.made_rows("trends")
    simulated.requests()
    replayed = collect(simulated, SOURCE)
    assert (replayed.asked, simulated.requests()) == (0, {})
    assert simulated.made_rows("trends") == before
    assert before["signals"]
    assert before["items"]


def test_the_rising_searches_are_items_without_signals(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    rows = simulated.query("SELECT title, url, topics, numbers, published_at FROM items WHERE source = 'trends'")
    assert rows
    for row in rows:
        assert row.url.startswith("https://trends.google.com/trends/explore?q=")
        assert (row.topics, set(row.numbers)) == (["trending"], {"approx_traffic"})
        assert row.published_at is not None
    assert {row.metric for row in simulated.query("SELECT metric FROM signals WHERE source = 'trends'")} == {"interest"}


def test_a_value_once_final_does_not_wander(simulated: SimulatedInstallation) -> None:
    """The next hours' answers tell the same hours again, on scales of their own."""
    collect(simulated, SOURCE)
    before = {(row.entity_id, row.ts): row.value for row in simulated.query(READ)}
    simulated.go_to(simulated.now + 3 * HOUR)
    collect(simulated, SOURCE)
    after = {(row.entity_id, row.ts): row.value for row in simulated.query(READ)}
    assert {key: after[key] for key in before} == before
    assert len(after) > len(before)


def test_one_429_costs_one_question(simulated: SimulatedInstallation, simulator: Simulator) -> None:
    simulator.order("trends", "status", status=429, retry_after=3600, path="multiline", count=1)
    outcome = collect(simulated, SOURCE).outcome
    assert (outcome.state, outcome.is_complete) == ("ok", False)
    assert outcome.answered == QUESTIONS  # the feed, and all but one
    assert "1 of " in str(outcome.reason)


def test_a_past_hour_that_was_never_captured_is_refused(simulated: SimulatedInstallation) -> None:
    with pytest.raises(NotRecollectableError, match="only tells what is now"):
        collect(simulated, SOURCE, simulated.hour - timedelta(hours=5))
    assert simulated.requests() == {}


@pytest.mark.parametrize(("kind", "details"), [("status", {"status": 429, "retry_after": 3600}), ("html", {})])
def test_a_bad_day_of_interest_leaves_the_feed_and_no_value(
    simulated: SimulatedInstallation, simulator: Simulator, kind: str, details: dict[str, object]
) -> None:
    simulator.order("trends", kind, path="multiline", **details)
    outcome = collect(simulated, SOURCE).outcome
    assert (outcome.state, outcome.answered, outcome.is_complete) == ("ok", 1, False)
    assert simulated.query(READ) == []


@pytest.mark.parametrize("kind", ["malformed", "encoding"])
def test_a_bad_day_of_the_feed_leaves_the_interest(
    simulated: SimulatedInstallation, simulator: Simulator, kind: str
) -> None:
    simulator.order("trends_rss", kind)
    outcome = collect(simulated, SOURCE).outcome
    assert not outcome.is_complete
    assert outcome.answered >= QUESTIONS - 1
    assert simulated.query("SELECT 1 FROM items WHERE source = 'trends'") == []
    assert simulated.query(READ)


def test_nothing_at_all_is_a_failure_and_not_silence(simulated: SimulatedInstallation, simulator: Simulator) -> None:
    for upstream in ("trends", "trends_rss"):
        simulator.order(upstream, "html")
    with pytest.raises(EtHeatmapError):
        collect(simulated, SOURCE)
    assert simulated.states("trends") == {simulated.hour: "failed"}
    assert not any(simulated.made_rows("trends").values())
