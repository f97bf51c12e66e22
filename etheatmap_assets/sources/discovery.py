"""Which sources there are: every file of this folder that has a ``SOURCE``.

Here: finding them, and whether the configuration knows them. Not here: what a source is (source), its asset (asset).
"""

import pkgutil
from collections.abc import Sequence
from importlib import import_module

import etheatmap_assets.sources as folder
from etheatmap_assets.sources.source import Source
from etheatmap_core.config import Config
from etheatmap_core.config.example import EXAMPLE
from etheatmap_core.config.model import SOURCE_NAMES
from etheatmap_core.errors import ConfigError


def discovered(config: Config) -> Sequence[Source]:
    """Those that a published name, or a title in sources.yml, makes known; in the order of their files.

    ConfigError where sources.yml adds one that no file collects: it would be shown, and never asked.
    """
    found = [source for source in _in_files() if source.name in config.source_names]
    added = set(config.sources) - {*SOURCE_NAMES, EXAMPLE}
    for name in sorted(added - {source.name for source in found}):
        raise ConfigError(
            f"sources.yml: {name} has a title, but no file of etheatmap_assets/sources collects it: "
            "write one (docs/adding-a-source.md), or remove the entry."
        )
    return found


def _in_files() -> Sequence[Source]:
    modules = [import_module(f"{folder.__name__}.{module.name}") for module in pkgutil.iter_modules(folder.__path__)]
    named = [getattr(module, "SOURCE", None) for module in modules]
    return [source for source in named if isinstance(source, Source)]
