"""Which sources people are shown, and what is said to keep each silent."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from etheatmap_core.cadence import CADENCES
from etheatmap_core.config import Config, SourceConfig, load_config
from etheatmap_core.config.model import SOURCE_NAMES
from etheatmap_core.errors import SourceState
from etheatmap_core.settings import Settings, load_settings
from etheatmap_core.signals.known_sources import KnownSource, interval_words, known_sources

PROJECT = Path(__file__).parents[3]
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def config() -> Config:
    """All files as they are shipped."""
    return load_config(PROJECT / "configs")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "NEWS_API_KEY", "YOUTUBE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return load_settings(None)


def with_sources(config: Config, **sources: SourceConfig | None) -> Config:
    """``config`` with other entries in sources.yml; None takes one out."""
    merged = {**config.sources, **sources}
    return replace(config, sources={name: entry for name, entry in merged.items() if entry is not None})


def switched(name: str, *, on: bool) -> SourceConfig:
    return SourceConfig(name=name, enabled=on, weight=1.0)


def by_name(config: Config, settings: Settings) -> dict[str, KnownSource]:
    return {source.name: source for source in known_sources(config, settings)}


def test_every_name_of_the_contract_and_news_is_known_in_words(config: Config, settings: Settings) -> None:
    known = by_name(config, settings)
    assert set(known) == {*SOURCE_NAMES, "news", "wiki_history", "tentpoles"}
    assert all(source.title and source.type and source.description for source in known.values())


def test_collected_sources_are_listed_even_where_sources_yml_is_silent(config: Config, settings: Settings) -> None:
    known = by_name(replace(config, sources={}), settings)
    assert list(known) == [
        "wiki", "trends", "reddit", "trade_rss", "google_news", "gdelt_gkg", "news", "entity_roster",
        "wiki_history", "newsapi", "youtube", "imdb_box_office", "tentpoles", "scrape_news", "apify_tiktok", "tt_cc",
        "tt_search", "entity_discovery", "advanced_scoring",
    ]  # fmt: skip
    assert {name for name, source in known.items() if not source.is_switched_off} == {"tentpoles"}, (
        "a file's, no switch"
    )
    assert str(known["wiki"].refused) == "wiki is switched off: set enabled: true for it in sources.yml."
    assert str(known["news"].refused) == (
        "news counts what trade_rss and google_news and newsapi bring, and none of them is asked: "
        "set enabled: true for one in sources.yml."
    )


def test_as_shipped_what_is_not_asked_misses_its_keys_or_its_feature(config: Config, settings: Settings) -> None:
    known = by_name(config, settings)
    states = {name: str(source.refused.state) for name, source in known.items() if source.refused is not None}
    without_keys = dict.fromkeys(("reddit", "newsapi", "youtube"), "no credentials")
    assert states == without_keys | dict.fromkeys(("scrape_news", "apify_tiktok", "tt_cc", "tt_search"), "disabled")
    reddit = known["reddit"]
    assert reddit.refused is not None
    assert reddit.refused.state == SourceState.NO_CREDENTIALS
    assert str(reddit.refused) == "reddit needs REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET: set them in .env."
    assert not reddit.is_switched_off
    assert reddit.credentials == ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")


def test_advanced_scoring_is_a_step_with_the_cadence_of_its_asset(config: Config, settings: Settings) -> None:
    step = by_name(config, settings)["advanced_scoring"]
    assert (step.is_asked, step.expected_interval, step.switch) == (True, "every hour", "sources.yml: advanced_scoring")
    assert step.cadence == CADENCES["advanced_scores"]
    off = with_sources(config, advanced_scoring=switched("advanced_scoring", on=False))
    assert by_name(off, settings)["advanced_scoring"].is_switched_off


def test_a_feature_is_a_second_switch(config: Config, settings: Settings) -> None:
    tiktok = by_name(config, settings)["apify_tiktok"]
    assert tiktok.is_switched_off
    assert str(tiktok.refused) == "apify_tiktok is switched off: set FEATURE_APIFY=true in .env."
    assert (tiktok.switch, tiktok.expected_interval) == ("sources.yml: apify_tiktok, and FEATURE_APIFY", "only by hand")


def test_wiki_history_needs_both_whose_articles_and_limits_it_shares(config: Config, settings: Settings) -> None:
    without = with_sources(config, entity_roster=switched("entity_roster", on=False))
    assert str(by_name(without, settings)["wiki_history"].refused) == (
        "wiki_history needs the articles of wiki and entity_roster: set enabled: true for both in sources.yml."
    )
    assert by_name(config, settings)["wiki_history"].is_asked


def test_a_source_that_was_added_goes_by_its_title(config: Config, settings: Settings) -> None:
    added = with_sources(config, hacker_news=replace(switched("hacker_news", on=True), title="Hacker News"))
    source = by_name(added, settings)["hacker_news"]
    assert (source.title, source.expected_interval, source.is_asked) == ("Hacker News", "every hour", True)


def test_news_lives_while_one_feeder_does(config: Config, settings: Settings) -> None:
    one = with_sources(config, trade_rss=switched("trade_rss", on=False))
    assert by_name(one, settings)["news"].is_asked
    none = with_sources(one, google_news=switched("google_news", on=False))
    assert not by_name(none, settings)["news"].is_asked


@pytest.mark.parametrize(
    ("cadence", "words", "poll_cron", "warn_hours"),
    [(None, "every hour", "8-59/15 * * * *", 2), (6 * HOUR, "every 6 hours", "8-59/15 */6 * * *", 7),
     (24 * HOUR, "every day", "8-59/15 0 * * *", 25)],
)  # fmt: skip
def test_the_cadence_of_sources_yml_counts(
    config: Config, settings: Settings, cadence: timedelta | None, words: str, poll_cron: str, warn_hours: int
) -> None:
    changed = with_sources(config, trends=replace(switched("trends", on=True), cadence=cadence))
    trends = by_name(changed, settings)["trends"]
    assert trends.cadence is not None
    assert (trends.expected_interval, trends.cadence.poll_cron) == (words, poll_cron)
    assert trends.cadence.warn_after == warn_hours * HOUR


def test_a_manual_source_is_asked_and_never_due(config: Config, settings: Settings) -> None:
    changed = with_sources(config, trends=replace(switched("trends", on=True), is_manual=True))
    trends = by_name(changed, settings)["trends"]
    assert (trends.is_asked, trends.cadence, trends.interval) == (True, None, None)
    assert trends.expected_interval == "only by hand"


def test_the_roster_is_due_every_day(config: Config, settings: Settings) -> None:
    roster = by_name(config, settings)["entity_roster"]
    assert (roster.expected_interval, roster.partition) == ("every day", timedelta(days=1))
    assert interval_words(2 * HOUR) == "every 2 hours"
