"""Plans for sources whose questions need no files: settings from words, entities from names."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

from etheatmap_assets.sources.source import Plan
from etheatmap_core.config import Config
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.settings import Settings

HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)


class _NoSources:
    """A sources.yml that says nothing: every source keeps its own address."""

    sources: Mapping[str, object] = MappingProxyType({})


def plan_of(
    source: str,
    names: Sequence[str] = (),
    *,
    last_asked: Mapping[str, datetime] | None = None,
    **settings: Any,
) -> Plan:
    """The hottest first, each a little cooler than the one before."""
    entities = [
        Tracked(position, name, "person", "film", 100.0 - position) for position, name in enumerate(names, start=1)
    ]
    return Plan(
        source, HOUR, Settings(_env_file=None, **settings), cast("Config", _NoSources()), entities, last_asked or {}
    )
