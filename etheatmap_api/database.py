"""The way to PostgreSQL: one pool, read-only, every question bounded in time.

Here: opening, borrowing, and what a failure becomes. Not here: statements (``queries.py``).
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import QueryCanceled, UndefinedTable
from psycopg_pool import AsyncConnectionPool

from etheatmap_core.errors import DatabaseUnavailableError

_SESSION_OPTIONS = "-c statement_timeout=5s -c timezone=UTC -c default_transaction_read_only=on"
_CONNECT_TIMEOUT_SECONDS = 3
_BORROW_TIMEOUT_SECONDS = 2.0
READ_TIMEOUT_SECONDS = 8.0
_MAX_CONNECTIONS = 8
_MAX_WAITING = 200

_TOO_SLOW = "The database took too long to answer: try again in a minute."

Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)


def libpq_url(url: str) -> str:
    """``url`` without the driver that SQLAlchemy spells into it (``postgresql+psycopg://``)."""
    return re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url)


class Database:
    """A pool that may be opened before the server is there and that comes back after the server does."""

    def __init__(self, url: str) -> None:
        self._abandoned: set[asyncio.Task[Any]] = set()
        self._pool = AsyncConnectionPool(
            libpq_url(url),
            open=False,
            min_size=1,
            max_size=_MAX_CONNECTIONS,
            max_waiting=_MAX_WAITING,
            timeout=_BORROW_TIMEOUT_SECONDS,
            # The pool's own patience (5 min, with longer and longer pauses) would outlast an outage by minutes; when it
            # gives up sooner, the next request tries at once.
            reconnect_timeout=_BORROW_TIMEOUT_SECONDS,
            # Without the check, the first request after a server restart would be given a dead connection.
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "application_name": "etheatmap-api",
                "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
                "options": _SESSION_OPTIONS,
            },
        )

    async def open(self) -> None:
        """Starts connecting in the background: a dead database must not keep the API from saying so."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=_BORROW_TIMEOUT_SECONDS)

    async def read(
        self, question: Callable[[AsyncConnection], Awaitable[Answer]], *, within_seconds: float = READ_TIMEOUT_SECONDS
    ) -> Answer:
        """What ``question`` makes of a connection, in one transaction.

        Raises DatabaseUnavailableError, in plain words, when the server fails or does not answer in time. The driver's
        own words go to the log only: they may name hosts, users and statements.
        """
        asking = asyncio.create_task(self._ask(question))
        try:
            await asyncio.wait({asking}, timeout=within_seconds)
            if asking.done():
                return asking.result()
        except (QueryCanceled, UndefinedTable, OperationalError) as error:
            _log.warning("%s: %s", type(error).__name__, error)
            raise DatabaseUnavailableError(_in_plain_words(error)) from error
        finally:
            asking.cancel()
        # Left to end by itself: the driver waits ten seconds more for a silent server to confirm that it stopped.
        self._abandoned.add(asking)
        asking.add_done_callback(self._abandoned.discard)
        _log.warning("The database did not answer within %s s.", within_seconds)
        raise DatabaseUnavailableError(_TOO_SLOW)

    async def _ask(self, question: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
        async with self._pool.connection() as connection:
            return await question(connection)


def _in_plain_words(error: Exception) -> str:
    if isinstance(error, QueryCanceled):
        return _TOO_SLOW
    if isinstance(error, UndefinedTable):
        return "The database has no tables yet: run `etheatmap db migrate`."
    return "The database cannot be reached: check that it is running."
