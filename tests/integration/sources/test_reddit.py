"""Reddit from the simulator: posts once, their scores as last seen, mentions in one hour; and its bad days."""

from datetime import datetime, timedelta

import pytest
from one_source import collect
from pydantic import SecretStr
from simulated import SimulatedInstallation

from etheatmap_assets.sources.reddit import SOURCE
from etheatmap_core.errors import EtHeatmapError, NoCredentialsError, NotRecollectableError, UpstreamRefusedError
from etheatmap_core.hours import HOUR
from etheatmap_sim.outlets import PRIVATE_SUBREDDIT
from etheatmap_sim.reddit import CLIENT_ID, CLIENT_SECRET
from etheatmap_sim.testing import Simulator

LISTINGS = 12  # hot and new of r/all and five subreddits
METRICS = {
    "mention_count", "score_sum", "comment_sum", "upvote_ratio", "subreddit_count", "engagement_rate", "affect_sum",
}  # fmt: skip


@pytest.fixture
def reddit(simulated: SimulatedInstallation) -> SimulatedInstallation:
    simulated.overrides |= {
        "reddit_client_id": SecretStr(CLIENT_ID),
        "reddit_client_secret": SecretStr(CLIENT_SECRET),
    }
    return simulated


def test_an_hour_becomes_posts_mentions_and_signals(reddit: SimulatedInstallation) -> None:
    collected = collect(reddit, SOURCE)
    assert (collected.outcome.state, collected.outcome.is_complete, collected.outcome.questions) == (
        "ok",
        True,
        LISTINGS,
    )
    assert collected.asked == LISTINGS
    signals = reddit.query("SELECT DISTINCT metric FROM signals WHERE source = 'reddit'")
    assert {row.metric for row in signals} == METRICS
    (row,) = reddit.query("""
        SELECT count(*) FILTER (WHERE url LIKE 'https://www.reddit.com/r/%') AS linked, count(*) AS items,
               count(DISTINCT item_id) AS ids FROM items WHERE source = 'reddit'""")
    assert row.linked == row.items == row.ids == collected.outcome.items > 100


def test_the_counts_of_an_hour_are_the_mentions_in_the_tables(reddit: SimulatedInstallation) -> None:
    collect(reddit, SOURCE)
    rows = reddit.query(
        """
        WITH counted AS (
            SELECT entity_id, count(*) AS mention_count, sum((numbers ->> 'score')::float) AS score_sum,
                   sum((numbers ->> 'num_comments')::float) AS comment_sum, count(DISTINCT channel) AS subreddit_count
            FROM items JOIN mentions USING (source, item_id)
            WHERE source = 'reddit' AND counted_ts = :hour GROUP BY entity_id)
        SELECT metric, value, to_jsonb(counted) AS counted FROM counted JOIN signals USING (entity_id)
        WHERE source = 'reddit' AND ts = :hour""",
        hour=reddit.hour,
    )
    assert len({row.counted["entity_id"] for row in rows}) > 5
    for row in rows:
        assert row.value == row.counted.get(row.metric, row.value)


def test_every_post_that_the_scenario_made_in_the_hour_is_there(reddit: SimulatedInstallation) -> None:
    """Of the subreddits whose new posts are read; NSFW, paid and removed ones the simulator does not list."""
    collect(reddit, SOURCE)
    targets = {"entertainment", "movies", "television", "popculturechat", "Music"}
    said = [post for post in reddit.simulator.said("reddit", reddit.hour, reddit.hour + HOUR) if post.place in targets]
    stored = {row.item_id for row in reddit.query("SELECT item_id FROM items WHERE source = 'reddit'")}
    assert len(said) > 20
    assert {post.id for post in said} <= stored


def test_replayed_it_is_the_same_without_a_request(reddit: SimulatedInstallation) -> None:
    collect(reddit, SOURCE)
    before = reddit.made_rows("reddit")
    reddit.requests()
    replayed = collect(reddit, SOURCE)
    assert (replayed.asked, reddit.requests()) == (0, {})
    assert reddit.made_rows("reddit") == before
    assert before["signals"]


def signals_of(reddit: SimulatedInstallation, hour: datetime, metric: str) -> dict[int, float]:
    query = "SELECT entity_id, value FROM signals WHERE source = 'reddit' AND ts = :hour AND metric = :metric"
    return {row.entity_id: row.value for row in reddit.query(query, hour=hour, metric=metric)}


