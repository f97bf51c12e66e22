"""An installation whose sources are collected without Dagster: the collectors of the product, called one by one."""

import csv
import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from installation import PROJECT
from psycopg import sql
from pydantic import SecretStr
from simulated import FREE_SOURCES, SimulatedInstallation

from etheatmap_assets.resources.http import build_gateway
from etheatmap_assets.sources import apify_runs, gdelt_gkg, google_news, reddit, trade_rss, trends
from etheatmap_assets.sources.collector import Collector
from etheatmap_assets.sources.discovery import discovered
from etheatmap_assets.sources.imdb_box_office import BoxOfficeCollector
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.roster_collector import RosterCollector
from etheatmap_assets.sources.wiki_collector import WikiCollector
from etheatmap_assets.sources.wiki_history import HistoryCollector
from etheatmap_core.archive import RawArchive
from etheatmap_core.config import Config, load_config
from etheatmap_core.config.model import BreakerLimits, NewsSource, RequestRate
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.signals.source_hours import SourceHour, hour_outcome
from etheatmap_sim.testing import Simulator

HOURLY = {source.SOURCE.name: source.SOURCE for source in (trends, reddit, trade_rss, google_news, gdelt_gkg)}
DAILY = "entity_roster"
BOX_OFFICE, HISTORY = "imdb_box_office", "wiki_history"  # of days as well
_SIGNALS_OF_BOX_OFFICE = ("releases", "box_office")
SOURCES = ("wiki", *HOURLY, DAILY)
NOW_ONLY = (*(name for name, source in HOURLY.items() if source.is_now_only), DAILY)
# Those that cost beside them: every other file of the folder that has a SOURCE.
FOUND = {source.name: source for source in discovered(load_config(PROJECT / "configs"))}
COSTLY = tuple(name for name in FOUND if name not in HOURLY)
COLLECTED = (*SOURCES, *COSTLY)
# Of nobody: each simulated upstream refuses the key `wrong`.
KEYS: Mapping[str, object] = {
    "news_api_key": SecretStr("quota-100000"),  # a thousand bad days of one calendar day
    "youtube_api_key": SecretStr("unmetered"),  # its quota has no end: a matrix asks more than a day allows
    "scraperapi_key": SecretStr("simulated-key"),
    "feature_scraperapi": True,
    "apify_token": SecretStr("simulated-token"),
    "feature_apify": True,
    "apify_tiktok_actor": "simulated/tiktok",
    "apify_cc_actor": "simulated/creative-center",
}
# The simulator's runs go on each time they are asked after.
apify_runs.POLL_SECONDS = 0.0
# Few questions a source, so that a fault which strikes every one of them takes no time.
FEW_NAMES = ("Avengers: Doomsday", "Brad Pitt", "Cannes Film Festival", "Meryl Streep", "Blackpink")
FEW_FEEDS = ("Variety", "The Hollywood Reporter", "Deadline")
FEW_NEWSROOMS = (NewsSource("https://www.indiewire.com/"),)
# Where neither limits nor the breaker are what is looked at.
UNLIMITED: Mapping[str, Any] = {
    "requests": RequestRate(6000, 60),
    "burst": 6000,
    "breaker": BreakerLimits(failures=1000),
}
# All that sources are, and all that is derived from them.
_TABLES = (
    "sightings", "items", "mentions", "mention_ties", "signals", "entities", "entity_names", "captures",
    "source_hours", "source_health", "audit_logs", "rate_buckets", "budget_settlements", "budget_reservations",
    "budget_periods",
)  # fmt: skip
_NOT_OF_A_SOURCE = (
    "entities", "entity_names", "rate_buckets", "budget_settlements", "budget_reservations", "budget_periods",
)  # fmt: skip
_OF_REQUESTS = ("source_health", "audit_logs")


