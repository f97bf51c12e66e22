"""An installation with the metered example, whose budget the test sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx2
from simulated import SimulatedInstallation

from etheatmap_assets.resources.http import build_gateway
from etheatmap_assets.sources.collector import CollectedHour, Collector
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.metered_example import SOURCE
from etheatmap_core.archive import RawArchive
from etheatmap_core.budget.model import SourceUse
from etheatmap_core.config import load_config
from etheatmap_core.config.example import EXAMPLE, PROVIDER, with_example
from etheatmap_core.hours import HOUR


class MeteredInstallation:
    """Collects the example with ``limit_units`` credits a day, as automation where ``is_automated``."""

    def __init__(self, simulated: SimulatedInstallation) -> None:
        self.place = simulated
        self.hour = simulated.hour
        self.limit_units = 10
        self.units_a_partition = 1
        self.pace_ahead_seconds: int | None = None
        self.is_automated = False

    @contextmanager
    def kit(self) -> Iterator[Kit]:
        place = self.place
        config = with_example(load_config(place.configs))
        budget = replace(
            config.budgets.providers[PROVIDER],
            limit_units=self.limit_units,
            pace_ahead_seconds=self.pace_ahead_seconds,
        )
        uses = {**config.budgets.uses, EXAMPLE: SourceUse(PROVIDER, self.units_a_partition, 1)}
        budgets = replace(config.budgets, providers={**config.budgets.providers, PROVIDER: budget}, uses=uses)
        config = replace(config, budgets=budgets)
        gateway = build_gateway(place.settings(), config, place.engine, clock=lambda: place.now)
        archive = RawArchive(place.home)
        try:
            yield Kit(
                place.engine, archive, gateway, place.settings(), config, lambda: place.now, "run-1", self.is_automated
            )
        finally:
            gateway.close()

    def collect(self, hours_ago: int = 0) -> CollectedHour:
        with self.kit() as kit:
            return Collector(SOURCE, kit).collect(self.hour - hours_ago * HOUR)

    def charged(self) -> int:
        """What the upstream has counted."""
        answer = httpx2.get(f"{self.place.simulator.url}/metered.example/v1/account", trust_env=False)
        return int(answer.json()["credits_used"])

    def books(self) -> tuple[int, int]:
        """Spent and reserved, of all periods."""
        query = "SELECT coalesce(sum(spent_units), 0) AS spent, coalesce(sum(reserved_units), 0) AS reserved FROM"
        row = self.place.query(f"{query} budget_periods WHERE provider = 'example'")[0]
        return int(row.spent), int(row.reserved)

    def state(self, hours_ago: int = 0) -> str:
        return self.place.states(SOURCE.name)[self.hour - hours_ago * HOUR]
