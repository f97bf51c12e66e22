"""What storage_maintenance removes: bytes, by the time of their capture; never a row."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from installation import START, Installation, at, packed

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry, ProviderBudget
from etheatmap_core.outbox.store import Message, enqueue

DAY = timedelta(days=1)


def kept(installation: Installation) -> tuple[list[str], list[str]]:
    """The names of raw files and of lake files that are there, without their hash."""

    def names(folder: Path) -> list[str]:
        return sorted(path.name[:2] for path in folder.rglob("*") if path.is_file())

    return names(installation.home / "raw"), names(installation.home / "lake")


@pytest.fixture
def two_captures(installation: Installation) -> Installation:
    """Hour 00 captured on 1 March at 02:00, hour 01 on 3 March at midnight."""
    installation.track("Maya Rudolph", "Tyler Perry")
    for number, now in ((0, START + timedelta(hours=2)), (1, START + 2 * DAY)):
        installation.publish(at(number), packed({"Maya_Rudolph": 100 + number, "Main_Page": 5}))
        installation.now = now
        assert installation.run("wiki", at(number)).is_success
    return installation


def test_raw_bytes_go_after_three_days_and_the_lake_after_twenty_eight(two_captures: Installation) -> None:
    run = two_captures.run_day("storage_maintenance", "2024-03-05")  # ends three days after the second capture
    assert kept(two_captures) == (["01"], ["00", "01"])
    assert run.made["2024-03-05"] == {
        "raw_files_removed": 1,
        "lake_files_removed": 0,
        "size_bytes_freed": two_captures.dump_path(START).stat().st_size,
        "sighting_days_removed": 0,
        "discovery_days_removed": 0,
        "items_removed": 0,
        "calls_removed": 0,
        "messages_removed": 0,
    }
    two_captures.run_day("storage_maintenance", "2024-03-06")
    assert kept(two_captures) == ([], ["00", "01"])
    two_captures.run_day("storage_maintenance", "2024-03-29")
    assert kept(two_captures) == ([], ["01"])


def test_every_row_stays_and_the_hour_can_still_be_made(two_captures: Installation) -> None:
    signals = two_captures.rows("signals")
    captures = two_captures.rows("captures", without=("raw_path", "lake_path"))
    two_captures.run_day("storage_maintenance", "2024-04-20")
    assert kept(two_captures) == ([], [])
    assert two_captures.rows("signals") == signals
    assert two_captures.rows("captures", without=("raw_path", "lake_path")) == captures
    shutil.rmtree(two_captures.upstream)
    assert two_captures.run("wiki", at(0), at(1)).is_success
    assert two_captures.rows("signals") == signals


def test_an_old_hour_that_is_replayed_today_is_not_deleted_today(installation: Installation) -> None:
    hour, today = datetime(2012, 2, 14, 16, tzinfo=UTC), datetime(2024, 4, 20, 9, tzinfo=UTC)
    installation.track("Maya Rudolph")
    installation.publish(hour, packed({"Maya_Rudolph": 100}))
    installation.now, installation.partitions = today, (hour, hour + 10 * DAY)
    installation.run("wiki", hour)
    assert installation.run_day("storage_maintenance", "2012-02-20").is_success
    installation.partitions = (START, today)
    assert installation.run_day("storage_maintenance", "2024-04-19").is_success
    assert kept(installation) == (["16"], ["16"])


def test_calls_and_messages_go_after_four_hundred_days_and_what_was_spent_stays(installation: Installation) -> None:
    ledger = Ledger(installation.engine, lambda: START)
    ledger.configure([ProviderBudget("news", "requests", "day", 100, None, 600)])
    ledger.settle(ledger.reserve("news", 5, Entry("newsapi", "", "", "")), 5)
    ledger.reserve("news", 7, Entry("newsapi", "", "", ""))
    with installation.engine.begin() as connection:
        enqueue(connection, Message("old", "test", "old"), START)
        enqueue(connection, Message("waits", "test", "waits"), START)
        connection.exec_driver_sql("UPDATE outbox SET state = 'sent', ended_at = created_at WHERE key = 'old'")
    installation.partitions = (START, START + 500 * DAY)
    installation.now = START + 450 * DAY
    day = f"{START + 399 * DAY:%Y-%m-%d}"
    kept_run = installation.run_day("storage_maintenance", day)
    assert (kept_run.made[day]["calls_removed"], kept_run.made[day]["messages_removed"]) == (0, 0)
    day = f"{START + 400 * DAY:%Y-%m-%d}"
    run = installation.run_day("storage_maintenance", day)
    assert (run.made[day]["calls_removed"], run.made[day]["messages_removed"]) == (1, 1)
    assert [row["spent_units"] for row in installation.rows("budget_periods")] == [5]
    assert [row["state"] for row in installation.rows("budget_reservations")] == ["reserved"], "what is open stays"
    assert [row["key"] for row in installation.rows("outbox")] == ["waits"]
