"""trade_feeds.yml: who publishes, how much it weighs, and whose feeds are read."""

import re
from pathlib import Path
from types import MappingProxyType

from etheatmap_core.config.addresses import is_address
from etheatmap_core.config.model import Outlet
from etheatmap_core.config.problems import Problems
from etheatmap_core.config.yaml_nodes import Keys, has_key, mapping, section, values

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_NEEDED = ("domain", "tier")


def read_outlets(path: Path) -> tuple[Outlet, ...]:
    """``outlets: {name: {domain: variety.com, tier: 1, feed: https://..., topics: [...]}}``, in the file's order."""
    problems = Problems(path)
    outlets: list[Outlet] = []
    owners: dict[str, str] = {}
    for line, name, node in mapping(section(path, "outlets"), "outlets", problems):
        told = values(node, name, _KEYS, problems)
        missing = [key for key in _NEEDED if key not in told]
        for key in missing:
            if not has_key(node, key):
                problems.add(line, f"{name}.{key}", _KEYS[key][0], "nothing")
        domain = told.get("domain", "")
        if domain and (owner := owners.setdefault(domain, name)) != name:
            problems.add(line, f"{name}.domain", f"a domain of its own; {owner} above has this one", domain)
        elif not missing:
            outlets.append(Outlet(name=name, **told))
    problems.raise_if_any()
    return tuple(outlets)


def _domain(value: object) -> str | None:
    fits = isinstance(value, str) and _DOMAIN.fullmatch(value) and not value.startswith("www.")
    return str(value) if fits else None


def _tier(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in (1, 2, 3) else None


def _feed(value: object) -> str | None:
    return value if isinstance(value, str) and is_address(value, "http", "https") else None


def _topics(value: object) -> tuple[str, ...] | None:
    is_list = isinstance(value, list) and all(isinstance(topic, str) and topic.strip() for topic in value)
    return tuple(value) if is_list else None  # type: ignore[arg-type]


_KEYS: Keys = MappingProxyType(
    {
        "domain": ("a domain like variety.com, in small letters and without www.", _domain),
        "tier": ("1, 2 or 3", _tier),
        "feed": ("an address that starts with http:// or https://", _feed),
        "topics": ("a list of words like [film, television]", _topics),
    }
)
