"""Which sources may be asked here, and which switch or key keeps the others silent.

Here: the rule, for Dagster, API and command line alike. Not here: whether an upstream answers (source_health).
"""

from collections.abc import Mapping

from etheatmap_core.config.model import Config
from etheatmap_core.errors import DisabledError, EtHeatmapError, NoCredentialsError
from etheatmap_core.settings import Settings

# Switches of the environment beside the one in sources.yml: both must be on.
FEATURES = {
    "scrape_news": "FEATURE_SCRAPERAPI",
    "apify_tiktok": "FEATURE_APIFY",
    "tt_cc": "FEATURE_APIFY",
    "tt_search": "FEATURE_APIFY",
}
# No asset goes by this name: it switches the steps of discovery on and off together.
DISCOVERY = "entity_discovery"
# No asset goes by this name either: it switches advanced_scores.
ADVANCED = "advanced_scoring"
# Sources whose addresses are not one: a base_url would silently change nothing.
ADDRESSES_ELSEWHERE = {
    "trade_rss": "its feeds' addresses stand in trade_feeds.yml",
    "entity_roster": "it asks Wikipedia, Wikidata and Wikimedia",
    "imdb_box_office": "it asks Wikidata, and reads box_office.csv",
}
# Sources that never ask the same question twice: a ttl_seconds would silently change nothing.
NEVER_ASKED_TWICE = {
    "wiki": "each hour has a file of its own",
    "gdelt_gkg": "each quarter of an hour has a file of its own",
    "entity_roster": "it is asked once a day",
    "imdb_box_office": "it is asked once a day",
}
# Sources of numbers, and steps of our own: they have no items that could be listed.
WITHOUT_ITEMS = frozenset({
    "wiki", "wiki_history", "imdb_box_office", "tentpoles", "entity_roster", "entity_discovery", "advanced_scoring",
})  # fmt: skip
# Sources of headlines: no signals of their own, `news` counts them together.
NEWS_FEEDERS = ("trade_rss", "google_news", "newsapi")


def refusal(source: str, config: Config, settings: Settings) -> EtHeatmapError | None:
    """Why the source is not asked, naming the switch or the variables; None where it is."""
    if not config.is_enabled(source):
        return DisabledError(f"{source} is switched off: set enabled: true for it in sources.yml.")
    feature = FEATURES.get(source)
    if feature is not None and not getattr(settings, feature.lower()):
        return DisabledError(f"{source} is switched off: set {feature}=true in .env.")
    limits = config.limits.get(source)
    missing = settings.missing(limits.credentials) if limits is not None else []
    if missing:
        them = "it" if len(missing) == 1 else "them"
        return NoCredentialsError(f"{source} needs {' and '.join(missing)}: set {them} in .env.")
    return None


def asked_sources(config: Config, settings: Settings) -> frozenset[str]:
    """The sources that are asked."""
    return frozenset(name for name in config.weights if refusal(name, config, settings) is None)


def scored_weights(config: Config, settings: Settings) -> Mapping[str, float]:
    """The weight in the velocity of every source of signals that is asked; that of news is its feeders' largest."""
    asked = asked_sources(config, settings)
    feeders = [config.weights[name] for name in NEWS_FEEDERS if name in asked]
    silent = {*NEWS_FEEDERS, DISCOVERY, ADVANCED}  # the last two are steps of our own, which no score may rest on
    weights = {name: weight for name, weight in config.weights.items() if name in asked and name not in silent}
    return {**weights, "news": max(feeders)} if feeders else weights
