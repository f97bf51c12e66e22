"""limits.yml: how each source may be asked. Every mistake comes with file, line and field."""

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from etheatmap_core.config.model import (
    SOURCE_NAMES,
    BreakerLimits,
    RequestRate,
    SourceLimits,
    canonical_source,
)
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.config.yaml_nodes import line_of, mapping, plain, section

_PERIOD_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(rf"([1-9]\d{{0,8}})/({'|'.join(_PERIOD_SECONDS)})")
_HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_CONFIGURED = "configured"

# key → what is expected, and how a value of it is read (None: not what was expected)
_Keys = Mapping[str, tuple[str, Callable[[object], object | None]]]


def read_limits(path: Path, names: Collection[str] = SOURCE_NAMES) -> Mapping[str, SourceLimits]:
    """``limits: {source: {hosts: [...], requests: 20/hour, ...}}``; what a source does not say has a default."""
    problems = Problems(path)
    limits: dict[str, SourceLimits] = {}
    for line, name, node in mapping(section(path, "limits"), "limits", problems):
        source = canonical_source(name)
        if source not in names:
            problems.add(line, name, one_of(names, name), name)
        elif source in limits:
            problems.add(line, name, f"one entry for {source}; it has one above under another name")
        elif found := _limits(line, source, node, problems):
            limits[source] = found
    problems.raise_if_any()
    return MappingProxyType(limits)


def _limits(line: int, source: str, node: yaml.Node, problems: Problems) -> SourceLimits | None:
    """None where something that has no default is missing or wrong; the problems say what."""
    values: dict[str, Any] = {}
    for key_line, key, value_node in mapping(node, source, problems):
        if key == "breaker":
            values[key] = BreakerLimits(**_values(f"{source}.breaker", value_node, _BREAKER_KEYS, problems))
        else:
            values.update(_value(key_line, source, key, value_node, _KEYS, problems))
    if "not_found" in values:
        values["is_absent_unpublished"] = values.pop("not_found")
    named = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
    for key in ("hosts", "requests"):
        if key not in named:
            problems.add(line, f"{source}.{key}", _KEYS[key][0], "nothing")
    if not {"hosts", "requests"} <= values.keys():
        return None
    return SourceLimits(source=source, **values)


def _values(where: str, node: yaml.Node, keys: _Keys, problems: Problems) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for line, key, value_node in mapping(node, where, problems):
        values.update(_value(line, where, key, value_node, keys, problems))
    return values


def _value(line: int, where: str, key: str, node: yaml.Node, keys: _Keys, problems: Problems) -> dict[str, Any]:
    """The entry as read; nothing where it is wrong, and the problem says so."""
    if key not in keys:
        problems.add(line, f"{where}.{key}", one_of([*keys, *(["breaker"] if keys is _KEYS else [])], key), key)
        return {}
    expected, parse = keys[key]
    found = plain(node)
    value = parse(found)
    if value is None:
        problems.add(line_of(node), f"{where}.{key}", expected, "nothing" if found is None else found)
        return {}
    return {key: value}


def _hosts(value: object) -> tuple[str, ...] | None:
    """Names, or the one word for "those of the addresses that the operator has configured"."""
    if value == _CONFIGURED:
        return ()
    return value if (value := _words(value, _HOST)) else None


def _rate(value: object) -> RequestRate | None:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    return RequestRate(int(match[1]), _PERIOD_SECONDS[match[2]]) if match else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _seconds_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _not_found(value: object) -> bool | None:
    return {"not_published": True, "refused": False}.get(value) if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _variables(value: object) -> tuple[str, ...] | None:
    return _words(value, _VARIABLE)


def _words(value: object, pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(word, str) and pattern.fullmatch(word) for word in value):
        return None
    return tuple(value)


_BREAKER_KEYS: _Keys = {
    "failures": ("a whole number above 0", _count),
    "pause_seconds": ("a whole number of seconds above 0", _count),
}
_KEYS: _Keys = {
    "hosts": ("a list of host names like [en.wikipedia.org, '*.reddit.com'], or configured", _hosts),
    "requests": ("a rate like 20/hour (second, minute, hour or day)", _rate),
    "burst": ("a whole number of requests above 0", _count),
    "timeout_seconds": ("a whole number of seconds above 0", _count),
    "attempts": ("a whole number above 0", _count),
    "max_size_bytes": ("a whole number of bytes above 0", _count),
    "max_seconds": ("a whole number of seconds above 0", _count),
    "max_wait_seconds": ("a whole number of seconds, 0 or more", _seconds_or_none),
    "ttl_seconds": ("a whole number of seconds above 0", _count),
    "not_found": ("not_published or refused", _not_found),
    "credentials": ("a list of variables like [NEWS_API_KEY]", _variables),
    "accepts_gzip": ("true or false", _flag),
}
