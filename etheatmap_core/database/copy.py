"""COPY on a SQLAlchemy connection: the one way rows in bulk get into a table."""

from collections.abc import Iterable, Sequence

import psycopg
import sqlalchemy as sa


def copy_rows(connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Appends the rows, values in the order of ``columns``, in the caller's transaction."""
    driver: psycopg.Connection | None = connection.connection.driver_connection
    if driver is None:
        raise ValueError("the connection is closed")
    with driver.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
