"""The API as a process: the port it listens on and the machine's clock."""

from collections.abc import Sequence

import uvicorn

from etheatmap_api.app import create_app
from etheatmap_core.budget.model import Budgets
from etheatmap_core.clock import system_clock
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import KnownSource

_GRACE_SECONDS = 5


def serve(settings: Settings, known_sources: Sequence[KnownSource], budgets: Budgets, database_url: str) -> None:
    """Serves until TERM or Ctrl-C, on API_PORT. The database may come up later than the API."""
    uvicorn.run(
        create_app(
            database_url,
            now=system_clock,
            known_sources=known_sources,
            budgets=budgets,
            dagster_port=settings.dagster_port,
        ),
        host=settings.api_host,
        port=settings.api_port,
        log_level=settings.api_log_level,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
