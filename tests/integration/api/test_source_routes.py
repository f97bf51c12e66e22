"""The sources over HTTP, on a real database: the contract's keys in its order, states that never look alike."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from api_builders import NEWEST, NOW, AddScore
from source_builders import Rows
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_core.config import load_config
from etheatmap_core.hours import HOUR
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources

MINUTE = timedelta(minutes=1)
WHOLE = {"is_complete": True, "questions": 4, "answered": 4}


@pytest.fixture(scope="module")
def known() -> tuple[KnownSource, ...]:
    """As shipped: all free sources are on, and reddit, newsapi and youtube have no keys."""
    keys = ("reddit_client_id", "reddit_client_secret", "news_api_key", "youtube_api_key")
    settings = load_settings(None).model_copy(update=dict.fromkeys(keys))
    return known_sources(load_config(Path(__file__).parents[3] / "configs"), settings)


@pytest.fixture
def rows(engine: sa.Engine) -> Rows:
    return Rows(engine)


@pytest.fixture
def api(database_url: str, known: tuple[KnownSource, ...]) -> Iterator[TestClient]:
    """It is 15:25 UTC on 20 November 2026; the newest full hour is 14:00."""
    with TestClient(create_app(database_url, now=lambda: NOW, known_sources=known)) as client:
        yield client


def fill(rows: Rows) -> None:
    """A bad afternoon: each source in a state of its own."""
    rows.capture("wiki", NEWEST - HOUR)
    rows.health("wiki", last_ok=NEWEST + 40 * MINUTE)
    rows.hour("trends", NEWEST, "ok", "3 of 5 questions deferred: trends: 20 requests an hour are used", questions=5,
              answered=2, deferred=3, is_complete=True)  # fmt: skip
    rows.health("trends", last_ok=NEWEST + 70 * MINUTE)
    rows.hour("trade_rss", NEWEST - HOUR, "ok", **WHOLE)
    rows.hour("trade_rss", NEWEST, "failed", "variety.com cannot be reached")
    rows.health("trade_rss", last_error="variety.com cannot be reached", consecutive_errors=3)
    rows.hour("google_news", NEWEST, "empty", **WHOLE)
    rows.hour("gdelt_gkg", NEWEST - 8 * HOUR, "ok", **WHOLE)
    rows.hour("news", NEWEST, "ok", "trade_rss is missing")
    rows.health("gdelt_gkg", last_ok=NEWEST - 7 * HOUR)


def states(api: TestClient) -> dict[str, str]:
    return {line["source"]: line["state"] for line in api.get("/sources/status").json()["sources"]}


def test_a_fresh_installation_has_run_nothing(api: TestClient, known: tuple[KnownSource, ...]) -> None:
    body = api.get("/sources/status").json()
    assert body["total_sources"] == len(known) == len(body["sources"])
    assert (body["healthy"], body["failing"], body["warning"]) == (0, 0, 3)
    assert states(api)["reddit"] == "no credentials"
    assert states(api)["wiki"] == "never run"
    assert states(api)["scrape_news"] == "disabled"
    assert api.get("/source-health").json() == {"count": 0, "items": []}
    assert all(source["status"] == "degraded" for source in api.get("/health/sources").json().values())


def test_each_source_tells_its_own_state(api: TestClient, rows: Rows) -> None:
    fill(rows)
    told = states(api)
    assert {name: told[name] for name in told if told[name] != "disabled"} == {
        "trade_rss": "failed",
        "gdelt_gkg": "stale",
        "reddit": "no credentials",
        "newsapi": "no credentials",
        "youtube": "no credentials",
        "news": "ok",
        "entity_roster": "never run",
        "wiki_history": "never run",
        "imdb_box_office": "never run",
        "tentpoles": "never run",
        "entity_discovery": "never run",
        "advanced_scoring": "never run",
        "wiki": "ok",
        "trends": "ok",
        "google_news": "empty",
    }


def test_status_has_the_contracts_keys_and_order(api: TestClient, rows: Rows) -> None:
    fill(rows)
    body = json.loads(api.get("/sources/status").text)
    assert list(body) == ["total_sources", "healthy", "warning", "failing", "never_run", "sources", "last_updated"]
    assert [body[key] for key in ("healthy", "warning", "failing")] == [3, 4, 2]
    assert body["total_sources"] == sum(body[key] for key in ("healthy", "warning", "failing", "never_run"))
    order = ["failing", "warning", "never_run", "healthy"]
    found = [line["status"] for line in body["sources"]]
    assert found == sorted(found, key=order.index)
    first = body["sources"][0]
    assert list(first)[:13] == [
        "source", "name", "description", "type", "status", "last_ok", "last_error", "last_run", "consecutive_errors",
        "circuit_open", "expected_interval", "state", "reason",
    ]  # fmt: skip
    assert {key: first[key] for key in list(first) if key not in ("description", "type")} == {
        "source": "trade_rss",
        "name": "Film trades",
        "status": "failing",
        "last_ok": "2026-11-20T14:00:00+00:00",
        "last_error": "variety.com cannot be reached",
        "last_run": "2026-11-20T15:00:00+00:00",
        "consecutive_errors": 3,
        "circuit_open": False,
        "expected_interval": "every hour",
        "state": "failed",
        "reason": "variety.com cannot be reached",
        "newest_hour": "2026-11-20T13:00:00+00:00",
        "age_seconds": 85 * 60,
        "coverage": 1.0,
        "deferred": 0,
        "cadence": "1h",
        "next_due": "2026-11-20T15:32:00+00:00",
        "cost": None,
    }
    assert body["last_updated"] == "2026-11-20T15:25:00+00:00"


def test_source_health_is_the_breakers_book(api: TestClient, rows: Rows) -> None:
    rows.health("wiki", last_ok=NEWEST)
    rows.health("gdelt_gkg", last_error="HTTP 500", consecutive_errors=5, circuit_open_until=NOW + 10 * MINUTE)
    answer = api.get("/source-health")
    assert answer.headers["cache-control"] == "max-age=10"
    body = json.loads(answer.text)
    assert list(body) == ["count", "items"]
    assert body["count"] == 2
    assert [list(item)[:5] for item in body["items"]] == [
        ["source", "last_ok", "last_error", "consecutive_errors", "circuit_open_until"]
    ] * 2
    gdelt = body["items"][1]
    assert (gdelt["source"], gdelt["last_ok"], gdelt["consecutive_errors"]) == ("gdelt_gkg", None, 5)
    assert gdelt["circuit_open_until"] == "2026-11-20T15:35:00+00:00"
    assert (gdelt["state"], gdelt["reason"]) == (
        "circuit open",
        "Nobody asks it until 2026-11-20 15:35 UTC: 5 errors in a row, the last: HTTP 500",
    )


def test_health_counts_the_last_hour_and_makes_up_no_rate(api: TestClient, rows: Rows) -> None:
    fill(rows)
    for minute in range(1, 10):
        rows.audit("trade_rss", NOW - minute * MINUTE, "fetch")
    rows.audit("trade_rss", NOW, "fetch", "warning", "failed")
    rows.audit("trade_rss", NOW - MINUTE, "rate limited", "warning", "429")
    rows.audit("trade_rss", NOW - MINUTE, "cache hit", "info", "304")
    rows.audit("trade_rss", NOW - MINUTE, "cache hit", "info", "ok")
    rows.audit("trade_rss", NOW - MINUTE, "deferred", "info", "deferred")  # not sent
    rows.audit("trade_rss", NOW - MINUTE, "circuit open", "warning", "circuit open")  # not sent
    rows.audit("trade_rss", NOW - 61 * MINUTE, "fetch", "error", "500")  # before the hour
    rows.audit("wiki", NOW - 5 * MINUTE, "fetch", "info", "not published")  # no error
    answer = api.get("/health/sources")
    assert answer.headers["cache-control"] == "max-age=5"
    body = json.loads(answer.text)
    assert {"scrape_news", "tt_cc"}.isdisjoint(body), "who is switched off is not ill"
    trades = body["trade_rss"]
    assert list(trades)[:7] == [
        "status", "last_success_ts", "last_error", "rolling_error_rate", "qps", "cache_hit_rate", "circuit_breaker",
    ]  # fmt: skip
    assert trades["rolling_error_rate"] == pytest.approx(2 / 12)
    assert trades["qps"] == pytest.approx(12 / 3600)
    assert trades["cache_hit_rate"] == pytest.approx(2 / 13)
    assert (trades["status"], trades["circuit_breaker"]) == ("degraded", "closed")
    assert (body["wiki"]["status"], body["wiki"]["rolling_error_rate"]) == ("ok", 0.0)
    silent = body["google_news"]
    assert (silent["status"], silent["rolling_error_rate"], silent["qps"], silent["cache_hit_rate"]) == (
        "ok", None, None, None,
    )  # fmt: skip


def test_hours_that_were_tried_are_listed_newest_first(api: TestClient, rows: Rows) -> None:
    rows.hour("reddit", NEWEST, "rate limited", "oauth.reddit.com limits us")
    rows.hour("reddit", NEWEST - HOUR, "ok", "1 of 4 questions not answered", questions=4, answered=3, items=90,
              mentions=7)  # fmt: skip
    rows.hour("reddit", NEWEST - 3 * HOUR, "empty", **WHOLE)
    rows.hour("reddit", NEWEST - 48 * HOUR, "ok", **WHOLE)
    body = api.get("/sources/reddit_ingest/hours").json()
    assert (body["source"], body["count"]) == ("reddit", 3)
    assert [(item["ts"][11:13], item["state"]) for item in body["items"]] == [
        ("14", "rate limited"), ("13", "ok"), ("11", "empty"),
    ]  # fmt: skip
    assert body["items"][1] == {
        "ts": "2026-11-20T13:00:00+00:00",
        "state": "ok",
        "reason": "1 of 4 questions not answered",
        "is_complete": False,
        "questions": 4,
        "answered": 3,
        "deferred": 0,
        "items": 90,
        "mentions": 7,
        "ended_at": "2026-11-20T14:00:00+00:00",
    }
    assert api.get("/sources/reddit/hours?hours=1").json()["count"] == 1
    assert api.get("/sources/gdelt_gkg/hours").json() == {"source": "gdelt_gkg", "count": 0, "items": []}
    assert api.get("/sources/tumblr/hours").status_code == 404


def test_a_switch_of_the_past_is_not_todays_state(api: TestClient, rows: Rows) -> None:
    rows.hour("trade_rss", NEWEST, "disabled", "trade_rss is switched off")
    assert states(api)["trade_rss"] == "never run"
    rows.hour("trade_rss", NEWEST - HOUR, "ok", **WHOLE)
    assert states(api)["trade_rss"] == "ok"


def test_the_dashboard_says_how_each_source_is(api: TestClient, rows: Rows, add_score: AddScore) -> None:
    add_score("Zendaya")
    fill(rows)
    text = api.get("/trends/dashboard").text
    assert (
        '<a href="#sources">3 of 15 sources healthy, 2 failing (Film trades, GDELT), '
        "4 to look at (Reddit, News together, NewsAPI, YouTube), "
        "6 not run yet (Roster, Wikipedia history, Box office, Tentpoles, Discovery, Advanced scoring)</a>" in text
    )
    for sign, state in (("✕", "failed"), ("✕", "stale"), ("!", "no credentials"), ("✓", "empty"), ("○", "never run")):
        assert f'<span class="sign" aria-hidden="true">{sign}</span> {state}</span>' in text
    assert "variety.com cannot be reached" in text
    assert "<summary>4 switched off</summary>" in text
    assert "<small>wiki, every hour</small>" in text
    assert "<small>tt_cc, only by hand</small>" in text


def test_what_upstreams_say_is_escaped(api: TestClient, rows: Rows, add_score: AddScore) -> None:
    entity_id = add_score("Zendaya")
    rows.hour("trade_rss", NEWEST, "failed", "<script>alert(1)</script>")
    rows.item("trade_rss", "1", NEWEST, title="<img src=x onerror=alert(1)>", url="javascript:alert(1)", channel="<b>")
    rows.mention("trade_rss", "1", entity_id)
    text = api.get("/trends/dashboard").text
    for raw in ("<script", "<img src=x", "javascript:", "<b>"):
        assert raw not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_the_newest_receipts_of_each_listed_entity_are_a_click_away(
    api: TestClient, rows: Rows, add_score: AddScore
) -> None:
    ids = [add_score("Zendaya"), add_score("Kevin Hart")]
    for number in range(5):
        rows.item("trade_rss", f"z{number}", NEWEST - number * HOUR)
        rows.mention("trade_rss", f"z{number}", ids[0])
    rows.item("reddit", "t3_1", NEWEST, channel="r/movies", title="Kevin Hart at the game")
    rows.mention("reddit", "t3_1", ids[1])
    rows.item("trade_rss", "late", NEWEST, counted_ts=None, published_at=NEWEST - 30 * HOUR)
    rows.mention("trade_rss", "late", ids[1])
    rows.item("trade_rss", "old", NEWEST - 12 * HOUR)
    rows.mention("trade_rss", "old", ids[1])
    text = api.get("/trends/dashboard").text
    assert text.count('rel="noreferrer nofollow"') == 4
    shown = [f"z{number}" in text for number in range(5)]
    assert shown == [True, True, True, False, False]
    assert '3 newest receipts<span class="unseen"> of Zendaya</span>' in text
    assert '1 newest receipt<span class="unseen"> of Kevin Hart</span>' in text
    assert '<small>r/movies, <time datetime="2026-11-20T14:00:00+00:00">Fri 20 Nov 14:00 UTC</time></small>' in text


def test_the_page_shows_its_scores_when_what_stands_beside_cannot_be_read(
    api: TestClient, add_score: AddScore, engine: sa.Engine
) -> None:
    add_score("Zendaya")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE mentions; DROP TABLE source_hours")
    answer = api.get("/trends/dashboard")
    assert answer.status_code == 200
    assert "<bdi>Zendaya</bdi>" in answer.text
    assert "How the sources are doing could not be read in time." in answer.text
    assert "The receipts could not be read in time" in answer.text
