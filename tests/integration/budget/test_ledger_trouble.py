"""Midnight, wrong clocks, and a database that is gone: nothing is granted twice, and what cannot be known is booked."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from balance import assert_balanced

from etheatmap_core import clock
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry, ProviderBudget, Reservation
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate
from etheatmap_core.errors import BudgetExhaustedError, ConfigError, DatabaseUnavailableError

ENTRY = Entry("newsapi", "2026-11-24-11:00", "run-1", "everything?q=Zendaya")
DAY = ProviderBudget("news", "requests", "day", 100, None, 600)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
OpenLedger = Callable[..., Ledger]


@pytest.fixture
def own_server(start_postgres: Callable[[Path], EmbeddedPostgres]) -> Iterator[EmbeddedPostgres]:
    """A migrated server that this test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="etheatmap-"))
    try:
        server = start_postgres(folder / "pg")
        engine = create_engine(server.url("postgres"))
        migrate(engine)
        engine.dispose()
        yield server
    finally:
        EmbeddedPostgres.stop_leftover(folder / "pg")
        shutil.rmtree(folder)


def as_many_as_granted(ledger: Ledger) -> int:
    granted = 0
    while True:
        try:
            ledger.reserve("news", 1, ENTRY)
        except BudgetExhaustedError:
            return granted
        granted += 1


def test_at_midnight_each_period_grants_its_own_limit_whoevers_clock_it_is(engine: sa.Engine) -> None:
    """Four are still in the old day and four in the new one, as fast as they can."""
    Ledger(engine).configure([replace(DAY, expires_after_seconds=86_400)])
    seconds = (-3600, -1, -0.000001, -0.001, 0, 0.000001, 1, 3600)

    def race(second: float) -> int:
        instant = MIDNIGHT + timedelta(seconds=second)
        return as_many_as_granted(Ledger(engine, lambda: instant))

    with ThreadPoolExecutor(len(seconds)) as pool:
        granted = list(pool.map(race, seconds))
    assert (sum(granted[:4]), sum(granted[4:])) == (100, 100)
    assert_balanced(engine)


def test_a_limit_stands_still_while_a_reservation_is_decided_on(engine: sa.Engine) -> None:
    """One lowered meanwhile counts from the next reservation on: none is granted above the limit that is written."""
    ledger = Ledger(engine)
    ledger.configure([DAY])
    ledger.release(ledger.reserve("news", 1, ENTRY))
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%budget%'")

    def wait_for(waiting: int) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while connection.execute(query).scalar_one() < waiting:
                time.sleep(0.005)

    with ThreadPoolExecutor(2) as pool:
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT FROM budget_periods FOR UPDATE")
            reserving = pool.submit(ledger.reserve, "news", 60, ENTRY)
            wait_for(1)
            lowering = pool.submit(ledger.configure, [replace(DAY, limit_units=50)])
            wait_for(2)
            assert ledger.standings()["news"].limit_units == 100
        reserving.result()
        lowering.result()
    with pytest.raises(BudgetExhaustedError, match="60 of 50 requests used"):
        ledger.reserve("news", 1, ENTRY)


