"""Plans for YouTube with the shipped configuration."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from etheatmap_assets.sources.source import Plan
from etheatmap_core.config import load_config
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.settings import Settings

CONFIG = load_config(Path(__file__).parents[3] / "configs")
HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
NAMES = ["Zendaya", "Brad Pitt", "Blackpink", "Meryl Streep", "Dune"]


def plan(names: Sequence[str], watched: Sequence[str] = (), last_asked: Mapping[str, datetime] | None = None) -> Plan:
    """The most important name first."""
    entities = [Tracked(number, name, "person", "film", None) for number, name in enumerate(names)]
    settings = Settings(_env_file=None, youtube_api_key=SecretStr("a-key"))  # type: ignore[call-arg]
    return Plan("youtube", HOUR, settings, CONFIG, entities, last_asked or {}, watched=watched)
