"""COPY on a SQLAlchemy connection: the one way rows in bulk get into a table."""

from collections.abc import Iterable, Sequence

import psycopg
import sqlalchemy as sa
from psycopg.copy import QueuedLibpqWriter


def copy_rows(connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Appends the rows, values in the order of ``columns``, in the caller's transaction.

    They are sent by a thread, so that the server takes in some while the next are computed: ``rows`` must not use the
    connection meanwhile.
    """
    driver: psycopg.Connection | None = connection.connection.driver_connection
    if driver is None:
        raise ValueError("the connection is closed")
    cursor = driver.cursor()
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with cursor.copy(statement, writer=QueuedLibpqWriter(cursor)) as copy:
        for row in rows:
            copy.write_row(row)
