"""A sensor an account: what the ledger says becomes an observation, a check that holds automation, and messages.

It also ends what crashes left, and writes down the hours that were not asked for because the budget is used up.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.budgets import CHECK, Verdict, budget_key, metadata_of, verdict
from etheatmap_assets.resources.http.build import open_ledger
from etheatmap_core.budget.messages import due_messages, key_prefix
from etheatmap_core.budget.model import Budgets
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.hours import HOUR, floor_hour
from etheatmap_core.outbox.store import enqueue
from etheatmap_core.sensors_alive import beat
from etheatmap_core.settings import Settings
from etheatmap_core.signals.source_hours import hold_hour, let_go

_INTERVAL_SECONDS = 30
# Unchanged, it is said again so often: points for the plot, and a check that is never older than an hour.
_AGAIN_AFTER = timedelta(hours=1)
# No period is longer than a month: older messages are about periods that are over.
_TOLD = sa.text("""
    SELECT key FROM outbox WHERE created_at > :since AND starts_with(key, :prefix) ORDER BY id""")
_REMEMBERED = timedelta(days=40)


@dataclass(frozen=True)
class Reported:
    """What was said last, as the sensor's cursor keeps it.

    ``numbers``: as they stood in which period, said in an observation ``at``; the rest in a check at ``checked_at``.
    ``limits``: those that were written down. Once, because runs read their files anew, and may know better since.
    """

    is_open: bool
    reason: str
    numbers: list[object]
    at: datetime
    checked_at: datetime
    limits: str

    def spell(self) -> str:
        return json.dumps({**vars(self), "at": self.at.isoformat(), "checked_at": self.checked_at.isoformat()})

    @classmethod
    def read(cls, cursor: str | None) -> "Reported | None":
        """None before the first tick."""
        if not cursor:
            return None
        told = json.loads(cursor)
        return cls(**{**told, **{name: datetime.fromisoformat(told[name]) for name in ("at", "checked_at")}})


def budget_sensors(budgets: Budgets) -> list[dg.SensorDefinition]:
    """One a provider, and one of the total."""
    return [_sensor(account.provider) for account in budgets.accounts]


def _sensor(provider: str) -> dg.SensorDefinition:
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
        now, before = clock(), Reported.read(context.cursor)
        limits = repr(configs.budgets.accounts)
        are_written = before is not None and before.limits == limits
        ledger = open_ledger(engine, clock)
        found = verdict(ledger, configs, settings, provider, are_limits_written=are_written)
        with engine.begin() as connection:
            beat(connection, f"budget_{provider}", now)
            _tell(connection, found, configs.budgets.soft_share, now)
            if not found.gate.is_open:
                _hold(connection, found, configs, now)
            elif before is not None and not before.is_open:
                _let_go(connection, found, now)
        return _report(before, found, limits, now)

    return sensor


def _tell(connection: sa.Connection, found: Verdict, soft_share: float, now: datetime) -> None:
    prefix = key_prefix(found.standing.provider)
    told = [row.key for row in connection.execute(_TOLD, {"prefix": prefix, "since": now - _REMEMBERED})]
    for message in due_messages(found.standing, found.gate, found.wanted_units, told, soft_share):
        enqueue(connection, message, now)


def _hold(connection: sa.Connection, found: Verdict, config: Config, now: datetime) -> None:
    """The newest hour of each source that would be asked for now is a gap with its reason."""
    for source in sorted(found.sources):
        if is_due(config, source, now):
            hold_hour(connection, source, floor_hour(now) - HOUR, found.gate.reason, now)


def is_due(config: Config, source: str, now: datetime) -> bool:
    """Whether automation asks in this hour: a longer cadence asks in every nth hour of the day."""
    entry = config.sources.get(source)
    if entry is not None and entry.is_manual:
        return False
    cadence = entry.cadence if entry is not None and entry.cadence is not None else HOUR
    return floor_hour(now).hour % max(cadence // HOUR, 1) == 0


def _let_go(connection: sa.Connection, found: Verdict, now: datetime) -> None:
    for source in sorted(found.sources):
        let_go(connection, source, f"open again since {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, asked at its turn", now)


def _report(before: Reported | None, found: Verdict, limits: str, now: datetime) -> dg.SensorResult:
    """Observed where a number has changed, checked where the verdict has; both again after an hour."""
    standing, gate = found.standing, found.gate
    numbers: list[object] = [
        standing.spent_units, standing.reserved_units, standing.limit_units, standing.period_start.isoformat()
    ]  # fmt: skip
    is_verdict_new = (
        before is None or before.is_open != gate.is_open or not (gate.is_open or before.reason == gate.reason)
    )
    is_checked = before is None or is_verdict_new or now - before.checked_at >= _AGAIN_AFTER
    is_observed = before is None or is_checked or before.numbers != numbers or now - before.at >= _AGAIN_AFTER
    if before is not None and not is_observed and before.limits == limits:
        return dg.SensorResult(skip_reason=dg.SkipReason(gate.reason), cursor=before.spell())
    told, key = metadata_of(found, now), budget_key(standing.provider)
    events: list[dg.AssetObservation | dg.AssetCheckEvaluation] = [dg.AssetObservation(key, metadata=told)]
    if is_checked:
        events.append(
            dg.AssetCheckEvaluation(
                asset_key=key,
                check_name=CHECK,
                passed=gate.is_open,
                severity=dg.AssetCheckSeverity.ERROR,
                description=gate.reason,
                metadata=told,
            )
        )
    checked_at = now if before is None or is_checked else before.checked_at
    return dg.SensorResult(
        asset_events=events, cursor=Reported(gate.is_open, gate.reason, numbers, now, checked_at, limits).spell()
    )