class CollectingInstallation(SimulatedInstallation):
    """``limits`` replace those of limits.yml, for every source."""

    def __init__(self, folder: Path, database_url: str, simulator: Simulator, **limits: Any) -> None:
        super().__init__(folder, database_url, simulator)
        self.limits: Mapping[str, Any] = limits or UNLIMITED
        self.feeds: Sequence[str] = FEW_FEEDS
        self.switch_on(*FREE_SOURCES, DAILY, BOX_OFFICE, *COSTLY)
        self.overrides.update(KEYS)
        self.overrides["reddit_target_subs"] = ("movies",)
        self._kept_files: set[Path] = set()
        self._read: tuple[object, Config] | None = None

    def track_only(self, *names: str) -> None:
        """Writes entities.csv: these of the shipped ones, in this order."""
        with (PROJECT / "configs" / "entities.csv").open(newline="", encoding="utf-8") as file:
            shipped = {row["name"]: row for row in csv.DictReader(file)}
        text = io.StringIO()
        table = csv.DictWriter(text, next(iter(shipped.values())).keys())
        table.writeheader()
        table.writerows({**shipped[name], "related": ""} for name in names)
        (self.configs / "entities.csv").write_text(text.getvalue(), encoding="utf-8")

    @contextmanager
    def kit(self, **limits: Any) -> Iterator[Kit]:
        """What a run works with; ``limits`` replace those of every source."""
        settings, config = self.settings(), self._config()
        changed = {name: replace(entry, **{**self.limits, **limits}) for name, entry in config.limits.items()}
        feeds = tuple(outlet for outlet in config.outlets if not outlet.feed or outlet.name in self.feeds)
        config = replace(config, limits=changed, outlets=feeds, news_sources=FEW_NEWSROOMS)
        gateway = build_gateway(settings, config, self.engine, clock=lambda: self.now)
        try:
            yield Kit(self.engine, RawArchive(self.home), gateway, settings, config, lambda: self.now)
        finally:
            gateway.close()

    def partition(self, source: str) -> datetime:
        """The newest one of the source: its hour, or the day before."""
        is_day = source in (DAILY, BOX_OFFICE, HISTORY)
        return self.now.replace(hour=0, minute=0) - timedelta(days=1) if is_day else self.hour

    def collect(
        self, source: str, partition: datetime | None = None, *, must_ask: bool = False, **limits: Any
    ) -> EtHeatmapError | None:
        """One attempt as a run makes it; the error it ended with."""
        with self.kit(**limits) as kit:
            try:
                collector_of(kit, source, must_ask=must_ask).collect(partition or self.partition(source))
            except EtHeatmapError as error:
                return error
        return None

    def outcome(self, source: str, partition: datetime | None = None) -> SourceHour | None:
        """How the partition ended."""
        with self.engine.connect() as connection:
            return hour_outcome(connection, source, partition or self.partition(source))

    def made(self, source: str) -> dict[str, list[Any]]:
        """Everything that the answers of a source have become."""
        if source == BOX_OFFICE:
            signals = [row for name in _SIGNALS_OF_BOX_OFFICE for row in self.made_rows(name)["signals"]]
            return {**self.made_rows(source), "signals": signals}
        if source != DAILY:
            return self.made_rows(source)
        return {table: self.rows(table) for table in ("entities", "entity_names")}

    def of_others(self, source: str, asks_as: str | None = None) -> dict[str, tuple[int, str | None]]:
        """Everything of the other sources, each table as the number and the digest of its rows. Requests and health
        of ``asks_as`` are the source's own."""
        query = """
            SELECT count(*) AS rows, md5(string_agg(row, ';' ORDER BY row)) AS digest
            FROM (SELECT to_jsonb(t)::text AS row FROM {} t WHERE source <> ALL(:own)) AS others"""
        own = [source, *(_SIGNALS_OF_BOX_OFFICE if source == BOX_OFFICE else ())]
        asking = [*own, asks_as or source]
        tables = {table: asking if table in _OF_REQUESTS else own for table in _TABLES if table not in _NOT_OF_A_SOURCE}
        found = {table: self.query(query.format(table), own=names)[0] for table, names in tables.items()}
        return {table: (row.rows, row.digest) for table, row in found.items()}

    def keep_state(self) -> None:
        """Database and files as they are now are what ``restore_state`` goes back to."""
        self._kept_files = set(self._files())
        with self.engine.begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA kept"))
            for table in _TABLES:
                connection.execute(sa.text(f"CREATE TABLE kept.{table} AS TABLE {table}"))

    def restore_state(self) -> None:
        """The archive only ever adds files: what is new goes."""
        for path in set(self._files()) - self._kept_files:
            path.unlink()
        with self.engine.begin() as connection:
            # Foreign keys are not looked at: all rows come back together.
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for table in _TABLES:
                connection.execute(sa.text(f"DELETE FROM {table}"))
                connection.execute(sa.text(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{table}"))

    def _config(self) -> Config:
        """Read again where a file has changed: between a thousand attempts it has not."""
        stamp = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in self.configs.iterdir()))
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, load_config(self.configs))
        return self._read[1]

    def _files(self) -> Iterator[Path]:
        return (path for path in self.home.rglob("*") if path.is_file())


def collector_of(
    kit: Kit, source: str, *, must_ask: bool = False
) -> WikiCollector | RosterCollector | BoxOfficeCollector | HistoryCollector | Collector:
    """What the asset of the source collects with."""
    if source == HISTORY:
        return HistoryCollector(kit, must_ask=must_ask)
    if source == BOX_OFFICE:
        return BoxOfficeCollector(kit, must_ask=must_ask)
    if source == "wiki":
        return WikiCollector(kit, must_ask=must_ask)
    if source == DAILY:
        return RosterCollector(kit, must_ask=must_ask)
    return Collector(FOUND[source], kit, must_ask=must_ask)


@contextmanager
def fresh_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The address of a copy of ``template``, dropped afterwards: for fixtures that live longer than a test."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        yield postgres.url(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
