"""Keeps ``entities`` equal to the configured roster, and what Wikipedia and Wikidata say about it beside it.

Who leaves entities.csv sleeps and is never deleted: the history stays. Here: rows of ``entities`` and
``entity_names``. Not here: what the two sites answer (roster_facts), which names are matched (tracked_names).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from etheatmap_core.database.copy import copy_rows
from etheatmap_core.entities.roster_facts import Facts

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('entities', 0))")
_READ = sa.text("SELECT name, type, category, aliases, wiki_id, wiki_title, is_active, origin FROM entities")
_ADD = sa.text("""
    INSERT INTO entities (name, type, category, aliases, wiki_id, wiki_title, tracked_since)
    VALUES (:name, :type, :category, :aliases, :wiki_id, :wiki_title, :hour)""")
# Another article: what was found about the one before is not about this one.
_FORGET_NAMES = sa.text("""
    DELETE FROM entity_names USING entities
    WHERE entity_id = id AND entities.name = :name AND wiki_title IS DISTINCT FROM :wiki_title""")
_FORGET_HISTORY = sa.text("""
    DELETE FROM signals USING entities
    WHERE entity_id = id AND source = 'wiki_history' AND name = :name AND wiki_title IS DISTINCT FROM :wiki_title""")
_UPDATE = sa.text("""
    UPDATE entities
    SET type = :type, category = :category, aliases = :aliases, wiki_id = :wiki_id, wiki_title = :wiki_title,
        is_active = true, origin = 'configured',
        tracked_since = CASE WHEN is_active THEN tracked_since ELSE :hour END,
        current_title = CASE WHEN wiki_title IS NOT DISTINCT FROM :wiki_title THEN current_title END,
        kinds = CASE WHEN wiki_title IS NOT DISTINCT FROM :wiki_title THEN kinds ELSE '{}' END,
        roster_ts = CASE WHEN wiki_title IS NOT DISTINCT FROM :wiki_title THEN roster_ts END
    WHERE name = :name""")
_DEACTIVATE = sa.text("UPDATE entities SET is_active = false WHERE name = :name")
_TITLES = sa.text("SELECT id, wiki_title FROM entities WHERE is_active AND wiki_title IS NOT NULL ORDER BY id")
_ARTICLES = sa.text("""
    SELECT id, wiki_title, current_title,
           ARRAY(SELECT DISTINCT name FROM entity_names
                 WHERE entity_id = id AND origin IN ('redirect', 'moved') ORDER BY name) AS redirects
    FROM entities
    WHERE wiki_title IS NOT NULL AND (is_active OR id = ANY(:also)) ORDER BY id""")
_WITH_OLDER_FACTS = sa.text("""
    SELECT id FROM entities WHERE id = ANY(:ids) AND (roster_ts IS NULL OR roster_ts <= :day) ORDER BY id FOR UPDATE""")
_SET_ARTICLE = sa.text("""
    UPDATE entities SET current_title = :current_title, wiki_id = coalesce(:found_id, wiki_id), roster_ts = :day
    WHERE id = :id""")
_SET_KINDS = sa.text("UPDATE entities SET kinds = :kinds WHERE id = :id")
_FORGET = sa.text("DELETE FROM entity_names WHERE entity_id = ANY(:ids) AND origin = ANY(:origins)")


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


@dataclass(frozen=True)
class Article:
    """Where an entity's views are counted: the sum over all these titles."""

    title: str  # as configured, with spaces
    moved_to: str | None = None
    redirects: tuple[str, ...] = ()

    @property
    def own_titles(self) -> tuple[str, ...]:
        """Where the article itself is, or was."""
        return (self.title,) if self.moved_to is None else (self.title, self.moved_to)

    @property
    def titles(self) -> tuple[str, ...]:
        return self.own_titles + self.redirects


def lock_entities(connection: sa.Connection) -> None:
    """Whoever changes who there is waits for whoever does, until COMMIT."""
    connection.execute(_LOCK)


