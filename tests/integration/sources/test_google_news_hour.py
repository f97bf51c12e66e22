"""Google News from the simulator: the page and a search for each entity, within its limits; and its bad days."""

import pytest
from one_source import collect
from simulated import SimulatedInstallation

from etheatmap_assets.sources.google_news import SOURCE
from etheatmap_core.config import load_config
from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.hours import HOUR
from etheatmap_sim.testing import Simulator


def test_an_hour_is_the_page_and_a_search_an_entity(simulated: SimulatedInstallation) -> None:
    entities = len(load_config(simulated.configs).entities)
    collected = collect(simulated, SOURCE)
    outcome = collected.outcome
    assert (outcome.state, outcome.is_complete, outcome.questions) == ("ok", True, entities + 1)
    assert simulated.requests() == {"google_news": entities + 1}
    made = simulated.made_rows("google_news")
    assert len(made["items"]) == outcome.items > 50
    assert made["signals"] == []
    assert not [row for row in made["items"] if row["title"].endswith(f" - {row['author']}")]
    assert {row["numbers"]["tier"] for row in made["items"]} == {1.0, 2.0, 3.0}
    named = {row["item_id"] for row in made["mentions"]} | {row["item_id"] for row in made["mention_ties"]}
    assert {row["item_id"] for row in made["items"]} <= named


def test_replayed_it_is_the_same_without_a_request(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    before = simulated.made_rows("google_news")
    simulated.requests()
    replayed = collect(simulated, SOURCE)
    assert (replayed.asked, simulated.requests()) == (0, {})
    assert simulated.made_rows("google_news") == before
    assert before["mentions"]


def test_what_does_not_fit_is_deferred_and_comes_first_next_time(simulated: SimulatedInstallation) -> None:
    """The page and the hottest every hour; the others go round."""
    limits = simulated.configs / "limits.yml"
    shipped = limits.read_text()
    head, found, rest = shipped.partition("  google_news:")
    limits.write_text(head + found + rest.replace("100/hour", "40/hour", 1).replace("burst: 100", "burst: 40", 1))
    outcome = collect(simulated, SOURCE).outcome
    assert (outcome.state, outcome.answered, outcome.questions - outcome.answered) == ("ok", 40, outcome.deferred)
    first = {row.request_key for row in simulated.query("SELECT request_key FROM captures")}
    simulated.go_to(simulated.now + HOUR)
    assert collect(simulated, SOURCE).outcome.answered == 40
    both = {row.request_key for row in simulated.query("SELECT request_key FROM captures")}
    always = 1 + 20  # the page and the hottest
    assert len(both - first) == 40 - always


def test_an_article_of_two_searches_is_one_item(simulated: SimulatedInstallation) -> None:
    collected = collect(simulated, SOURCE)
    (row,) = simulated.query("SELECT count(*) AS rows, count(DISTINCT item_id) AS ids FROM sightings")
    assert row.rows == row.ids == collected.outcome.items


@pytest.mark.parametrize(
    ("kind", "details", "state"),
    [
        ("malformed", {}, "failed"),
        ("html", {}, "failed"),
        ("status", {"status": 429, "retry_after": 3600}, "rate limited"),
    ],
)
def test_a_bad_day_is_a_state_and_never_a_zero(
    simulated: SimulatedInstallation, simulator: Simulator, kind: str, details: dict[str, object], state: str
) -> None:
    simulated.track("Brad Pitt", "Meryl Streep")
    simulator.order("google_news", kind, **details)
    with pytest.raises(EtHeatmapError):
        collect(simulated, SOURCE)
    assert simulated.states("google_news") == {simulated.hour: state}
    assert not any(simulated.made_rows("google_news").values())
