"""The pages about sources and the sensor that tells people judge by one rule: they never contradict each other."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.cadence import CADENCES
from etheatmap_core.errors import SourceState
from etheatmap_core.freshness.verdict import Facts, Freshness, Watched
from etheatmap_core.freshness.verdict import judge as judge_freshness
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.known_sources import KnownSource
from etheatmap_core.signals.source_status import SourceFacts, Standing
from etheatmap_core.signals.source_status import judge as judge_source

NOW = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
SOURCE = KnownSource("reddit", "Reddit", "social", "posts", "sources.yml", (), None, CADENCES["reddit"], HOUR)
WATCHED = Watched("reddit", CADENCES["reddit"], HOUR, HOUR)
GOOD_OR_OFF = {"ok", "empty", "disabled", "no credentials", "stale"}
BAD = st.sampled_from([state for state in SourceState if state not in GOOD_OR_OFF])


@given(made_ago=st.integers(1, 40), tried_ago=st.integers(1, 40), tried=BAD | st.none())
def test_stale_is_failing_and_fresh_is_not_stale(made_ago: int, tried_ago: int, tried: SourceState | None) -> None:
    made = NOW.replace(minute=0) - made_ago * HOUR
    # The newest tried hour is the newest made one, or a later one that was not made.
    state, hour = ("ok", made) if tried is None else (tried, max(made + HOUR, NOW.replace(minute=0) - tried_ago * HOUR))
    known = {"tried_state": state, "tried_reason": "why", "tried_at": hour + HOUR + timedelta(minutes=5)}
    verdict = judge_freshness(WATCHED, Facts(made, NOW - timedelta(days=90), **known), NOW)
    status = judge_source(SOURCE, SourceFacts("reddit", made_hour=made, made_state="ok", tried_hour=hour, **known), NOW)

    if verdict.state is Freshness.STALE:
        assert status.standing is Standing.FAILING
    if verdict.state in (Freshness.LATE, Freshness.HELD, Freshness.WAITING):
        assert status.standing in (Standing.WARNING, Standing.FAILING), "failing by its newest try, before it is stale"
    if verdict.state is Freshness.HELD:
        assert (status.state, status.standing) == ("out of budget", Standing.WARNING)
    if verdict.state is Freshness.WAITING:
        assert (status.state, status.standing) == ("not published", Standing.WARNING)
    if status.state == SourceState.STALE:
        assert verdict.state is Freshness.STALE
    if status.standing is Standing.HEALTHY:
        assert verdict.state is Freshness.FRESH
