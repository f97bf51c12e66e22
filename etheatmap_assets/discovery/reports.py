"""The daily reports of discovery: who was admitted and is still young, and what became of all that were.

Ask nobody: read are admissions, scores, mentions and spikes. Become: ``discoveries`` of the day, and
``discovery_outcomes``, one an entity and episode. Here: both assets and their steps. Not here: the rules
(etheatmap_core.discovery.outcomes), what a statement reads (discovered).
"""

from collections.abc import Sequence
from datetime import datetime
from time import perf_counter

import dagster as dg

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.daily_asset import build_daily
from etheatmap_assets.sources.day_answers import DAY, CollectedDay, collecting
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.config.access import DISCOVERY
from etheatmap_core.discovery import discovery_store
from etheatmap_core.discovery.discovery_store import Discovery, write_discoveries
from etheatmap_core.discovery.outcome_store import MEANING, ONE_AN_EPISODE, OutcomesWritten, write_outcomes
from etheatmap_core.errors import SourceState
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.source_hours import SourceHour, record_hour

DISCOVERIES, OUTCOMES = "discoveries", "discovery_outcomes"
_TOLD = 50  # rows in the metadata


def build_discoveries(grid: dg.DailyPartitionsDefinition, *, condition: AssetCondition | None) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself (entity_discovery is off)."""
    told = "Who was discovered in the last fourteen days: when, how fast, how hot, and when it was last seen."
    checks = {check.name: f"In a row {check.meaning}." for check in discovery_store.CHECKS}
    spec = _spec(DISCOVERIES, grid, condition, told)
    return build_daily(spec, checks, lambda kit, _: DiscoveriesCollector(kit))


def build_discovery_outcomes(
    grid: dg.DailyPartitionsDefinition, *, condition: AssetCondition | None
) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself (entity_discovery is off)."""
    told = "What became of who was admitted, an entity and episode: trending, steady or failed, with peak and duration."
    spec = _spec(OUTCOMES, grid, condition, told)
    return build_daily(spec, {ONE_AN_EPISODE: MEANING}, lambda kit, _: OutcomesCollector(kit))


def _spec(
    name: str, grid: dg.DailyPartitionsDefinition, condition: AssetCondition | None, description: str
) -> dg.AssetSpec:
    return dg.AssetSpec(
        name,
        deps=["admissions", "heat_scores"],
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="discovery",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": name, "is_requested": condition is not None},
        description=description,
    )


class DiscoveriesCollector:
    """Makes days of the report for one run."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def collect(self, day: datetime) -> CollectedDay:
        """Raises an EtHeatmapError, whose state is recorded, and leaves the day's rows untouched."""
        started, kit = perf_counter(), self._kit
        with collecting(kit, DISCOVERIES, day, needs=(DISCOVERY,)):
            with kit.engine.begin() as connection:
                discovery_store.require_partitions(connection, day)
            with kit.engine.begin() as connection:
                report = write_discoveries(connection, day)
                outcome = _made(len(report.discoveries), "nobody was admitted in the last 14 days")
                record_hour(connection, DISCOVERIES, day, outcome, ended_at=kit.clock())
        own = {check.name for check in discovery_store.CHECKS}
        return CollectedDay(
            outcome=outcome,
            rows=len(report.discoveries),
            asked=0,
            content_hashes=(),
            seconds=perf_counter() - started,
            checks=tuple(check for check in report.checks if check.name in own),
            told={"admitted_on_the_day": sum(day <= one.admitted_ts < day + DAY for one in report.discoveries)},
            table=_discoveries_table(report.discoveries),
        )


class OutcomesCollector:
    """Makes days of outcomes for one run."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def collect(self, day: datetime) -> CollectedDay:
        """Judges the episodes as they are at the end of the day. Raises like the report."""
        started, kit = perf_counter(), self._kit
        with collecting(kit, OUTCOMES, day, needs=(DISCOVERY,)), kit.engine.begin() as connection:
            found = write_outcomes(connection, day + DAY - HOUR)
            outcome = _made(found.known, "no episode of an admitted entity can be judged yet")
            record_hour(connection, OUTCOMES, day, outcome, ended_at=kit.clock())
        return CollectedDay(
            outcome=outcome,
            rows=found.known,
            asked=0,
            content_hashes=(),
            seconds=perf_counter() - started,
            checks=found.checks,
            told={
                "admitted": found.admitted,
                **{one: found.count(one) for one in ("trending", "steady", "failed")},
                "written": found.written,
                "removed": found.removed,
            },
            table=_outcomes_table(found),
        )


def _made(rows: int, why_none: str) -> SourceHour:
    if rows:
        return SourceHour(SourceState.OK, is_complete=True, items=rows)
    return SourceHour(SourceState.EMPTY, why_none, is_complete=True)


def _discoveries_table(discoveries: Sequence[Discovery]) -> str:
    return _table(
        ("entity", "category", "admitted", "last seen", "confidence", "velocity", "peak heat"),
        [
            (one.entity, one.category, f"{one.admitted_ts:%m-%d %H:00}", f"{one.last_seen:%m-%d %H:00}",
             _number(one.confidence), _number(one.velocity), _number(one.peak_heat))
            for one in discoveries
        ],
    )  # fmt: skip


def _outcomes_table(found: OutcomesWritten) -> str:
    newest = sorted(
        ((one.episode_start, name, one) for name, some in found.outcomes.items() for one in some),
        key=lambda told: told[:2],
        reverse=True,
    )
    return _table(
        ("entity", "episode", "outcome", "days", "peak heat", "why"),
        [
            (name, f"{start:%Y-%m-%d %H:00}", one.outcome, _number(one.duration_days), _number(one.peak_score),
             one.reason)
            for start, name, one in newest
        ],
    )  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; empty where there are no rows."""
    if not rows:
        return ""
    cells = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows[:_TOLD])]
    rest = f"\n\nand {len(rows) - _TOLD} more" if len(rows) > _TOLD else ""
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + rest


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
