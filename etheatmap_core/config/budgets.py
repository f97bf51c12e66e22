"""budgets.yml: what may be spent. Dollars become integer micro-dollars here. Mistakes come with their line."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from etheatmap_core.budget.model import TOTAL, Budgets, ProviderBudget, SourceUse, Unit
from etheatmap_core.config.model import SOURCE_NAMES, canonical_source
from etheatmap_core.config.numbers import count, micros
from etheatmap_core.config.problems import Problems, one_of
from etheatmap_core.config.yaml_nodes import line_of, mapping, plain, section

_UNITS: Mapping[str, Unit] = {"credits": "credits", "requests": "requests", "units": "units", "usd": "usd_micros"}
_SPAN = re.compile(r"([1-9]\d{0,5})([mhd])")
_SPAN_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_PROVIDER = re.compile(r"[a-z][a-z0-9_]*")
_DOLLARS = "US dollars of at least 0, a millionth the least part, like 30 or 0.15"
_COUNT = "a whole number of at least 0"

# key → what is expected, and how a value of it is read (None: not what was expected)
_Keys = Mapping[str, tuple[str, Callable[[object], object | None]]]


def read_budgets(path: Path, names: Collection[str] = SOURCE_NAMES) -> Budgets:
    """``budgets: {total: ..., soft_share: ..., providers: {...}, sources: {...}}``."""
    problems = Problems(path)
    parts = {key: (line, node) for line, key, node in mapping(section(path, "budgets"), "budgets", problems)}
    for key in parts.keys() - {"total", "soft_share", "providers", "sources"}:
        problems.add(parts[key][0], key, one_of(("total", "soft_share", "providers", "sources"), key), key)
    for key in {"total", "providers"} - parts.keys():
        problems.add(1, key, "this part, which has no default", "nothing")
    problems.raise_if_any()
    total, fixed = _total(parts["total"][1], problems)
    providers = _providers(parts["providers"][1], problems)
    uses = _uses(parts["sources"][1], names, providers, problems) if "sources" in parts else {}
    soft_share = _soft_share(parts["soft_share"][1], problems) if "soft_share" in parts else 1.0
    if sum(fixed.values()) > total:
        problems.add(parts["total"][0], "total", "fixed costs within limit_usd")
    problems.raise_if_any()
    return Budgets(total, MappingProxyType(fixed), MappingProxyType(providers), MappingProxyType(uses), soft_share)


def with_limits(budgets: Budgets, limits: Mapping[str, int | None]) -> Budgets:
    """``limits`` of the environment on top, in each provider's unit; None says nothing."""
    changed = {
        name: budget if (limit := limits.get(name)) is None else replace(budget, limit_units=limit)
        for name, budget in budgets.providers.items()
    }
    return replace(budgets, providers=MappingProxyType(changed))


def _total(node: yaml.Node, problems: Problems) -> tuple[int, dict[str, int]]:
    total, fixed = 0, {}
    for line, key, value in mapping(node, "total", problems):
        if key == "limit_usd":
            total = _read(line, "total.limit_usd", value, _DOLLARS, micros, problems) or 0
        elif key == "fixed_usd":
            for fixed_line, name, cost in mapping(value, "total.fixed_usd", problems):
                fixed[name] = _read(fixed_line, f"total.fixed_usd.{name}", cost, _DOLLARS, micros, problems) or 0
        else:
            problems.add(line, f"total.{key}", one_of(("limit_usd", "fixed_usd"), key), key)
    return total, fixed


def _providers(node: yaml.Node, problems: Problems) -> dict[str, ProviderBudget]:
    found = {}
    for line, name, entry in mapping(node, "providers", problems):
        if not _PROVIDER.fullmatch(name) or name == TOTAL:
            problems.add(line, name, f"a name in small letters other than {TOTAL}", name)
        elif budget := _provider(line, name, entry, problems):
            found[name] = budget
    return found


