"""`etheatmap` as a person runs it: a process of its own, with a data folder, configs and an upstream of the test's."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.hours import HOUR, parse_hour
from etheatmap_core.signals.wiki_dump import dump_url

PROJECT = Path(__file__).parents[3]
FIRST = parse_hour("2012-02-14T16")
# A developer's own database and settings are no place for a test.
_NOT_OURS = ("ETHEATMAP_", "DAGSTER_", "POSTGRES_", "DATABASE_URL", "WIKI")


def hour(number: int) -> datetime:
    """The hour that starts ``number`` hours after the grid."""
    return FIRST + number * HOUR


def spelled(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H}"


@dataclass(frozen=True)
class CommandLine:
    """Commands are given in ``folder``, which holds the data folder and what the upstream has published."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def database_folder(self) -> Path:
        return self.home / "postgres"

    def environment(self, **extra: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        return {
            **kept,
            "ETHEATMAP_HOME": str(self.home),
            "ETHEATMAP_CONFIG_DIR": str(PROJECT / "configs"),
            "ETHEATMAP_PARTITIONS_START": spelled(FIRST),
            "ETHEATMAP_PARTITIONS_END": spelled(hour(400)),
            "WIKIMEDIA_DUMPS_URL": (self.folder / "upstream").as_uri(),
            **extra,
        }

    def run(self, *words: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "etheatmap_cli.main", *words],
            cwd=self.folder,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def backfill(self, first: int, last: int, *words: str) -> "subprocess.CompletedProcess[str]":
        return self.run("backfill", "--from", spelled(hour(first)), "--to", spelled(hour(last)), *words)

    def publish(self, numbers: Iterable[int]) -> None:
        """The dumps of these hours; their views differ by hour."""
        for number in numbers:
            path = Path(dump_url(str(self.folder / "upstream"), hour(number)))
            path.parent.mkdir(parents=True, exist_ok=True)
            text = f"en Main_Page {1000 + number} 0\nen Zendaya {40 + number} 0\nen.m Zendaya {10 + number} 0\n"
            path.write_bytes(gzip.compress(text.encode(), mtime=0))

    def query(self, statement: str, database: str = "etheatmap") -> list[tuple[object, ...]]:
        """On the embedded server, which is started where it does not run."""
        server = EmbeddedPostgres.start(self.database_folder)
        with psycopg.connect(server.url(database)) as connection:
            return connection.execute(statement.encode()).fetchall()

    def wait_for_capture(self, at: datetime) -> None:
        """Until the hour has been captured by a command that runs beside."""
        deadline = time.monotonic() + 120
        while not self.query(f"SELECT FROM captures WHERE ts = '{at.isoformat()}'"):
            assert time.monotonic() < deadline, f"waited in vain for {at}"
            time.sleep(0.05)

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """All rows that a backfill may write, to compare byte for byte."""
        tables = ("signals", "captures", "scores", "score_revisions", "entities")
        return {table: self.query(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1") for table in tables}

    def end(self) -> None:
        EmbeddedPostgres.stop_leftover(self.database_folder)
