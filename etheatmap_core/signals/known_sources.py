"""The sources people are shown, in the order of pages: what each gives, how often, and what keeps it silent here.

Here: names in words, cadence and switch of each. Not here: how a source is doing (source_status), how one is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from etheatmap_core.cadence import Cadence, cadence_of
from etheatmap_core.config.access import FEATURES, NEWS_FEEDERS, asked_sources, refusal
from etheatmap_core.config.example import EXAMPLE
from etheatmap_core.config.model import MANUAL, Config
from etheatmap_core.errors import DisabledError, EtHeatmapError
from etheatmap_core.hours import HOUR
from etheatmap_core.settings import Settings

NEWS = "news"
_HISTORY = "wiki_history"
_HISTORY_NEEDS = ("wiki", "entity_roster")
_DAY = timedelta(days=1)
_TENTPOLES = "tentpoles"
_PARTITIONS = {"entity_roster": _DAY, _HISTORY: _DAY, "imdb_box_office": _DAY, _TENTPOLES: _DAY}

# Name, type and what it gives. The order is that of lists of equal standing. A source that is missing here goes by its
# key, after the others.
_TOLD = {
    "wiki": ("Wikipedia", "views", "hourly views of each entity's article, from Wikimedia's dumps"),
    "trends": ("Google Trends", "search", "hourly search interest on one scale, and the searches trending now"),
    "reddit": ("Reddit", "social", "posts of r/all and the chosen subreddits, with scores and comments"),
    "trade_rss": ("Film trades", "news", "headlines of the trade press's own feeds"),
    "google_news": ("Google News", "news", "headlines by topic and by entity"),
    "gdelt_gkg": ("GDELT", "news", "articles of the world's news sites and their tone, every quarter of an hour"),
    NEWS: ("News together", "news", "each story of the news feeds counted once; asks nobody itself"),
    "entity_roster": ("Roster", "roster", "redirects, moved titles and other names, from Wikipedia and Wikidata"),
    _HISTORY: ("Wikipedia history", "views", "daily views of the sixty days before an entity was tracked"),
    EXAMPLE: ("Metered example", "news", "a source that costs, to see budgets at work"),
    "newsapi": ("NewsAPI", "news", "headlines, and articles of every entity by search"),
    "youtube": ("YouTube", "video", "what views, likes and comments of videos have grown by"),
    "imdb_box_office": ("Box office", "box office", "releases from Wikidata, weekend grosses from a file of yours"),
    _TENTPOLES: ("Tentpoles", "step", "the boost of those whose event or opening is on; asks nobody"),
    "scrape_news": ("Scraped news", "news", "articles of chosen newsrooms, read page by page"),
    "apify_tiktok": ("TikTok by Apify", "video", "videos of the last day under an entity's hashtag"),
    "tt_cc": ("TikTok Creative Center", "video", "hashtags that rise, where they name an entity"),
    "tt_search": ("TikTok search", "video", "videos of the last day, by a search for an entity"),
    "entity_discovery": ("Discovery", "step", "names nobody tracks yet"),
    "advanced_scoring": ("Advanced scoring", "step", "what kind of a rise each score is; asks nobody"),
}


@dataclass(frozen=True)
class KnownSource:
    """A source as configured here."""

    name: str
    title: str
    type: str
    description: str
    switch: str  # what switches it on and off
    credentials: tuple[str, ...]  # the variables it needs
    refused: EtHeatmapError | None  # why nobody asks it; None: it is asked
    cadence: Cadence | None  # None: it is only requested by hand
    interval: timedelta | None  # how often it is due
    partition: timedelta = HOUR  # how much time one of its partitions holds
    is_manual: bool = False
    is_ahead: bool = False  # a partition of it is made when it begins, and not when it has ended

    @property
    def is_asked(self) -> bool:
        return self.refused is None

    @property
    def is_switched_off(self) -> bool:
        """Somebody wants it silent: nothing to repair."""
        return isinstance(self.refused, DisabledError)

    @property
    def expected_interval(self) -> str | None:
        """How often it is due, in words."""
        if self.is_manual:
            return "only by hand"
        return None if self.interval is None else interval_words(self.interval)

    @property
    def spelled_cadence(self) -> str | None:
        """As sources.yml spells it: ``1h``, ``12h``, ``1d``, ``manual``; None where it is not collected."""
        if self.is_manual:
            return MANUAL
        if self.interval is None:
            return None
        return "1d" if self.interval == _DAY else f"{self.interval // HOUR}h"


def known_sources(config: Config, settings: Settings) -> tuple[KnownSource, ...]:
    """Every source this version collects, and every other one that sources.yml names."""
    return tuple(_known(config, settings))


def interval_words(interval: timedelta) -> str:
    """every hour, every 6 hours, every day."""
    if interval == _DAY:
        return "every day"
    return "every hour" if interval == HOUR else f"every {interval // HOUR} hours"


def _known(config: Config, settings: Settings) -> Iterator[KnownSource]:
    for name in dict.fromkeys((*_TOLD, *config.source_names)):
        title, kind, description = _TOLD.get(name, (name, "source", ""))
        if name not in config.sources and name == EXAMPLE:
            continue
        limits, configured = config.limits.get(name), config.sources.get(name)
        wanted = configured.cadence if configured is not None else None
        is_manual = configured is not None and configured.is_manual
        is_due = not is_manual
        partition = _PARTITIONS.get(name, HOUR)
        yield KnownSource(
            name=name,
            title=(configured.title if configured is not None else None) or title,
            type=kind,
            description=description,
            switch=_switch(name),
            credentials=limits.credentials if limits is not None else (),
            refused=_refused(name, config, settings),
            cadence=cadence_of(name, wanted) if is_due else None,
            interval=max(partition, wanted or HOUR) if is_due else None,
            partition=partition,
            is_manual=is_manual,
            is_ahead=name == _TENTPOLES,
        )


def _switch(name: str) -> str:
    if name == NEWS:
        return f"sources.yml: {', '.join(NEWS_FEEDERS)}"
    if name == _HISTORY:
        return f"sources.yml: {', '.join(_HISTORY_NEEDS)}"
    if name == _TENTPOLES:
        return "tentpoles.csv"
    if name == EXAMPLE:
        return "FEATURE_METERED_EXAMPLE"
    return f"sources.yml: {name}" + (f", and {FEATURES[name]}" if name in FEATURES else "")


def _refused(name: str, config: Config, settings: Settings) -> EtHeatmapError | None:
    asked = asked_sources(config, settings)
    if name == NEWS:
        told = f"{NEWS} counts what {' and '.join(NEWS_FEEDERS)} bring, and none of them is asked"
        is_fed = bool(asked & set(NEWS_FEEDERS))
        return None if is_fed else DisabledError(f"{told}: set enabled: true for one in sources.yml.")
    if name == _HISTORY:
        told = f"{name} needs the articles of {' and '.join(_HISTORY_NEEDS)}: set enabled: true for both"
        return None if asked >= set(_HISTORY_NEEDS) else DisabledError(f"{told} in sources.yml.")
    if name == _TENTPOLES:
        return None
    return refusal(name, config, settings)
