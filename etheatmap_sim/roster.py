"""The entities of the scenario, read from the product's own ``entities.csv``."""

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from etheatmap_sim.errors import SimulatorError


@dataclass(frozen=True)
class Entity:
    """``title`` is the English Wikipedia article, with spaces; ``type`` is person, project or event."""

    name: str
    type: str
    title: str
    aliases: tuple[str, ...] = ()


def read_roster(path: Path) -> tuple[Entity, ...]:
    """Columns: name, type, aliases (JSON array), wiki_title (optional). Raises SimulatorError naming file and line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = {"name", "type"} - set(rows.fieldnames or ())
            if missing:
                raise SimulatorError(f"{path}, line 1: there is no column {' and no '.join(sorted(missing))}.")
            entities = tuple(_entity(row, f"{path}, line {rows.line_num}") for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise SimulatorError(f"{path} cannot be read ({reason}): name a roster like configs/entities.csv.") from error
    if not entities:
        raise SimulatorError(f"{path} lists no entity: add at least one line below the heading.")
    for column in ("name", "title"):
        twice = [value for value, times in Counter(getattr(one, column) for one in entities).items() if times > 1]
        if twice:
            raise SimulatorError(f"{path} has two entities with the {column} '{twice[0]}': keep one.")
    return entities


def _entity(row: dict[str, str | None], where: str) -> Entity:
    name = (row["name"] or "").strip()
    if not name:
        raise SimulatorError(f"{where}: the name is empty.")
    aliases = _aliases(row.get("aliases") or "[]")
    if aliases is None:
        raise SimulatorError(f"{where}: aliases must be a JSON array of strings, not '{row.get('aliases')}'.")
    return Entity(name, (row["type"] or "").strip(), (row.get("wiki_title") or "").strip() or name, aliases)


def _aliases(text: str) -> tuple[str, ...] | None:
    """None when it is not what the column asks for."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return tuple(found) if isinstance(found, list) and all(isinstance(alias, str) for alias in found) else None
