"""The dashboard: one page, complete without JavaScript."""

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from etheatmap_api import mention_queries, queries
from etheatmap_api.addresses import service_url
from etheatmap_api.answers import html_answer
from etheatmap_api.budget_panel import BudgetPanel, budget_panel
from etheatmap_api.dashboard import Filters, build_page
from etheatmap_api.deps import Category, CurrentServices, Limit, Services, Timeframe
from etheatmap_api.heat_map import legend
from etheatmap_api.operations import OperationsPanel, operations, operations_panel
from etheatmap_api.queries import Overview, Selection
from etheatmap_api.routes.budget import present_month
from etheatmap_api.routes.sources import statuses
from etheatmap_api.source_panel import ReceiptLink, SourcePanel, receipt_links, source_panel
from etheatmap_api.timeframe import lookback_hours
from etheatmap_core.config.model import SOURCE_NAMES
from etheatmap_core.errors import DatabaseUnavailableError

router = APIRouter(tags=["dashboard"])
# What stands beside the scores is worth this wait, and no more: the page is for the scores.
_ASIDE_SECONDS = 2.0
_MESSAGES = 8
Aside = TypeVar("Aside")

_log = logging.getLogger(__name__)


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
    panel = asyncio.create_task(_aside(_panel(services)))
    state = asyncio.create_task(_aside(_operations(services)))
    money = asyncio.create_task(_aside(_budget(services)))
    try:
        overview = await services.database.read(partial(queries.overview, selection=selection))
    except DatabaseUnavailableError as error:
        await asyncio.gather(panel, state, money)
        return html_answer("unavailable.html", status_code=503, problem=str(error), dagster_url=dagster_url)
    filters = Filters(category, limit, timeframe)
    receipts = await _aside(_receipts(services, overview))
    page = build_page(overview, services.now(), filters, receipts or {})
    return html_answer(
        "dashboard.html",
        page=page,
        has_receipts=receipts is not None,
        sources=await panel,
        operations=await state,
        budget=await money,
        legend=legend(),
        dagster_url=dagster_url,
    )


async def _panel(services: Services) -> SourcePanel:
    return source_panel(await statuses(services, within_seconds=_ASIDE_SECONDS), services.now())


async def _budget(services: Services) -> BudgetPanel:
    return budget_panel(await present_month(services, within_seconds=_ASIDE_SECONDS))


async def _operations(services: Services) -> OperationsPanel:
    found = await services.database.read(partial(operations, messages=_MESSAGES), within_seconds=_ASIDE_SECONDS)
    return operations_panel(found, services.started_at, services.now())


async def _receipts(services: Services, overview: Overview) -> dict[int, tuple[ReceiptLink, ...]]:
    if overview.newest is None or not overview.rows:
        return {}
    asked = partial(
        mention_queries.newest_receipts,
        entity_ids=[row.entity_id for row in overview.rows],
        # Also of a source that sources.yml has added.
        sources=list(dict.fromkeys((*SOURCE_NAMES, *(source.name for source in services.sources)))),
        newest=overview.newest,
    )
    return receipt_links(await services.database.read(asked, within_seconds=_ASIDE_SECONDS))


async def _aside(reading: Awaitable[Aside]) -> Aside | None:
    """What is read, or None where it cannot be read in time: the page says so, and shows the rest."""
    try:
        return await reading
    except DatabaseUnavailableError as error:
        _log.warning("The dashboard goes without a part: %s", error)
        return None
