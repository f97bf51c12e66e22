"""What kind of a rise the score of an entity is."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response
from psycopg import AsyncConnection
from pydantic import AfterValidator

from etheatmap_api import advanced_queries, mention_queries
from etheatmap_api.advanced_queries import AdvancedRow, Judged
from etheatmap_api.advanced_shapes import Advanced, advanced
from etheatmap_api.answers import SCORES_MAX_AGE_SECONDS, json_answer
from etheatmap_api.deps import MAX_NAME, CurrentServices, without_nul
from etheatmap_api.shapes import Problem
from etheatmap_core.config.access import ADVANCED

router = APIRouter(tags=["scores"], responses={503: {"model": Problem, "description": "No database."}})


@router.get("/score/advanced/{entity:path}", responses={200: {"model": Advanced}, 404: {"model": Problem}})
async def advanced_score(
    services: CurrentServices,
    entity: Annotated[
        str,
        Path(min_length=1, max_length=MAX_NAME, description="A name or an alias, in any case."),
        AfterValidator(without_nul),
    ],
) -> Response:
    """The newest advanced score: seven components, the episode's path, and of each null why it is one."""
    if any(source.name == ADVANCED and source.is_switched_off for source in services.sources):
        raise HTTPException(404, "Advanced scoring disabled")

    async def ask(connection: AsyncConnection) -> tuple[str, AdvancedRow | None, Judged] | None:
        named = await mention_queries.named_entity(connection, entity)
        if named is None:
            return None
        row = await advanced_queries.newest_row(connection, named.id)
        return named.name, row, await advanced_queries.judged(connection)

    found = await services.database.read(ask)
    if found is None:
        raise HTTPException(404, "Entity not found")
    return json_answer(advanced(*found), max_age_seconds=SCORES_MAX_AGE_SECONDS)
