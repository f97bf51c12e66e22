"""Fixtures of the API's tests: a way to put scores there, and a client whose clock is set."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from api_builders import ADD_ENTITY, ADD_SCORE, NEWEST, NOW, AddScore, evidence
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_core.database.partitions import ensure_day_partitions


@pytest.fixture
def add_score(engine: sa.Engine) -> AddScore:
    """``add_score(name, heat, category=…, ts=…, any column=…)`` returns the entity's id."""

    def add(
        name: str, heat: float | None = 1.0, *, category: str = "film", ts: datetime = NEWEST, **columns: Any
    ) -> int:
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
            entity_id: int = connection.execute(ADD_ENTITY, {"name": name, "category": category}).scalar_one()
            connection.execute(ADD_SCORE, {"entity_id": entity_id, **row})
        return entity_id

    return add


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """The API on the test's own database; it is 15:25 UTC on 20 November 2026."""
    with TestClient(create_app(database_url, now=lambda: NOW), follow_redirects=False) as client:
        yield client
