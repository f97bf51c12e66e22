"""trade_feeds.yml: who publishes, how much it weighs, and whose feeds are read."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from etheatmap_core.config.addresses import is_address
from etheatmap_core.config.model import Outlet
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.config.yaml_nodes import has_key, line_of, mapping, plain, section

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_NEEDED = ("domain", "tier")


def read_outlets(path: Path) -> tuple[Outlet, ...]:
    """``outlets: {name: {domain: variety.com, tier: 1, feed: https://..., topics: [...]}}``, in the file's order."""
    problems = Problems(path)
    outlets: list[Outlet] = []
    owners: dict[str, str] = {}
    for line, name, node in mapping(section(path, "outlets"), "outlets", problems):
        values = _values(name, node, problems)
        missing = [key for key in _NEEDED if key not in values]
        for key in missing:
            if not has_key(node, key):
                problems.add(line, f"{name}.{key}", _KEYS[key][0], "nothing")
        domain = values.get("domain", "")
        if domain and (owner := owners.setdefault(domain, name)) != name:
            problems.add(line, f"{name}.domain", f"a domain of its own; {owner} above has this one", domain)
        elif not missing:
            outlets.append(Outlet(name=name, **values))
    problems.raise_if_any()
    return tuple(outlets)


def _values(name: str, node: yaml.Node, problems: Problems) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for line, key, value_node in mapping(node, name, problems):
        if key not in _KEYS:
            problems.add(line, f"{name}.{key}", one_of(_KEYS, key), key)
            continue
        expected, parse = _KEYS[key]
        found = plain(value_node)
        value = parse(found)
        if value is None:
            problems.add(line_of(value_node), f"{name}.{key}", expected, "nothing" if found is None else found)
        else:
            values[key] = value
    return values


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


# key → what is expected, and how a value of it is read (None: not what was expected)
_KEYS: Mapping[str, tuple[str, Callable[[object], object | None]]] = MappingProxyType(
    {
        "domain": ("a domain like variety.com, in small letters and without www.", _domain),
        "tier": ("1, 2 or 3", _tier),
        "feed": ("an address that starts with http:// or https://", _feed),
        "topics": ("a list of words like [film, television]", _topics),
    }
)
