"""kill -9 at every step of a call that costs: the books never say less than was charged, and nothing stays held."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
import sqlalchemy as sa
from balance import assert_balanced
from killable_caller import ACCOUNT, MOST_UNITS, REAL_UNITS, start
from racing import warm

from etheatmap_core.budget.ledger import Ledger

PATIENCE_SECONDS = 60
BEFORE = ("before reserve", "reserved", "marked as sent")
AFTER = ("answered", "archived", "before settle", "settled")
# Where it stops before the move, what it waits for in it, and how it ends.
MOVES = {
    "reserve": ("before reserve", "SELECT FROM budget_periods FOR UPDATE", "released"),
    "mark_sent": ("reserved", "SELECT FROM budget_reservations FOR UPDATE", "lost"),
    "settle": ("before settle", "LOCK TABLE budget_settlements IN SHARE MODE", "settled"),
}


class Upstream:
    """Charges for what it is asked, as soon as it is asked; answers when it ``may_answer``."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                upstream.calls += 1
                upstream.may_answer.wait(PATIENCE_SECONDS)
                self.send_response(200)
                self.send_header("x-cost", str(REAL_UNITS))
                self.end_headers()
                self.wfile.write(b"a page")

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]  # who asked is dead
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def charged(self) -> int:
        return self.calls * REAL_UNITS


class Place:
    """An upstream, books that have an earlier call in them, and processes to kill."""

    def __init__(self, engine: sa.Engine, url: str, folder: Path, upstream: Upstream) -> None:
        self.engine, self.url, self.folder, self.upstream = engine, url, folder, upstream
        self.call()

    def start(self, stop_at: str) -> ForkServerProcess:
        return start(self.url, self.upstream.url, self.folder, stop_at)

    def call(self) -> None:
        """A call that nobody disturbs."""
        process = self.start("")
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == 0

    def used(self) -> tuple[int, int]:
        standing = Ledger(self.engine).standings()[ACCOUNT.provider]
        return standing.spent_units, standing.reserved_units

    def kill(self, process: ForkServerProcess) -> None:
        assert process.is_alive()
        process.kill()
        process.join()

    @contextmanager
    def locked(self, how: str) -> Iterator[None]:
        with self.engine.begin() as connection:
            connection.execute(sa.text(how))
            yield

    def waits_for_lock(self) -> bool:
        query = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
        with self.engine.connect() as connection:
            found: int = connection.execute(
                sa.text(f"{query} AND datname = current_database() AND query LIKE '%budget_%'")
            ).scalar_one()
        return found > 0

    def is_idle(self) -> bool:
        """Whether the dead process's session has ended too."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with self.engine.connect() as connection:
            return connection.execute(sa.text(f"{query} AND state <> 'idle'")).scalar_one() == 0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def place(engine: sa.Engine, database_url: str, tmp_path: Path) -> Iterator[Place]:
    upstream = Upstream()
    serving = threading.Thread(target=upstream.http.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    with warm():
        yield Place(engine, database_url, tmp_path, upstream)
    upstream.may_answer.set()
    upstream.http.shutdown()
    upstream.http.server_close()
    serving.join()


def assert_safe(place: Place, state: str | None) -> None:
    """``state`` is what the killed call ends in; None: the books do not know it."""
    spent, reserved = place.used()
    assert spent + reserved >= place.upstream.charged
    later = datetime.now(UTC) + timedelta(hours=1)
    Ledger(place.engine, lambda: later).expire()
    spent, reserved = place.used()
    assert reserved == 0
    booked = {None: 0, "released": 0, "lost": MOST_UNITS, "settled": REAL_UNITS}[state]
    assert spent == REAL_UNITS + booked
    assert spent >= place.upstream.charged
    with place.engine.connect() as connection:
        states = list(connection.execute(sa.text("SELECT state FROM budget_reservations ORDER BY id")).scalars())
    assert states == ["settled", *([state] if state else [])]
    place.call()
    assert place.used() == (spent + REAL_UNITS, 0)
    assert_balanced(place.engine)


@pytest.mark.parametrize(
    ("step", "state"),
    [
        *zip(BEFORE, (None, "released", "lost"), strict=True),
        *zip(AFTER, ("lost", "lost", "lost", "settled"), strict=True),
    ],
)
def test_killed_between_two_moves(place: Place, step: str, state: str | None) -> None:
    process = place.start(step)
    wait_until((place.folder / "at").exists)
    place.kill(process)
    assert place.upstream.calls == (1 if step in BEFORE else 2)
    assert_safe(place, state)


def test_killed_while_its_upstream_has_not_answered(place: Place) -> None:
    place.upstream.may_answer.clear()
    process = place.start("")
    wait_until(lambda: place.upstream.calls == 2)
    place.kill(process)
    place.upstream.may_answer.set()
    assert_safe(place, "lost")


@pytest.mark.parametrize("move", MOVES)
def test_killed_within_a_move_that_the_server_ends_without_it(place: Place, move: str) -> None:
    """What the server has begun it also commits: nobody hears of it, and nothing is lost."""
    step, lock, state = MOVES[move]
    process = place.start(step)
    wait_until((place.folder / "at").exists)
    with place.locked(lock):
        (place.folder / "go").touch()
        wait_until(place.waits_for_lock)
        place.kill(process)
    wait_until(place.is_idle)
    assert_safe(place, state)
