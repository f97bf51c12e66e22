"""`etheatmap backfill` from a folder of dumps: what it stores, twice, again after an interruption, with a hole.

Starting a server takes long, so there is one. Its first six hours are there before any test; what a test publishes and
runs beyond them is its own, so that each test says the same alone.
"""

import signal
import subprocess
import sys

import pytest
from command_line import CommandLine, hour, spelled

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("six_hours")]
HOURS = [spelled(hour(number)) for number in range(6)]


@pytest.fixture(scope="module")
def six_hours(command_line: CommandLine) -> "subprocess.CompletedProcess[str]":
    """The backfill that stored the first six hours."""
    command_line.publish(range(6))
    run = command_line.backfill(0, 5)
    assert run.returncode == 0, run.stderr
    return run


def stored_hours(command_line: CommandLine, table: str) -> list[str]:
    rows = command_line.query(
        f"SELECT DISTINCT to_char(ts AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24') FROM {table} ORDER BY 1"
    )
    return [str(row[0]) for row in rows]


def runs(command_line: CommandLine) -> list[tuple[object, ...]]:
    return command_line.query("SELECT run_id FROM runs ORDER BY id", "dagster")


def test_a_backfill_stores_its_hours(command_line: CommandLine, six_hours: "subprocess.CompletedProcess[str]") -> None:
    assert six_hours.stdout == ""
    assert "wiki" in six_hours.stderr
    assert "6/6 hours" in six_hours.stderr
    assert set(HOURS) <= set(stored_hours(command_line, "signals"))
    assert set(HOURS) <= set(stored_hours(command_line, "scores"))
    assert command_line.query(
        "SELECT value FROM signals JOIN entities ON id = entity_id "
        f"WHERE name = 'Zendaya' AND metric = 'views' AND ts < '{hour(6).isoformat()}' ORDER BY ts"
    ) == [(50 + 2 * number,) for number in range(6)]


def test_a_second_backfill_changes_nothing(command_line: CommandLine) -> None:
    before = command_line.everything()
    second = command_line.backfill(0, 5)
    assert second.returncode == 0, second.stderr
    assert command_line.everything() == before


def test_missing_only_runs_nothing_when_all_is_there(command_line: CommandLine) -> None:
    before = runs(command_line)
    again = command_line.backfill(0, 5, "--missing-only")
    assert again.returncode == 0, again.stderr
    assert runs(command_line) == before


def test_missing_only_runs_what_is_missing(command_line: CommandLine) -> None:
    command_line.publish([6, 7])
    before = len(runs(command_line))
    more = command_line.backfill(0, 7, "--missing-only")
    assert more.returncode == 0, more.stderr
    assert "2/2 hours" in more.stderr
    assert len(runs(command_line)) == before + 2, "one an asset"


def test_one_missing_file_costs_its_hour_and_is_named(command_line: CommandLine) -> None:
    command_line.publish([20, 21, 23])
    run = command_line.backfill(20, 23, "--select", "wiki")
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    told = run.stderr[run.stderr.index("etheatmap:") :].splitlines()
    assert told[0] == "etheatmap: wiki: 1 of 4 hours could not be made:"
    assert told[1].startswith(f"{spelled(hour(22))}: ")
    assert told[1].endswith("A file this old will not come: the hour stays a gap.")
    stored = stored_hours(command_line, "signals")
    assert [number for number in range(20, 24) if spelled(hour(number)) in stored] == [20, 21, 23]


def test_a_misspelt_asset_is_told_before_the_others_run(command_line: CommandLine) -> None:
    command_line.publish([30])
    before = runs(command_line)
    run = command_line.backfill(30, 30, "--select", "wiki, heat_score")
    assert run.returncode == 1
    told = run.stderr.strip()
    assert told.startswith("etheatmap: --select heat_score: no such asset; there are ")
    assert {"heat_scores", "imdb_box_office", "wiki"} <= set(told.removesuffix(".").replace(",", "").split())
    assert runs(command_line) == before


def test_an_hour_outside_the_grid_is_one_sentence(command_line: CommandLine) -> None:
    run = command_line.backfill(-1, 3)
    assert run.returncode == 1
    assert run.stderr.strip().startswith("etheatmap: 2012-02-14T15 is not in the hour grid (2012-02-14-16:00 to ")
    assert len(run.stderr.strip().splitlines()) == 1


def test_ctrl_c_ends_the_whole_backfill_and_what_is_there_stays(command_line: CommandLine) -> None:
    command_line.publish(range(40, 340))
    words = ("backfill", "--from", spelled(hour(40)), "--to", spelled(hour(339)))
    with subprocess.Popen(
        [sys.executable, "-m", "etheatmap_cli.main", *words],
        cwd=command_line.folder,
        env=command_line.environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        command_line.wait_for_capture(hour(42))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "heat_scores" not in told, "the next asset was still run"
    stored = stored_hours(command_line, "signals")
    assert spelled(hour(41)) in stored
    assert spelled(hour(339)) not in stored


def test_hours_that_failed_first_are_scored_once_they_come(command_line: CommandLine) -> None:
    failed = command_line.backfill(380, 382, "--missing-only")
    assert failed.returncode == 1
    assert "heat_scores" not in failed.stderr, "nothing was collected: there is nothing to score"

    command_line.publish([381, 382])
    later = command_line.backfill(380, 382, "--missing-only")
    assert later.returncode == 1, "one hour is still missing"
    command_line.publish([380])
    last = command_line.backfill(380, 382, "--missing-only")
    assert last.returncode == 0, last.stderr
    assert "heat_scores" in last.stderr
    assert last.stderr.count("3/3 hours") == 1, "the hours after the one that came are scored again"


def test_one_hour_that_is_not_there_is_a_failure_too(command_line: CommandLine) -> None:
    run = command_line.backfill(390, 390)
    assert run.returncode == 1
    assert "is not published yet" in run.stderr
