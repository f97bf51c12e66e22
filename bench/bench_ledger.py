"""Reservations of 16 processes at once, beside the least that could keep a limit: one conditional UPDATE of one row.

Both through the same engine on the same server, one after the other, three times; the server writes as in production.
"""

import multiprocessing
import shutil
import statistics
import tempfile
import time
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

import sqlalchemy as sa

from bench.report import BenchRow
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Entry, ProviderBudget
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate

PROCESSES, EACH, ROUNDS = 16, 250, 3
_AIM = "≤ 2.00× (half as many a second)"
_PLENTY = 10**12
_BARE = sa.text("UPDATE bare SET used = used + :units WHERE id = 1 AND used + :units <= limit_units RETURNING used")
_ACCOUNTS = (
    ProviderBudget("pages", "credits", "month", _PLENTY, None, 600),
    ProviderBudget("words", "usd_micros", "month", _PLENTY, None, 600),
    ProviderBudget(TOTAL, "usd_micros", "month", _PLENTY, None, 600),
)


def run() -> list[BenchRow]:
    """One row for an account of its own, one for an account that shares the total."""
    folder = Path(tempfile.mkdtemp(prefix="ethb-"))
    try:
        server = EmbeddedPostgres.start(folder / "pg")
        engine = create_engine(server.url("postgres"))
        migrate(engine)
        Ledger(engine).configure(_ACCOUNTS)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE bare (id integer PRIMARY KEY, used bigint, limit_units bigint)")
            connection.execute(sa.text("INSERT INTO bare VALUES (1, 0, :plenty)"), {"plenty": _PLENTY})
        engine.dispose()
        seconds: dict[str, list[float]] = {"bare": [], "pages": [], "words": []}
        for _ in range(ROUNDS):
            for what, found in seconds.items():
                found.append(_race(server.url("postgres"), what))
    finally:
        EmbeddedPostgres.stop_leftover(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)
    floor = statistics.median(seconds["bare"])
    return [
        _row("credits", floor, statistics.median(seconds["pages"])),
        _row("dollars, which count for the total too", floor, statistics.median(seconds["words"])),
    ]


def _row(what: str, floor: float, ours: float) -> BenchRow:
    number = PROCESSES * EACH
    note = f"{number / ours:,.0f} a second, {floor / ours:.2f} of the floor's {number / floor:,.0f}"
    return BenchRow(f"{number:,} reservations of {PROCESSES} processes: {what}", floor, ours, _AIM, note)


def _race(url: str, what: str) -> float:
    """Seconds from when all are ready until the last is done."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ready, done = context.Barrier(PROCESSES + 1), context.Barrier(PROCESSES + 1)
    racing: list[ForkServerProcess] = [
        context.Process(target=_ask, args=(url, what, ready, done)) for _ in range(PROCESSES)
    ]
    for process in racing:
        process.start()
    ready.wait(60)
    started = time.perf_counter()
    done.wait(600)
    seconds = time.perf_counter() - started
    for process in racing:
        process.join()
    return seconds


def _ask(url: str, what: str, ready: Barrier, done: Barrier) -> None:
    engine = create_engine(url)
    ledger, entry = Ledger(engine), Entry("bench", "2026-11-24-11:00", "", "a question")

    def bare() -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_BARE, {"units": 1}).one()

    def reserve() -> None:
        ledger.reserve(what, 1, entry)

    ask = bare if what == "bare" else reserve
    ask()
    ready.wait(60)
    for _ in range(EACH):
        ask()
    done.wait(600)
