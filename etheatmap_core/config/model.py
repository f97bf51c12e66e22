"""What configs/ say, as immutable values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from etheatmap_core.budget.model import Budgets
from etheatmap_core.budget.prices import Prices
from etheatmap_core.discovery.rules import DiscoveryRules

EntityType = Literal["person", "project", "event"]

# The published names; sources.yml may add others by a title. A source that is missing from it is disabled.
SOURCE_NAMES = (
    "wiki", "trends", "trade_rss", "google_news", "reddit", "youtube", "imdb_box_office", "entity_discovery",
    "scrape_news", "apify_tiktok", "tt_cc", "tt_search", "gdelt_gkg", "advanced_scoring", "newsapi", "entity_roster",
)  # fmt: skip
# Names of the earlier system that stay valid.
SOURCE_ALIASES = {"reddit_ingest": "reddit", "youtube_ingest": "youtube"}
# The published formula divides the types with evidence by three, always.
MAX_SOURCE_TYPES = 3
MANUAL = "manual"  # the cadence of a source that automation never asks
# Of a source that is asked less often nothing can be told: YouTube's counters that are read further apart.
LONGEST_CADENCES: Mapping[str, timedelta] = {"youtube": timedelta(hours=6)}
UNKNOWN_TIER = 3  # of an outlet that trade_feeds.yml does not name


def canonical_source(name: str) -> str:
    """The published name of a source that may be called by an old one."""
    return SOURCE_ALIASES.get(name, name)


def source_names(sources: Collection[str]) -> tuple[str, ...]:
    """The published names, and after them those that sources.yml adds."""
    return tuple(dict.fromkeys((*SOURCE_NAMES, *sources)))


@dataclass(frozen=True)
class EntityConfig:
    """A row of entities.csv. ``wiki_title`` is the article whose views count, as Wikipedia spells it, with spaces;
    ``related`` are names of others whose mention beside an ambiguous name speaks for this one."""

    name: str
    type: EntityType
    category: str
    aliases: tuple[str, ...]
    wiki_id: str | None
    wiki_title: str
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceConfig:
    """An entry of sources.yml; None where the source's own default holds."""

    name: str
    enabled: bool
    weight: float
    cadence: timedelta | None = None
    ttl_seconds: int | None = None
    base_url: str | None = None
    title: str | None = None  # what people read; it makes a name that is not published one of ours
    is_manual: bool = False  # cadence: manual; asked only by hand, never by automation


@dataclass(frozen=True)
class RequestRate:
    """So many requests a period."""

    requests: int
    period_seconds: int

    def __str__(self) -> str:
        names = {1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"}
        return f"{self.requests} requests {names[self.period_seconds]}"


@dataclass(frozen=True)
class BreakerLimits:
    """After ``failures`` in a row nobody asks for ``pause_seconds``; each opening in a row doubles the pause."""

    failures: int = 5
    pause_seconds: int = 300


@dataclass(frozen=True)
class SourceLimits:
    """An entry of limits.yml: how a source may be asked. The docs (http.md) say what each key does."""

    source: str
    hosts: tuple[str, ...]  # empty: those of the addresses that the operator has configured
    requests: RequestRate
    burst: int | None = None  # None: as many as ``requests``
    timeout_seconds: int | None = None  # None: 30, and RSS_TIMEOUT for feeds
    attempts: int = 4
    max_size_bytes: int = 20_000_000
    max_seconds: int = 120
    max_wait_seconds: int = 5
    breaker: BreakerLimits = BreakerLimits()
    ttl_seconds: int = 3600
    is_absent_unpublished: bool = False  # whether a 404 means "not published yet"
    credentials: tuple[str, ...] = ()  # the variables to look at when the upstream refuses us
    accepts_gzip: bool = False  # packed on the way, plain in the archive


@dataclass(frozen=True)
class Outlet:
    """An entry of trade_feeds.yml: who publishes. ``feed`` is None where only aggregators show it."""

    name: str
    domain: str
    tier: int  # 1 to 3
    feed: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class TradeFeed:
    """A feed of the trade press that is read."""

    name: str
    url: str
    tier: int
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Tentpole:
    """A row of tentpoles.csv; both dates are inclusive. ``entities`` belong to it beside those that its title names."""

    title: str
    start_date: date
    end_date: date
    boost: float
    entities: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewsSource:
    """A row of news_sources.csv: a front page, and with which options its site is fetched."""

    url: str
    options: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Config:
    """All of configs/."""

    entities: tuple[EntityConfig, ...]
    sources: Mapping[str, SourceConfig]
    source_types: Mapping[str, tuple[str, ...]]
    tentpoles: tuple[Tentpole, ...]
    news_sources: tuple[NewsSource, ...]
    limits: Mapping[str, SourceLimits]
    budgets: Budgets
    prices: tuple[Prices, ...]  # the oldest first
    outlets: tuple[Outlet, ...]
    discovery: DiscoveryRules
    common_words: frozenset[str]  # names that are words of the language: taken for an entity with evidence only

    @property
    def source_names(self) -> tuple[str, ...]:
        """Every source there may be: the published ones, and those that sources.yml adds."""
        return source_names(self.sources)

    def is_enabled(self, source: str) -> bool:
        """False for a source that sources.yml does not name."""
        return self.weight(source) is not None

    def weight(self, source: str) -> float | None:
        """Its share in the velocity, 0 or more; None where the source is disabled."""
        return self.weights.get(canonical_source(source))

    def outlet_of(self, domain: str | None) -> Outlet | None:
        """Who publishes under this domain, or one below it (``news.example.org``); None where nobody known does."""
        labels = (domain or "").removeprefix("www.").split(".")
        parents = [".".join(labels[start:]) for start in range(len(labels) - 1)]
        return next((outlet for parent in parents for outlet in self.outlets if outlet.domain == parent), None)

    @property
    def tiers(self) -> Mapping[str, int]:
        """The tier of each known outlet, by its name in small letters."""
        return {outlet.name.casefold(): outlet.tier for outlet in self.outlets}

    @property
    def trade_feeds(self) -> tuple[TradeFeed, ...]:
        """The outlets whose feeds are read, in the file's order."""
        return tuple(
            TradeFeed(outlet.name, outlet.feed, outlet.tier, outlet.topics) for outlet in self.outlets if outlet.feed
        )

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each enabled source."""
        return {name: source.weight for name, source in self.sources.items() if source.enabled}
