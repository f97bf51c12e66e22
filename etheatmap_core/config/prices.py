"""prices.yml: the versions of the price table. Dollars become integer micro-dollars. Mistakes come with their line."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from etheatmap_core.budget.prices import PAGE_OPTIONS, PLAIN, ModelPrice, Prices
from etheatmap_core.config.numbers import count, micros
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.config.yaml_nodes import line_of, mapping, plain, section

_KEYS = ("from", "note", "openai", "scraperapi", "youtube")
_MODEL_KEYS = ("input", "cached_input", "output")
_OPTIONS = (PLAIN, *sorted(PAGE_OPTIONS))
_DOLLARS = "US dollars per million tokens, of at least 0, like 0.15"
_COUNT = "a whole number above 0"
_NONE = "this key, which has no default"

Read = TypeVar("Read")


def read_prices(path: Path) -> tuple[Prices, ...]:
    """``prices: [{from, note, openai, scraperapi, youtube}, ...]``, the oldest first."""
    problems = Problems(path)
    node = section(path, "prices")
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        problems.add(line_of(node), "prices", "a list of versions, each from its day on")
    problems.raise_if_any()
    versions = [version for entry in node.value if (version := _version(entry, problems)) is not None]
    for before, after in pairwise(versions):
        if after.since <= before.since:
            problems.add(line_of(node), "prices", f"each version after the one above it, not {after.since}")
    problems.raise_if_any()
    return tuple(versions)


def _version(node: yaml.Node, problems: Problems) -> Prices | None:
    parts = {}
    for line, key, value in mapping(node, "prices", problems):
        if key in _KEYS:
            parts[key] = (line, value)
        else:
            problems.add(line, key, one_of(_KEYS, key), key)
    for key in _KEYS:
        if key not in parts:
            problems.add(line_of(node), key, _NONE, "nothing")
    if parts.keys() != set(_KEYS):
        return None
    line, since_node = parts["from"]
    since = plain(since_node)
    if type(since) is not date:
        problems.add(line, "from", "a day like 2026-11-01", since)
        return None
    return Prices(
        since=since,
        note=str(plain(parts["note"][1])),
        openai=_table(parts["openai"][1], "openai", _model, problems),
        scraperapi={
            frozenset(options.split("+")): cost
            for options, cost in _table(parts["scraperapi"][1], "scraperapi", _credits, problems).items()
        },
        youtube=_table(parts["youtube"][1], "youtube", _units, problems),
    )


def _table(
    node: yaml.Node, where: str, read: Callable[[int, str, str, yaml.Node, Problems], Read | None], problems: Problems
) -> Mapping[str, Read]:
    found = {}
    for line, name, value in mapping(node, where, problems):
        entry = read(line, where, name, value, problems)
        if entry is not None:
            found[name] = entry
    return MappingProxyType(found)


def _model(line: int, where: str, name: str, node: yaml.Node, problems: Problems) -> ModelPrice | None:
    values: dict[str, Any] = {}
    for at, key, value in mapping(node, f"{where}.{name}", problems):
        if key not in _MODEL_KEYS:
            problems.add(at, f"{where}.{name}.{key}", one_of(_MODEL_KEYS, key), key)
        elif (price := micros(plain(value))) is None:
            problems.add(at, f"{where}.{name}.{key}", _DOLLARS, plain(value))
        else:
            values[key] = price
    for key in ("input", "output"):
        if key not in values:
            problems.add(line, f"{where}.{name}.{key}", _DOLLARS, "nothing")
            return None
    cached = values.get("cached_input", values["input"])
    if cached > values["input"]:
        problems.add(line, f"{where}.{name}.cached_input", "no more than input")
    return ModelPrice(values["input"], cached, values["output"])


def _credits(line: int, where: str, name: str, node: yaml.Node, problems: Problems) -> int | None:
    for option in name.split("+"):
        if option not in _OPTIONS:
            problems.add(line, f"{where}.{name}", one_of(_OPTIONS, option), option)
    return _units(line, where, name, node, problems)


def _units(line: int, where: str, name: str, node: yaml.Node, problems: Problems) -> int | None:
    units = count(plain(node)) or None
    if units is None:
        problems.add(line, f"{where}.{name}", _COUNT, plain(node))
    return units
