"""How the sources are doing: what monitors ask, and hour by hour."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response

from etheatmap_api import source_queries
from etheatmap_api.answers import json_answer
from etheatmap_api.database import READ_TIMEOUT_SECONDS
from etheatmap_api.deps import MAX_NAME, CurrentServices, Services
from etheatmap_api.routes.budget import present_month
from etheatmap_api.shapes import Problem
from etheatmap_api.source_shapes import (
    HealthRows,
    SourceHealth,
    SourceHours,
    SourceLines,
    health_rows,
    health_sources,
    hour_list,
    source_lines,
)
from etheatmap_api.timeframe import MAX_HOURS
from etheatmap_core.budget.month import cost_by_source
from etheatmap_core.config.model import canonical_source
from etheatmap_core.signals.known_sources import KnownSource
from etheatmap_core.signals.source_status import SourceStatus, source_statuses

router = APIRouter(tags=["sources"], responses={503: {"model": Problem, "description": "No database."}})


async def statuses(
    services: Services,
    which: Callable[[KnownSource], bool] = lambda _source: True,
    *,
    within_seconds: float = READ_TIMEOUT_SECONDS,
) -> tuple[SourceStatus, ...]:
    """The verdict on each known source that ``which`` holds for. Raises DatabaseUnavailableError."""
    sources = [source for source in services.sources if which(source)]
    names = [source.name for source in sources]
    asked = partial(source_queries.source_facts, sources=names)
    facts = await services.database.read(asked, within_seconds=within_seconds)
    return source_statuses(sources, facts, services.now())


@router.get("/health/sources", responses={200: {"model": dict[str, SourceHealth]}})
async def sources_health(services: CurrentServices) -> Response:
    """Each source that is switched on: `ok` when it brings what it should when it should, else `degraded`."""
    found = await statuses(services, lambda source: not source.is_switched_off)
    names = [status.source.name for status in found]
    asked = partial(source_queries.traffic, sources=names, now=services.now())
    return json_answer(health_sources(found, await services.database.read(asked)), max_age_seconds=5)


@router.get("/source-health", responses={200: {"model": HealthRows}})
async def source_health(services: CurrentServices) -> Response:
    """The circuit breaker's book: a row for each source whose upstream was ever asked."""
    found = [status for status in await statuses(services) if status.facts.has_health]
    return json_answer(health_rows(found), max_age_seconds=10)


@router.get("/sources/status", responses={200: {"model": SourceLines}})
async def sources_status(services: CurrentServices) -> Response:
    """Every source, what asks for a person first: failing, warning, never_run, healthy; and what it has cost."""
    found, month = await statuses(services), await present_month(services)
    return json_answer(source_lines(found, services.now(), cost_by_source(month, services.budgets)))


@router.get("/sources/{name}/hours", responses={200: {"model": SourceHours}, 404: {"model": Problem}})
async def hours_of_source(
    services: CurrentServices,
    name: Annotated[str, Path(max_length=MAX_NAME)],
    hours: Annotated[int, Query(ge=1, le=MAX_HOURS, description="Counted back from the newest tried hour.")] = 48,
) -> Response:
    """How each of its hours ended, newest first. An hour that is not listed was never tried."""
    known = {source.name for source in services.sources}
    source = canonical_source(name)
    if source not in known:
        raise HTTPException(404, "Source not found")
    rows = await services.database.read(partial(source_queries.source_hours, source=source, hours=hours))
    return json_answer(hour_list(source, rows))
