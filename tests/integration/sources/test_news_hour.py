"""The asset ``news`` over its feeders, all of them asking the simulator, as Dagster runs it."""

from datetime import datetime

import pytest
from simulated import SimulatedInstallation

from etheatmap_core.hours import HOUR
from etheatmap_sim.testing import Simulator

FEEDERS = ("trade_rss", "google_news")
METRICS = {
    "headline_count", "tier1_hits", "tier2_hits", "tier3_hits", "breaking_count", "source_count", "authority_score",
    "affect_sum",
}  # fmt: skip


@pytest.fixture
def newsroom(simulated: SimulatedInstallation) -> SimulatedInstallation:
    """A few to search for; the feeds tell of all."""
    simulated.track("Brad Pitt", "Meryl Streep", "Blackpink", "Zendaya", "Taylor Swift", "Timothée Chalamet")
    return simulated


def collected(newsroom: SimulatedInstallation, *assets: str, hour: datetime | None = None) -> None:
    for asset in assets:
        run = newsroom.run(asset, hour or newsroom.hour)
        assert run.is_success, run.failures


def headlines(newsroom: SimulatedInstallation, hour: datetime) -> dict[int, float]:
    query = """SELECT entity_id, value FROM signals
               WHERE source = 'news' AND metric = 'headline_count' AND ts = :hour"""
    return {row.entity_id: row.value for row in newsroom.query(query, hour=hour)}


def test_two_feeders_become_the_news_of_the_hour(newsroom: SimulatedInstallation) -> None:
    collected(newsroom, *FEEDERS, "news")
    assert newsroom.states("news") == {newsroom.hour: "ok"}
    rows = newsroom.query("SELECT DISTINCT source, metric FROM signals")
    assert {row.metric for row in rows if row.source == "news"} == METRICS
    assert {row.source for row in rows} == {"news"}
    (hour,) = newsroom.query("SELECT * FROM source_hours WHERE source = 'news'")
    assert (hour.is_complete, hour.questions, hour.answered) == (True, 2, 2)


def test_what_both_feeders_show_counts_once(newsroom: SimulatedInstallation) -> None:
    """Google News shows the trades' articles again, under links of its own."""
    collected(newsroom, *FEEDERS, "news")
    (row,) = newsroom.query("""
        SELECT count(*) AS printings, count(DISTINCT (entity_id, lower(title))) AS stories
        FROM items JOIN mentions USING (source, item_id) WHERE counted_ts IS NOT NULL""")
    (counted,) = newsroom.query("SELECT sum(value) AS n FROM signals WHERE metric = 'headline_count'")
    assert row.printings > row.stories
    assert 0 < counted.n <= row.stories


def test_since_when_the_trades_had_somebody(newsroom: SimulatedInstallation) -> None:
    collected(newsroom, *FEEDERS, "news")
    stored = {(row.entity_id, row.source): row.first_seen_ts for row in newsroom.query("SELECT * FROM trade_mentions")}
    expected = newsroom.query("""
        SELECT entity_id, channel AS source, min(published_at) AS at, bool_or(published_at IS NULL) AS has_undated
        FROM items JOIN mentions USING (source, item_id) WHERE source = 'trade_rss' GROUP BY entity_id, channel""")
    assert stored
    assert {(row.entity_id, row.source) for row in expected} == set(stored)
    dated = [row for row in expected if not row.has_undated and row.at < newsroom.hour + 2 * HOUR]
    assert all(stored[row.entity_id, row.source] == row.at for row in dated)


def test_run_again_it_is_the_same(newsroom: SimulatedInstallation) -> None:
    collected(newsroom, *FEEDERS, "news")
    before = newsroom.made_rows("news")["signals"], newsroom.rows("trade_mentions")
    newsroom.requests()
    collected(newsroom, *FEEDERS, "news")
    assert newsroom.requests() == {}
    assert (newsroom.made_rows("news")["signals"], newsroom.rows("trade_mentions")) == before


def test_the_next_hour_tells_no_story_again(newsroom: SimulatedInstallation) -> None:
    collected(newsroom, *FEEDERS, "news")
    hour, before = newsroom.hour, headlines(newsroom, newsroom.hour)
    newsroom.go_to(newsroom.now + HOUR)
    collected(newsroom, *FEEDERS, "news")
    after = headlines(newsroom, hour)
    assert before.items() <= {entity: after.get(entity) for entity in before}.items()
    (row,) = newsroom.query("""
        SELECT sum(value) AS told, (
            SELECT count(DISTINCT (entity_id, lower(title))) FROM items JOIN mentions USING (source, item_id)
            WHERE counted_ts IS NOT NULL AND source IN ('trade_rss', 'google_news')) AS stories
        FROM signals WHERE source = 'news' AND metric = 'headline_count'""")
    assert 0 < row.told <= row.stories


def test_a_range_is_made_hour_by_hour(newsroom: SimulatedInstallation) -> None:
    collected(newsroom, *FEEDERS)
    first = newsroom.hour
    newsroom.go_to(newsroom.now + HOUR)
    collected(newsroom, *FEEDERS)
    run = newsroom.run("news", first, newsroom.hour)
    assert run.is_success, run.failures
    assert newsroom.states("news") == {first: "ok", newsroom.hour: "ok"}


def test_without_one_feeder_the_hour_is_made_and_says_so(newsroom: SimulatedInstallation, simulator: Simulator) -> None:
    simulator.order("google_news", "html")
    collected(newsroom, "trade_rss")
    assert not newsroom.run("google_news", newsroom.hour).is_success
    collected(newsroom, "news")
    (hour,) = newsroom.query("SELECT * FROM source_hours WHERE source = 'news'")
    assert (hour.state, hour.is_complete, hour.answered, hour.reason) == ("ok", False, 1, "google_news is failed")


def test_without_any_feeder_there_are_no_rows_and_no_zeros(newsroom: SimulatedInstallation) -> None:
    newsroom.run("news", newsroom.hour)
    assert newsroom.states("news") == {newsroom.hour: "not published"}
    assert newsroom.made_rows("news")["signals"] == []
