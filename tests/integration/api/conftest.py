"""Fixtures of the API's tests: a way to put scores there, and a client whose clock is set."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.hours import HOUR

NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)
NOW = NEWEST + HOUR + timedelta(minutes=25)

AddScore = Callable[..., int]

_ADD_ENTITY = sa.text("""
    INSERT INTO entities (type, category, name) VALUES ('person', :category, :name)
    ON CONFLICT (name) DO UPDATE SET category = excluded.category RETURNING id""")
_ADD_SCORE = sa.text("""
    INSERT INTO scores (entity_id, ts, model, state, velocity_z, velocity_raw, accel, xplat, affect, tentpole, decay, heat,
                        confidence, reasons, evidence, inputs_hash, params_hash, scored_at)
    VALUES (:entity_id, :ts, :model, :state, :velocity_z, :velocity_raw, :accel, :xplat, 0, :tentpole, 1, :heat,
            :confidence, :reasons, :evidence, 'inputs', 'params', :ts)""").bindparams(sa.bindparam("evidence", type_=JSONB))


def evidence(views_an_hour: float = 590.0, ratio: float | None = 5.9) -> dict[str, Any]:
    metric = {
        "source": "wiki",
        "metric": "views",
        "observed": views_an_hour,
        "usual": 100.0,
        "spread": 144.0,
        "z": 3.4,
        "ratio": ratio,
        "window_hours": 12,
        "usual_window_hours": 168,
        "observed_hours": 12,
        "usual_hours": 168,
        "censored_hours": 0,
        "weight": 0.3,
    }
    types = {"available": ["trends"], "unavailable": ["reddit", "tiktok"], "with_evidence": ["trends"]}
    episode = {"is_open": True, "started_at": None, "peak_at": None, "hours_since_peak": 0.0}
    return {"metrics": [metric], "source_types": types, "episode": episode}


@pytest.fixture
def add_score(engine: sa.Engine) -> AddScore:
    """``add_score(name, heat, category=…, ts=…, any column=…)`` returns the entity's id."""

    def add(name: str, heat: float | None = 1.0, *, category: str = "film", ts: datetime = NEWEST, **columns: Any) -> int:
        row = {
            "ts": ts,
            "model": "mvp",
            "state": "ok",
            "velocity_z": 2.0,
            "velocity_raw": 2.0,
            "accel": None,
            "xplat": 1 / 3,
            "tentpole": None,
            "heat": heat,
            "confidence": 1 / 3,
            "reasons": ["12 h of Wikipedia views are 5.9× the usual 7 days, +3.4σ", "Seen in 1 of 3 source types"],
            "evidence": evidence(),
            **columns,
        }
        with engine.begin() as connection:
            ensure_day_partitions(connection, "scores", [ts])
        with engine.begin() as connection:
            entity_id: int = connection.execute(_ADD_ENTITY, {"name": name, "category": category}).scalar_one()
            connection.execute(_ADD_SCORE, {"entity_id": entity_id, **row})
        return entity_id

    return add


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The API on the test's own database; it is 15:25 UTC on 20 November 2026."""
    with TestClient(create_app(database_url, now=lambda: NOW), follow_redirects=False) as client:
        yield client
