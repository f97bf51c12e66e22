"""The files of configs/, read whole and checked before anything uses them.

Here: their formats, and errors that name file, line, field and what was expected.
Not here: environment variables (etheatmap_core.settings).
"""

from etheatmap_core.config.loader import load_config
from etheatmap_core.config.model import UNKNOWN_TIER, Config, EntityConfig, Outlet, SourceConfig, Tentpole, TradeFeed

__all__ = ["UNKNOWN_TIER", "Config", "EntityConfig", "Outlet", "SourceConfig", "Tentpole", "TradeFeed", "load_config"]
