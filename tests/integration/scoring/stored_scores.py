"""Signals in and scores out, for tests of what is stored."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import replace_hours

Signal = tuple[int, datetime, float, bool]


def add_entities(engine: sa.Engine, *names: str) -> list[int]:
    with engine.begin() as connection:
        insert = sa.text("INSERT INTO entities (type, name) VALUES ('person', :name) RETURNING id")
        return [connection.execute(insert, {"name": name}).scalar_one() for name in names]


def write_signals(engine: sa.Engine, signals: Iterable[Signal], source: str = "wiki", metric: str = "views") -> None:
    """Makes these rows all that the source has for the hours they speak of."""
    rows = [(entity_id, source, ts, metric, value, flag) for entity_id, ts, value, flag in signals]
    hours = {row[2] for row in rows}
    columns = ("entity_id", "source", "ts", "metric", "value", "is_censored")
    with engine.begin() as connection:
        ensure_day_partitions(connection, "signals", hours)
    with engine.begin() as connection:
        replace_hours(connection, "signals", hours, {"source": source}, columns, rows)


def rows_of(engine: sa.Engine, table: str = "scores", *, without: str = "") -> list[dict[str, Any]]:
    """The whole table as text, to compare byte for byte."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(f"SELECT to_jsonb(t) - :without FROM {table} t ORDER BY ts, entity_id"), {"without": without}
        )
        return list(rows.scalars())