def _provider(line: int, name: str, node: yaml.Node, problems: Problems) -> ProviderBudget | None:
    """None where something that has no default is missing or wrong; the problems say what."""
    entries = {key: (at, value) for at, key, value in mapping(node, name, problems)}
    unit_node = entries["unit"][1] if "unit" in entries else None
    unit = _UNITS.get(str(unit_node.value)) if isinstance(unit_node, yaml.ScalarNode) else None
    keys: _Keys = {
        "unit": (f"one of {', '.join(_UNITS)}", lambda value: _UNITS.get(value) if isinstance(value, str) else None),
        "limit": (_DOLLARS, micros) if unit == "usd_micros" else (_COUNT, count),
        "period": ("day or month", lambda value: value if value in {"day", "month"} else None),
        "pace_ahead": ("a time like 2h or 3d", _seconds),
        "lost_after_seconds": ("a whole number of seconds above 0", lambda value: count(value) or None),
    }
    values: dict[str, Any] = {}
    for key, (at, value) in entries.items():
        if key not in keys:
            problems.add(at, f"{name}.{key}", one_of(keys, key), key)
        else:
            values[key] = _read(at, f"{name}.{key}", value, *keys[key], problems)
    for key in ("unit", "limit", "period"):
        if key not in entries:
            problems.add(line, f"{name}.{key}", keys[key][0], "nothing")
    if any(values.get(key) is None for key in ("unit", "limit", "period")):
        return None
    return ProviderBudget(
        provider=name,
        unit=values["unit"],
        period=values["period"],
        limit_units=values["limit"],
        pace_ahead_seconds=values.get("pace_ahead"),
        expires_after_seconds=values.get("lost_after_seconds") or 600,
    )


def _uses(
    node: yaml.Node, names: Collection[str], providers: Mapping[str, ProviderBudget], problems: Problems
) -> dict[str, SourceUse]:
    found = {}
    for line, name, entry in mapping(node, "sources", problems):
        source = canonical_source(name)
        if source not in names:
            problems.add(line, name, one_of(names, name), name)
        elif source in found:
            problems.add(line, name, f"one entry for {source}; it has one above under another name")
        elif use := _use(line, source, entry, providers, problems):
            found[source] = use
    return found


def _use(
    line: int, source: str, node: yaml.Node, providers: Mapping[str, ProviderBudget], problems: Problems
) -> SourceUse | None:
    entries = {key: (at, value) for at, key, value in mapping(node, source, problems)}
    for key in ("provider", "a_partition", "a_request"):
        if key not in entries:
            problems.add(line, f"{source}.{key}", "this key, which has no default", "nothing")
    for key in entries.keys() - {"provider", "a_partition", "a_request"}:
        problems.add(entries[key][0], f"{source}.{key}", one_of(("provider", "a_partition", "a_request"), key), key)
    if not {"provider", "a_partition", "a_request"} <= entries.keys():
        return None
    provider = plain(entries["provider"][1])
    if not isinstance(provider, str) or provider not in providers:
        problems.add(entries["provider"][0], f"{source}.provider", one_of(list(providers), str(provider)), provider)
        return None
    expected, parse = (_DOLLARS, micros) if providers[provider].unit == "usd_micros" else (_COUNT, count)
    amounts = {
        key: _read(entries[key][0], f"{source}.{key}", entries[key][1], expected, parse, problems)
        for key in ("a_partition", "a_request")
    }
    whole, one = amounts["a_partition"], amounts["a_request"]
    if whole is None or one is None:
        return None
    if one > whole:
        problems.add(line, f"{source}.a_request", "no more than a_partition")
    return SourceUse(provider, whole, one)


def _soft_share(node: yaml.Node, problems: Problems) -> float:
    def share(value: object) -> float | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and 0 < value <= 1 else None  # type: ignore[arg-type, operator]

    return _read(line_of(node), "soft_share", node, "a number above 0, at most 1", share, problems) or 1.0


def _read(
    line: int, where: str, node: yaml.Node, expected: str, parse: Callable[[object], Any], problems: Problems
) -> Any:
    """The value as read; None where it is wrong, and the problem says so."""
    found = plain(node)
    value = parse(found)
    if value is None:
        problems.add(line, where, expected, "nothing" if found is None else found)
    return value


def _seconds(value: object) -> int | None:
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * _SPAN_SECONDS[match[2]] if match else None
