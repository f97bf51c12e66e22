"""NewsAPI from the simulator: an hour within its requests, its quotas and its key on bad days, the free plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from simulated import FREE_SOURCES, SimulatedInstallation

from etheatmap_assets.resources.http import build_gateway
from etheatmap_assets.sources.collector import CollectedHour, Collector
from etheatmap_assets.sources.google_news import SOURCE as GOOGLE_NEWS
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.news import NewsCollector
from etheatmap_assets.sources.newsapi import SOURCE
from etheatmap_core.archive import RawArchive
from etheatmap_core.config import load_config
from etheatmap_core.errors import BudgetExhaustedError, EtHeatmapError, RateLimitedError, UpstreamRefusedError
from etheatmap_core.hours import HOUR

KEY = "simulated-key"
NAMES = tuple(f"Nobody Number {number}" for number in range(18))


class NewsDesk:
    """Collects NewsAPI under ``key``, with ``limit_units`` requests a day in our books."""

    def __init__(self, place: SimulatedInstallation) -> None:
        self.place = place
        place.switch_on(*FREE_SOURCES, "newsapi")
        self.key, self.limit_units, self.is_automated = KEY, 500, True

    @contextmanager
    def kit(self) -> Iterator[Kit]:
        place, config = self.place, load_config(self.place.configs)
        settings = place.settings().model_copy(update={"news_api_key": SecretStr(self.key)})
        ours = replace(config.budgets.providers["newsapi"], limit_units=self.limit_units, pace_ahead_seconds=None)
        budgets = replace(config.budgets, providers={**config.budgets.providers, "newsapi": ours}, soft_share=1.1)
        config = replace(config, budgets=budgets)
        gateway = build_gateway(settings, config, place.engine, clock=lambda: place.now)
        try:
            archive = RawArchive(place.home)
            yield Kit(place.engine, archive, gateway, settings, config, lambda: place.now, "run-1", self.is_automated)
        finally:
            gateway.close()

    def collect(self, hours_ago: int = 0) -> CollectedHour:
        with self.kit() as kit:
            return Collector(SOURCE, kit).collect(self.place.hour - hours_ago * HOUR)

    def booked(self) -> int:
        """Spent and set aside, of all days."""
        query = (
            "SELECT coalesce(sum(spent_units + reserved_units), 0) AS n FROM budget_periods WHERE provider = 'newsapi'"
        )
        return int(self.place.query(query)[0].n)

    def state(self, hours_ago: int = 0) -> str:
        return self.place.states("newsapi")[self.place.hour - hours_ago * HOUR]


@pytest.fixture
def desk(simulated: SimulatedInstallation) -> NewsDesk:
    return NewsDesk(simulated)


@pytest.fixture
def five_questions(desk: NewsDesk) -> NewsDesk:
    """The headlines, and eighteen of whom nobody speaks in four searches."""
    desk.place.track(*NAMES)
    return desk


def test_an_hour_is_the_headlines_and_searches_for_everybody_within_its_requests(desk: NewsDesk) -> None:
    entities = len(load_config(desk.place.configs).entities)
    outcome = desk.collect().outcome
    assert (outcome.state, outcome.is_complete, outcome.reason) == ("ok", True, None)
    assert outcome.questions == outcome.answered < 18
    assert desk.place.requests() == {"newsapi": desk.booked()}
    assert outcome.questions <= desk.booked() <= 18
    asked = desk.place.query("SELECT jsonb_array_length(extract -> 'entities') AS n FROM captures")
    assert sum(row.n for row in asked) == entities
    made = desk.place.made_rows("newsapi")
    assert len(made["items"]) == outcome.items > 50
    assert made["signals"] == []
    assert {row["numbers"]["tier"] for row in made["items"]} == {1.0, 2.0, 3.0}
    assert not [row for row in made["items"] if "chars]" in row["summary"] or row["title"].endswith(row["author"])]
    assert not [row for row in desk.place.query("SELECT extra FROM audit_logs") if KEY in str(row.extra)]
    assert not desk.place.query("SELECT FROM captures WHERE request_url LIKE :key", key=f"%{KEY}%")


def test_an_hour_is_paid_once_and_replayed_for_nothing(desk: NewsDesk) -> None:
    desk.collect()
    before, booked = desk.place.made_rows("newsapi"), desk.booked()
    assert desk.collect().asked == 0
    assert (desk.place.made_rows("newsapi"), desk.booked()) == (before, booked)


def test_a_past_hour_is_had_again_without_its_headlines(desk: NewsDesk) -> None:
    past = desk.collect(hours_ago=5).outcome
    assert (past.state, past.is_complete, past.questions - past.answered) == ("ok", True, 1)
    assert "1 of 9 questions not answered: headlines: NewsAPI's headlines only tell what is now" in str(past.reason)
    (row,) = desk.place.query("SELECT max(published_at) AS newest FROM items WHERE source = 'newsapi'")
    assert row.newest <= desk.place.hour - 4 * HOUR, "nothing that was published after it"


def test_a_story_that_google_news_has_too_counts_once(desk: NewsDesk) -> None:
    """Under other links: by headline."""
    desk.place.track("Brad Pitt", "Taylor Swift", "Zendaya", "Beyoncé")
    with desk.kit() as kit:
        alone = Collector(GOOGLE_NEWS, kit).collect(desk.place.hour)
        Collector(SOURCE, kit).collect(desk.place.hour)
        both = NewsCollector(kit, ("google_news", "newsapi")).collect(desk.place.hour).written
        assert NewsCollector(kit, ("google_news",)).collect(desk.place.hour).written.stories <= both.stories
    assert alone.outcome.mentions > 0
    assert both.duplicates > 0


def test_where_the_upstreams_quota_ends_in_the_middle_what_was_answered_stays(five_questions: NewsDesk) -> None:
    desk = five_questions
    desk.key = "quota-3"
    collected = desk.collect()
    outcome = collected.outcome
    assert (outcome.is_complete, outcome.questions, outcome.answered) == (False, 5, 3)
    assert "2 of 5 questions not answered: search/" in str(outcome.reason)
    assert "(rateLimited) and does not say when it answers again: set NEWS_API_DAILY_LIMIT" in str(outcome.reason)
    assert collected.is_asked_again
    assert desk.place.requests() == {"newsapi": 4}, "nobody asks on, once refused"
    # The next tick asks for the two alone, and the next day's quota has them.
    with desk.kit() as kit:
        assert Collector(SOURCE, kit).collect(desk.place.hour).outcome.answered == 3
    assert desk.place.requests() == {"newsapi": 1}
    hour = desk.place.hour
    desk.place.go_to(desk.place.now + timedelta(days=1))
    with desk.kit() as kit:
        whole = Collector(SOURCE, kit).collect(hour).outcome
    assert (whole.is_complete, whole.answered, whole.reason) == (True, 5, None)
    assert desk.place.requests() == {"newsapi": 2}


def test_where_our_budget_ends_in_the_middle_what_was_answered_stays(five_questions: NewsDesk) -> None:
    desk = five_questions
    desk.limit_units, desk.is_automated = 3, False
    with pytest.raises(BudgetExhaustedError, match="newsapi: 3 of 3 requests used"):
        desk.collect()
    row = desk.place.query("SELECT state, is_complete, answered, reason FROM source_hours")[0]
    assert (row.is_complete, row.answered) == (False, 3)
    assert "2 of 5 questions not answered: search/" in row.reason
    assert (desk.booked(), desk.place.requests()) == (3, {"newsapi": 3})


def test_a_key_that_is_revoked_in_the_middle_is_told_and_costs_nothing_more(five_questions: NewsDesk) -> None:
    desk = five_questions
    desk.key = "revoked-2"
    outcome = desk.collect().outcome
    assert (outcome.is_complete, outcome.answered) == (False, 2)
    assert "NewsAPI does not know our key (apiKeyInvalid): check NEWS_API_KEY" in str(outcome.reason)
    assert (desk.booked(), desk.place.requests()) == (2, {"newsapi": 3})
    (health,) = desk.place.query("SELECT last_error, circuit_state FROM source_health WHERE source = 'newsapi'")
    assert (health.circuit_state, "NEWS_API_KEY" in health.last_error) == ("closed", True)


@pytest.mark.parametrize(
    ("key", "error", "words", "state"),
    [
        ("wrong", UpstreamRefusedError, "apiKeyInvalid", "failed"),
        ("disabled", UpstreamRefusedError, "apiKeyDisabled", "failed"),
        ("exhausted", RateLimitedError, "apiKeyExhausted", "rate limited"),
    ],
)
def test_a_refused_key_is_a_state_and_never_a_zero(
    five_questions: NewsDesk, key: str, error: type[EtHeatmapError], words: str, state: str
) -> None:
    five_questions.key = key
    with pytest.raises(error, match=words):
        five_questions.collect()
    assert five_questions.state() == state
    assert five_questions.place.requests() == {"newsapi": 1}
    assert not any(five_questions.place.made_rows("newsapi").values())


def test_the_free_plan_is_late_and_the_hour_says_so(desk: NewsDesk) -> None:
    desk.key = "developer"
    desk.place.track("Brad Pitt", "Taylor Swift", "Zendaya", "Beyoncé")
    collected = desk.collect()
    outcome = collected.outcome
    assert (outcome.state, outcome.is_complete) == ("ok", True)
    assert "is a day old and counts as late, as it is on NewsAPI's free plan" in str(outcome.reason)
    searched = desk.place.query("SELECT counted_ts FROM items WHERE source = 'newsapi' AND channel LIKE 'search/%'")
    assert searched
    assert {row.counted_ts for row in searched} == {None}
    # A day later the hour counts.
    hour = desk.place.hour - HOUR
    desk.place.go_to(desk.place.now + timedelta(days=1))
    with desk.kit() as kit:
        later = Collector(SOURCE, kit).collect(hour).outcome
    assert "late" not in str(later.reason)
    assert desk.place.query("SELECT FROM items WHERE source = 'newsapi' AND counted_ts = :hour", hour=hour)
