"""discovery.yml: the rules of discovery. Mistakes come with their line; what is left out has its published value."""

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from etheatmap_core.config.model import SOURCE_NAMES
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.config.trees import read_members
from etheatmap_core.config.yaml_nodes import Keys, mapping, section, values
from etheatmap_core.discovery.rules import AdmissionRules, DiscoveryRules, LifecycleRules, SpikeRules


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= sys.float_info.max else None  # type: ignore[arg-type, operator]


_A_COUNT = ("a whole number above 0", _whole)
_A_NUMBER = ("a number of at least 0", _number)
_PARTS: Mapping[str, Keys] = {
    "spikes": {"least_views": _A_COUNT, "least_z": _A_NUMBER},
    "admission": {"least_source_types": _A_COUNT, "window_hours": _A_COUNT, "least_z": _A_NUMBER},
    "lifecycle": {"quiet_days": _A_COUNT, "low_heat": _A_NUMBER, "wake_z": _A_NUMBER},
}


def read_discovery(path: Path, names: Collection[str] = SOURCE_NAMES) -> DiscoveryRules:
    """``discovery: {source_types: {type: [source, ...]}, spikes: {...}, admission: {...}, lifecycle: {...}}``."""
    problems = Problems(path)
    told: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
    types: dict[str, str] = {}
    at = 1
    for line, key, node in mapping(section(path, "discovery"), "discovery", problems):
        if key == "source_types":
            types = _types(node, names, problems)
        elif key in _PARTS:
            at = line if key == "admission" else at
            told[key] = values(node, key, _PARTS[key], problems)
        else:
            problems.add(line, key, one_of(("source_types", *_PARTS), key), key)
    kinds, needed = len(set(types.values())), told["admission"].get("least_source_types", 2)
    if needed > kinds:
        problems.add(at, "admission.least_source_types", f"at most the {kinds} source types there are", needed)
    problems.raise_if_any()
    return DiscoveryRules(
        MappingProxyType(types),
        SpikeRules(**told["spikes"]),
        AdmissionRules(**told["admission"]),
        LifecycleRules(**told["lifecycle"]),
    )


def _types(node: yaml.Node, names: Collection[str], problems: Problems) -> dict[str, str]:
    taken: set[str] = set()
    return {
        source: name
        for line, name, members in mapping(node, "source_types", problems)
        for source in read_members(line, name, members, names, taken, problems)
    }
