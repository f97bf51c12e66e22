"""What the API's tests put into the database, and what they throw at the API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from etheatmap_core.hours import HOUR

NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)
NOW = NEWEST + HOUR + timedelta(minutes=25)

AddScore = Callable[..., int]

ADD_ENTITY = sa.text("""
    INSERT INTO entities (type, category, name) VALUES ('person', :category, :name)
    ON CONFLICT (name) DO UPDATE SET category = excluded.category RETURNING id""")
ADD_SCORE = sa.text("""
    INSERT INTO scores (entity_id, ts, model, state, velocity_z, velocity_raw, accel, xplat, affect, tentpole, decay,
                        heat, confidence, reasons, evidence, inputs_hash, params_hash, scored_at)
    VALUES (:entity_id, :ts, :model, :state, :velocity_z, :velocity_raw, :accel, :xplat, 0, :tentpole, 1,
            :heat, :confidence, :reasons, :evidence, 'inputs', 'params', :ts)""").bindparams(
    sa.bindparam("evidence", type_=JSONB)
)


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


HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "'; DROP TABLE scores; --",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}",
    "100% pure %s %(x)s",
    "عمر الشريف \u202e evil",
    "블랙핑크 🔥👩\u200d🎤",
    "Llanfair" * 40,
    "=HYPERLINK(1)",
    "\\",
    "a\nb\tc",
)
