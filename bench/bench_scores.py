"""30 days of 500 entities scored by every model in one backfill on an embedded PostgreSQL, Dagster's own part apart.

Floor: plain COPY of the same rows, their bytes already in memory, into an unlogged copy of the table. Ours: what
`etheatmap backfill` does with these assets after the database and the definitions are there: one run an asset over all
its partitions, signals read, rows computed, checked and replaced, Dagster's events written.

    python -m bench scores
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.report import BenchRow, print_table

PROJECT = Path(__file__).parents[1]
_AIM = "≤ 120 s"
_DAILY = "daily_heat"
_ASSETS = ("heat_scores", "robust_scores", "advanced_scores", _DAILY)
_ENTITIES, _DAYS = 500, 30
_FIRST = "2026-10-01T00"
_HISTORY = timedelta(days=32)  # more than any model looks back
_SEED = 20261001
# Any keys: nobody is asked, but a source without them would not be scored.
_KEYS = {"REDDIT_CLIENT_ID": "bench", "REDDIT_CLIENT_SECRET": "bench"}


def run() -> list[BenchRow]:
    """One row for the whole backfill, and one an asset."""
    home = Path(tempfile.mkdtemp(prefix="eths-"))
    environment = {**os.environ, **_KEYS, "ETHEATMAP_HOME": str(home), "ETHEATMAP_PARTITIONS_START": _FIRST}
    try:
        command = [sys.executable, "-m", "bench.bench_scores", "measure"]
        measured = subprocess.run(command, env=environment, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    told = json.loads(measured.stdout.splitlines()[-1])
    parts = [
        BenchRow(f"  {name}", None, seconds, "", f"{rows:,} rows; Dagster {events:.1f} s for {number:,} events")
        for name, (seconds, events, number, rows) in told["assets"].items()
    ]
    what = f"{_DAYS} days × {_ENTITIES} entities ({', '.join(told['assets'])}), one backfill"
    events = sum(part[1] for part in told["assets"].values())
    floor_note = f"of it {events:.1f} s Dagster's events; floor: COPY of these {told['rows']:,} rows, unlogged"
    total = sum(part[0] for part in told["assets"].values())
    return [BenchRow(what, told["floor"], total, _AIM, floor_note), *parts]


def _measure() -> None:
    """In a process of its own: prints what ``run`` reads, as JSON."""
    import dagster as dg

    from etheatmap_assets.definitions import build_defs
    from etheatmap_cli.backfill import run_backfill
    from etheatmap_cli.execution import execute
    from etheatmap_cli.platform import prepare
    from etheatmap_core.database.embedded import EmbeddedPostgres
    from etheatmap_core.database.engine import create_engine
    from etheatmap_core.hours import HOUR, parse_hour
    from etheatmap_core.settings import load_settings

    settings = load_settings(None)
    platform = prepare(settings)
    os.environ.update(platform.environment)
    try:
        first = parse_hour(_FIRST)
        last = first + _DAYS * 24 * HOUR - HOUR
        engine = create_engine(platform.database_url)
        _fill(engine, first - _HISTORY, last + HOUR)
        spent = _count_events(dg)
        known = {key.to_user_string() for key in build_defs(settings).resolve_asset_graph().materializable_asset_keys}

        def sum_up_days() -> None:
            """The command has hours only: the same in this process, as it does it."""
            with dg.DagsterInstance.get() as instance:
                instance.optimize_for_webserver(60_000, pool_recycle=3600, max_overflow=5)
                days = {
                    "dagster/asset_partition_range_start": f"{first:%Y-%m-%d}",
                    "dagster/asset_partition_range_end": f"{last:%Y-%m-%d}",
                }
                ended = execute(build_defs(settings), instance, _DAILY, launched_by="bench", tags=days)
                if ended.failures:
                    raise SystemExit("\n".join(ended.failures))

        measured: dict[str, tuple[float, float, int, int]] = {}
        for name in [name for name in _ASSETS if name in known]:
            spent[:] = [0.0, 0.0]
            before = _rows(engine)
            started = time.perf_counter()
            if name == _DAILY:
                sum_up_days()
            else:
                run_backfill(settings, (first, last), (name,), is_missing_only=False)
            seconds = time.perf_counter() - started
            measured[name] = (seconds, spent[0], int(spent[1]), _rows(engine) - before)
        rows, floor = _floor(engine)
        print(json.dumps({"assets": measured, "rows": rows, "floor": floor}))
        engine.dispose()
    finally:
        EmbeddedPostgres.stop_leftover(settings.etheatmap_home / "postgres")


def _count_events(dg: Any) -> list[float]:
    """A list that holds the seconds spent in writing events, and their number, from now on."""
    spent = [0.0, 0.0]
    with dg.DagsterInstance.get() as instance:
        storage = type(instance.event_log_storage)
    one, many, is_within = storage.store_event, storage.store_event_batch, [False]

    def timed(self: object, write: Any, written: Any, number: int) -> None:
        if is_within[0]:  # a batch that is written one by one
            write(self, written)
            return
        is_within[0], started = True, time.perf_counter()
        write(self, written)
        is_within[0] = False
        spent[0] += time.perf_counter() - started
        spent[1] += number

    storage.store_event = lambda self, event: timed(self, one, event, 1)
    storage.store_event_batch = lambda self, events: timed(self, many, events, len(events))
    return spent


def _rows(engine: Any) -> int:
    with engine.connect() as connection:
        counts = "SELECT (SELECT count(*) FROM scores) + (SELECT count(*) FROM daily_heat)"
        return int(connection.exec_driver_sql(counts).scalar_one())


def _floor(engine: Any) -> tuple[int, float]:
    """How many rows the tables hold, and the seconds that a plain COPY of them takes."""
    total, seconds = 0, 0.0
    connection = engine.raw_connection()
    try:
        cursor = connection.driver_connection.cursor()
        for table in ("scores", "daily_heat"):
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as out:
                text = b"".join(bytes(block) for block in out)
            cursor.execute(f"CREATE UNLOGGED TABLE floor_of_{table} (LIKE {table} INCLUDING ALL)")
            connection.driver_connection.commit()
            started = time.perf_counter()
            with cursor.copy(f"COPY floor_of_{table} FROM STDIN") as copy:
                for place in range(0, len(text), 1 << 20):
                    copy.write(text[place : place + (1 << 20)])
            connection.driver_connection.commit()
            seconds += time.perf_counter() - started
            total += text.count(b"\n")
    finally:
        connection.close()
    return total, seconds


def _fill(engine: Any, start: datetime, end: datetime) -> None:
    """Entities, and signals as the free sources would have brought them; every hour of texts was answered whole."""
    from etheatmap_core.database.copy import copy_rows
    from etheatmap_core.database.partitions import ensure_day_partitions
    from etheatmap_core.hours import HourRange

    hours = HourRange(start, end)
    with engine.begin() as connection:
        ensure_day_partitions(connection, "signals", hours)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # the entities are known to exist
        since = start - timedelta(days=1)
        people = [(number, "person", f"Person {number}", since) for number in range(1, _ENTITIES + 1)]
        copy_rows(connection, "entities", ("id", "type", "name", "tracked_since"), people)
        whole = [(source, hour, "ok", True, 0, 0, 0, 0, 0, hour) for source in _TEXTS for hour in hours]
        copy_rows(connection, "source_hours", _SOURCE_HOURS, whole)
        columns = ("entity_id", "source", "ts", "metric", "value", "is_censored")
        copy_rows(connection, "signals", columns, _signals(list(hours)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE signals")


_TEXTS = {"reddit": "mention_count", "news": "headline_count", "gdelt_gkg": "gkg_mentions"}
_SOURCE_HOURS = (
    "source", "ts", "state", "is_complete", "questions", "answered", "deferred", "items", "mentions", "ended_at",
)  # fmt: skip


def _signals(hours: Sequence[datetime]) -> Iterator[Sequence[object]]:
    """Rows by metric: a day's rhythm, levels from a handful to tens of thousands, a burst a person and month, gaps."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    shape = (len(hours), _ENTITIES)
    clock = np.array([hour.hour for hour in hours])[:, None]
    rhythm = 1 + 0.5 * np.sin((clock - 9) * 2 * np.pi / 24)
    rise = np.ones(shape)
    for entity in range(_ENTITIES):
        for _ in range(2):
            begin, length = random.integers(0, len(hours)), random.integers(6, 60)
            rise[begin : begin + length, entity] = np.maximum(
                1.0, random.uniform(2, 20) * np.exp(-np.arange(len(rise[begin : begin + length])) / 24)
            )
    level = 10.0 ** random.uniform(0, 4.3, _ENTITIES)
    noise = random.lognormal(0, 0.25, shape)
    views = random.poisson(level * rhythm * rise * noise).astype(np.float64)
    mobile = random.binomial(views.astype(np.int64), 0.55).astype(np.float64)
    interest = np.clip(np.round(12 * rhythm * np.sqrt(rise) * random.lognormal(0, 0.3, shape)), 0, 100)
    yield from _rows_of(hours, "wiki", "views", views, views < 1)
    yield from _rows_of(hours, "wiki", "views_mobile", mobile, views < 1)
    yield from _rows_of(hours, "trends", "interest", interest, random.random(shape) < 0.03)
    for (source, metric), mean in zip(_TEXTS.items(), (0.15, 0.25, 0.6), strict=True):
        counts = random.poisson(mean * np.sqrt(level / 300) * rise * rhythm).astype(np.float64)
        feelings = np.round(counts * random.normal(0, 0.3, shape), 4)
        yield from _rows_of(hours, source, metric, counts, counts < 1)
        yield from _rows_of(hours, source, "affect_sum", feelings, counts < 1)


def _rows_of(
    hours: Sequence[datetime], source: str, metric: str, values: Any, is_absent: Any
) -> Iterator[Sequence[object]]:
    for hour, row, absent in zip(hours, values.tolist(), is_absent.tolist(), strict=True):
        for place, (value, is_gap) in enumerate(zip(row, absent, strict=True)):
            if not is_gap:
                yield place + 1, source, hour, metric, value, False


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        _measure()
    else:
        print_table(run())
