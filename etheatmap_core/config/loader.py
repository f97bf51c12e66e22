"""All files of configs/ at once."""

from pathlib import Path

from etheatmap_core.config.budgets import read_budgets
from etheatmap_core.config.discovery import read_discovery
from etheatmap_core.config.limits import read_limits
from etheatmap_core.config.model import Config, source_names
from etheatmap_core.config.outlets import read_outlets
from etheatmap_core.config.prices import read_prices
from etheatmap_core.config.tables import read_entities, read_news_sources, read_tentpoles, read_words
from etheatmap_core.config.trees import read_source_types, read_sources
from etheatmap_core.errors import ConfigError

_FILES = (
    "entities.csv",
    "sources.yml",
    "source_types.yml",
    "discovery.yml",
    "tentpoles.csv",
    "news_sources.csv",
    "limits.yml",
    "budgets.yml",
    "prices.yml",
    "trade_feeds.yml",
    "common_words.txt",
)


def load_config(directory: Path) -> Config:
    """Reads and checks every file. Raises ConfigError: a line a problem, with file, line, field and expectation."""
    missing = [name for name in _FILES if not (directory / name).is_file()]
    if missing:
        raise ConfigError(
            f"{directory} has no {', '.join(missing)}: restore what is missing from the release, "
            "or set ETHEATMAP_CONFIG_DIR to the right folder."
        )
    entities = read_entities(directory / "entities.csv")
    sources = read_sources(directory / "sources.yml")
    names = source_names(sources)
    return Config(
        entities=entities,
        sources=sources,
        source_types=read_source_types(directory / "source_types.yml", names),
        tentpoles=read_tentpoles(directory / "tentpoles.csv", [entity.name for entity in entities]),
        news_sources=read_news_sources(directory / "news_sources.csv"),
        limits=read_limits(directory / "limits.yml", names),
        budgets=read_budgets(directory / "budgets.yml", names),
        prices=read_prices(directory / "prices.yml"),
        discovery=read_discovery(directory / "discovery.yml", names),
        outlets=read_outlets(directory / "trade_feeds.yml"),
        common_words=read_words(directory / "common_words.txt"),
    )
