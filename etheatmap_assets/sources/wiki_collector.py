"""How one hour of Wikipedia is collected: replayed where the archive has it, asked for where not.

Here: the steps and their order. Not here: Dagster (wiki.py), file formats and the archive's rules (etheatmap_core).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa

from etheatmap_assets.resources.http import Call
from etheatmap_assets.sources.kit import HourByHour, Kit, attempt
from etheatmap_core.archive import Capture, Received
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult, RowCheck, replace_hours
from etheatmap_core.database.slots import slot
from etheatmap_core.entities.roster import Article, sync_roster, tracked_articles
from etheatmap_core.errors import (
    ConfigError,
    CorruptCaptureError,
    EtHeatmapError,
    SourceState,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)
from etheatmap_core.hours import HourRange
from etheatmap_core.signals.model import SignalRow
from etheatmap_core.signals.source_hours import SourceHour, record_hour
from etheatmap_core.signals.wiki_dump import dump_url, tracked_rows, write_lake_file
from etheatmap_core.signals.wiki_views import SOURCE, Extract, page_title, signals_from_extract

MAX_CONNECTIONS = 2  # Wikimedia asks downloaders of dumps for no more
_GIVE_UP_AFTER = 4  # hours in a row that found nobody there: the others would each wait as long for the same answer
_AHEAD = 4  # hours received before they are parsed: enough to keep both connections busy
# Who has left the roster is collected no more, but rows of hours collected before are made again with the others.
_LEAVERS = sa.text("""
    SELECT id FROM entities
    WHERE NOT is_active AND wiki_title IS NOT NULL
      AND EXISTS (SELECT FROM signals WHERE entity_id = id AND source = :source AND ts = :hour)""")
CHECKS = (RowCheck("counts_not_negative", "value < 0", "a number of views is negative"),)


@dataclass(frozen=True)
class CollectedHour:
    """What became of one hour."""

    rows: int
    entities: int
    size_bytes: int
    content_hash: str
    is_replay: bool
    seconds: float
    lag_seconds: float  # from the end of the hour to now
    checks: tuple[CheckResult, ...]
    is_asked_again: bool = False  # one file is there or not


@dataclass(frozen=True)
class _Arrival:
    """An answer on disk, not yet looked into; ``folder`` removes it in the end."""

    received: Received
    path: Path
    folder: ExitStack


class WikiCollector(HourByHour[CollectedHour]):
    """Collects hours for one run. ``must_ask`` asks the upstream even where the archive has a good answer."""

    def __init__(self, kit: Kit, *, must_ask: bool = False) -> None:
        super().__init__(kit)
        self._engine, self._archive, self._settings = kit.engine, kit.archive, kit.settings
        self._must_ask = must_ask
        self._tracked: Mapping[int, Article] | None = None

    def collect(self, hour: datetime) -> CollectedHour:
        """Makes the hour's rows, or raises an EtHeatmapError and leaves what the table held of the hour untouched."""
        # Of two runs for one hour the second waits, and finds what the first has brought.
        with attempt(self._kit, SOURCE, hour), slot(self._engine, f"collect {SOURCE} {hour.isoformat()}", 1):
            capture = self._replayable(hour)
            return self._replay(hour, capture) if capture else self._store(hour, self._receive(hour))

    def collect_range(self, hours: HourRange) -> Iterator[tuple[datetime, CollectedHour | EtHeatmapError]]:
        """The same for many hours, in order; the next ones are received while one is parsed."""
        unreachable_in_a_row, is_refused = 0, self._kit.refusal(SOURCE) is not None
        with ThreadPoolExecutor(MAX_CONNECTIONS) as pool:
            ahead: deque[tuple[datetime, Capture | Future[_Arrival] | None]] = deque()
            upcoming = iter(hours)
            while True:
                while len(ahead) < _AHEAD and (hour := next(upcoming, None)) is not None:
                    capture = self._replayable(hour)
                    may_ask = unreachable_in_a_row < _GIVE_UP_AFTER and not is_refused
                    ahead.append((hour, capture or (pool.submit(self._receive, hour) if may_ask else None)))
                if not ahead:
                    return
                hour, begun = ahead.popleft()
                try:
                    with attempt(self._kit, SOURCE, hour):
                        outcome: CollectedHour | EtHeatmapError = self._finish(hour, begun)
                    unreachable_in_a_row = 0
                except EtHeatmapError as error:
                    outcome = error
                    unreachable_in_a_row += isinstance(error, UpstreamUnreachableError | UpstreamRefusedError)
                yield hour, outcome

    def _finish(self, hour: datetime, begun: Capture | Future[_Arrival] | None) -> CollectedHour:
        if begun is None:
            raise UpstreamUnreachableError(f"not asked: nobody answered {_GIVE_UP_AFTER} times in a row.")
        return self._replay(hour, begun) if isinstance(begun, Capture) else self._store(hour, begun.result())

    def _articles_of(self, hour: datetime) -> Mapping[int, Article]:
        """The articles whose rows the hour has: the tracked ones, and those tracked when it was collected.

        The roster of configs/ is brought into the database before, once a run.
        """
        with self._engine.begin() as connection:
            if self._tracked is None:
                sync_roster(connection, self._kit.config.entities, hour)
                self._tracked = tracked_articles(connection)
            leavers = connection.scalars(_LEAVERS, {"source": SOURCE, "hour": hour}).all()
            return tracked_articles(connection, also=leavers) if leavers else self._tracked

    def _replayable(self, hour: datetime) -> Capture | None:
        """The capture to replay; None when the upstream must be asked."""
        if self._must_ask:
            return None
        with self._engine.connect() as connection:
            capture = self._archive.newest_good(connection, SOURCE, hour)
        if capture is None or capture.lake_path or capture.raw_path:
            return capture
        # Only the rows tracked at the time are left: enough unless somebody has joined the roster since. An article
        # that has moved since had its views at the title it had then.
        known = Extract.from_json(capture.extract).views.keys() if capture.extract else set()
        own = [{page_title(title) for title in one.own_titles} for one in self._articles_of(hour).values()]
        return None if any(known.isdisjoint(titles) for titles in own) else capture

    def _receive(self, hour: datetime) -> _Arrival:
        with ExitStack() as stack:
            configured = self._kit.config.sources[SOURCE].base_url
            url = dump_url(configured or self._settings.wikimedia_dumps_url, hour)
            path = stack.enter_context(self._archive.incoming(url.rpartition("/")[2]))
            # Of all runs together: the automation goes on while a backfill downloads.
            with slot(self._engine, f"downloads of {SOURCE}", MAX_CONNECTIONS):
                received = self._kit.gateway.fetch(Call(SOURCE, url, is_read=True), path)
            return _Arrival(received, path, stack.pop_all())

    def _store(self, hour: datetime, arrival: _Arrival) -> CollectedHour:
        """A new answer: into the lake, then rows and capture in one transaction; a bad one into quarantine."""
        started, captured_at = perf_counter(), self._kit.clock()
        lake_path = self._archive.lake_path(SOURCE, hour, arrival.received.content_hash)
        draft = arrival.path.with_suffix(".parquet")
        with arrival.folder:
            try:
                write_lake_file(arrival.path, draft, self._settings.wiki_projects)
            except CorruptCaptureError as error:
                self._kit.gateway.has_read(SOURCE, error)
                self._quarantine(hour, arrival, captured_at, error)
                raise
            self._kit.gateway.has_read(SOURCE, None)
            articles = self._articles_of(hour)
            extract = self._extract_from(draft, articles)
            rows = _rows(extract, hour, articles)
            self._require_partitions(hour)
            with self._engine.begin() as connection:
                checks = self._replace(connection, hour, rows)
                # Only now: a refused answer leaves nothing in the lake.
                lake_path.parent.mkdir(parents=True, exist_ok=True)
                draft.replace(lake_path)
                self._archive.keep(
                    connection, SOURCE, hour, arrival.received, arrival.path,
                    captured_at=captured_at, suffix=".gz", lake_path=lake_path,
                    extract=extract.to_json(),
                )  # fmt: skip
        return self._collected(hour, arrival.received, rows, checks, started, is_replay=False)

    def _replay(self, hour: datetime, capture: Capture) -> CollectedHour:
        """The same rows from what is kept: the lake file, else the raw bytes, else the tracked rows. Asks nobody."""
        started = perf_counter()
        lake_path = capture.lake_path
        if lake_path is None and capture.raw_path is not None:
            lake_path = self._archive.lake_path(SOURCE, hour, capture.received.content_hash)
            write_lake_file(capture.raw_path, lake_path, self._settings.wiki_projects)
        articles = self._articles_of(hour)
        kept = Extract.from_json(capture.extract) if capture.extract else None
        wiki = self._settings.wiki_projects[0]
        if kept is not None and kept.wiki != wiki:
            # Replaying would replace rows and an extract that are kept for ever by those of another encyclopedia.
            raise ConfigError(
                f"WIKI_PROJECTS starts with '{wiki}', but this hour was collected for '{kept.wiki}': put '{kept.wiki}' "
                "first, or give the other one an ETHEATMAP_HOME of its own."
            )
        if lake_path is not None:
            found = self._extract_from(lake_path, articles)
            # Who has left the roster stays in the extract: it is kept for ever.
            kept = Extract(found.wiki, found.smallest, {**(kept.views if kept else {}), **found.views})
        if kept is None:
            raise CorruptCaptureError(
                f"The capture {capture.received.content_hash[:12]} of {hour} has lost all its files."
            )
        rows = _rows(kept, hour, articles)
        self._require_partitions(hour)
        with self._engine.begin() as connection:
            checks = self._replace(connection, hour, rows)
            self._archive.refresh(connection, capture, lake_path=lake_path, extract=kept.to_json())
        return self._collected(hour, capture.received, rows, checks, started, is_replay=True)

    def _extract_from(self, lake_path: Path, articles: Mapping[int, Article]) -> Extract:
        """Articles are of the first of WIKI_PROJECTS; the others are kept in the lake only."""
        titles = [title for article in articles.values() for title in article.own_titles]
        redirects = [title for article in articles.values() for title in article.redirects]
        return tracked_rows(lake_path, titles, self._settings.wiki_projects[0], redirects=redirects)

    def _require_partitions(self, hour: datetime) -> None:
        with self._engine.begin() as connection:
            ensure_day_partitions(connection, "signals", HourRange.single(hour))

    def _replace(self, connection: sa.Connection, hour: datetime, rows: list[SignalRow]) -> tuple[CheckResult, ...]:
        owner = {"source": SOURCE}
        columns = SignalRow._fields
        made = SourceHour(SourceState.OK, is_complete=True, questions=1, answered=1, items=len(rows))
        record_hour(connection, SOURCE, hour, made, ended_at=self._kit.clock())
        return replace_hours(connection, "signals", HourRange.single(hour), owner, columns, rows, CHECKS).checks

    def _quarantine(self, hour: datetime, arrival: _Arrival, captured_at: datetime, error: CorruptCaptureError) -> None:
        with self._engine.begin() as connection:
            self._archive.quarantine(
                connection, SOURCE, hour, arrival.received, arrival.path, captured_at=captured_at, reason=str(error)
            )

    def _collected(
        self,
        hour: datetime,
        received: Received,
        rows: list[SignalRow],
        checks: tuple[CheckResult, ...],
        started: float,
        *,
        is_replay: bool,
    ) -> CollectedHour:
        return CollectedHour(
            rows=len(rows),
            entities=len({row.entity_id for row in rows}),
            size_bytes=received.size_bytes,
            content_hash=received.content_hash,
            is_replay=is_replay,
            seconds=perf_counter() - started,
            lag_seconds=self.hours_since_end(hour) * 3600,
            checks=checks,
        )


def _rows(extract: Extract, hour: datetime, articles: Mapping[int, Article]) -> list[SignalRow]:
    """An article's views are those of all its titles."""
    titles = {entity_id: article.title for entity_id, article in articles.items()}
    return signals_from_extract(extract, hour, titles, {id_: article.titles for id_, article in articles.items()})
