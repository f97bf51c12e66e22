"""Day partitions of the big tables: one child table a UTC day, so that retention drops tables and deletes no rows."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

_CHILDREN = sa.text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:table AS regclass)")


def partition_name(table: str, day: date) -> str:
    """``signals_20120214``."""
    return f"{table}_{day:%Y%m%d}"


def ensure_day_partitions(connection: sa.Connection, table: str, hours: Collection[datetime]) -> list[str]:
    """Creates the partitions of ``table`` (``signals``, ``scores``) that the hours lack; returns their names.

    Call it in a short transaction of its own, before the one that writes: until COMMIT it holds locks that others who
    create partitions, or write ``entities``, wait for. Readers and writers of the table itself never wait: a partition
    is made aside and attached, which takes a weaker lock than CREATE ... PARTITION OF.
    """
    if not missing_day_partitions(connection, table, hours):
        return []
    lock = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    connection.execute(lock, {"name": f"partitions of {table}"})
    missing = missing_day_partitions(connection, table, hours)  # again: another process may have held the lock
    for day in missing:
        name = partition_name(table, day)
        start, end = _midnight(day), _midnight(day + timedelta(days=1))
        connection.exec_driver_sql(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL)')
        connection.exec_driver_sql(
            f"""ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES FROM ('{start}') TO ('{end}')"""
        )
    return [partition_name(table, day) for day in missing]


def drop_day_partitions(connection: sa.Connection, table: str, before: date) -> list[str]:
    """Drops the partitions of days before ``before``; returns their names."""
    oldest_kept = partition_name(table, before)
    names = sorted(name for name in connection.execute(_CHILDREN, {"table": table}).scalars() if name < oldest_kept)
    for name in names:
        connection.exec_driver_sql(f'DROP TABLE "{name}"')
    return names


def missing_day_partitions(connection: sa.Connection, table: str, hours: Collection[datetime]) -> list[date]:
    """The UTC days of the hours that ``table`` has no partition for, oldest first."""
    present = set(connection.execute(_CHILDREN, {"table": table}).scalars())
    days = sorted({hour.astimezone(UTC).date() for hour in hours})
    return [day for day in days if partition_name(table, day) not in present]


def _midnight(day: date) -> str:
    """With its offset, so that the session's time zone cannot move the bound."""
    return datetime.combine(day, time(), UTC).isoformat()
