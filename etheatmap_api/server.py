"""The API as a process: the port it listens on and the machine's clock."""

from collections.abc import Sequence

import uvicorn

from etheatmap_api.app import create_app
from etheatmap_api.daemon_watch import DaemonWatch
from etheatmap_core.budget.model import Budgets
from etheatmap_core.clock import system_clock
from etheatmap_core.database.engine import create_engine
from etheatmap_core.outbox.slack import webhook_poster
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
            watch=_daemon_watch(settings, database_url).look,
        ),
        host=settings.api_host,
        port=settings.api_port,
        log_level=settings.api_log_level,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _daemon_watch(settings: Settings, database_url: str) -> DaemonWatch:
    """With an engine of its own, which writes: the API's pool only reads."""
    webhook = settings.slack_webhook_url
    post = None if webhook is None else webhook_poster(webhook.get_secret_value(), settings.simulator_url)
    return DaemonWatch(create_engine(database_url), post, system_clock, system_clock())