def sync_roster(connection: sa.Connection, entities: Iterable[EntityLike], hour: datetime) -> RosterChange:
    """Makes the active configured rows of ``entities`` those given, by name. Writes nothing where nothing changed.

    ``hour``: the partition that is being made, from which on whoever joins or wakes now is looked for in texts.
    Who was admitted by discovery stays as they are, unless entities.csv names them too: then they are configured.
    A blank wiki_id says nothing: what the daily roster has found for this article stays.
    """
    wanted = {entity.name: _row(entity) for entity in entities}
    lock_entities(connection)
    stored: dict[str, Mapping[str, Any]] = {row["name"]: dict(row) for row in connection.execute(_READ).mappings()}
    for name, row in wanted.items():
        if row["wiki_id"] is None and name in stored and stored[name]["wiki_title"] == row["wiki_title"]:
            row["wiki_id"] = stored[name]["wiki_id"]
    added = [row for name, row in wanted.items() if name not in stored]
    as_wanted = {"is_active": True, "origin": "configured"}
    updated = [row for name, row in wanted.items() if name in stored and stored[name] != {**row, **as_wanted}]
    left = [
        {"name": name}
        for name, row in stored.items()
        if name not in wanted and row["is_active"] and row["origin"] == "configured"
    ]
    renamed = [row for row in updated if stored[str(row["name"])]["wiki_title"] != row["wiki_title"]]
    for statement, rows in (
        (_ADD, added), (_FORGET_NAMES, renamed), (_FORGET_HISTORY, renamed), (_UPDATE, updated), (_DEACTIVATE, left),
    ):  # fmt: skip
        if rows:
            connection.execute(statement, [{**row, "hour": hour} for row in rows])
    return RosterChange(len(added), len(updated), len(left))


def tracked_titles(connection: sa.Connection) -> dict[int, str]:
    """The article title of each active entity, by entity id."""
    return {row.id: row.wiki_title for row in connection.execute(_TITLES)}


def tracked_articles(connection: sa.Connection, *, also: Collection[int] = ()) -> dict[int, Article]:
    """The article of each active entity, and of those in ``also`` who left, by entity id."""
    rows = connection.execute(_ARTICLES, {"also": sorted(also)})
    return {row.id: Article(row.wiki_title, row.current_title, tuple(row.redirects)) for row in rows}


def store_facts(connection: sa.Connection, day: datetime, facts: Mapping[int, Facts]) -> int:
    """Makes what was found on ``day`` what is known, by entity id; how many entities that was.

    Days may be replayed in any order: who has facts of a later day keeps those. What one of the two sites did not
    tell stays as it was. Curated columns are not touched; a wiki_id is given only where entities.csv has none.
    """
    lock_entities(connection)
    parameters = {"ids": sorted(facts), "day": day}
    current = {entity_id: facts[entity_id] for entity_id in connection.scalars(_WITH_OLDER_FACTS, parameters)}
    names = []
    for entity_id, found in current.items():
        row = {"id": entity_id, "current_title": found.current_title, "found_id": found.found_id, "day": day}
        connection.execute(_SET_ARTICLE, row)
        if found.item is not None:
            connection.execute(_SET_KINDS, {"id": entity_id, "kinds": list(found.item.kinds)})
        names += [(entity_id, name, origin, day) for origin, name in found.names()]
    with_item = [entity_id for entity_id, found in current.items() if found.item is not None]
    connection.execute(_FORGET, {"ids": list(current), "origins": ["redirect", "moved"]})
    connection.execute(_FORGET, {"ids": with_item, "origins": ["wikidata"]})
    copy_rows(connection, "entity_names", ("entity_id", "name", "origin", "seen_at"), names)
    return len(current)


def _row(entity: EntityLike) -> dict[str, object]:
    return {
        "name": entity.name,
        "type": entity.type,
        "category": entity.category,
        "aliases": list(entity.aliases),
        "wiki_id": entity.wiki_id,
        "wiki_title": entity.wiki_title,
    }
