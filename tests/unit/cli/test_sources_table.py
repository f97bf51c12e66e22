"""`etheatmap sources`: the table, and when a source is due next."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from etheatmap_cli.sources import next_due, next_tick, source_table
from etheatmap_core.cadence import CADENCES
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources
from etheatmap_core.signals.source_status import SourceFacts, by_standing, judge, source_statuses

NOW = datetime(2026, 11, 20, 15, 25, 30, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def known() -> dict[str, KnownSource]:
    settings = load_settings(None).model_copy(update={"reddit_client_id": None})
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


def test_nobody_is_due_who_is_not_asked(known: dict[str, KnownSource]) -> None:
    for name in ("reddit", "youtube"):
        assert next_due(judge(known[name], SourceFacts(name), NOW), NOW) is None


def test_the_table_has_state_reason_due_and_switch_of_every_source(known: dict[str, KnownSource]) -> None:
    facts = [
        SourceFacts("gdelt_gkg", tried_hour=NEWEST, tried_state="failed", tried_reason="HTTP 500 [bold]x[/bold]"),
        SourceFacts("trade_rss", tried_hour=NEWEST, tried_state="ok", made_hour=NEWEST, made_state="ok"),
    ]
    out = io.StringIO()
    table = source_table(by_standing(source_statuses(known.values(), facts, NOW)), NOW, is_wide=True)
    Console(file=out, width=200).print(table)
    text = out.getvalue()
    assert all(name in text for name in known)
    assert "HTTP 500 [bold]x[/bold]" in text, "what upstreams say is shown as it is"
    assert text.index("gdelt_gkg") < text.index("trade_rss")
    for words in ("no credentials", "REDDIT_CLIENT_SECRET", "sources.yml: reddit", "never run", "16:02", "25 min ago"):
        assert words in text


def test_a_narrow_table_is_still_read_and_the_rest_is_named_below(known: dict[str, KnownSource]) -> None:
    out = io.StringIO()
    table = source_table(by_standing(source_statuses(known.values(), [], NOW)), NOW, is_wide=False)
    Console(file=out, width=80).print(table)
    lines = out.getvalue().splitlines()
    assert len(lines) < 60
    assert any("REDDIT_CLIENT_ID" in line for line in lines), "no word is broken"
    assert "youtube" in "".join(lines[-4:])
