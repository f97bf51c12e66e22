"""How the platform itself is doing: freshness of every asset, messages to people."""

from functools import partial

from fastapi import APIRouter, Response

from etheatmap_api.answers import json_answer
from etheatmap_api.deps import CurrentServices, Limit
from etheatmap_api.operations import Assets, Messages, asset_list, message_list, operations
from etheatmap_api.shapes import Problem

router = APIRouter(tags=["operations"], responses={503: {"model": Problem, "description": "No database."}})


@router.get("/freshness", responses={200: {"model": Assets}})
async def freshness(services: CurrentServices) -> Response:
    """Whether each asset's newest due partition is there, what asks for a person first; as the sensor last saw it."""
    found = await services.database.read(partial(operations, messages=0))
    return json_answer(asset_list(found.assets), max_age_seconds=10)


@router.get("/messages", responses={200: {"model": Messages}})
async def messages(services: CurrentServices, limit: Limit = 50) -> Response:
    """Messages to people, the newest first: sent, on their way, or why not. `unknown` ones are not sent again."""
    found = await services.database.read(partial(operations, messages=limit))
    return json_answer(message_list(found.messages, found.counts), max_age_seconds=5)
