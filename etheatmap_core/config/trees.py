"""The YAML files: sources.yml and source_types.yml, read with their line numbers."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from etheatmap_core.config.model import SOURCE_ALIASES, SOURCE_NAMES, SourceConfig
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.errors import ConfigError

_KEYS = ("enabled", "weight", "cadence", "ttl_seconds", "base_url")
_Node = yaml.Node | None


def read_sources(path: Path) -> Mapping[str, SourceConfig]:
    """``sources: {name: {enabled: bool, weight: float, ...}}``; an old name counts as its new one."""
    problems = Problems(path)
    sources: dict[str, SourceConfig] = {}
    for line, name, node in _mapping(_section(path, "sources"), "sources", problems):
        known = SOURCE_ALIASES.get(name, name)
        if known not in SOURCE_NAMES:
            problems.add(line, name, one_of((*SOURCE_NAMES, *SOURCE_ALIASES), name), name)
        elif known in sources:
            problems.add(line, name, f"one entry for {known}; it has one above under another name")
        else:
            sources[known] = _source(known, line, node, problems)
    problems.raise_if_any()
    return sources


def read_source_types(path: Path) -> Mapping[str, tuple[str, ...]]:
    """``types: {type: [source, ...]}``; a source belongs to one type at most."""
    problems = Problems(path)
    types: dict[str, tuple[str, ...]] = {}
    for line, name, node in _mapping(_section(path, "types"), "types", problems):
        members = yaml.safe_load(yaml.serialize(node)) if isinstance(node, yaml.SequenceNode) else None
        if not members or not all(isinstance(member, str) for member in members):
            problems.add(line, name, "a list of source names like [trends, wiki]")
            continue
        taken = {member for others in types.values() for member in others}
        for member in members:
            if member not in SOURCE_NAMES:
                problems.add(line, name, one_of(SOURCE_NAMES, member), member)
            elif member in taken or members.count(member) > 1:
                problems.add(line, name, "each source in one type only", member)
        types[name] = tuple(members)
    problems.raise_if_any()
    return types


def _section(path: Path, name: str) -> _Node:
    """The node below the file's only top-level key."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path.name}:{line}: expected YAML, found {getattr(error, 'problem', error)}.") from error
    problems = Problems(path)
    if root is None:
        return None
    nodes = {}
    for line, key, node in _mapping(root, path.name, problems):
        if key == name:
            nodes[key] = node
        else:
            problems.add(line, key, f"only '{name}' at the top", key)
    problems.raise_if_any()
    return nodes.get(name)


def _mapping(node: _Node, where: str, problems: Problems) -> Iterator[tuple[int, str, yaml.Node]]:
    """Line, key and value of each entry; a key that stands twice is a problem, not a silent override."""
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        problems.add(node.start_mark.line + 1, where, "names with a colon, one a line", getattr(node, "value", None))
        return
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            problems.add(line, where, "a name")
        elif key.value in seen:
            problems.add(line, key.value, "each name once", key.value)
        else:
            seen.add(key.value)
            yield line, key.value, value


def _source(name: str, line: int, node: yaml.Node, problems: Problems) -> SourceConfig:
    values: dict[str, object] = {"enabled": False, "weight": 1.0}
    for key_line, key, value_node in _mapping(node, name, problems):
        value = yaml.safe_load(yaml.serialize(value_node))
        expected = _expectation(key, value)
        if key not in _KEYS:
            problems.add(key_line, f"{name}.{key}", one_of(_KEYS, key), key)
        elif expected:
            problems.add(key_line, f"{name}.{key}", expected, value)
        else:
            values[key] = float(value) if key == "weight" else value
    return SourceConfig(name=name, **values)  # type: ignore[arg-type]  each value was checked above


def _expectation(key: str, value: object) -> str | None:
    """What the key's value should have been, None when it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "enabled":
        return None if isinstance(value, bool) else "true or false"
    if key == "weight":
        return None if is_number and math.isfinite(value) and value >= 0 else "a number of at least 0"  # type: ignore[arg-type, operator]
    if key == "ttl_seconds":
        return None if is_number and isinstance(value, int) and value > 0 else "a whole number of seconds above 0"
    if key == "base_url":
        is_url = isinstance(value, str) and urlsplit(value).scheme in ("http", "https", "file")
        return None if is_url else "an address that starts with http://, https:// or file://"
    return None if isinstance(value, str) and value else "a text"
