"""One source collected from the simulator without Dagster, within the limits that the product has."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from simulated import SimulatedInstallation

from etheatmap_assets.resources.http import build_gateway
from etheatmap_assets.sources.collector import CollectedHour, Collector
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.source import Source
from etheatmap_core.archive import RawArchive
from etheatmap_core.config import load_config
from etheatmap_core.database.engine import create_engine


@contextmanager
def kit_of(simulated: SimulatedInstallation, **overrides: object) -> Iterator[Kit]:
    """What a run works with."""
    settings = simulated.settings().model_copy(update=overrides)
    config = load_config(simulated.configs)
    engine = create_engine(simulated.database_url)
    gateway = build_gateway(settings, config, engine, clock=lambda: simulated.now)
    try:
        yield Kit(engine, RawArchive(simulated.home), gateway, settings, config, lambda: simulated.now)
    finally:
        gateway.close()
        engine.dispose()


def collect(
    simulated: SimulatedInstallation, source: Source, hour: datetime | None = None, **overrides: object
) -> CollectedHour:
    """One attempt at the newest full hour, or at ``hour``, by a process of its own."""
    with kit_of(simulated, **overrides) as kit:
        return Collector(source, kit).collect(hour or simulated.hour)
