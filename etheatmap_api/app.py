"""The application: services, routes and what a failure looks like, put together.

Run it with ``server.serve``; tests call ``create_app`` with a clock of their own.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.resources import files

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from etheatmap_api.answers import json_answer
from etheatmap_api.daemon_watch import watching
from etheatmap_api.database import Database
from etheatmap_api.deps import Services
from etheatmap_api.routes import advanced, budget, dashboard, health, mentions, operations, sources, trends
from etheatmap_core.budget.model import Budgets
from etheatmap_core.budget.month import NO_BUDGETS
from etheatmap_core.errors import DatabaseUnavailableError
from etheatmap_core.signals.known_sources import KnownSource

DEFAULT_DAGSTER_PORT = 3000


def create_app(
    database_url: str,
    *,
    now: Callable[[], datetime],
    known_sources: Sequence[KnownSource] = (),
    budgets: Budgets = NO_BUDGETS,
    dagster_port: int = DEFAULT_DAGSTER_PORT,
    watch: Callable[[], None] | None = None,
) -> FastAPI:
    """The API on the database at ``database_url``. ``now`` tells how old data is and nothing else.

    ``watch`` is done every half minute while the API serves, beside it.
    """
    database = Database(database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        try:
            async with watching(watch):
                yield
        finally:
            await database.close()

    app = FastAPI(
        title="ET Heatmap",
        description="What is heating up in entertainment, and why. Scores are hourly; times are UTC.",
        lifespan=lifespan,
        redoc_url=None,
    )
    app.state.services = Services(database, now, dagster_port, known_sources, budgets, now())
    app.add_exception_handler(DatabaseUnavailableError, _unavailable)
    app.mount("/static", StaticFiles(directory=str(files("etheatmap_api") / "static")), name="static")
    for resource in (health, sources, trends, advanced, mentions, budget, operations, dashboard):
        app.include_router(resource.router)
    return app


async def _unavailable(_request: Request, error: Exception) -> Response:
    """503 in plain words; the cause is in the log."""
    return json_answer({"detail": str(error)}, status_code=503)
