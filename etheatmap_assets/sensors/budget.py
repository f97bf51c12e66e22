"""A sensor a provider: what the ledger says becomes an observation, a check that holds automation, and messages.

It also ends what crashes left, and writes down the hours that were not asked for because the budget is used up.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.budgets import CHECK, budget_key, metadata_of, verdict
from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_core.budget.gate import Gate, next_units
from etheatmap_core.budget.messages import due_messages, key_prefix
from etheatmap_core.budget.model import Standing
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.config.access import asked_sources
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import HOUR, floor_hour
from etheatmap_core.outbox.store import enqueue
from etheatmap_core.sensors_alive import beat
from etheatmap_core.settings import Settings

_INTERVAL_SECONDS = 30
# Unchanged, it is said again so often: points for the plot, and a check that is never older than an hour.
_AGAIN_AFTER = timedelta(hours=1)
_TOLD = sa.text("SELECT key FROM outbox WHERE starts_with(key, :prefix)")
_HELD = sa.text("""
    INSERT INTO source_hours (source, ts, state, reason, is_complete, questions, answered, deferred, items, mentions,
                              ended_at)
    VALUES (:source, :hour, :state, :reason, false, 0, 0, 0, 0, 0, :now) ON CONFLICT (source, ts) DO NOTHING""")


@dataclass(frozen=True)
class Reported:
    """What was said last, as the sensor's cursor keeps it."""

    facts: list[object]
    at: datetime

    def spell(self) -> str:
        return json.dumps({"facts": self.facts, "at": self.at.isoformat()})

    @classmethod
    def read(cls, cursor: str | None) -> "Reported | None":
        if not cursor:
            return None
        told = json.loads(cursor)
        return cls(told["facts"], datetime.fromisoformat(told["at"]))


def budget_sensor(provider: str) -> dg.SensorDefinition:
    """The sensor ``budget_<provider>``."""

    @dg.sensor(
        name=f"budget_{provider}",
        minimum_interval_seconds=_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"What is left with {provider}; holds its sources when it is used up.",
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        engine: dg.ResourceParam[sa.Engine],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
    ) -> dg.SensorResult:
        now = clock()
        standing, gate = verdict(open_ledger(engine, clock), configs, settings, provider)
        sources = frozenset(
            source for source in asked_sources(configs, settings) & configs.budgets.uses.keys()
            if configs.budgets.uses[source].provider == provider
        )  # fmt: skip
        with engine.begin() as connection:
            beat(connection, f"budget_{provider}", now)
            _tell(connection, standing, gate, next_units(configs.budgets, provider, sources), now)
            if not gate.is_open:
                _record_held(connection, sources, gate, now)
        return _report(context.cursor, standing, gate, now)

    return sensor


def _tell(connection: sa.Connection, standing: Standing, gate: Gate, wanted_units: int, now: datetime) -> None:
    told = {row.key for row in connection.execute(_TOLD, {"prefix": key_prefix(standing.provider)})}
    for message in due_messages(standing, gate, wanted_units, told):
        enqueue(connection, message, now)


def _record_held(connection: sa.Connection, sources: frozenset[str], gate: Gate, now: datetime) -> None:
    """The newest hour of each source that is held: a gap with its reason. What was made or tried stays as it is."""
    hour = floor_hour(now) - HOUR
    for source in sorted(sources):
        row = {"source": source, "hour": hour, "state": str(SourceState.OUT_OF_BUDGET), "reason": gate.reason}
        connection.execute(_HELD, {**row, "now": now})


def _report(cursor: str | None, standing: Standing, gate: Gate, now: datetime) -> dg.SensorResult:
    """Events where something has changed, or an hour has passed."""
    facts = [
        standing.used_units, standing.spent_units, standing.limit_units, standing.period_start.isoformat(),
        gate.is_open, gate.reason,
    ]  # fmt: skip
    before = Reported.read(cursor)
    if before is not None and before.facts == facts and now - before.at < _AGAIN_AFTER:
        return dg.SensorResult(skip_reason=dg.SkipReason(gate.reason), cursor=cursor)
    is_checked = before is None or before.facts[-2:] != facts[-2:] or now - before.at >= _AGAIN_AFTER
    events = [*_observed(standing, gate), *(_checked(standing, gate) if is_checked else ())]
    return dg.SensorResult(asset_events=events, cursor=Reported(facts, now).spell())


def _observed(standing: Standing, gate: Gate) -> Iterator[dg.AssetObservation]:
    told = {**metadata_of(standing), "reason": gate.reason}
    yield dg.AssetObservation(budget_key(standing.provider), metadata=told)


def _checked(standing: Standing, gate: Gate) -> Iterator[dg.AssetCheckEvaluation]:
    yield dg.AssetCheckEvaluation(
        asset_key=budget_key(standing.provider),
        check_name=CHECK,
        passed=gate.is_open,
        severity=dg.AssetCheckSeverity.ERROR,
        description=gate.reason,
        metadata={**metadata_of(standing), "reason": gate.reason},
    )
