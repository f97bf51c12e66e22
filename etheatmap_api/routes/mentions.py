"""Receipts: the items that name an entity, and the names nobody could be given."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from psycopg import AsyncConnection
from pydantic import AfterValidator

from etheatmap_api import mention_queries
from etheatmap_api.answers import json_answer
from etheatmap_api.deps import MAX_LIMIT, MAX_NAME, CurrentServices, Services, without_nul
from etheatmap_api.mention_queries import MentionRow, NamedEntity
from etheatmap_api.shapes import Problem
from etheatmap_api.source_shapes import Mentions, Ties, mention_list, tie_list
from etheatmap_api.timeframe import MAX_HOURS
from etheatmap_core.config.access import NEWS_FEEDERS, WITHOUT_ITEMS
from etheatmap_core.config.model import SOURCE_NAMES, canonical_source
from etheatmap_core.signals.known_sources import NEWS

router = APIRouter(tags=["mentions"], responses={503: {"model": Problem, "description": "No database."}})


def _sources_of(name: str | None, services: Services) -> tuple[str, ...]:
    """Whose items are listed: those of news are its feeders'. A source that has none is no answer of "nothing"."""
    names = dict.fromkeys((*SOURCE_NAMES, *(source.name for source in services.sources)))
    listed = tuple(known for known in names if known not in {*WITHOUT_ITEMS, NEWS})
    if not name:
        return listed
    source = canonical_source(name)
    if source not in {*listed, NEWS}:
        told = f"Value error, source must be one of {', '.join((*listed, NEWS))}"
        raise RequestValidationError([{"type": "value_error", "loc": ("query", "source"), "msg": told, "input": name}])
    return NEWS_FEEDERS if source == NEWS else (source,)


WindowHours = Annotated[
    int,
    Query(ge=1, le=MAX_HOURS, description="First seen within so many hours, counted back from the newest with items."),
]
MentionLimit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many, the newest.")]


@router.get("/mentions", responses={200: {"model": Mentions}, 404: {"model": Problem}})
async def mentions(
    services: CurrentServices,
    entity: Annotated[
        str,
        Query(min_length=1, max_length=MAX_NAME, description="A name or an alias, in any case."),
        AfterValidator(without_nul),
    ],
    source: Annotated[
        str | None,
        Query(max_length=MAX_NAME, description="Only items of this source; `news` for those of all news feeds."),
    ] = None,
    hours: WindowHours = 24,
    limit: MentionLimit = 50,
) -> Response:
    """The items that name an entity, newest first, and what spoke for it. `counted_ts` null: too late to count."""

    sources = _sources_of(source, services)

    async def ask(connection: AsyncConnection) -> tuple[NamedEntity, list[MentionRow]] | None:
        named = await mention_queries.named_entity(connection, entity)
        if named is None:
            return None
        return named, await mention_queries.mentions(connection, named.id, sources, hours, limit)

    found = await services.database.read(ask)
    if found is None:
        raise HTTPException(404, "Entity not found")
    named, rows = found
    return json_answer(mention_list(named.name, rows))


@router.get("/mentions/ties", responses={200: {"model": Ties}})
async def ties(services: CurrentServices, hours: WindowHours = 24, limit: MentionLimit = 50) -> Response:
    """Shared names that count for nobody, newest first: who they may mean, and why none of them got it."""
    rows = await services.database.read(partial(mention_queries.ties, hours=hours, limit=limit))
    return json_answer(tie_list(rows))
