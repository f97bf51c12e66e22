"""`etheatmap up` over two starts: the newest days are filled, an interrupted start goes on, services are kept alive."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
from platform_process import (
    PROJECT,
    end_by_ctrl_c,
    environment,
    free_port,
    get,
    processes_of,
    start,
    wait_for,
)

from etheatmap_cli.up import newest_days
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.hours import HOUR, HourRange

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.fixture
def dumps_url() -> Iterator[str]:
    """The address of an upstream that has published a fortnight up to now."""
    words = ("-m", "etheatmap_sim", "--port", "0", "--start", f"{datetime.now(UTC):%Y-%m-%dT%H}")
    with subprocess.Popen(
        [sys.executable, *words, "--roster", str(PROJECT / "configs" / "entities.csv")],
        stdout=subprocess.PIPE,
        text=True,
    ) as simulator:
        try:
            assert simulator.stdout is not None
            ready = simulator.stdout.readline()
            yield next(word.rstrip(",") for word in ready.split() if word.startswith("http://"))
        finally:
            simulator.terminate()


@dataclass(frozen=True)
class Installation:
    """One data folder, started and stopped several times."""

    home: Path
    api_port: int
    dumps_url: str

    @property
    def log(self) -> Path:
        return self.home / "terminal.log"

    def up(self) -> "subprocess.Popen[bytes]":
        self.log.unlink(missing_ok=True)
        env = environment(
            self.home,
            API_PORT=str(self.api_port),
            DAGSTER_PORT=str(free_port()),
            ETHEATMAP_CONFIG_DIR=str(PROJECT / "configs"),
            WIKIMEDIA_DUMPS_URL=self.dumps_url,
            SIMULATOR_URL=self.dumps_url,
            WIKI_PROJECTS="en",
        )
        return start("up", env=env, log=self.log, cwd=self.home)  # away from the project's own .env

    def captured(self, hours: HourRange) -> Mapping[datetime, list[datetime]]:
        """For each captured hour when it was captured; twice when it was asked for twice."""
        with psycopg.connect(EmbeddedPostgres(self.home / "postgres", 18).url("etheatmap")) as connection:
            rows = connection.execute(
                """SELECT ts, array_agg(captured_at) FROM captures
                   WHERE source = 'wiki' AND ts >= %s AND ts < %s GROUP BY ts""",
                (hours.start, hours.end),
            )
            return {ts.astimezone(UTC): captured for ts, captured in rows}

    def is_filled(self, hours: HourRange) -> bool:
        return len(self.captured(hours)) == len(hours) == self.scored(hours)

    def scored(self, hours: HourRange) -> int:
        with psycopg.connect(EmbeddedPostgres(self.home / "postgres", 18).url("etheatmap")) as connection:
            row = connection.execute(
                "SELECT count(DISTINCT ts) FROM scores WHERE model = 'mvp' AND ts >= %s AND ts < %s",
                (hours.start, hours.end),
            ).fetchone()
        assert row is not None
        count: int = row[0]
        return count


@pytest.fixture
def installation(home: Path, dumps_url: str) -> Installation:
    return Installation(home, free_port(), dumps_url)


def test_an_interrupted_first_start_goes_on_and_services_are_kept_alive(installation: Installation) -> None:
    log, hours = installation.log, newest_days(datetime.now(UTC))
    lasting = HourRange(hours.start + HOUR, hours.end)  # a full hour may pass before the second start

    process = installation.up()
    try:
        wait_for(
            lambda: "ET Heatmap is up." in log.read_text(), seconds=180, what="the start", log=log, process=process
        )
        wait_for(
            lambda: len(installation.captured(hours)) >= 30,
            seconds=120,
            what="the first hours of the backfill",
            log=log,
            process=process,
        )
        early = installation.captured(hours)
    finally:
        code = end_by_ctrl_c(process)
    assert code == 0, log.read_text()
    assert "Collecting and scoring what is missing of the newest 8 days" in log.read_text()
    assert len(early) < len(hours), "it was interrupted too late to prove anything"
    assert processes_of(installation.home) == []

    process = installation.up()
    try:
        wait_for(
            lambda: "ET Heatmap is up." in log.read_text() and installation.is_filled(lasting),
            seconds=240,
            what="the rest of the backfill",
            log=log,
            process=process,
        )
        captured = installation.captured(hours)
        assert {hour: captured[hour] for hour in early} == early, "hours that were there were asked for again"
        assert {len(times) for times in captured.values()} == {1}
        assert "The backfill is not complete" not in log.read_text()

        (api,) = services(process.pid, "etheatmap_cli.main api")
        os.kill(api, signal.SIGKILL)
        wait_for(
            lambda: "The API ended (killed by SIGKILL); starting it again." in log.read_text(),
            seconds=30,
            what="the end of the API to be noticed",
            log=log,
            process=process,
        )
        wait_for(
            lambda: services(process.pid, "etheatmap_cli.main api") not in ([], [api]) and answers(installation),
            seconds=60,
            what="the API to answer again",
            log=log,
            process=process,
        )
        assert b"<tr" in get(f"http://127.0.0.1:{installation.api_port}/trends/dashboard")

        postmaster = int((installation.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        wait_for(
            lambda: "The database ended; starting it again." in log.read_text() and answers(installation),
            seconds=60,
            what="the database to come back",
            log=log,
            process=process,
        )
    finally:
        code = end_by_ctrl_c(process)
    assert code == 0, log.read_text()
    assert processes_of(installation.home) == []


def services(supervisor_pid: int, words: str) -> list[int]:
    """The supervisor's children whose command line holds these words."""
    children = psutil.Process(supervisor_pid).children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child.pid for child in alive if words in " ".join(child.cmdline())]


def answers(installation: Installation) -> bool:
    try:
        return b"ok" in get(f"http://127.0.0.1:{installation.api_port}/health")
    except OSError:
        return False
