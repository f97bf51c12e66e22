"""/budget on a real ledger: the contract's keys first and in their order, the rest exact."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from api_builders import NOW
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Budgets, Entry
from etheatmap_core.budget.month import MONTH_COSTS
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import known_sources

CONFIG = load_config(Path(__file__).parents[3] / "configs")


@pytest.fixture
def budgets() -> Budgets:
    return CONFIG.budgets


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    """It is 15:25 UTC on 20 November 2026, as it is for the API."""
    ledger = Ledger(engine, lambda: NOW)
    ledger.configure(CONFIG.budgets.accounts)
    return ledger


@pytest.fixture
def api(database_url: str, budgets: Budgets) -> Iterator[TestClient]:
    known = known_sources(CONFIG, load_settings(None))
    with TestClient(create_app(database_url, now=lambda: NOW, known_sources=known, budgets=budgets)) as client:
        yield client


def entry(source: str) -> Entry:
    return Entry(source, "2026-11-20-14:00", "run", "a question")


def spend(ledger: Ledger, provider: str, source: str, units: int, reserved: int | None = None) -> None:
    ledger.settle(ledger.reserve(provider, reserved or units, entry(source)), units)


def of(body: dict[str, list[dict[str, object]]], provider: str) -> dict[str, object]:
    return next(each for each in body["providers"] if each["provider"] == provider)


def test_a_fresh_installation_has_its_configured_limits_and_has_spent_nothing(api: TestClient) -> None:
    body = api.get("/budget").json()
    assert json.dumps({key: body[key] for key in list(body)[:3]}) == json.dumps({
        "limits": {"scraperapi_monthly": 100_000, "openai_monthly_usd": 30.0, "newsapi_daily": 500},
        "usage": {"scraperapi": 0, "openai_usd": 0.0, "newsapi": 0},
        "remaining": {"scraperapi": 100_000, "openai_usd": 30.0, "newsapi": 500},
    })  # fmt: skip
    assert list(body)[3:] == ["providers", "total", "fixed", "period"]
    assert body["fixed"] == {"server": 13.0, "scraperapi": 49.0, "backup": 5.0, "domain": 1.0}
    assert body["period"] == {"start": "2026-11-01T00:00:00+00:00", "end": "2026-12-01T00:00:00+00:00"}


def test_usage_is_spent_and_set_aside_and_is_told_apart_below(api: TestClient, ledger: Ledger) -> None:
    spend(ledger, "scraperapi", "scrape_news", 40, reserved=100)
    ledger.reserve("scraperapi", 10, entry("scrape_news"))
    ledger.release(ledger.reserve("scraperapi", 10, entry("scrape_news")))
    spend(ledger, "openai", "insights", 12_400_001)
    spend(ledger, "newsapi", "newsapi", 3)
    body = api.get("/budget").json()
    assert body["usage"] == {"scraperapi": 50, "openai_usd": 12.41, "newsapi": 3}
    assert body["remaining"] == {"scraperapi": 99_950, "openai_usd": 17.59, "newsapi": 497}
    scraperapi = of(body, "scraperapi")
    assert (scraperapi["spent_units"], scraperapi["reserved_units"], scraperapi["used_units"]) == (40, 10, 50)
    assert scraperapi["sources"] == [
        {"source": "scrape_news", "calls": 2, "spent_units": 40, "lost_calls": 0, "overruns": 0}
    ]
    assert of(body, "openai")["spent_units"] == 12_400_001


def test_the_total_holds_the_dollars_and_the_fixed_costs(api: TestClient, ledger: Ledger) -> None:
    spend(ledger, "openai", "insights", 2_000_000)
    spend(ledger, "apify", "tt_cc", 50_000)
    ledger.reserve("apify", 150_000, entry("apify_tiktok"))
    total = api.get("/budget").json()["total"]
    assert {key: total[key] for key in list(total)[:5]} == {
        "limit_usd": 200.0,
        "fixed_usd": 68.0,
        "spent_usd": 70.05,
        "reserved_usd": 0.15,
        "remaining_usd": 129.80,
    }
    passed = (NOW - NOW.replace(day=1, hour=0, minute=0)) / timedelta(days=30)
    assert total["forecast_usd"] == pytest.approx(68 + 2.05 / passed, abs=0.01)


def test_a_provider_says_that_it_is_held_why_and_until_when(api: TestClient, ledger: Ledger) -> None:
    spend(ledger, "newsapi", "newsapi", 500)
    newsapi = of(api.get("/budget").json(), "newsapi")
    assert (newsapi["state"], newsapi["period_end"]) == ("held", "2026-11-21T00:00:00+00:00")
    assert newsapi["reason"] == "newsapi: 500 of 500 requests used, next period 2026-11-21"


def test_an_overrun_and_a_lost_call_are_told(api: TestClient, ledger: Ledger) -> None:
    spend(ledger, "scraperapi", "scrape_news", 12, reserved=10)
    ledger.lose(ledger.reserve("newsapi", 1, entry("newsapi")))
    body = api.get("/budget").json()
    scraperapi, newsapi = of(body, "scraperapi"), of(body, "newsapi")
    assert (scraperapi["state"], scraperapi["overruns"], scraperapi["lost_calls"]) == ("closed", 1, 0)
    assert "etheatmap budget --reopen scraperapi" in str(scraperapi["reason"])
    assert (newsapi["state"], newsapi["lost_calls"], newsapi["spent_units"]) == ("open", 1, 1)


def test_a_new_day_starts_anew_and_its_month_goes_on(api: TestClient, ledger: Ledger, engine: sa.Engine) -> None:
    yesterday = Ledger(engine, lambda: NOW - timedelta(days=1))
    spend(yesterday, "newsapi", "newsapi", 400)
    last_month = Ledger(engine, lambda: NOW - timedelta(days=25))
    spend(last_month, "newsapi", "newsapi", 30)
    spend(ledger, "newsapi", "newsapi", 7)
    body = api.get("/budget").json()
    assert body["usage"]["newsapi"] == 7
    assert of(body, "newsapi")["sources"] == [
        {"source": "newsapi", "calls": 2, "spent_units": 407, "lost_calls": 0, "overruns": 0}
    ]


def test_the_books_limit_is_told_where_the_file_says_another(
    api: TestClient, ledger: Ledger, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE budget_limits SET limit_units = 10 WHERE provider = 'scraperapi'"))
    assert api.get("/budget").json()["limits"]["scraperapi_monthly"] == 10


def test_without_configs_there_are_no_limits_and_no_zeros(database_url: str) -> None:
    with TestClient(create_app(database_url, now=lambda: NOW)) as client:
        body = client.get("/budget").json()
    assert body["limits"] == {"scraperapi_monthly": None, "openai_monthly_usd": None, "newsapi_daily": None}


def test_reading_writes_nothing(api: TestClient, database_url: str) -> None:
    assert api.get("/budget").status_code == 200
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM budget_limits").fetchone() == (0,)


def test_costs_are_read_through_an_index(database_url: str, ledger: Ledger) -> None:
    wanted = {"providers": ["newsapi"], "month_start": NOW, "month_end": NOW}
    with psycopg.connect(database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {MONTH_COSTS}".encode(), wanted))
    assert "budget_reservations_period_idx" in plan
    assert "Seq Scan on budget_reservations" not in plan


def test_the_dashboard_shows_it_in_words_without_a_script(api: TestClient, ledger: Ledger) -> None:
    spend(ledger, "newsapi", "newsapi", 500)
    text = api.get("/trends/dashboard").text
    section = text[text.index('id="budget"') : text.index('id="operations"')]
    for words in (
        "held",
        "500 of 500 requests spent (100 %)",
        "newsapi: 500 of 500 requests used, next period 2026-11-21.",
        "The whole month",
        "$68.00 of $200.00 spent (34 %)",
        "No source is asked of scraperapi, youtube, openai, apify.",
    ):
        assert words in section
    assert "style=" not in section


def test_each_source_tells_its_cadence_and_what_it_has_cost(api: TestClient, ledger: Ledger) -> None:
    spend(ledger, "scraperapi", "scrape_news", 1200)
    lines = {line["source"]: line for line in api.get("/sources/status").json()["sources"]}
    assert lines["scrape_news"]["cost"] == {
        "provider": "scraperapi", "unit": "credits", "units": 1200, "calls": 1, "usd": 0.59,
    }  # fmt: skip
    assert lines["newsapi"]["cost"] == {
        "provider": "newsapi", "unit": "requests", "units": 0, "calls": 0, "usd": None,
    }  # fmt: skip
    assert lines["wiki"]["cost"] is None
    cadences = {name: lines[name]["cadence"] for name in ("wiki", "entity_roster", "scrape_news", "tt_cc")}
    assert cadences == {"wiki": "1h", "entity_roster": "1d", "scrape_news": "12h", "tt_cc": "manual"}
    assert lines["advanced_scoring"]["cadence"] == "1h", "a step of our own has one too"
    assert (lines["tt_cc"]["next_due"], lines["tt_cc"]["expected_interval"]) == (None, "only by hand")
