"""/top and /trends/intelligent on a real database: the contract's shapes, which rows, in which order."""

import csv
import io
import json
import math
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from api_builders import HOSTILE_TEXTS, NEWEST, AddScore
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from etheatmap_api.queries import HOTTEST, MODEL, NEWEST_SCORED_HOUR
from etheatmap_api.shapes import TopItem, TrendList
from etheatmap_core.hours import HOUR


def names(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/trends/intelligent?{query}")
    assert answer.status_code == 200, answer.text
    return [trend["entity"] for trend in answer.json()["trends"]]


def test_top_is_a_bare_array(client: TestClient, add_score: AddScore) -> None:
    add_score("Whitney Houston", 1.8, reasons=["because"])
    add_score("Kevin Hart", 0.1, reasons=[])
    answer = client.get("/top")
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == (
        '[{"rank":1,"entity":"Whitney Houston","heat":1.8,"reasons":["because"]},'
        '{"rank":2,"entity":"Kevin Hart","heat":0.1,"reasons":[]}]'
    )
    TypeAdapter(list[TopItem]).validate_python(answer.json(), extra="forbid")


def test_top_holds_ten_of_the_newest_hour(client: TestClient, add_score: AddScore) -> None:
    for number in range(12):
        add_score(f"e{number:02}", number / 10)
    add_score("an hour ago", 9.0, ts=NEWEST - HOUR)
    assert [item["entity"] for item in client.get("/top").json()] == [f"e{number:02}" for number in range(11, 1, -1)]
    assert len(client.get("/top?limit=3").json()) == 3


def test_the_list_has_the_keys_of_the_contract_in_order(client: TestClient, add_score: AddScore) -> None:
    add_score("Whitney Houston", 1.85, category="music", velocity_z=3.5, accel=-0.25, xplat=1 / 3, reasons=["a", "b"])
    answer = client.get("/trends/intelligent")
    assert answer.headers["cache-control"] == "max-age=15"
    assert answer.text == (
        '{"count":1,"format":"json","strategy":"standard","category":null,"timeframe":"now","trends":[{'
        '"rank":1,"entity":"Whitney Houston","category":"music","heat":1.85,'
        '"components":{"velocity":3.5,"acceleration":-0.25,"cross_platform":0.3333333333333333,"tentpole":null},'
        '"reasons":["a","b"],"timestamp":"2026-11-20T14:00:00+00:00"}]}'
    )
    TypeAdapter(TrendList).validate_python(answer.json(), extra="forbid")


def test_deep_adds_the_figures_behind_each_score(client: TestClient, add_score: AddScore) -> None:
    add_score("Whitney Houston")
    body = client.get("/trends/intelligent?depth=deep").json()
    assert body["strategy"] == "deep"
    assert list(body["trends"][0])[-2:] == ["timestamp", "evidence"]
    assert body["trends"][0]["evidence"]["metrics"][0]["ratio"] == 5.9


def test_order_is_heat_then_unclipped_velocity_then_name(client: TestClient, add_score: AddScore) -> None:
    add_score("b", 2.1, velocity_raw=5.0)
    add_score("c", 2.1, velocity_raw=19.0)
    add_score("a", 2.1, velocity_raw=5.0)
    add_score("d", 2.1, velocity_raw=None)
    add_score("z", 2.2, velocity_raw=1.0)
    assert names(client) == ["z", "c", "a", "b", "d"]


def test_only_scores_of_the_published_model_with_heat_are_listed(
    client: TestClient, add_score: AddScore, engine: sa.Engine
) -> None:
    add_score("listed")
    add_score("another formula", model="v2")
    add_score("another formula, newer", model="v2", ts=NEWEST + 2 * HOUR)
    add_score("warming up", None, state="warming_up")
    left = add_score("left the roster")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE entities SET is_active = false WHERE id = :id"), {"id": left})
    assert names(client) == ["listed"]


def test_an_entity_is_listed_once_with_its_newest_heat(client: TestClient, add_score: AddScore) -> None:
    add_score("a", 0.5)
    add_score("a", 2.0, ts=NEWEST - HOUR)
    add_score("b", 0.7, ts=NEWEST - HOUR)
    add_score("b", None, state="no_data")
    trends = client.get("/trends/intelligent").json()["trends"]
    assert [(trend["entity"], trend["heat"], trend["timestamp"][11:13]) for trend in trends] == [
        ("b", 0.7, "13"),
        ("a", 0.5, "14"),
    ]


def test_timeframe_and_hours_bound_the_age_of_the_newest_score(client: TestClient, add_score: AddScore) -> None:
    ages = (0, 1, 23, 71, 167, 168)
    for age in ages:
        add_score(f"{age}h", 1 - age / 1000, ts=NEWEST - timedelta(hours=age))
    count_listed = {
        "": 4,
        "timeframe=now&hours=1": 1,
        "timeframe=1h": 1,
        "timeframe=2h": 2,
        "timeframe=24h": 3,
        "timeframe=24H": 3,
        "timeframe=7d": 5,
        "timeframe=7d&hours=72": 4,
        "hours=8784": 6,
    }
    for query, count in count_listed.items():
        assert names(client, query) == [f"{age}h" for age in ages[:count]], query


def test_category_is_matched_in_any_case(client: TestClient, add_score: AddScore) -> None:
    add_score("song", category="Music")
    add_score("film", category="film")
    add_score("no one knows", category="unknown")
    add_score("empty", category="")
    assert names(client, "category=mUSIC") == ["song"]
    assert sorted(names(client, "category=unknown")) == ["empty", "no one knows"]
    assert len(names(client, "category=")) == 4
    assert names(client, "category=opera") == []
    assert client.get("/trends/intelligent?category=mUSIC").json()["category"] == "mUSIC"


def test_a_category_without_a_name_is_told_as_unknown(client: TestClient, add_score: AddScore) -> None:
    add_score("empty", category="")
    assert client.get("/trends/intelligent").json()["trends"][0]["category"] == "unknown"


def test_rank_goes_on_over_offset(client: TestClient, add_score: AddScore) -> None:
    for number in range(5):
        add_score(f"e{number}", 1 - number / 10)
    body = client.get("/trends/intelligent?limit=2&offset=2").json()
    assert [(trend["rank"], trend["entity"]) for trend in body["trends"]] == [(3, "e2"), (4, "e3")]
    assert body["count"] == 2
    assert client.get("/trends/intelligent?offset=1000000000").json()["trends"] == []


def test_before_the_first_score_lists_are_empty(client: TestClient) -> None:
    assert client.get("/top").json() == []
    assert client.get("/trends/intelligent").json()["count"] == 0


def test_numbers_come_whole_and_never_as_nan(client: TestClient, add_score: AddScore) -> None:
    add_score("a", 0.1 + 0.2, accel=math.nan)
    answer = client.get("/trends/intelligent")
    assert "NaN" not in answer.text
    (trend,) = json.loads(answer.text)["trends"]
    assert trend["heat"] == 0.1 + 0.2
    assert trend["components"]["acceleration"] is None


def test_csv_holds_the_same_list(client: TestClient, add_score: AddScore) -> None:
    for rank, text in enumerate(HOSTILE_TEXTS):
        add_score(text, -0.4 - rank, reasons=[text, "b"], category="film")
    answer = client.get("/trends/intelligent?format=CSV&limit=100&offset=1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename=trends.csv"
    assert answer.headers["cache-control"] == "max-age=15"
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    assert ",".join(rows[0]) == "rank,entity,category,heat,velocity,acceleration,cross_platform,tentpole,reasons"
    same: list[dict[str, Any]] = client.get("/trends/intelligent?limit=100&offset=1").json()["trends"]
    assert len(rows) - 1 == len(same) == len(HOSTILE_TEXTS) - 1
    for row, trend in zip(rows[1:], same, strict=True):
        assert int(row[0]) == trend["rank"]
        assert row[1].removeprefix("'") == trend["entity"].removeprefix("'")
        assert float(row[3]) == trend["heat"]
        assert row[5:8] == ["", "0.3333333333333333", ""]


@pytest.mark.parametrize("path", ["/trends/intelligent", "/trends/dashboard"])
def test_any_category_is_only_a_value(client: TestClient, add_score: AddScore, path: str) -> None:
    add_score("a")
    for text in HOSTILE_TEXTS:
        assert client.get(path, params={"category": text}).status_code == (422 if len(text) > 200 else 200), text
    for raw in ("%ff%fe", "%", "%ED%A0%80", "%F0%9F%94%A5"):
        assert client.get(f"{path}?category={raw}").status_code == 200, raw


def test_the_newest_hour_and_the_list_are_read_through_indexes(add_score: AddScore, engine: sa.Engine) -> None:
    for day in range(3):
        add_score("a", ts=NEWEST - timedelta(days=day))
    values = {"model": MODEL, "newest": NEWEST, "lookback_hours": 72, "category": None, "limit": 20, "offset": 0}
    with engine.connect() as connection:
        connection.execute(sa.text("SET enable_seqscan = off"))
        newest_plan, list_plan = (
            "\n".join(line for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}", values))
            for statement in (NEWEST_SCORED_HOUR, HOTTEST)
        )
    assert "ts_model_heat_idx" in newest_plan
    assert "Sort" not in newest_plan
    assert "_pkey" in list_plan
    assert "Seq Scan on scores" not in list_plan
    assert NEWEST.strftime("scores_%Y%m%d") in list_plan
