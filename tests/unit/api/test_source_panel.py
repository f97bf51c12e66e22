"""What the dashboard says of sources and receipts, from verdicts and rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etheatmap_api.mention_queries import Receipt, one_a_title
from etheatmap_api.source_panel import receipt_links, source_panel
from etheatmap_api.source_queries import Traffic
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources
from etheatmap_core.signals.source_status import SourceFacts, source_statuses

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 20, 15, 25, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def known() -> tuple[KnownSource, ...]:
    settings = load_settings(None).model_copy(update={"reddit_client_id": None})
    return known_sources(load_config(Path(__file__).parents[3] / "configs"), settings)


def made(name: str, hour: datetime = NEWEST) -> SourceFacts:
    return SourceFacts(
        name, tried_hour=hour, tried_state="ok", made_hour=hour, made_at=hour + HOUR, made_state="ok", is_complete=True
    )


def receipt(title: str = "A title", url: str = "https://variety.com/a", entity_id: int = 7) -> Receipt:
    return Receipt(entity_id, "trade_rss", "Variety", title, url, NEWEST + timedelta(minutes=32), NEWEST)


def test_a_line_says_state_reason_and_age_in_words(known: tuple[KnownSource, ...]) -> None:
    failed = SourceFacts("gdelt_gkg", tried_hour=NEWEST, tried_state="failed", tried_reason="bad zip")
    facts = [made("wiki"), made("entity_roster", datetime(2026, 11, 19, tzinfo=UTC)), failed]
    panel = source_panel(source_statuses(known, facts, NOW), NOW)
    lines = {line.name: line for line in panel.on}
    gdelt, wiki, roster, reddit = (lines[name] for name in ("gdelt_gkg", "wiki", "entity_roster", "reddit"))
    assert panel.on[0] == gdelt
    assert (gdelt.title, gdelt.sign, gdelt.state, gdelt.reason) == ("GDELT", "✕", "failed", "bad zip")
    assert (gdelt.hour, gdelt.age) == ("", "")
    assert (wiki.sign, wiki.state, wiki.hour) == ("✓", "ok", "14:00–15:00 UTC on Fri 20 Nov 2026")
    assert (wiki.reason, wiki.age) == ("", "25 min ago")
    assert (roster.hour, roster.age) == ("Thu 19 Nov 2026", "15 h ago")
    assert (reddit.sign, reddit.state) == ("!", "no credentials")
    assert "REDDIT_CLIENT_ID" in reddit.reason
    assert lines["trends"].sign == "○"
    assert (wiki.cadence, roster.cadence) == ("every hour", "every day")
    assert {line.cadence for line in panel.off if line.name == "tt_cc"} == {"only by hand"}


def test_switched_off_sources_are_told_apart(known: tuple[KnownSource, ...]) -> None:
    panel = source_panel(source_statuses(known, [], NOW), NOW)
    assert {line.state for line in panel.off} == {"disabled"}
    assert "tt_cc" in {line.name for line in panel.off}
    assert len(panel.on) + len(panel.off) == len(known)


def test_the_summary_counts_and_names_what_asks_for_a_person(known: tuple[KnownSource, ...]) -> None:
    asked = [source for source in known if source.name in ("wiki", "trends", "reddit", "gdelt_gkg")]
    facts = [made("wiki"), made("gdelt_gkg", NEWEST - 9 * HOUR)]
    panel = source_panel(source_statuses(asked, facts, NOW), NOW)
    assert panel.summary == (
        "1 of 4 sources healthy, 1 failing (GDELT), 1 to look at (Reddit), 1 not run yet (Google Trends)"
    )
    assert panel.needs_attention
    well = source_panel(source_statuses(asked[:1], facts, NOW), NOW)
    assert (well.summary, well.needs_attention) == ("1 of 1 sources healthy", False)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://variety.com/a?b=c", "https://variety.com/a?b=c"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example/x", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url: str, link: str) -> None:
    (made_link,) = receipt_links({7: [receipt(url=url)]})[7]
    assert made_link.url == link
    assert (made_link.title, made_link.channel, made_link.time) == ("A title", "Variety", "Fri 20 Nov 14:32 UTC")


def test_one_story_in_several_feeds_is_one_receipt() -> None:
    rows = [receipt("One"), receipt("ONE", "https://news.example/one"), receipt("Two"), receipt("3"), receipt("4")]
    kept = one_a_title(rows)
    assert [(row.title, row.url) for row in kept] == [
        ("One", "https://variety.com/a"),
        ("Two", "https://variety.com/a"),
        ("3", "https://variety.com/a"),
    ]


def test_a_rate_of_nothing_is_unknown() -> None:
    silent, busy = Traffic("wiki"), Traffic("reddit", sent=36, failed=9, cache_hits=14, unsent_hits=4)
    assert (silent.error_rate, silent.requests_per_second, silent.cache_hit_rate) == (None, None, None)
    assert (busy.error_rate, busy.requests_per_second, busy.cache_hit_rate) == (0.25, 0.01, 0.35)
    only_cached = Traffic("trends", cache_hits=2, unsent_hits=2)
    assert (only_cached.error_rate, only_cached.requests_per_second, only_cached.cache_hit_rate) == (None, None, 1.0)
