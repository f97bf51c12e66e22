"""`etheatmap sources`: the table, and when a source is due next."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from etheatmap_cli.sources import source_table
from etheatmap_core.budget.month import SourceCost
from etheatmap_core.cadence import CADENCES, next_tick
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources
from etheatmap_core.signals.source_status import SourceFacts, by_standing, judge, next_due, source_statuses

NOW = datetime(2026, 11, 20, 15, 25, 30, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def known() -> dict[str, KnownSource]:
    settings = load_settings(None).model_copy(update={"reddit_client_id": None, "youtube_api_key": None})
    sources = known_sources(load_config(Path(__file__).parents[3] / "configs"), settings)
    return {source.name: source for source in sources}


@pytest.mark.parametrize(
    ("cron", "earliest", "tick"),
    [
        ("*/15 * * * *", "15:00:00", "2026-11-20T15:00"),
        ("*/15 * * * *", "15:00:01", "2026-11-20T15:15"),
        ("2-59/15 * * * *", "15:47:30", "2026-11-20T16:02"),
        ("20 * * * *", "23:21:00", "2026-11-21T00:20"),
        ("8-59/15 */6 * * *", "13:00:00", "2026-11-20T18:08"),
        ("10 0 * * *", "00:11:00", "2026-11-21T00:10"),
    ],
)
def test_next_tick(cron: str, earliest: str, tick: str) -> None:
    assert f"{next_tick(cron, datetime.fromisoformat(f'2026-11-20T{earliest}+00:00')):%Y-%m-%dT%H:%M}" == tick


def test_every_cadence_has_a_next_tick_within_a_day() -> None:
    for cadence in CADENCES.values():
        assert NOW <= next_tick(cadence.poll_cron, NOW) <= NOW + 24 * HOUR


def test_a_line_of_days_is_not_understood() -> None:
    with pytest.raises(ValueError, match="minutes and hours"):
        next_tick("0 0 1 * *", NOW)


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        ({}, "15:32"),  # missing: the next tick
        ({"made_hour": NEWEST - HOUR}, "15:32"),
        ({"made_hour": NEWEST}, "16:02"),  # there: when the hour after it has ended
        ({"made_hour": NEWEST, "circuit_open_until": NOW + 2 * HOUR}, "17:32"),
    ],
)
def test_due_is_the_next_tick_at_which_there_is_something_to_ask(
    known: dict[str, KnownSource], facts: dict[str, datetime], due: str
) -> None:
    status = judge(known["trade_rss"], SourceFacts("trade_rss", **facts), NOW)
    at = next_due(status, NOW)
    assert at is not None
    assert f"{at:%H:%M}" == due


def test_a_tentpole_is_due_when_its_day_begins_and_other_days_when_they_are_over(known: dict[str, KnownSource]) -> None:
    today = datetime(2026, 11, 20, tzinfo=UTC)
    due = {
        name: next_due(judge(known[name], SourceFacts(name, made_hour=newest), NOW), NOW)
        for name, newest in (("tentpoles", today), ("imdb_box_office", today - 24 * HOUR))
    }
    assert due == {
        "tentpoles": datetime(2026, 11, 21, 0, 5, tzinfo=UTC),
        "imdb_box_office": datetime(2026, 11, 21, 0, 35, tzinfo=UTC),
    }


def test_nobody_is_due_who_is_not_asked_or_only_by_hand(known: dict[str, KnownSource]) -> None:
    by_hand = replace(known["trade_rss"], is_manual=True, cadence=None, interval=None)
    assert next_due(judge(by_hand, SourceFacts("trade_rss"), NOW), NOW) is None
    for name in ("reddit", "youtube", "tt_cc"):
        assert next_due(judge(known[name], SourceFacts(name), NOW), NOW) is None


COSTS = {
    "scrape_news": SourceCost("scraperapi", "credits", 1200, 130, 588_000),
    "newsapi": SourceCost("newsapi", "requests", 1, 1, None),
    "tt_cc": SourceCost("apify", "usd_micros", 150_000, 3, 150_000),
}
FACTS = [
    SourceFacts("gdelt_gkg", tried_hour=NEWEST, tried_state="failed", tried_reason="HTTP 500 [bold]x[/bold]"),
    SourceFacts("trade_rss", tried_hour=NEWEST, tried_state="ok", made_hour=NEWEST, made_state="ok"),
]


def printed(known: dict[str, KnownSource], columns: int) -> str:
    out = io.StringIO()
    statuses = by_standing(source_statuses(known.values(), FACTS, NOW))
    Console(file=out, width=columns).print(source_table(statuses, COSTS, NOW, is_wide=columns >= 140))
    return out.getvalue()


def test_the_table_has_cadence_state_due_cost_and_switch_of_every_source(known: dict[str, KnownSource]) -> None:
    text = printed(known, 220)
    assert all(name in text for name in known)
    assert "HTTP 500 [bold]x[/bold]" in text, "what upstreams say is shown as it is"
    assert text.index("gdelt_gkg") < text.index("trade_rss")
    for words in (
        "no credentials", "REDDIT_CLIENT_SECRET", "sources.yml: reddit", "never run", "16:02", "25 min ago",
        "every hour", "every day", "every 12 hours", "only by hand", "disabled", "free", "1 request ", "$0.15",
        "costs of November",
    ):  # fmt: skip
        assert words in text, words
    (scraped,) = [line for line in text.splitlines() if "scrape_news" in line and "every 12 hours" in line]
    assert "1,200 credits" in scraped
    assert "($0.59)" in text


def test_at_eighty_columns_no_word_is_broken_and_nothing_is_left_out(known: dict[str, KnownSource]) -> None:
    text = printed(known, 80)
    assert max(map(len, text.splitlines())) <= 80
    first_cells = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert set(known) <= set(first_cells)
    for words in (
        "REDDIT_CLIENT_ID",
        "1,200 credits",
        "($0.59)",
        "$0.15",
        "only by hand",
        "next 16:02",
        "tentpoles.csv",
    ):
        assert words in text, words
