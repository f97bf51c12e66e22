"""Keeps ``entities`` equal to the configured roster. Who leaves it sleeps and is never deleted: the history stays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('entities', 0))")
_READ = sa.text("SELECT name, type, category, aliases, wiki_id, wiki_title, is_active FROM entities")
_ADD = sa.text("""
    INSERT INTO entities (name, type, category, aliases, wiki_id, wiki_title)
    VALUES (:name, :type, :category, :aliases, :wiki_id, :wiki_title)""")
_UPDATE = sa.text("""
    UPDATE entities
    SET type = :type, category = :category, aliases = :aliases, wiki_id = :wiki_id, wiki_title = :wiki_title,
        is_active = true
    WHERE name = :name""")
_DEACTIVATE = sa.text("UPDATE entities SET is_active = false WHERE name = :name")
_TITLES = sa.text("SELECT id, wiki_title FROM entities WHERE is_active AND wiki_title IS NOT NULL ORDER BY id")


class EntityLike(Protocol):
    """An entity as configured; ``wiki_title`` names the article whose views are counted, with spaces."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def aliases(self) -> Sequence[str]: ...
    @property
    def wiki_id(self) -> str | None: ...
    @property
    def wiki_title(self) -> str | None: ...


@dataclass(frozen=True)
class RosterChange:
    """How many entities a sync added, updated (woken ones among them) and put to sleep."""

    added: int
    updated: int
    deactivated: int


def sync_roster(connection: sa.Connection, entities: Iterable[EntityLike]) -> RosterChange:
    """Makes the active rows of ``entities`` those configured, matched by name. Writes nothing where nothing changed."""
    wanted = {entity.name: _row(entity) for entity in entities}
    connection.execute(_LOCK)
    stored: dict[str, Mapping[str, object]] = {row["name"]: dict(row) for row in connection.execute(_READ).mappings()}
    added = [row for name, row in wanted.items() if name not in stored]
    updated = [row for name, row in wanted.items() if name in stored and stored[name] != {**row, "is_active": True}]
    left = [{"name": name} for name, row in stored.items() if name not in wanted and row["is_active"]]
    for statement, rows in ((_ADD, added), (_UPDATE, updated), (_DEACTIVATE, left)):
        if rows:
            connection.execute(statement, rows)
    return RosterChange(len(added), len(updated), len(left))


def tracked_titles(connection: sa.Connection) -> dict[int, str]:
    """The article title of each active entity, by entity id."""
    return {row.id: row.wiki_title for row in connection.execute(_TITLES)}


def _row(entity: EntityLike) -> dict[str, object]:
    return {
        "name": entity.name,
        "type": entity.type,
        "category": entity.category,
        "aliases": list(entity.aliases),
        "wiki_id": entity.wiki_id,
        "wiki_title": entity.wiki_title,
    }
