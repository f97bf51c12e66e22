"""What assets reach the world with: database, archive, HTTP. Each is a plain object; Dagster only hands it over.

Here: how they are made from settings. Not here: what is done with them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.progress import Progress
from etheatmap_assets.resources.http import Gateway, build_gateway
from etheatmap_core.archive import RawArchive
from etheatmap_core.cadence import Cadence, cadence_of
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.config.access import ADDRESSES_ELSEWHERE, NEVER_ASKED_TWICE, asked_sources
from etheatmap_core.config.installed import installed_config
from etheatmap_core.database.address import database_url
from etheatmap_core.database.engine import create_engine
from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import known_sources


@dataclass(frozen=True)
class Resources:
    """The resources of one installation; those that open something do so when a run first needs them."""

    settings: Settings
    config: Config
    clock: Clock
    progress: Progress

    @property
    def asked(self) -> frozenset[str]:
        """The sources that are asked: switched on, and with the keys they need."""
        return asked_sources(self.config, self.settings)

    def cadence(self, source: str) -> Cadence:
        """That of sources.yml, else the source's own."""
        entry = self.config.sources.get(source)
        return cadence_of(source, entry.cadence if entry else None)

    def is_manual(self, source: str) -> bool:
        """Whether it is only requested by hand."""
        entry = self.config.sources.get(source)
        return entry is not None and entry.is_manual

    def cadence_words(self) -> Mapping[str, str]:
        """How often each source is due, as people read it."""
        known = known_sources(self.config, self.settings)
        return {source.name: source.expected_interval for source in known if source.expected_interval}

    def for_dagster(self) -> Mapping[str, object]:
        settings = self.settings
        return {
            "settings": _plain(settings),
            "configs": _plain(self.config),
            "clock": _plain(self.clock),
            "progress": _plain(self.progress),
            "archive": _plain(RawArchive(settings.etheatmap_home)),
            "engine": _engine(settings),
            "gateway": self._gateway(),
        }

    def _gateway(self) -> dg.ResourceDefinition:
        @dg.resource(required_resource_keys={"engine"})
        def gateway(context: dg.InitResourceContext) -> Iterator[Gateway]:
            opened = build_gateway(self.settings, self.config, context.resources.engine, clock=self.clock)
            yield opened
            opened.close()

        return gateway


def build_resources(settings: Settings, *, clock: Clock, progress: Progress) -> Resources:
    """Reads configs/ at once, so that a mistake shows when the code location loads and not in the night's runs."""
    config = installed_config(settings)
    for key, sources in (("base_url", ADDRESSES_ELSEWHERE), ("ttl_seconds", NEVER_ASKED_TWICE)):
        for source, why in sources.items():
            if source in config.sources and getattr(config.sources[source], key) is not None:
                raise ConfigError(f"sources.yml: {source}.{key}: expected nothing, because {why}: remove it.")
    return Resources(settings, config, clock, progress)


def _plain(value: object) -> dg.ResourceDefinition:
    return dg.ResourceDefinition.hardcoded_resource(value)


def _engine(settings: Settings) -> dg.ResourceDefinition:
    @dg.resource
    def engine(_context: dg.InitResourceContext) -> Iterator[sa.Engine]:
        opened = create_engine(database_url(settings))
        yield opened
        opened.dispose()

    return engine
