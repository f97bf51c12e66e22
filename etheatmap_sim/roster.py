"""The entities of the scenario, read from the product's own ``entities.csv``."""

import csv
import json
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
    """Raises SimulatorError naming file and line. Columns: name, type, aliases (JSON array); wiki_title is optional."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = {"name", "type"} - set(rows.fieldnames or ())
            if missing:
                raise SimulatorError(
                    f"{path} has no column {' and no column '.join(sorted(missing))} in its first line."
                )
            entities = tuple(_entity(row, f"{path}, line {rows.line_num}") for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise SimulatorError(
            f"The roster {path} cannot be read ({reason}): name a CSV file like configs/entities.csv."
        ) from error
    if not entities:
        raise SimulatorError(f"{path} lists no entity: add at least one line below the heading.")
    titles = [entity.title for entity in entities]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice:
        raise SimulatorError(
            f"{path} has two entities with the article '{twice}': keep one, or set another wiki_title."
        )
    return entities


def _entity(row: dict[str, str | None], where: str) -> Entity:
    name = (row["name"] or "").strip()
    if not name:
        raise SimulatorError(f"{where}: the name is empty.")
    try:
        aliases = json.loads(row.get("aliases") or "[]")
    except ValueError as error:
        raise SimulatorError(
            f"{where}: aliases must be a JSON array of strings, not '{row.get('aliases')}'."
        ) from error
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise SimulatorError(f"{where}: aliases must be a JSON array of strings, not '{row.get('aliases')}'.")
    title = (row.get("wiki_title") or "").strip() or name
    return Entity(name, (row["type"] or "").strip(), title, tuple(aliases))
