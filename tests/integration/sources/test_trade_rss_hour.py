"""The trades from the simulator: each article once over seven feeds, conditional requests, and bad days."""

from datetime import timedelta

import pytest
from one_source import collect
from simulated import SimulatedInstallation

from etheatmap_assets.sources.trade_rss import SOURCE
from etheatmap_core.errors import EtHeatmapError, NotRecollectableError
from etheatmap_core.hours import HOUR
from etheatmap_sim.testing import Simulator

FEEDS = 7


def test_an_hour_becomes_articles_and_mentions_but_no_signals(simulated: SimulatedInstallation) -> None:
    collected = collect(simulated, SOURCE)
    outcome = collected.outcome
    assert (outcome.state, outcome.is_complete, outcome.questions, outcome.answered) == ("ok", True, FEEDS, FEEDS)
    assert simulated.requests() == {"feeds": FEEDS}
    made = simulated.made_rows("trade_rss")
    assert len(made["items"]) == outcome.items > 50
    assert made["mentions"]
    assert made["signals"] == []
    channels = {row["channel"] for row in made["items"]}
    assert channels <= {
        "Variety", "The Hollywood Reporter", "Deadline", "Entertainment Weekly", "Vulture", "IndieWire", "TheWrap",
    }  # fmt: skip
    assert len(channels) == FEEDS
    assert not [row["url"] for row in made["items"] if "utm_" in row["url"] or "#" in row["url"]]


def test_every_article_of_the_hour_that_the_scenario_tells_is_there(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    said = simulated.simulator.said("trade_rss", simulated.hour, simulated.hour + HOUR)
    stored = {row.url for row in simulated.query("SELECT url FROM items WHERE source = 'trade_rss'")}
    assert len(said) > 2
    assert {item.link_in(item.place) for item in said} <= stored


def test_replayed_it_is_the_same_without_a_request(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    before = simulated.made_rows("trade_rss")
    simulated.requests()
    replayed = collect(simulated, SOURCE)
    assert (replayed.asked, simulated.requests()) == (0, {})
    assert simulated.made_rows("trade_rss") == before


def test_the_next_hour_repeats_no_article(simulated: SimulatedInstallation) -> None:
    collect(simulated, SOURCE)
    counted = "SELECT item_id, counted_ts, first_ts FROM items WHERE source = 'trade_rss'"
    first = {row.item_id: row for row in simulated.query(counted)}
    simulated.go_to(simulated.now + HOUR)
    collect(simulated, SOURCE)
    second = {row.item_id: row for row in simulated.query(counted)}
    assert first.items() <= second.items()
    assert len(second) > len(first)


def test_a_past_hour_that_was_never_captured_is_refused(simulated: SimulatedInstallation) -> None:
    with pytest.raises(NotRecollectableError, match="only tells what is now"):
        collect(simulated, SOURCE, simulated.hour - timedelta(hours=5))
    assert simulated.requests() == {}


def test_a_feed_that_is_down_costs_that_feed(simulated: SimulatedInstallation, simulator: Simulator) -> None:
    simulator.order("feeds", "html", path="/deadline.com/feed/")
    outcome = collect(simulated, SOURCE).outcome
    assert (outcome.state, outcome.is_complete, outcome.answered) == ("ok", False, FEEDS - 1)
    assert "feed/Deadline: The feed of Deadline is an HTML page, not a feed." in str(outcome.reason)
    simulator.clear_faults()
    simulated.requests()
    assert collect(simulated, SOURCE).outcome.is_complete
    assert simulated.requests() == {"feeds": 1}


@pytest.mark.parametrize(
    ("kind", "details", "state", "told"),
    [
        ("malformed", {}, "failed", "is not well-formed XML"),
        ("encoding", {}, "failed", "says it is written in utf-8, but byte"),
        ("empty", {}, "failed", "is empty"),
        ("status", {"status": 429, "retry_after": 3600}, "rate limited", "429"),
        ("status", {"status": 404}, "failed", "404"),
    ],
)
def test_a_bad_day_is_a_state_and_never_a_zero(
    simulated: SimulatedInstallation, simulator: Simulator, kind: str, details: dict[str, object], state: str, told: str
) -> None:
    simulator.order("feeds", kind, **details)
    with pytest.raises(EtHeatmapError, match=told):
        collect(simulated, SOURCE)
    assert simulated.states("trade_rss") == {simulated.hour: state}
    assert not any(simulated.made_rows("trade_rss").values())
