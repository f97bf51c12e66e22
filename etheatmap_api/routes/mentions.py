"""Receipts: the items that name an entity, and the names nobody could be given."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response
from psycopg import AsyncConnection
from pydantic import AfterValidator

from etheatmap_api import mention_queries
from etheatmap_api.answers import json_answer
from etheatmap_api.deps import MAX_LIMIT, MAX_NAME, CurrentServices, without_nul
from etheatmap_api.mention_queries import MentionRow, NamedEntity
from etheatmap_api.shapes import Problem
from etheatmap_api.source_shapes import Mentions, Ties, mention_list, tie_list
from etheatmap_api.timeframe import MAX_HOURS
from etheatmap_core.config.access import NEWS_FEEDERS
from etheatmap_core.config.model import SOURCE_NAMES, canonical_source
from etheatmap_core.signals.known_sources import NEWS

router = APIRouter(tags=["mentions"], responses={503: {"model": Problem, "description": "No database."}})


def _checked_source(name: str | None) -> str | None:
    if name and canonical_source(name) not in (*SOURCE_NAMES, NEWS):
        raise ValueError(f"source must be one of {', '.join((*SOURCE_NAMES, NEWS))}")
    return canonical_source(name) if name else None


def _sources_of(name: str | None) -> tuple[str, ...]:
    """Whose items are listed: those of news are its feeders'."""
    if name is None:
        return SOURCE_NAMES
    return NEWS_FEEDERS if name == NEWS else (name,)


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
        AfterValidator(_checked_source),
    ] = None,
    hours: WindowHours = 24,
    limit: MentionLimit = 50,
) -> Response:
    """The items that name an entity, newest first, and what spoke for it. `counted_ts` null: too late to count."""

    async def ask(connection: AsyncConnection) -> tuple[NamedEntity, list[MentionRow]] | None:
        named = await mention_queries.named_entity(connection, entity)
        if named is None:
            return None
        return named, await mention_queries.mentions(connection, named.id, _sources_of(source), hours, limit)

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
