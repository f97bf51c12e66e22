"""Admissions: which of the hour's candidates become entities, and the history they bring along.

Asks nobody: read are ``discovery_candidates`` of the hour, the lake and the stored items. Becomes: a verdict for each
candidate, and an entity with its provenance for each that is admitted: collected and scored from the next hour on.
Here: the asset and its steps. Not here: the rule (etheatmap_core.discovery.admission), what is written of whom.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import dagster as dg

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.discovery.identity_collector import SOURCE
from etheatmap_assets.sources import reddit, scrape_news
from etheatmap_assets.sources.asset import build_collected
from etheatmap_assets.sources.day_answers import collecting
from etheatmap_assets.sources.kit import HourByHour
from etheatmap_core.config.access import NEWS_FEEDERS
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.database.slots import slot
from etheatmap_core.discovery.admission_store import VERDICT_CHECKS, HourJudged, judge_hour
from etheatmap_core.discovery.backfill import (
    Newcomer,
    have_backfilled,
    newcomers,
    read_texts_again,
    store_views,
    views_of,
)
from etheatmap_core.entities.matcher import Matcher
from etheatmap_core.entities.tracked_names import match_entities
from etheatmap_core.errors import CorruptCaptureError, SourceState
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.robust.rows import HISTORY_HOURS
from etheatmap_core.signals.reddit import reddit_metrics
from etheatmap_core.signals.source_hours import SourceHour, record_hour
from etheatmap_core.signals.wiki_views import SOURCE as WIKI

NAME = "admissions"
# The one source of texts that keeps every item it sees, and those that keep a part.
_COUNTED = {reddit.SOURCE.name: reddit_metrics}
_READ_ONLY = (*NEWS_FEEDERS, scrape_news.SOURCE.name)
_TOLD = 10  # verdicts in the metadata


def build_admissions(grid: dg.HourlyPartitionsDefinition, *, condition: AssetCondition | None) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself (entity_discovery is off)."""
    spec = dg.AssetSpec(
        NAME,
        deps=["discovery_candidates"],
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="discovery",
        kinds={"python", "duckdb", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": NAME, "is_requested": condition is not None},
        description="Candidates that become entities: the published rule, with provenance, receipts and their history.",
    )
    return build_collected(spec, VERDICT_CHECKS, lambda kit, _: AdmissionCollector(kit), _metadata)


@dataclass(frozen=True)
class CollectedAdmissions:
    """What became of one hour. ``histories``: rows that the newcomers' history has, by their names."""

    judged: HourJudged
    histories: Mapping[str, int]
    unreadable: int  # hours whose lake file is damaged: gaps in those histories
    seconds: float
    lag_seconds: float
    is_asked_again: bool = False

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return self.judged.checks


class AdmissionCollector(HourByHour[CollectedAdmissions]):
    """Makes hours of admissions for one run."""

    def collect(self, hour: datetime) -> CollectedAdmissions:
        """Makes the hour's verdicts. Raises an EtHeatmapError, whose state is recorded; the rows stay."""
        started, kit = perf_counter(), self._kit
        with collecting(kit, NAME, hour, needs=(SOURCE,)):
            with kit.engine.begin() as connection:
                ensure_day_partitions(connection, "discovery_verdicts", HourRange.single(hour))
            with kit.engine.begin() as connection:
                rules, words = kit.config.discovery, kit.config.common_words
                judged = judge_hour(connection, hour, rules.source_types, rules.admission, words, kit.clock())
            histories, unreadable = self._backfill(hour)
            state = SourceState.OK if judged.verdicts else SourceState.EMPTY
            outcome = SourceHour(state, is_complete=True, items=len(judged.verdicts), mentions=len(judged.admitted))
            with kit.engine.begin() as connection:
                record_hour(connection, NAME, hour, outcome, ended_at=kit.clock())
        seconds = perf_counter() - started
        return CollectedAdmissions(judged, histories, unreadable, seconds, self.hours_since_end(hour) * 3600)

    def _backfill(self, hour: datetime) -> tuple[Mapping[str, int], int]:
        """The history of whoever has none yet; rows by title, and the hours that could not be read."""
        kit = self._kit
        with kit.engine.connect() as connection:
            entities = newcomers(connection, hour)
        if not entities:
            return {}, 0
        # Two runs with the same newcomers: the second finds none.
        with slot(kit.engine, f"history of {NAME}", 1):
            with kit.engine.connect() as connection:
                entities = newcomers(connection, hour)
            rows, oldest, unreadable = self._views(hour, entities)
            told_since = self._texts(hour, entities)
            since = min([*oldest, *([told_since] if told_since else [])], default=hour)
            with kit.engine.begin() as connection:
                for one in entities:
                    have_backfilled(connection, one.id, since=since, rows=rows[one.id])
        return {one.title: rows[one.id] for one in entities}, unreadable

    def _views(self, hour: datetime, entities: Sequence[Newcomer]) -> tuple[dict[int, int], list[datetime], int]:
        """Of every hour the lake has: up to the newest there is, for the source has not known them before."""
        kit, wiki = self._kit, self._kit.settings.wiki_projects[0]
        hours = HourRange(hour - HISTORY_HOURS * HOUR, max(hour, kit.clock() - HOUR) + HOUR)
        with kit.engine.connect() as connection:
            files = kit.archive.lake_files(connection, WIKI, list(hours))
        lake = {at: path for at, path in sorted(files.items()) if path is not None}
        with kit.engine.begin() as connection:
            ensure_day_partitions(connection, "signals", list(lake))
        rows, read, unreadable = {one.id: 0 for one in entities}, [], 0
        for at, path in lake.items():
            # The source may be making this hour: it would not know of them, and take their rows away.
            with slot(kit.engine, f"collect {WIKI} {at.isoformat()}", 1), kit.engine.begin() as connection:
                try:
                    extract, signals = views_of(path, at, wiki, entities)
                except CorruptCaptureError:
                    unreadable += 1
                    continue
                for entity_id, count in store_views(connection, at, extract, signals, entities).items():
                    rows[entity_id] += count
            read.append(at)
        return rows, read[:1], unreadable

    def _texts(self, hour: datetime, entities: Sequence[Newcomer]) -> datetime | None:
        kit = self._kit
        related = {entity.name: entity.related for entity in kit.config.entities}
        with kit.engine.begin() as connection:
            matcher = Matcher(match_entities(connection, kit.config.common_words, related), kit.config.common_words)
            since = hour - timedelta(hours=HISTORY_HOURS)
            return read_texts_again(connection, entities, _COUNTED, _READ_ONLY, matcher, since=since, hour=hour)


def _metadata(collected: CollectedAdmissions) -> Mapping[str, dg.MetadataValue]:
    verdicts = collected.judged.verdicts
    gates = Counter(str(one.gate) for one in verdicts if one.gate is not None)
    admitted = [one for one in verdicts if one.gate is None]
    told = [f"- **{one.title}**: {one.reason}" for one in admitted[:_TOLD]]
    refused = ", ".join(f"{count} {gate}" for gate, count in gates.most_common())
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(len(verdicts)),
        "candidates": dg.MetadataValue.int(len(verdicts)),
        "admitted": dg.MetadataValue.int(len(collected.judged.admitted)),
        "admitted_before": dg.MetadataValue.int(len(admitted) - len(collected.judged.admitted)),
        "refused": dg.MetadataValue.text(refused or "none"),
        "history_rows": dg.MetadataValue.json(dict(collected.histories)),
        "unreadable_hours": dg.MetadataValue.int(collected.unreadable),
        "newest": dg.MetadataValue.md("\n".join(told) or "none"),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
    }
