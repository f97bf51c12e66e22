"""The sensor that says whether each asset's newest due partition is there: a check an asset, and messages.

It reads the transitions of Dagster's own policies since its last tick, and adds what those cannot see: partitions.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.freshness import (
    CHECK,
    freshness_states,
    is_passed,
    metadata_of,
    verdicts,
    watched_assets,
)
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.freshness import store
from etheatmap_core.freshness.incidents import changes, closing, opening
from etheatmap_core.freshness.verdict import Verdict
from etheatmap_core.outbox.store import enqueue
from etheatmap_core.sensors_alive import beat
from etheatmap_core.settings import Settings

NAME = "freshness"
_INTERVAL_SECONDS = 30
_AGAIN_AFTER = timedelta(hours=1)
_TRANSITIONS_A_TICK = 500


@dataclass
class Told:
    """The sensor's cursor: what was said of each asset and when, and the last transition that was read."""

    states: dict[str, str] = field(default_factory=dict)
    at: str = ""
    transition_id: int = 0

    @classmethod
    def read(cls, cursor: str | None) -> "Told":
        return cls(**json.loads(cursor)) if cursor else cls()

    def is_old(self, now: datetime) -> bool:
        return not self.at or now - datetime.fromisoformat(self.at) >= _AGAIN_AFTER


def freshness_sensor(edges: Callable[[], Mapping[str, Collection[str]]]) -> dg.SensorDefinition:
    """The sensor ``freshness``. ``edges``: by asset, those it rests on directly."""

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Whether the newest due partition of each asset is there; says so once when it is not.",
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        engine: dg.ResourceParam[sa.Engine],
        settings: dg.ResourceParam[Settings],
        configs: dg.ResourceParam[Config],
        clock: dg.ResourceParam[Clock],
    ) -> dg.SensorResult:
        now, told = clock(), Told.read(context.cursor)
        watched = watched_assets(configs, settings)
        last_id, moved = _transitions(context.instance, told.transition_id)
        policies = freshness_states(context.instance, watched)
        with engine.begin() as connection:
            beat(connection, NAME, now)
            found = verdicts(context.instance, connection, watched, settings, now)
            store.keep(connection, found, now)
            _tell(connection, found, edges(), now)
        states = {verdict.asset: str(verdict.state) for verdict in found}
        is_again = told.is_old(now)
        said = [
            verdict
            for verdict in found
            if is_again or verdict.asset in moved or told.states.get(verdict.asset) != states[verdict.asset]
        ]
        cursor = Told(states, now.isoformat() if is_again else told.at, last_id)
        return dg.SensorResult(
            asset_events=list(_checked(said, policies)), cursor=json.dumps(vars(cursor)),
            skip_reason=None if said else dg.SkipReason(_summary(found)),
        )  # fmt: skip

    return sensor


def _tell(
    connection: sa.Connection, found: Sequence[Verdict], edges: Mapping[str, Collection[str]], now: datetime
) -> None:
    """Incidents and their messages, in one transaction with the verdicts."""
    by_asset = {verdict.asset: verdict for verdict in found}
    reach = {asset: _reach(asset, edges) for asset in by_asset}
    below = {asset: [other for other in by_asset if asset in reach[other]] for asset in by_asset}
    due = changes(found, edges, store.open_incidents(connection), store.moved(connection, now))
    for incident in due.going_on:
        store.keep_incident(connection, incident)
    for incident in due.closed:
        store.close_incident(connection, incident, now)
        enqueue(connection, closing(incident, by_asset), now)
    if due.opened:
        number = store.open_incident(connection, due.opened, now)
        enqueue(connection, opening(number, due.opened, by_asset, below), now)


def _reach(asset: str, edges: Mapping[str, Collection[str]]) -> set[str]:
    """All that it rests on, near and far."""
    found: set[str] = set()
    waiting = list(edges.get(asset, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges.get(name, ())
    return found


def _transitions(instance: dg.DagsterInstance, after_id: int) -> tuple[int, set[str]]:
    """The assets whose policy changed its mind since, also those that changed it back: none of it goes unseen."""
    asked = dg.EventRecordsFilter(event_type=dg.DagsterEventType.FRESHNESS_STATE_CHANGE, after_cursor=after_id)
    records = instance.event_log_storage.get_event_records(asked, limit=_TRANSITIONS_A_TICK, ascending=True)
    moved = {record.asset_key.to_user_string() for record in records if record.asset_key is not None}
    return (records[-1].storage_id if records else after_id), moved


def _checked(said: Sequence[Verdict], policies: Mapping[str, str]) -> Iterator[dg.AssetCheckEvaluation]:
    for verdict in said:
        yield dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(verdict.asset),
            check_name=CHECK,
            passed=is_passed(verdict),
            severity=dg.AssetCheckSeverity.WARN,
            description=verdict.reason,
            metadata={**metadata_of(verdict), "dagster_policy": policies.get(verdict.asset, "UNKNOWN")},
        )


def _summary(found: Sequence[Verdict]) -> str:
    bad = [f"{verdict.asset} {verdict.state}" for verdict in found if not is_passed(verdict)]
    return ", ".join(bad) or "the newest due partition of every asset is there"
