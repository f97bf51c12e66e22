"""An installation that asks the simulator, with a clock that stands where the simulator's does."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from installation import PROJECT, Installation
from pydantic import SecretStr

from etheatmap_core.hours import HOUR, floor_hour
from etheatmap_sim.roster import Entity, read_roster
from etheatmap_sim.testing import Simulator

NOW = "2026-11-20T15:05"
FREE_SOURCES = ("wiki", "trends", "reddit", "trade_rss", "google_news", "gdelt_gkg")


def roster() -> tuple[Entity, ...]:
    """The shipped one."""
    return read_roster(PROJECT / "configs" / "entities.csv")


class SimulatedInstallation(Installation):
    """``hour`` is the newest full hour, the one that is asked for."""

    def __init__(self, folder: Path, database_url: str, simulator: Simulator) -> None:
        super().__init__(folder, database_url)
        self.simulator = simulator
        self.switch_on(*FREE_SOURCES)
        self.dumps_url = "https://dumps.wikimedia.org"
        self.partitions = (
            floor_hour(simulator.clock()) - timedelta(days=20),
            floor_hour(simulator.clock()) + 480 * HOUR,
        )
        self.now = simulator.clock()
        self.overrides = {
            "simulator_url": simulator.url,
            "reddit_client_id": SecretStr("simulated-client"),
            "reddit_client_secret": SecretStr("simulated-secret"),
            "reddit_user_agent": "tests of ET Heatmap",
        }

    @property
    def hour(self) -> datetime:
        return floor_hour(self.now) - HOUR

    def go_to(self, now: datetime) -> None:
        """Moves both clocks."""
        self.now = now
        self.simulator.pin(now)

    def states(self, source: str) -> dict[datetime, str]:
        """How each hour ended."""
        return {
            row.ts: row.state for row in self.query("SELECT ts, state FROM source_hours WHERE source = :s", s=source)
        }

    def requests(self) -> dict[str, int]:
        """Of each upstream since the last look."""
        found = self.simulator.requests()
        self.simulator.forget_requests()
        return found

    def made_rows(self, source: str) -> dict[str, list[Any]]:
        """Everything that the captures of a source have become."""
        tables = ("sightings", "items", "mentions", "mention_ties", "signals")
        query = "SELECT to_jsonb(t) AS row FROM {} t WHERE source = :s ORDER BY to_jsonb(t)::text"
        return {table: [found.row for found in self.query(query.format(table), s=source)] for table in tables}

    def query(self, statement: str, **parameters: object) -> list[sa.Row[Any]]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), parameters).all())
