"""/score/advanced/{entity}: the published keys in their order, what was added, and the two ways to be told no."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from api_builders import HOSTILE_TEXTS, NEWEST, NOW, AddScore
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_core.config import load_config
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.known_sources import known_sources

NAMES = ("velocity", "acceleration", "virality", "sentiment", "network", "novelty", "quality")
EVIDENCE: dict[str, Any] = {
    "components": {name: None if name == "virality" else 0.5 for name in NAMES},
    "nulls": {"virality": "no source measures sharing: Reddit, YouTube and TikTok are not collected"},
    "trajectory": {"trend": "peaking", "confidence": 0.74, "hours": 5, "hours_since_peak": 1},
    "peak_probability": 0.55,
    "platforms": {"reddit": {"score": None, "why": "not collected"}},
    "evidence": 6.0,
    "reasons_of_null": {"tentpole": "no tentpole of this entity is on"},
}


@pytest.fixture
def zendaya(add_score: AddScore, engine: sa.Engine) -> int:
    add_score("Zendaya", 0.2, model="advanced", ts=NEWEST - timedelta(hours=1), evidence=EVIDENCE)
    entity_id = add_score("Zendaya", 1.4, model="advanced", evidence=EVIDENCE, reasons=["because"])
    add_score("Zendaya", 2.2)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE entities SET aliases = '{Zë}' WHERE id = :id"), {"id": entity_id})
    return entity_id


@pytest.mark.usefixtures("zendaya")
@pytest.mark.parametrize("name", ["Zendaya", "zENDAYA", "zë"])
def test_the_published_keys_come_first_and_in_order(client: TestClient, name: str) -> None:
    answer = client.get(f"/score/advanced/{name}")
    assert answer.headers["cache-control"] == "max-age=15"
    body = json.loads(answer.text)
    assert list(body)[:6] == [
        "heat_score", "components", "trajectory", "confidence", "reasons", "peak_probability",
    ]  # fmt: skip
    assert tuple(body["components"]) == NAMES
    assert body["trajectory"] == {"trend": "peaking", "confidence": 0.74}
    assert (body["heat_score"], body["peak_probability"], body["reasons"]) == (1.4, 0.55, ["because"])
    assert body["ts"] == "2026-11-20T14:00:00+00:00"
    assert 0.0 < body["confidence"] <= 1.0
    assert body["confidence_basis"] == "calibrated on tier B: 0 of 200 alerts are judged"
    assert set(body["nulls"]) == {"virality", "tentpole"}


def test_once_enough_alerts_are_judged_their_useful_share_is_the_confidence(
    client: TestClient, zendaya: int, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO alerts (entity_id, alert_ts, heat, reasons, usefulness, alert_uuid)
                SELECT :id, now(), 1, '{}', (n % 4 > 0)::int, gen_random_uuid() FROM generate_series(1, 200) AS n"""),
            {"id": zendaya},
        )
    body = client.get("/score/advanced/zendaya").json()
    assert (body["confidence"], body["confidence_basis"]) == (
        0.75, "measured on judged alerts: the useful share of 200",
    )  # fmt: skip


def test_who_is_known_and_not_scored_yet_is_told_so(client: TestClient, add_score: AddScore) -> None:
    add_score("AC/DC")
    body = client.get("/score/advanced/ac%2Fdc").json()
    assert (body["heat_score"], set(body["components"].values())) == (None, {None})
    assert set(body["nulls"]) >= {*NAMES, "peak_probability", "trend"}
    assert body["reasons"] == ["Not scored: no hour of this entity has been scored yet"]


@pytest.mark.parametrize("name", [*HOSTILE_TEXTS[:6], "nobody"])
def test_nobody_is_called_so(client: TestClient, name: str) -> None:
    answer = client.get("/score/advanced/" + name.replace("%", "%25"))
    assert (answer.status_code, answer.json()) == (404, {"detail": "Entity not found"})


@pytest.fixture
def switched_off(database_url: str) -> Iterator[TestClient]:
    config = load_config(Path(__file__).parents[3] / "configs")
    off = {**config.sources, "advanced_scoring": replace(config.sources["advanced_scoring"], enabled=False)}
    known = known_sources(replace(config, sources=off), load_settings(None))
    with TestClient(create_app(database_url, now=lambda: NOW, known_sources=known)) as client:
        yield client


@pytest.mark.usefixtures("zendaya")
def test_switched_off_it_says_so(switched_off: TestClient) -> None:
    answer = switched_off.get("/score/advanced/Zendaya")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Advanced scoring disabled"})
