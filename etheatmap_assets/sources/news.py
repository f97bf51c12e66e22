"""News: the stories that the sources of articles tell together. No upstream: it reads their mentions.

Here: the asset. Not here: when two articles are one story (etheatmap_core.signals.news).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import dagster as dg

from etheatmap_assets.automation import score_when_inputs_move
from etheatmap_assets.sources.asset import build_collected
from etheatmap_assets.sources.kit import HourByHour, Kit
from etheatmap_core.cadence import CADENCES
from etheatmap_core.config.access import NEWS_FEEDERS
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.errors import DisabledError, EtHeatmapError
from etheatmap_core.signals.news import NEWS_CHECKS, SOURCE, NewsWritten, write_news
from etheatmap_core.signals.source_hours import SourceHour, record_hour

# Whose articles make the news: those with an asset to depend on.
FEEDERS = NEWS_FEEDERS


def build_news(grid: dg.HourlyPartitionsDefinition, *, feeders: Sequence[str] = FEEDERS) -> dg.AssetsDefinition:
    """The asset ``news`` over the feeders that are switched on. Each hour depends on the same hour of its feeders, and
    is written again when one of them is; with none left nobody requests it."""
    spec = dg.AssetSpec(
        SOURCE,
        deps=FEEDERS,
        partitions_def=grid,
        skippable=True,
        automation_condition=score_when_inputs_move(CADENCES[SOURCE].poll_cron) if feeders else None,
        group_name="sources",
        kinds={"python", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "signals", "feeders": list(feeders)},
        description="Headlines, tiers and outlets of every entity and hour, each story once over all feeds.",
    )
    return build_collected(spec, NEWS_CHECKS, lambda kit, _: NewsCollector(kit, feeders), _metadata)


@dataclass(frozen=True)
class CollectedNews:
    """What became of one hour."""

    written: NewsWritten
    seconds: float
    lag_seconds: float  # from the end of the hour to now
    is_asked_again: bool = False  # nobody is asked; a feeder that moves has it written again

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return self.written.checks


class NewsCollector(HourByHour[CollectedNews]):
    """Makes hours of ``news`` for one run."""

    def __init__(self, kit: Kit, feeders: Sequence[str]) -> None:
        super().__init__(kit)
        self._feeders = feeders

    def collect(self, hour: datetime) -> CollectedNews:
        """Makes the hour's rows. Raises an EtHeatmapError, whose state is recorded, and leaves the rows untouched."""
        started = perf_counter()
        try:
            if not self._feeders:
                raise DisabledError(f"news has nobody to read: switch on {' or '.join(FEEDERS)} in sources.yml.")
            tiers, now = self._kit.config.tiers, self._kit.clock()
            written = write_news(self._kit.engine, hour, self._feeders, tiers, ended_at=now)
        except EtHeatmapError as error:
            outcome = SourceHour(str(error.state), str(error))
            with self._kit.engine.begin() as connection:
                record_hour(connection, SOURCE, hour, outcome, ended_at=self._kit.clock())
            raise
        return CollectedNews(written, perf_counter() - started, self.hours_since_end(hour) * 3600)


def _metadata(collected: CollectedNews) -> Mapping[str, dg.MetadataValue]:
    written, outcome = collected.written, collected.written.outcome
    told = {"reason": dg.MetadataValue.text(outcome.reason)} if outcome.reason else {}
    return {
        "state": dg.MetadataValue.text(outcome.state),
        **told,
        "dagster/partition_row_count": dg.MetadataValue.int(written.rows),
        "coverage": dg.MetadataValue.float(outcome.answered / outcome.questions),
        "stories": dg.MetadataValue.int(written.stories),
        "duplicates": dg.MetadataValue.int(written.duplicates),
        "mentions": dg.MetadataValue.int(outcome.mentions),
        "hours_written": dg.MetadataValue.int(written.hours),
        "trade_firsts": dg.MetadataValue.int(written.trade_firsts),
        "seconds": dg.MetadataValue.float(collected.seconds),
        "lag_seconds": dg.MetadataValue.float(collected.lag_seconds),
    }