def test_a_process_whose_clock_or_time_zone_is_wrong_gets_no_second_period(
    engine: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(engine)
    ledger.configure([DAY])
    assert as_many_as_granted(ledger) == 100
    before = ledger.standings()["news"]
    wrong = datetime.now(UTC) + timedelta(days=40)
    monkeypatch.setattr("time.time", wrong.timestamp)
    monkeypatch.setattr(clock, "system_clock", lambda: wrong)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"):
        abroad = sa.create_engine(
            sa.make_url(database_url).set(drivername="postgresql+psycopg"),
            connect_args={"options": f"-c timezone={zone}"},
        )
        assert as_many_as_granted(Ledger(abroad)) == 0
        assert Ledger(abroad).standings()["news"] == before
        abroad.dispose()


@pytest.mark.parametrize(
    ("instant", "start", "end"),
    [
        ("2028-02-29T23:59:59.999999Z", "2028-02-01", "2028-03-01"),
        ("2027-02-28T12:00:00Z", "2027-02-01", "2027-03-01"),
        ("2026-12-31T23:59:59Z", "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:00:00Z", "2027-01-01", "2027-02-01"),
        ("2026-10-25T01:30:00+02:00", "2026-10-01", "2026-11-01"),  # the hour that Berlin has twice
        ("2026-11-01T00:30:00+02:00", "2026-10-01", "2026-11-01"),
    ],
)
def test_months_are_those_of_utc(engine: sa.Engine, instant: str, start: str, end: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL timezone = 'America/New_York'")
        query = "SELECT starts_at, ends_at FROM budget_period('month', CAST(:instant AS timestamptz))"
        found = connection.execute(sa.text(query), {"instant": instant}).one()
    assert tuple(one.astimezone(UTC).strftime("%Y-%m-%d") for one in found) == (start, end)
    assert all(one.astimezone(UTC).time() == datetime.min.time() for one in found)


def test_the_database_goes_in_mid_call_and_comes_back(own_server: EmbeddedPostgres) -> None:
    engine = create_engine(own_server.url("postgres"))
    ledger = Ledger(engine)
    ledger.configure([DAY])
    kept, late = ledger.reserve("news", 30, ENTRY), ledger.reserve("news", 20, ENTRY)
    ledger.mark_sent(kept)
    ledger.mark_sent(late)
    own_server.stop()
    for move in (lambda: ledger.settle(kept, 3), lambda: ledger.reserve("news", 1, ENTRY), ledger.standings):
        with pytest.raises(DatabaseUnavailableError, match="nothing that costs is asked: check that the database runs"):
            move()
    EmbeddedPostgres.start(own_server.data_dir, version=own_server.version)
    later = datetime.now(UTC) + timedelta(minutes=11)
    assert Ledger(engine, lambda: later).expire() == 2
    assert ledger.standings()["news"].spent_units == 50, "nobody knows what they cost: whole"
    ledger.settle(late, 4)  # its process has waited
    standing = ledger.standings()["news"]
    assert (standing.spent_units, standing.reserved_units) == (34, 0)
    ledger.reserve("news", 66, ENTRY)
    assert_balanced(engine)
    engine.dispose()


@pytest.fixture
def open_engine(database_url: str) -> Iterator[Callable[..., sa.Engine]]:
    """An engine on the test's database with settings of its own."""
    opened: list[sa.Engine] = []
    address = sa.make_url(database_url).set(drivername="postgresql+psycopg")

    def make(options: str = "", **settings: object) -> sa.Engine:
        opened.append(sa.create_engine(address, connect_args={"options": options}, **settings))
        return opened[-1]

    yield make
    for engine in opened:
        engine.dispose()


@pytest.fixture
def is_refused(engine: sa.Engine) -> Callable[[sa.Engine], bool]:
    """Whether nothing is granted through an engine; what it says must be in words."""
    own = Ledger(engine)
    own.configure([DAY])

    def check(broken: sa.Engine) -> bool:
        with pytest.raises(DatabaseUnavailableError, match="nothing that costs is asked"):
            Ledger(broken).reserve("news", 1, ENTRY)
        return own.standings()["news"].used_units == 0

    return check


OpenEngine = Callable[..., sa.Engine]
IsRefused = Callable[[sa.Engine], bool]


def test_no_free_connection(open_engine: OpenEngine, is_refused: IsRefused) -> None:
    engine = open_engine(pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect():
        assert is_refused(engine)


def test_a_connection_that_the_server_has_ended(
    open_engine: OpenEngine, is_refused: IsRefused, engine: sa.Engine
) -> None:
    broken = open_engine(pool_size=1)
    with broken.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
    assert is_refused(broken)


def test_a_connection_that_this_process_has_closed(open_engine: OpenEngine, is_refused: IsRefused) -> None:
    broken = open_engine(pool_size=1)
    with broken.connect() as connection:
        assert connection.connection.driver_connection is not None
        driver_connection = connection.connection.driver_connection
    driver_connection.close()
    assert is_refused(broken)


def test_a_server_that_may_only_be_read(open_engine: OpenEngine, is_refused: IsRefused) -> None:
    assert is_refused(open_engine("-c default_transaction_read_only=on"))


def test_an_address_where_nobody_answers(is_refused: IsRefused) -> None:
    engine = create_engine("postgresql://nobody@127.0.0.1:1/none")
    assert is_refused(engine)
    engine.dispose()


def test_a_row_that_somebody_else_never_lets_go(
    open_engine: OpenEngine, engine: sa.Engine, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger()
    ledger.release(ledger.reserve("news", 1, ENTRY))
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT FROM budget_periods FOR UPDATE")
        with pytest.raises(DatabaseUnavailableError):
            Ledger(open_engine("-c lock_timeout=10ms"), lambda: MIDNIGHT - timedelta(hours=12)).reserve(
                "news", 1, ENTRY
            )
    assert ledger.standings()["news"].used_units == 0


def test_a_total_that_nobody_has_set_grants_no_dollar(open_ledger: OpenLedger, engine: sa.Engine) -> None:
    ledger = open_ledger(ProviderBudget("openai", "usd_micros", "month", 100, None, 600))
    with pytest.raises(ConfigError, match=r"budgets.yml: total has no budget: nothing of openai may be asked"):
        ledger.reserve("openai", 1, ENTRY)
    assert ledger.standings()["openai"].used_units == 0


def test_an_overrun_that_is_told_in_the_next_period_closes_that_one_too(open_ledger: OpenLedger, watch) -> None:
    watch.now = MIDNIGHT - timedelta(seconds=1)
    ledger = open_ledger()
    reservation = ledger.reserve("news", 10, ENTRY)
    watch.now += timedelta(seconds=2)
    ledger.settle(reservation, 11)
    with pytest.raises(BudgetExhaustedError, match="closed"):
        ledger.reserve("news", 1, ENTRY)
    assert ledger.standings()["news"].spent_units == 0, "the old period pays"


def test_a_paced_refusal_first_ends_what_a_crash_left(open_ledger: OpenLedger, watch) -> None:
    ledger = open_ledger(ProviderBudget("news", "requests", "day", 100, 3600, 600))
    ledger.reserve("news", 54, ENTRY, is_paced=True)
    watch.now += timedelta(minutes=11)
    ledger.reserve("news", 54, ENTRY, is_paced=True)
    standing = ledger.standings()["news"]
    assert (standing.spent_units, standing.reserved_units) == (0, 54), "the first 54 are free again"


def test_a_lost_answer_that_had_expired_already_stays_booked_whole(open_ledger: OpenLedger, watch) -> None:
    ledger = open_ledger()
    reservation = ledger.reserve("news", 10, ENTRY)
    ledger.mark_sent(reservation)
    watch.now += timedelta(hours=1)
    ledger.expire()
    ledger.lose(reservation)
    assert ledger.standings()["news"].spent_units == 10


@pytest.mark.parametrize("units", [-1, -(2**63)])
def test_less_than_nothing_is_a_mistake(open_ledger: OpenLedger, units: int) -> None:
    ledger = open_ledger()
    with pytest.raises(ValueError, match="never below 0"):
        ledger.reserve("news", units, ENTRY)
    with pytest.raises(ValueError, match="never below 0"):
        ledger.settle(Reservation(1, "news", 1), units)


def test_more_than_can_be_counted_is_refused(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.reserve("news", 1, ENTRY)
    with pytest.raises(BudgetExhaustedError):
        ledger.reserve("news", 2**63 - 1, ENTRY)
