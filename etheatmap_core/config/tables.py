"""The CSV files: entities.csv, tentpoles.csv, news_sources.csv. As spreadsheets write them: BOM and CRLF are fine."""

import json
import math
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import get_args

from etheatmap_core.budget.prices import PAGE_OPTIONS
from etheatmap_core.config.addresses import is_address
from etheatmap_core.config.csv_rows import clean, date_cell, require_unique, rows, text_cell
from etheatmap_core.config.model import EntityConfig, EntityType, NewsSource, Tentpole
from etheatmap_core.config.problems import Problems, one_of, read_text
from etheatmap_core.signals.links import canonical_url, link_key
from etheatmap_core.signals.wiki_views import page_title

_QID = re.compile(r"Q[1-9]\d*")
_NEVER_IN_A_TITLE = re.compile(r"[#<>\[\]|{}]|://")
_UNKNOWN_CATEGORY = "unknown"


def read_entities(path: Path) -> tuple[EntityConfig, ...]:
    """``name,type,aliases,wiki_id``; where present ``wiki_title`` (default: the name), ``category``, ``related``."""
    problems = Problems(path)
    seen_names: dict[str, int] = {}
    seen_titles: dict[str, int] = {}
    entities = []
    related_at: list[tuple[int, EntityConfig]] = []
    for line, row in rows(
        path, problems, ("name", "type", "aliases", "wiki_id"), ("wiki_title", "category", "related")
    ):
        entity = _entity(line, row, problems)
        related_at.append((line, entity))
        require_unique(problems, line, "name", entity.name, seen_names, key=entity.name.casefold())
        # Titles that differ in capitals are different articles.
        require_unique(problems, line, "wiki_title", entity.wiki_title, seen_titles, key=entity.wiki_title)
        entities.append(entity)
    names = {entity.name for entity in entities}
    for line, entity in related_at:
        for other in entity.related:
            if other not in names - {entity.name}:
                problems.add(line, "related", f"names of other entities of this file, {one_of(names, other)}", other)
    problems.raise_if_any()
    return tuple(entities)


def read_tentpoles(path: Path, names: Collection[str]) -> tuple[Tentpole, ...]:
    """``title,start_date,end_date,boost``, dates inclusive; where present ``entities``, each one of ``names``."""
    problems = Problems(path)
    tentpoles = []
    for line, row in rows(path, problems, ("title", "start_date", "end_date", "boost"), ("entities",)):
        start, end = (date_cell(line, row, name, problems) for name in ("start_date", "end_date"))
        if end < start:
            problems.add(line, "end_date", f"a date not before start_date {start}", row["end_date"])
        entities = _names(line, row, "entities", problems)
        for name in (name for name in entities if name not in names):
            problems.add(line, "entities", f"names of entities.csv, {one_of(names, name)}", name)
        title, boost = text_cell(line, row, "title", problems), _boost(line, row, problems)
        tentpoles.append(Tentpole(title, start, end, boost, entities))
    problems.raise_if_any()
    return tuple(tentpoles)


def read_news_sources(path: Path) -> tuple[NewsSource, ...]:
    """``url``: pages that list news; where present ``options``, joined by +, as prices.yml knows them."""
    problems = Problems(path)
    seen: dict[str, int] = {}
    pages = []
    for line, row in rows(path, problems, ("url",), ("options",)):
        if not is_address(row["url"], "http", "https"):
            problems.add(line, "url", "an address that starts with http:// or https://", row["url"])
        page = canonical_url(row["url"])  # under two spellings it would be paid twice
        require_unique(problems, line, "url", row["url"], seen, key=link_key(page) if page else row["url"])
        options = frozenset(row.get("options", "").split("+")) - {""}
        for option in sorted(options - PAGE_OPTIONS):
            problems.add(line, "options", one_of(sorted(PAGE_OPTIONS), option), option)
        pages.append(NewsSource(row["url"], options))
    problems.raise_if_any()
    return tuple(pages)


def read_words(path: Path) -> frozenset[str]:
    """A word or name a line; what follows ``#`` is a comment."""
    lines = (line.partition("#")[0] for line in read_text(path).splitlines())
    return frozenset(word for line in lines if (word := clean(line)))


def _entity(line: int, row: Mapping[str, str], problems: Problems) -> EntityConfig:
    kind = row["type"]
    types: tuple[EntityType, ...] = get_args(EntityType)
    if kind not in types:
        problems.add(line, "type", one_of(types, kind), kind)
    if row["wiki_id"] and not _QID.fullmatch(row["wiki_id"]):
        problems.add(line, "wiki_id", "a Wikidata id like Q42, or nothing", row["wiki_id"])
    name = text_cell(line, row, "name", problems)
    title = row.get("wiki_title") or name
    if _NEVER_IN_A_TITLE.search(title):
        problems.add(line, "wiki_title", "the title of an article, like Dune (2021 film)", title)
    return EntityConfig(
        name=name,
        type=next((known for known in types if known == kind), "project"),
        category=row.get("category", "").lower() or _UNKNOWN_CATEGORY,
        aliases=_names(line, row, "aliases", problems),
        wiki_id=row["wiki_id"] or None,
        wiki_title=page_title(title),
        related=_names(line, row, "related", problems),
    )


def _names(line: int, row: Mapping[str, str], column: str, problems: Problems) -> tuple[str, ...]:
    cell = row.get(column, "")
    if not cell:
        return ()
    try:
        names = json.loads(cell)
    except json.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        problems.add(line, column, 'a JSON array of names like ["The Oscars", "Oscars"]', cell)
        return ()
    return tuple(clean(name) for name in names)


def _boost(line: int, row: Mapping[str, str], problems: Problems) -> float:
    try:
        boost = float(row["boost"])
    except ValueError:
        boost = math.nan
    if not (math.isfinite(boost) and boost >= 0):
        problems.add(line, "boost", "a number of at least 0", row["boost"])
    return boost
