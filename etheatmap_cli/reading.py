"""One question to the installation's database, for commands that show what is there and change nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection

from etheatmap_api.database import Database
from etheatmap_core.database.address import database_url
from etheatmap_core.errors import DatabaseUnavailableError
from etheatmap_core.settings import Settings

Answer = TypeVar("Answer")


def require_started(settings: Settings) -> None:
    """DatabaseUnavailableError where there is neither a configured database nor an embedded one."""
    if settings.database is None and not (settings.etheatmap_home / "postgres").exists():
        raise DatabaseUnavailableError(
            f"Nothing has run in {settings.etheatmap_home} yet: start `etheatmap up`, or name another folder with "
            "ETHEATMAP_HOME (the demo's is .etheatmap/demo)."
        )


def read(settings: Settings, question: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    """What ``question`` makes of the configured database, or of the embedded one, which is started or joined."""
    require_started(settings)
    return asyncio.run(_read(database_url(settings), question))


async def _read(url: str, question: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    for name in ("etheatmap_api.database", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.ERROR)  # a server's log wants the cause; here the one sentence is all
    database = Database(url)
    await database.open()
    try:
        return await database.read(question)
    finally:
        await database.close()
