"""Tentpoles: the boost of each entity whose event or opening is on, by the day. No upstream: it reads tentpoles.csv.

A day is made when it begins, because its boost is for its own hours. Becomes: ``boost`` in ``signals``, source
``tentpoles``, at the start of the day. Read by model advanced; mvp is frozen and has no such term.
"""

from datetime import datetime
from time import perf_counter

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.daily_asset import build_daily
from etheatmap_assets.sources.day_answers import CollectedDay, collecting
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.entities.roster import sync_roster
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import floor_hour
from etheatmap_core.signals.readings import Reading, replace_readings, require_partitions
from etheatmap_core.signals.source_hours import SourceHour, record_hour
from etheatmap_core.signals.tentpoles import METRIC, SOURCE, Boosts, boosts_on

ALL_NAMED = "every_tentpole_has_entities"
_IDS = sa.text("SELECT id, name FROM entities WHERE is_active AND name = ANY(:names) ORDER BY id")


def build_tentpoles(grid: dg.DailyPartitionsDefinition, *, condition: AssetCondition | None) -> dg.AssetsDefinition:
    """The asset. ``grid`` has the day that it is."""
    spec = dg.AssetSpec(
        SOURCE,
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="sources",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "signals", "is_requested": condition is not None},
        description="The boost of those whose event or opening is on, by the day, from tentpoles.csv.",
    )
    checks = {ALL_NAMED: "A tentpole belongs to no entity: name some in the column entities of tentpoles.csv."}
    return build_daily(spec, checks, lambda kit, _must_ask: TentpoleCollector(kit))


class TentpoleCollector:
    """Makes days for one run."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def collect(self, day: datetime) -> CollectedDay:
        """Makes the day's rows, as tentpoles.csv and entities.csv are now."""
        started, kit = perf_counter(), self._kit
        with collecting(kit, SOURCE, day, needs=()):
            found = boosts_on(day.date(), kit.config.tentpoles, kit.config.entities)
            with kit.engine.begin() as connection:
                sync_roster(connection, kit.config.entities, floor_hour(kit.clock()))
                ids = {row.name: row.id for row in connection.execute(_IDS, {"names": sorted(found.by_entity)})}
                readings = [Reading(ids[name], day, METRIC, boost) for name, boost in found.by_entity.items()]
                require_partitions(connection, readings)
            state = SourceState.OK if readings else SourceState.EMPTY
            outcome = SourceHour(state, _reason(found), is_complete=True, items=len(readings))
            with kit.engine.begin() as connection:
                replace_readings(connection, SOURCE, day, readings, since=day)
                record_hour(connection, SOURCE, day, outcome, ended_at=kit.clock())
        nobodys = ", ".join(found.nobodys)
        return CollectedDay(
            outcome=outcome,
            rows=len(readings),
            asked=0,
            content_hashes=(),
            seconds=perf_counter() - started,
            checks=(CheckResult(ALL_NAMED, not nobodys, nobodys or "all of them", is_warning=True),),
            told={"tentpoles": ", ".join(found.running), "without_entities": nobodys},
        )


def _reason(found: Boosts) -> str | None:
    """What is on or comes next, where nothing is on; and titles that nobody is boosted by."""
    told = []
    if not found.running:
        coming = f"; the next starts on {found.next_start}" if found.next_start else ", and none is to come"
        told.append(f"no tentpole of tentpoles.csv is on{coming}")
    if found.nobodys:
        told.append(
            f"no entity is called {' or '.join(found.nobodys)}: name some in the column entities of tentpoles.csv"
        )
    return "; ".join(told) or None
