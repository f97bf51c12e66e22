"""The entities of the scenario, read from the product's own ``entities.csv``."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from etheatmap_sim.errors import SimulatorError

_CATEGORIES = {"person": "film", "project": "tv", "event": "festival"}


@dataclass(frozen=True)
class Entity:
    """``title`` is the English Wikipedia article, with spaces; ``type`` is person, project or event."""

    name: str
    type: str
    title: str
    aliases: tuple[str, ...] = ()
    wiki_id: str | None = None  # its Wikidata item, where the roster knows it


def read_roster(path: Path) -> tuple[Entity, ...]:
    """Columns: name, type, aliases (JSON array); wiki_title, wiki_id if known. Raises SimulatorError."""
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


def spelled_roster(entities: Iterable[Entity]) -> str:
    """As a file that ``read_roster`` and the product read."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(("name", "type", "aliases", "wiki_id", "wiki_title", "category"))
    for entity in entities:
        aliases = json.dumps(entity.aliases, ensure_ascii=False)
        title = "" if entity.title == entity.name else entity.title
        category = _CATEGORIES.get(entity.type, "")
        table.writerow((entity.name, entity.type, aliases, entity.wiki_id or "", title, category))
    return lines.getvalue()


def _entity(row: dict[str, str | None], where: str) -> Entity:
    name = (row["name"] or "").strip()
    if not name:
        raise SimulatorError(f"{where}: the name is empty.")
    aliases = _aliases(row.get("aliases") or "[]")
    if aliases is None:
        raise SimulatorError(f"{where}: aliases must be a JSON array of strings, not '{row.get('aliases')}'.")
    title, wiki_id = (row.get("wiki_title") or "").strip() or name, (row.get("wiki_id") or "").strip() or None
    return Entity(name, (row["type"] or "").strip(), title, aliases, wiki_id)


def _aliases(text: str) -> tuple[str, ...] | None:
    """None when it is not what the column asks for."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return tuple(found) if isinstance(found, list) and all(isinstance(alias, str) for alias in found) else None
