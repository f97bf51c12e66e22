"""The API as a process: the port it listens on and the machine's clock."""

import uvicorn

from etheatmap_api.app import create_app
from etheatmap_core.clock import system_clock
from etheatmap_core.settings import Settings

_HOST = "127.0.0.1"
_GRACE_SECONDS = 5


def serve(settings: Settings, database_url: str) -> None:
    """Serves until TERM or Ctrl-C, on API_PORT. The database may come up later than the API."""
    uvicorn.run(
        create_app(database_url, now=system_clock, dagster_port=settings.dagster_port),
        host=_HOST,
        port=settings.api_port,
        log_level=settings.api_log_level.lower(),
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
