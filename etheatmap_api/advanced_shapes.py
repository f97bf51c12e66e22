"""The published JSON of an advanced score. The first six keys and their order are the contract's; the rest is added."""

from datetime import UTC
from typing import Any, cast

from typing_extensions import TypedDict  # pydantic reads only this one before Python 3.12

from etheatmap_api.advanced_queries import AdvancedRow, Judged
from etheatmap_core.scoring.advanced.components import NAMES
from etheatmap_core.scoring.advanced.inputs import MODEL
from etheatmap_core.scoring.confidence import confidence_of

_NOT_SCORED = "no hour of this entity has been scored yet"


class AdvancedComponents(TypedDict):
    """0 to 1; acceleration and sentiment −1 to 1; null where ``nulls`` says why."""

    velocity: float | None
    acceleration: float | None
    virality: float | None
    sentiment: float | None
    network: float | None
    novelty: float | None
    quality: float | None


class Trajectory(TypedDict):
    """``trend``: rising, peaking, falling, stable. ``confidence``: how often that word was right on held-out pages."""

    trend: str | None
    confidence: float | None


class Advanced(TypedDict):
    heat_score: float | None
    components: AdvancedComponents
    trajectory: Trajectory
    confidence: float | None
    reasons: list[str]
    peak_probability: float | None
    entity: str
    model: str
    ts: str | None
    confidence_basis: str
    nulls: dict[str, str]
    platforms: dict[str, Any]
    novelty: float | None
    et_fit: float | None
    tentpole: float | None
    decay: float | None
    risk: float | None


def advanced(entity: str, row: AdvancedRow | None, judged: Judged) -> Advanced:
    """Of an entity without any score yet all is null, and why is told."""
    if row is None:
        told: dict[str, Any] = {
            "components": dict.fromkeys(NAMES),
            "nulls": dict.fromkeys((*NAMES, "et_fit", "tentpole", "decay", "risk"), _NOT_SCORED),
        }
    else:
        told = row.evidence
    believed = confidence_of(told.get("evidence"), judged.alerts, judged.useful_share)
    path = told.get("trajectory", {})
    nulls = {**told["nulls"], **told.get("reasons_of_null", {})}
    if told.get("peak_probability") is None:
        nulls["peak_probability"] = _NOT_SCORED if row is None else path.get("why", "no episode is on")
    if path.get("trend") is None:
        nulls["trend"] = path.get("why", _NOT_SCORED)
    return {
        "heat_score": None if row is None else row.heat,
        "components": cast("AdvancedComponents", {name: told["components"][name] for name in NAMES}),
        "trajectory": {"trend": path.get("trend"), "confidence": path.get("confidence")},
        "confidence": believed.value,
        "reasons": [f"Not scored: {_NOT_SCORED}"] if row is None else row.reasons,
        "peak_probability": told.get("peak_probability"),
        "entity": entity,
        "model": MODEL,
        "ts": None if row is None else row.ts.astimezone(UTC).isoformat(),
        "confidence_basis": believed.basis,
        "nulls": nulls,
        "platforms": told.get("platforms", {}),
        "novelty": None if row is None else row.novelty,
        "et_fit": None if row is None else row.et_fit,
        "tentpole": None if row is None else row.tentpole,
        "decay": None if row is None else row.decay,
        "risk": None if row is None else row.risk,
    }