def test_the_next_hour_updates_scores_and_repeats_no_mention(reddit: SimulatedInstallation) -> None:
    items, hour = "SELECT item_id, numbers, counted_ts FROM items WHERE source = 'reddit'", reddit.hour
    collect(reddit, SOURCE)
    first = {row.item_id: row for row in reddit.query(items)}
    counts, scores = (signals_of(reddit, hour, metric) for metric in ("mention_count", "score_sum"))
    reddit.go_to(reddit.now + HOUR)
    collect(reddit, SOURCE)
    second = {row.item_id: row for row in reddit.query(items)}
    seen_twice = first.keys() & second.keys()
    assert {first[name].counted_ts == second[name].counted_ts for name in seen_twice} == {True}
    assert any(second[name].numbers["score"] > first[name].numbers["score"] for name in seen_twice)
    assert signals_of(reddit, hour, "mention_count") == counts
    assert sum(signals_of(reddit, hour, "score_sum").values()) > sum(scores.values())


def test_no_secret_is_kept_anywhere(reddit: SimulatedInstallation) -> None:
    collect(reddit, SOURCE)
    files = [path for path in reddit.home.rglob("*") if path.is_file()]
    assert len(files) >= LISTINGS
    for secret in (CLIENT_SECRET.encode(), b"access_token", b"bearer"):
        assert not [path for path in files if secret in path.read_bytes()]
    rows = reddit.query("SELECT to_jsonb(a)::text AS row FROM audit_logs a")
    assert rows
    assert not [row for row in rows if CLIENT_SECRET in row.row]


def test_wrong_keys_fail_by_name_and_are_sent_once(reddit: SimulatedInstallation) -> None:
    with pytest.raises(UpstreamRefusedError, match="check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"):
        collect(reddit, SOURCE, reddit_client_secret=SecretStr("another"))
    assert reddit.requests() == {"reddit": 1}
    assert reddit.states("reddit") == {reddit.hour: "failed"}


def test_without_keys_nothing_is_sent_and_the_state_says_so(reddit: SimulatedInstallation) -> None:
    with pytest.raises(NoCredentialsError, match="REDDIT_CLIENT_ID"):
        collect(reddit, SOURCE, reddit_client_id=None)
    assert reddit.requests() == {}
    assert reddit.states("reddit") == {reddit.hour: "no credentials"}


def test_a_past_hour_that_was_never_captured_is_refused(reddit: SimulatedInstallation) -> None:
    with pytest.raises(NotRecollectableError, match="only tells what is now"):
        collect(reddit, SOURCE, reddit.hour - timedelta(hours=5))
    assert reddit.requests() == {}


def test_one_listing_that_fails_costs_that_listing(reddit: SimulatedInstallation, simulator: Simulator) -> None:
    simulator.order("reddit", "malformed", path="/r/movies/hot")
    outcome = collect(reddit, SOURCE).outcome
    assert (outcome.state, outcome.is_complete, outcome.questions, outcome.answered) == ("ok", False, LISTINGS, 11)
    assert outcome.reason is not None
    assert "r/movies/hot of reddit is not whole JSON" in outcome.reason
    simulator.clear_faults()
    assert collect(reddit, SOURCE).outcome.is_complete


@pytest.mark.parametrize(
    ("kind", "details", "state"),
    [
        ("status", {"status": 429, "retry_after": 3600}, "rate limited"),
        ("html", {}, "failed"),
    ],
)
def test_a_bad_day_of_the_listings_is_a_state_and_never_a_zero(
    reddit: SimulatedInstallation, simulator: Simulator, kind: str, details: dict[str, object], state: str
) -> None:
    simulator.order("reddit", kind, path="oauth.reddit.com", **details)
    with pytest.raises(EtHeatmapError):
        collect(reddit, SOURCE)
    assert reddit.states("reddit") == {reddit.hour: state}
    assert not any(reddit.made_rows("reddit").values())


def test_a_token_that_cannot_be_read_is_a_failure(reddit: SimulatedInstallation, simulator: Simulator) -> None:
    simulator.order("reddit", "malformed", path="/api/v1/access_token")
    with pytest.raises(EtHeatmapError, match="token of reddit"):
        collect(reddit, SOURCE)
    assert reddit.states("reddit") == {reddit.hour: "failed"}


@pytest.mark.parametrize("target", [PRIVATE_SUBREDDIT, "nosuchplace"])
def test_a_target_that_is_closed_or_unknown_is_named(reddit: SimulatedInstallation, target: str) -> None:
    outcome = collect(reddit, SOURCE, reddit_target_subs=("movies", target)).outcome
    assert (outcome.questions, outcome.answered, outcome.is_complete) == (6, 4, False)
    assert f"r/{target}/hot: " in str(outcome.reason)
    assert "take it out of REDDIT_TARGET_SUBS" in str(outcome.reason)
