"""A limit on how many processes do something at once, kept by the database: a lock dies with whoever held it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

_POLL_SECONDS = 0.2
_TRY = sa.text("SELECT pg_try_advisory_lock(hashtext(:name), :slot)")
_GIVE_BACK = sa.text("SELECT pg_advisory_unlock(hashtext(:name), :slot)")


@contextmanager
def slot(engine: sa.Engine, name: str, slots: int) -> Iterator[None]:
    """Waits until fewer than ``slots`` others, of all processes on this database, are inside ``name``; then goes in."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = _take(connection, name, slots)
        try:
            yield
        finally:
            connection.execute(_GIVE_BACK, {"name": name, "slot": taken})


def _take(connection: sa.Connection, name: str, slots: int) -> int:
    while True:
        for number in range(slots):
            if connection.execute(_TRY, {"name": name, "slot": number}).scalar_one():
                return number
        time.sleep(_POLL_SECONDS)
