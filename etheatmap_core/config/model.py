"""What configs/ say, as immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

EntityType = Literal["person", "project", "event"]

# The published names. A source that is missing from sources.yml is disabled.
SOURCE_NAMES = (
    "wiki", "trends", "trade_rss", "google_news", "reddit", "youtube", "imdb_box_office", "entity_discovery",
    "scrape_news", "apify_tiktok", "tt_cc", "tt_search", "gdelt_gkg", "advanced_scoring", "newsapi", "entity_roster",
)  # fmt: skip
# Names of the earlier system that stay valid.
SOURCE_ALIASES = {"reddit_ingest": "reddit", "youtube_ingest": "youtube"}


@dataclass(frozen=True)
class EntityConfig:
    """A row of entities.csv. ``wiki_title`` is the article whose views count, with spaces; aliases never are."""

    name: str
    type: EntityType
    category: str
    aliases: tuple[str, ...]
    wiki_id: str | None
    wiki_title: str


@dataclass(frozen=True)
class SourceConfig:
    """An entry of sources.yml; None where the source's own default holds."""

    name: str
    enabled: bool
    weight: float
    cadence: str | None = None
    ttl_seconds: int | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class Tentpole:
    """A row of tentpoles.csv; both dates are inclusive."""

    title: str
    start_date: date
    end_date: date
    boost: float


@dataclass(frozen=True)
class Config:
    """All of configs/."""

    entities: tuple[EntityConfig, ...]
    sources: Mapping[str, SourceConfig]
    source_types: Mapping[str, tuple[str, ...]]
    tentpoles: tuple[Tentpole, ...]
    news_sources: tuple[str, ...]

    def is_enabled(self, source: str) -> bool:
        return source in self.sources and self.sources[source].enabled

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each enabled source."""
        return {name: source.weight for name, source in self.sources.items() if source.enabled}
