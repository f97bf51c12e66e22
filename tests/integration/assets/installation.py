"""One installation for a test: configs, an upstream folder of dumps, a data folder, a database, a clock that is set.

Its assets are the real ones, run by Dagster as the product runs them.
"""

import csv
import gzip
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from pydantic import SecretStr

from etheatmap_assets.definitions import build_defs
from etheatmap_assets.freshness import CHECK
from etheatmap_core.hours import HOUR, partition_key
from etheatmap_core.settings import Settings, load_settings
from etheatmap_core.signals.wiki_dump import dump_url

PROJECT = Path(__file__).parents[3]
START = datetime(2024, 3, 1, tzinfo=UTC)
END = datetime(2024, 5, 1, tzinfo=UTC)


def at(number: int) -> datetime:
    """The hour that starts ``number`` hours after the grid."""
    return START + number * HOUR


def packed(desktop: Mapping[str, int], mobile: Mapping[str, int] | None = None) -> bytes:
    """A dump with these views by title, in the order of the real ones."""
    sites = (("en", desktop), ("en.m", mobile or {}))
    lines = [f"{site} {title} {views} 0\n" for site, pages in sites for title, views in sorted(pages.items())]
    return gzip.compress("".join(lines).encode(), mtime=0)


class Run:
    """What Dagster knows of a finished run."""

    def __init__(self, result: dg.ExecuteInProcessResult) -> None:
        self.is_success = result.success
        events = [event for event in result.all_events if event.is_step_materialization]
        found = [event.step_materialization_data.materialization for event in events]
        self.made = {
            event.partition: {name: value.value for name, value in event.metadata.items()}
            for event in found
            if event.partition is not None
        }
        # Of the rows that were made; how fresh the asset is is looked at in every run of it too.
        checks = [check for check in result.get_asset_check_evaluations() if check.check_name != CHECK]
        self.checks = {check.check_name: check.passed for check in checks}
        self.check_details = {
            check.check_name: check.metadata["detail"].value for check in checks if "detail" in check.metadata
        }
        observations = [event for event in result.all_events if event.is_asset_observation]
        self.observed = [event.asset_observation_data.asset_observation.partition for event in observations]
        failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
        self.failures = [
            str(failure.user_failure_data.description if failure.user_failure_data else failure.error)
            for failure in failures
        ]

    @property
    def failure(self) -> str:
        """Why the run failed, in the words people see."""
        [told] = self.failures
        return told


class Installation:
    """``now`` is what its clock says; ``dumps_url`` is where it asks."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.home, self.upstream, self.configs = folder / "home", folder / "upstream", folder / "configs"
        self.database_url = database_url
        self.dumps_url = self.upstream.as_uri()
        self.wikis: tuple[str, ...] = ("en",)
        self.now = datetime(2024, 6, 1, tzinfo=UTC)
        self.partitions = (START, END)
        self.overrides: dict[str, object] = {}  # more settings
        self.instance = dg.DagsterInstance.ephemeral()
        self.engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
        if not self.configs.exists():
            shutil.copytree(PROJECT / "configs", self.configs)
            self.switch_on("wiki")

    def close(self) -> None:
        self.engine.dispose()
        self.instance.dispose()

    def switch_on(self, *sources: str) -> None:
        """Writes sources.yml: these, and no others, with equal weights."""
        lines = [f"  {source}: {{enabled: true, weight: 1.0}}\n" for source in sources]
        (self.configs / "sources.yml").write_text("sources:\n" + "".join(lines))

    def track(self, *names: str, **titles: str) -> None:
        """Writes entities.csv: people by name, whose article is called so (or as ``titles`` says, by place)."""
        with (self.configs / "entities.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("name", "type", "aliases", "wiki_id", "wiki_title"))
            table.writerows((name, "person", "[]", "", titles.get(name.replace(" ", "_"), "")) for name in names)

    def dump_path(self, hour: datetime) -> Path:
        """Where the upstream keeps the file of this hour."""
        return Path(dump_url(str(self.upstream), hour))

    def publish(self, hour: datetime, content: bytes) -> None:
        path = self.dump_path(hour)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def run(
        self, asset: str, first: datetime, last: datetime | None = None, *, config: Mapping[str, Any] | None = None
    ) -> Run:
        """One run of one hour, or of a range (first and last hour)."""
        tags = {
            "dagster/asset_partition_range_start": partition_key(first),
            "dagster/asset_partition_range_end": partition_key(last or first),
        }
        return self._execute(asset, None if last else partition_key(first), tags if last else {}, config)

    def run_day(self, asset: str, day: str | None, *, tags: Mapping[str, str] | None = None) -> Run:
        return self._execute(asset, day, tags or {}, None)

    def rows(self, table: str, *, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """A whole table, every value as its text, to compare byte for byte."""
        query = sa.text(f"SELECT to_jsonb(t) - CAST(:without AS text[]) AS row FROM {table} t")
        with self.engine.connect() as connection:
            rows = connection.execute(query, {"without": list(without)}).scalars().all()
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))

    def views(self, hour: datetime, metric: str = "views") -> dict[str, tuple[float, bool]]:
        """Value and is_censored by entity."""
        query = sa.text("""SELECT name, value, is_censored FROM signals JOIN entities ON id = entity_id
                           WHERE source = 'wiki' AND ts = :hour AND metric = :metric""")
        with self.engine.connect() as connection:
            found = connection.execute(query, {"hour": hour, "metric": metric})
            return {row.name: (row.value, row.is_censored) for row in found}

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.rows(table) for table in ("signals", "captures", "scores", "score_revisions", "entities")}

    def settings(self) -> Settings:
        """As its processes read them."""
        return load_settings(None).model_copy(
            update={
                "etheatmap_home": self.home,
                "etheatmap_config_dir": self.configs,
                "etheatmap_partitions_start": self.partitions[0],
                "etheatmap_partitions_end": self.partitions[1],
                "wikimedia_dumps_url": self.dumps_url,
                "wiki_projects": self.wikis,
                "database_url": SecretStr(self.database_url),
                **self.overrides,
            }
        )

    def _execute(
        self, asset: str, partition: str | None, tags: Mapping[str, str], config: Mapping[str, Any] | None
    ) -> Run:
        definitions = build_defs(self.settings(), clock=lambda: self.now)
        return Run(
            definitions.resolve_implicit_global_asset_job_def().execute_in_process(
                instance=self.instance,
                asset_selection=[dg.AssetKey(asset)],
                partition_key=partition,
                tags=dict(tags),
                raise_on_error=False,
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "ops": {asset: {"config": dict(config)}} if config else {},
                },
            )
        )


HISTORY_HOURS = 100  # of the history that tests of scores share
HOLE = 50  # the hour of it whose file is missing


def maya_views(number: int) -> int:
    """Maya Rudolph in the shared history: steady, and ten times as busy from hour 92 on."""
    return (100 + number % 7) * (10 if number >= 92 else 1)


def history_dump(number: int, maya: int | None = None) -> bytes:
    """The dump of one of its hours. Tyler Perry is in none of them."""
    views = maya_views(number) if maya is None else maya
    return packed({"Maya_Rudolph": views, "Main_Page": 3}, {"Main_Page": 3})
