"""The hottest entities, as JSON and CSV."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response

from etheatmap_api import queries
from etheatmap_api.answers import SCORES_MAX_AGE_SECONDS, csv_answer, json_answer
from etheatmap_api.csv_text import trends_csv
from etheatmap_api.deps import Category, CurrentServices, Hours, Limit, Offset, Timeframe
from etheatmap_api.queries import Selection
from etheatmap_api.shapes import Problem, TopItem, TrendList, top_item, trend, trend_list
from etheatmap_api.timeframe import lookback_hours

router = APIRouter(tags=["trends"], responses={503: {"model": Problem, "description": "No database."}})
_LIST_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": TrendList, "content": {"text/csv": {"schema": {"type": "string"}}}},
    400: {"model": Problem, "description": "An unknown format."},
}


@router.get("/top", responses={200: {"model": list[TopItem]}})
async def top(services: CurrentServices, limit: Limit = 10) -> Response:
    """The hottest entities of the newest scored hour."""
    selection = Selection(limit=limit, lookback_hours=1)
    rows = await services.database.read(partial(queries.hottest, selection=selection))
    return json_answer([top_item(rank, row) for rank, row in enumerate(rows, start=1)])


@router.get("/trends/intelligent", responses=_LIST_ANSWERS)
async def intelligent(
    services: CurrentServices,
    category: Category = None,
    timeframe: Timeframe = "now",
    depth: Annotated[
        Literal["standard", "deep"], Query(description="`deep` adds to each trend the figures it rests on.")
    ] = "standard",
    answer_format: Annotated[str, Query(alias="format", description="`json` or `csv`.")] = "json",
    personalized: Annotated[  # noqa: ARG001  part of the contract; nothing personal is kept yet
        bool, Query(description="Accepted; every reader gets the same list.")
    ] = True,
    limit: Limit = 20,
    offset: Offset = 0,
    hours: Hours = None,
) -> Response:
    """The hottest entities by their newest score, hottest first; equal heat is ordered by velocity, then by name."""
    if answer_format.lower() not in ("json", "csv"):
        raise HTTPException(400, "Unsupported format. Use 'json' or 'csv'.")
    selection = Selection(limit, lookback_hours(timeframe, hours), offset, category)
    rows = await services.database.read(partial(queries.hottest, selection=selection))
    trends = [trend(rank, row, has_evidence=depth == "deep") for rank, row in enumerate(rows, start=offset + 1)]
    if answer_format.lower() == "csv":
        return csv_answer(trends_csv(trends), "trends.csv")
    body = trend_list(trends, strategy=depth, category=category, timeframe=timeframe)
    return json_answer(body, max_age_seconds=SCORES_MAX_AGE_SECONDS)
