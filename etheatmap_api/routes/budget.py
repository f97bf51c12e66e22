"""What was spent, and what may be: read from the ledger, which this process never writes."""

from functools import partial

from fastapi import APIRouter, Response

from etheatmap_api import budget_queries
from etheatmap_api.answers import json_answer
from etheatmap_api.budget_shapes import Budget, budget
from etheatmap_api.database import READ_TIMEOUT_SECONDS
from etheatmap_api.deps import CurrentServices, Services
from etheatmap_api.shapes import Problem
from etheatmap_core.budget.month import Month

router = APIRouter(tags=["budget"], responses={503: {"model": Problem, "description": "No database."}})


async def present_month(services: Services, *, within_seconds: float = READ_TIMEOUT_SECONDS) -> Month:
    """The month that it is now. Raises DatabaseUnavailableError."""
    asked = [source.name for source in services.sources if source.is_asked]
    reading = partial(budget_queries.read_month, budgets=services.budgets, asked=asked, now=services.now())
    return await services.database.read(reading, within_seconds=within_seconds)


@router.get("/budget", responses={200: {"model": Budget}})
async def month_budget(services: CurrentServices) -> Response:
    """Limits, usage (spent and set aside) and what remains; each provider; the month's total with its fixed costs."""
    return json_answer(budget(await present_month(services)))
