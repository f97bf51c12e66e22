"""YAML files as nodes that know their lines, so that a mistake can be told with file and line."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from etheatmap_core.config.problems import Problems, one_of, read_text
from etheatmap_core.errors import ConfigError

# key → what is expected, and how a value of it is read (None: not what was expected)
Keys = Mapping[str, tuple[str, Callable[[object], object | None]]]


def section(path: Path, name: str) -> yaml.Node:
    """The node below the file's only top-level key."""
    try:
        root = yaml.compose(read_text(path), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        found = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise ConfigError(f"{path.name}:{line}: expected YAML, found {found}.") from error
    problems = Problems(path)
    nodes = {}
    for line, key, node in mapping(root, path.name, problems) if root is not None else ():
        if key == name:
            nodes[key] = node
        else:
            problems.add(line, key, f"only '{name}' at the top", key)
    problems.raise_if_any()
    if name not in nodes:
        problems.add(1, name, f"the key '{name}' at the top; the file is empty")
        problems.raise_if_any()
    return nodes[name]


def mapping(node: yaml.Node, where: str, problems: Problems) -> Iterator[tuple[int, str, yaml.Node]]:
    """Line, key and value of each entry; a key that stands twice is a problem, not a silent override."""
    if not isinstance(node, yaml.MappingNode):
        found = node.value if isinstance(node, yaml.ScalarNode) else "a list"
        problems.add(line_of(node), where, "names with a colon, one a line", found)
        return
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.add(line_of(key), where, "a name")
        elif key.value in seen:
            problems.add(line_of(key), key.value, "each name once", key.value)
        else:
            seen.add(key.value)
            yield line_of(key), key.value, value


def values(node: yaml.Node, where: str, keys: Keys, problems: Problems) -> dict[str, Any]:
    """The entries as ``keys`` read them; what is wrong is left out, and the problems say so."""
    found: dict[str, Any] = {}
    for line, key, value_node in mapping(node, where, problems):
        if key not in keys:
            problems.add(line, f"{where}.{key}", one_of(keys, key), key)
            continue
        expected, parse = keys[key]
        told = plain(value_node)
        value = parse(told)
        if value is None:
            problems.add(line_of(value_node), f"{where}.{key}", expected, "nothing" if told is None else told)
        else:
            found[key] = value
    return found


def plain(node: yaml.Node) -> object:
    """The node as Python sees it; what YAML itself cannot make sense of stays as it is written."""
    try:
        value: object = yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError):
        return str(node.value)
    return value


def has_key(node: yaml.Node, key: str) -> bool:
    """Whether the mapping says anything about ``key``, right or wrong."""
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    return any(isinstance(name, yaml.ScalarNode) and name.value == key for name, _ in entries)


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
