"""/mentions and /mentions/ties on a real database: whom a name is about, what is listed, what spoke for it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from api_builders import HOSTILE_TEXTS, NEWEST, AddScore
from source_builders import Rows
from starlette.testclient import TestClient

from etheatmap_core.hours import HOUR


@pytest.fixture
def rows(engine: sa.Engine) -> Rows:
    return Rows(engine)


@pytest.fixture
def zendaya(add_score: AddScore, engine: sa.Engine) -> int:
    entity_id = add_score("Zendaya")
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE entities SET aliases = '{Zendaya Coleman, Zë}' WHERE id = :id"), {"id": entity_id}
        )
        connection.execute(
            sa.text("INSERT INTO entity_names VALUES (:id, 'Zendaya Maree', 'wikidata', now())"), {"id": entity_id}
        )
    return entity_id


def titles(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/mentions?{query}")
    assert answer.status_code == 200, answer.text
    return [item["title"].removeprefix("Title of ") for item in answer.json()["items"]]


def test_a_receipt_says_what_was_found_where_and_why(client: TestClient, rows: Rows, zendaya: int) -> None:
    rows.item("trade_rss", "1", NEWEST, author="A. Writer", published_at=NEWEST + timedelta(minutes=12))
    rows.mention("trade_rss", "1", zendaya, alias_class="common_word", evidence=["cue word 'trailer'"], affect=0.4)
    body = json.loads(client.get("/mentions?entity=zendaya").text)
    assert list(body) == ["entity", "count", "items"]
    assert body == {
        "entity": "Zendaya",
        "count": 1,
        "items": [
            {
                "source": "trade_rss",
                "channel": "Variety",
                "title": "Title of 1",
                "url": "https://variety.com/1",
                "author": "A. Writer",
                "published_at": "2026-11-20T14:12:00+00:00",
                "first_seen_ts": "2026-11-20T14:00:00+00:00",
                "counted_ts": "2026-11-20T14:00:00+00:00",
                "matched": {"alias": "Zendaya", "alias_class": "common_word", "evidence": ["cue word 'trailer'"]},
                "affect": 0.4,
            }
        ],
    }


def test_names_and_aliases_resolve_in_any_case(client: TestClient, zendaya: int, add_score: AddScore) -> None:
    add_score("Zendaya Coleman Band")
    for name in ("Zendaya", "ZENDAYA", "zendaya coleman", "ZË", "Zendaya Maree"):
        answer = client.get("/mentions", params={"entity": name})
        assert (answer.status_code, answer.json()["entity"]) == (200, "Zendaya"), name
    answer = client.get("/mentions?entity=Zendaya Cole")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Entity not found"})


def test_a_name_counts_before_an_alias(client: TestClient, zendaya: int, add_score: AddScore) -> None:
    add_score("Zendaya Coleman")
    assert client.get("/mentions?entity=zendaya coleman").json()["entity"] == "Zendaya Coleman"


def test_the_window_is_counted_back_from_the_newest_item(client: TestClient, rows: Rows, zendaya: int) -> None:
    for age in (0, 23, 24, 71):
        rows.item("reddit", f"{age}h", NEWEST - age * HOUR)
        rows.mention("reddit", f"{age}h", zendaya)
    rows.item("reddit", "undated", NEWEST - HOUR, published_at=None)
    rows.mention("reddit", "undated", zendaya)
    rows.item("reddit", "about somebody else", NEWEST)
    assert titles(client, "entity=Zendaya") == ["0h", "undated", "23h"]
    assert titles(client, "entity=Zendaya&hours=25") == ["0h", "undated", "23h", "24h"]
    assert titles(client, "entity=Zendaya&hours=8784&limit=2") == ["0h", "undated"]


def test_what_came_too_late_is_listed_and_says_so(client: TestClient, rows: Rows, zendaya: int) -> None:
    rows.item("trade_rss", "late", NEWEST, published_at=NEWEST - 30 * HOUR, counted_ts=None)
    rows.mention("trade_rss", "late", zendaya)
    (item,) = client.get("/mentions?entity=Zendaya").json()["items"]
    assert (item["counted_ts"], item["published_at"]) == (None, "2026-11-19T08:00:00+00:00")


def test_a_date_of_the_future_does_not_stay_on_top(client: TestClient, rows: Rows, zendaya: int) -> None:
    rows.item("trade_rss", "wrong clock", NEWEST - 5 * HOUR, published_at=NEWEST + 900 * HOUR)
    rows.item("trade_rss", "newest", NEWEST)
    for item_id in ("wrong clock", "newest"):
        rows.mention("trade_rss", item_id, zendaya)
    assert titles(client, "entity=Zendaya") == ["newest", "wrong clock"]


def test_one_source_can_be_asked_for_and_news_means_its_feeders(client: TestClient, rows: Rows, zendaya: int) -> None:
    for source in ("reddit", "trade_rss", "google_news", "gdelt_gkg"):
        rows.item(source, source, NEWEST)
        rows.mention(source, source, zendaya)
    assert titles(client, "entity=Zendaya&source=reddit_ingest") == ["reddit"]
    assert titles(client, "entity=Zendaya&source=news") == ["google_news", "trade_rss"]
    assert len(titles(client, "entity=Zendaya&source=")) == 4


def test_ties_name_who_may_be_meant(client: TestClient, rows: Rows, add_score: AddScore) -> None:
    swift, taylor = add_score("Taylor Swift"), add_score("Swift (film)")
    rows.item("reddit", "1", NEWEST, channel="r/movies")
    rows.tie("reddit", "1", "Swift", [swift, taylor], "nothing tells one from the other", position=7)
    rows.item("reddit", "old", NEWEST - 24 * HOUR)
    rows.tie("reddit", "old", "Swift", [taylor, swift], "no evidence")
    body = client.get("/mentions/ties").json()
    tie: dict[str, Any] = body["items"][0]
    assert body["count"] == 1
    assert tie["candidates"] == ["Taylor Swift", "Swift (film)"]
    assert (tie["alias"], tie["position"], tie["reason"]) == ("Swift", 7, "nothing tells one from the other")
    assert (tie["source"], tie["channel"], tie["title"]) == ("reddit", "r/movies", "Title of 1")
    assert client.get("/mentions/ties?hours=25").json()["count"] == 2
    assert client.get("/mentions/ties?hours=25&limit=1").json()["count"] == 1


def test_before_the_first_item_nothing_is_listed(client: TestClient, zendaya: int) -> None:
    assert client.get("/mentions?entity=Zendaya").json() == {"entity": "Zendaya", "count": 0, "items": []}
    assert client.get("/mentions/ties").json() == {"count": 0, "items": []}


def test_any_name_is_only_a_value(client: TestClient) -> None:
    for text in HOSTILE_TEXTS:
        status = client.get("/mentions", params={"entity": text}).status_code
        assert status == (422 if len(text) > 200 else 404), text
