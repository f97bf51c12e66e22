"""The dashboard: one page, complete without JavaScript."""

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from etheatmap_api import queries
from etheatmap_api.addresses import service_url
from etheatmap_api.answers import html_answer
from etheatmap_api.dashboard import Filters, build_page
from etheatmap_api.deps import Category, CurrentServices, Limit, Timeframe
from etheatmap_api.heat_map import legend
from etheatmap_api.queries import Selection
from etheatmap_api.timeframe import lookback_hours
from etheatmap_core.errors import DatabaseUnavailableError

router = APIRouter(tags=["dashboard"])


@router.get("/", include_in_schema=False)
async def root() -> RedirectResponse:
    return RedirectResponse("/trends/dashboard")


@router.get("/trends/dashboard", responses={503: {"description": "The database cannot be reached; also a page."}})
async def dashboard(
    request: Request,
    services: CurrentServices,
    category: Category = None,
    limit: Limit = 20,
    timeframe: Timeframe = "24h",
) -> HTMLResponse:
    """The heat map and its table twin."""
    dagster_url = service_url(request.headers.get("host", ""), services.dagster_port)
    selection = Selection(limit=limit, lookback_hours=lookback_hours(timeframe, None), category=category)
    try:
        overview = await services.database.read(partial(queries.overview, selection=selection))
    except DatabaseUnavailableError as error:
        return html_answer("unavailable.html", status_code=503, problem=str(error), dagster_url=dagster_url)
    filters = Filters(category, limit, timeframe)
    page = build_page(overview, services.now(), filters)
    return html_answer("dashboard.html", page=page, legend=legend(), dagster_url=dagster_url)
