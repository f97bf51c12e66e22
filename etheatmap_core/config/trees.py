"""The YAML files: sources.yml and source_types.yml, read with their line numbers."""

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import yaml

from etheatmap_core.config.addresses import is_address
from etheatmap_core.config.model import (
    LONGEST_CADENCES,
    MANUAL,
    MAX_SOURCE_TYPES,
    SOURCE_ALIASES,
    SOURCE_NAMES,
    SourceConfig,
    canonical_source,
)
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.config.yaml_nodes import Keys, has_key, line_of, mapping, section, values

_DURATION = re.compile(r"([1-9]\d{0,5})([hd])")
_HOURS = {"h": 1, "d": 24}


def read_sources(path: Path) -> Mapping[str, SourceConfig]:
    """``sources: {name: {enabled: bool, weight: float, ...}}``; an old name counts as its new one.

    A name that is not published is a slip of the pen, unless it has a title: then it is a source that was added.
    """
    problems = Problems(path)
    sources: dict[str, SourceConfig] = {}
    for line, name, node in mapping(section(path, "sources"), "sources", problems):
        known = canonical_source(name)
        if known in sources:
            problems.add(line, name, f"one entry for {known}; it has one above under another name")
        elif known in SOURCE_NAMES or has_key(node, "title"):
            sources[known] = _source(known, node, problems)
        else:
            expected = one_of((*SOURCE_NAMES, *SOURCE_ALIASES), name)
            problems.add(line, name, f"{expected}, or a title in a source that was added", name)
    problems.raise_if_any()
    return MappingProxyType(sources)


def read_source_types(path: Path, names: Collection[str] = SOURCE_NAMES) -> Mapping[str, tuple[str, ...]]:
    """``types: {type: [source, ...]}``, three types at most; a source belongs to one type at most."""
    problems = Problems(path)
    types: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for line, name, node in mapping(section(path, "types"), "types", problems):
        if len(types) == MAX_SOURCE_TYPES:
            problems.add(line, name, f"at most {MAX_SOURCE_TYPES} types, which is what the formula counts")
        types[name] = tuple(read_members(line, name, node, names, taken, problems))
    problems.raise_if_any()
    return MappingProxyType(types)


def read_members(
    line: int, name: str, node: yaml.Node, names: Collection[str], taken: set[str], problems: Problems
) -> Iterator[str]:
    """The sources of one type, each of ``names``; those of all types so far are in ``taken``."""
    members = node.value if isinstance(node, yaml.SequenceNode) else []
    if not members or not all(isinstance(member, yaml.ScalarNode) for member in members):
        problems.add(line, name, "a list of source names like [trends, wiki]")
        return
    for member in members:
        source = canonical_source(member.value)
        if source not in names:
            problems.add(line_of(member), name, one_of(names, member.value), member.value)
        elif source in taken:
            problems.add(line_of(member), name, "each source in one type only", member.value)
        taken.add(source)
        yield source


def _source(name: str, node: yaml.Node, problems: Problems) -> SourceConfig:
    keys = {**_KEYS, "cadence": _at_most(LONGEST_CADENCES[name])} if name in LONGEST_CADENCES else _KEYS
    told = {"enabled": False, "weight": 1.0, **values(node, name, keys, problems)}
    if told.get("cadence") == MANUAL:
        told.update(cadence=None, is_manual=True)
    return SourceConfig(name=name, **told)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _title(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() and value.isprintable() else None


def _weight(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= sys.float_info.max else None  # type: ignore[arg-type, operator]


def _cadence(value: object) -> timedelta | str | None:
    """Whole hours that divide a day, for an hour is the finest partition there is; or MANUAL."""
    if value == MANUAL:
        return MANUAL
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    hours = int(match[1]) * _HOURS[match[2]] if match else 0
    return timedelta(hours=hours) if hours and _HOURS["d"] % hours == 0 else None


def _at_most(longest: timedelta) -> tuple[str, Callable[[object], object | None]]:
    """The same, of a source that a longer cadence would have asked for nothing."""

    def read(value: object) -> timedelta | str | None:
        cadence = _cadence(value)
        return None if isinstance(cadence, timedelta) and cadence > longest else cadence

    spelt = ", ".join(f"{hours}h" for hours in range(1, longest // timedelta(hours=1) + 1) if _HOURS["d"] % hours == 0)
    return f"{spelt} or {MANUAL}, for what is asked less often tells nothing of an hour", read


def _seconds(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _base_url(value: object) -> str | None:
    return value if isinstance(value, str) and is_address(value, "http", "https", "file") else None


_KEYS: Keys = {
    "title": ("a text that people read, like Hacker News", _title),
    "enabled": ("true or false", _flag),
    "weight": ("a number of at least 0", _weight),
    "cadence": (f"whole hours that divide a day (1h, 2h, 3h, 4h, 6h, 8h, 12h, 1d), or {MANUAL}", _cadence),
    "ttl_seconds": ("a whole number of seconds above 0", _seconds),
    "base_url": ("an address that starts with http://, https:// or file:///", _base_url),
}
