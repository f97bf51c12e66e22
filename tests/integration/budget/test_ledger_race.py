"""Sixteen processes that reserve, settle, release and are killed: no limit is passed by a unit, and the books balance.

Watched by three who know nothing of each other: a trigger at every grant, the logs of the processes, the tables' sums.
SOAK=1 makes a million moves of it.
"""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from balance import assert_balanced
from racing import START, Logs, Race, run_race

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, ProviderBudget

SEED, MOVES = 20261124, 20_000
HOUR = 3600
END = START + timedelta(days=10_000)
# Small, so that much of the race is at a limit.
ACCOUNTS = (
    ProviderBudget("news", "requests", "day", 60, None, 24 * HOUR),
    ProviderBudget("pages", "credits", "month", 1_500, 36 * HOUR, 36 * HOUR),
    ProviderBudget("words", "usd_micros", "month", 1_500, None, 24 * HOUR),
    ProviderBudget("actors", "usd_micros", "day", 50, 6 * HOUR, 12 * HOUR),
    ProviderBudget(TOTAL, "usd_micros", "month", 2_500, None, 36 * HOUR),
)
# Checked when the row is locked and written, against the limit as it is committed then.
_WATCH = """
CREATE TABLE passed (provider text, limit_units bigint, used_units bigint);
CREATE FUNCTION watch_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO passed SELECT l.provider, l.limit_units, NEW.spent_units + NEW.reserved_units FROM budget_limits l
    WHERE l.provider = NEW.provider AND NEW.spent_units + NEW.reserved_units > l.limit_units;
    RETURN NULL;
END $$;
CREATE TRIGGER watch_grant AFTER UPDATE ON budget_periods FOR EACH ROW
    WHEN (NEW.reserved_units > OLD.reserved_units) EXECUTE FUNCTION watch_grant()
"""


def watched(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(_WATCH)


def rows(engine: sa.Engine, query: str) -> list[sa.Row]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text(query)))


def run(engine: sa.Engine, url: str, folder: Path, moves: int, *, changes_limits: bool = False) -> tuple[Race, Logs]:
    watched(engine)
    Ledger(engine, lambda: START).configure(ACCOUNTS)
    race = Race(url, folder, ACCOUNTS, moves_a_day=200, seed=SEED, changes_limits=changes_limits)
    run_race(race, moves, kills=min(400, moves // 500))  # beside those who kill themselves
    return race, Logs(race)


def assert_true_to_the_logs(engine: sa.Engine, race: Race, logs: Logs) -> None:
    """What every process saw is in the books, and nothing else; no charge is understated."""
    Ledger(engine, lambda: END).expire()
    assert_balanced(engine)
    assert rows(engine, "SELECT * FROM budget_periods WHERE reserved_units <> 0") == []
    query = "SELECT r.*, s.units AS charged FROM budget_reservations r LEFT JOIN budget_settlements s"
    booked = {row.id: row for row in rows(engine, f"{query} ON s.reservation_id = r.id")}
    for number, story in logs.stories.items():
        row = booked[number]
        assert (row.provider, row.units) == (story.provider, story.units)
        if story.charged is not None:
            assert (row.charged or 0) == story.charged
        elif story.is_sent:
            asked = story.ending[1] if story.ending else 0
            assert row.charged >= min(asked, story.units), "less than its upstream may have charged"
    for number in booked.keys() - logs.stories.keys():  # granted to one who was killed before it heard
        assert booked[number].state == "released"


def test_sixteen_processes_pass_no_limit_and_lose_no_unit(
    engine: sa.Engine, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert proved(engine, database_url, tmp_path, MOVES, capsys) >= MOVES


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)  # 40 minutes of two cores, and others may have some of them
@pytest.mark.skipif(not os.environ.get("SOAK"), reason="takes minutes: make soak")
def test_a_million_moves(
    engine: sa.Engine, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert proved(engine, database_url, tmp_path, 1_000_000, capsys) >= 1_000_000


def proved(engine: sa.Engine, url: str, folder: Path, moves: int, capsys: pytest.CaptureFixture[str]) -> int:
    """How many moves were made, in a race of which all that is claimed holds."""
    began = time.monotonic()
    race, logs = run(engine, url, folder, moves)
    seconds = time.monotonic() - began
    assert rows(engine, "SELECT * FROM passed") == []
    limits = {account.provider: account.limit_units for account in ACCOUNTS}
    held = logs.most_held()
    assert {key: most for key, most in held.items() if most > limits[key[0]]} == {}
    assert_true_to_the_logs(engine, race, logs)
    made = sum(logs.moves.values())
    full = sum(most == limits[provider] for (provider, _), most in held.items())
    with capsys.disabled():
        told = {f"{move}: {result}": count for (move, result), count in sorted(logs.moves.items())}
        told["processes"] = len(list(folder.glob("*.log")))
        print(f"\n{made:,} moves in {seconds:.1f} s; {full} of {len(held)} periods full to the unit; {told}")
    return made


def test_limits_that_go_up_and_down_hold_at_once(engine: sa.Engine, database_url: str, tmp_path: Path) -> None:
    """Far below what is spent too."""
    race, logs = run(engine, database_url, tmp_path, MOVES // 5, changes_limits=True)
    assert rows(engine, "SELECT * FROM passed") == []
    assert_true_to_the_logs(engine, race, logs)
