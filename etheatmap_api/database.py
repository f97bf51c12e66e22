"""The way to PostgreSQL: one pool, read-only, every question bounded in time.

Here: opening, borrowing, and what a failure becomes. Not here: statements (``queries.py``).
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import QueryCanceled, UndefinedTable
from psycopg_pool import AsyncConnectionPool

from etheatmap_core.errors import DatabaseUnavailableError

_SESSION_OPTIONS = "-c statement_timeout=5s -c timezone=UTC -c default_transaction_read_only=on"
_CONNECT_TIMEOUT_SECONDS = 3
_BORROW_TIMEOUT_SECONDS = 2.0
_READ_TIMEOUT_SECONDS = 8.0
_MAX_CONNECTIONS = 8
_MAX_WAITING = 200

_log = logging.getLogger(__name__)


def libpq_url(url: str) -> str:
    """``url`` without the driver that SQLAlchemy spells into it (``postgresql+psycopg://``)."""
    return re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url)


class Database:
    """A pool that may be opened before the server is there and that comes back after the server does."""

    def __init__(self, url: str) -> None:
        self._pool = AsyncConnectionPool(
            libpq_url(url),
            open=False,
            min_size=1,
            max_size=_MAX_CONNECTIONS,
            max_waiting=_MAX_WAITING,
            timeout=_BORROW_TIMEOUT_SECONDS,
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

    @asynccontextmanager
    async def reading(self, *, within_seconds: float = _READ_TIMEOUT_SECONDS) -> AsyncIterator[AsyncConnection]:
        """A connection inside one transaction; when the server fails, a DatabaseUnavailableError in plain words.

        The driver's own words go to the log only: they may name hosts, users and statements.
        """
        try:
            async with asyncio.timeout(within_seconds), self._pool.connection() as connection:
                yield connection
        except (QueryCanceled, TimeoutError) as error:
            _log.warning("The database took too long: %s", error)
            raise DatabaseUnavailableError("The database took too long to answer: try again in a minute.") from error
        except UndefinedTable as error:
            _log.warning("The database has no schema: %s", error)
            raise DatabaseUnavailableError("The database has no tables yet: run `etheatmap db migrate`.") from error
        except OperationalError as error:
            _log.warning("The database cannot be reached: %s", error)
            raise DatabaseUnavailableError("The database cannot be reached: check that it is running.") from error
