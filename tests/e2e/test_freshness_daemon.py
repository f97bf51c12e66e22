"""Freshness on a real Dagster instance with its daemons: told once, hidden by no backfill, over when it is; and a
daemon that is killed is reported by the API."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import psycopg
import pytest
from dagster_services import adapted, launch_backfill, until
from moved_clock import CLOCK_AHEAD, clock, move
from platform_process import PROJECT, free_port, get, processes_of

from etheatmap_assets.freshness import CHECK
from etheatmap_cli.platform import Platform, prepare_dagster, prepared, services, supervised
from etheatmap_cli.supervisor import Service, Supervisor
from etheatmap_core.hours import HOUR, floor_hour, partition_key
from etheatmap_core.settings import load_settings
from etheatmap_sim.roster import read_roster
from etheatmap_sim.testing import Simulator, serve

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(300)]

ASSET = "metered_example"
# The API looks at the heartbeats every second, by the clock that is moved.
_QUICK_API = (
    "import sys; from moved_clock import clock; from etheatmap_api import daemon_watch, server; "
    "daemon_watch.LOOK_EVERY_SECONDS = 1; server.system_clock = clock; "
    "sys.argv = ['etheatmap', 'api']; from etheatmap_cli.main import app; app()"
)


class Watched:
    """The platform with one source, which automation leaves alone."""

    def __init__(
        self, platform: Platform, supervisor: Supervisor, instance: dg.DagsterInstance, simulator: Simulator
    ) -> None:
        self._platform, self._supervisor = platform, supervisor
        self.instance, self.simulator = instance, simulator

    def told(self) -> list[str]:
        """What has arrived in the channel."""
        return self.simulator.slack.texts

    def state(self) -> str | None:
        """The newest verdict in our table."""
        with psycopg.connect(self._platform.database_url) as connection:
            row = connection.execute("SELECT state FROM asset_freshness WHERE asset = %s", (ASSET,)).fetchone()
        return None if row is None else str(row[0])

    def is_check_passed(self) -> bool | None:
        """As the UI shows it."""
        record = self.instance.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(dg.AssetKey(ASSET), CHECK)]
        )
        event = next((found.event for found in record.values() if found.event is not None), None)
        return None if event is None else event.get_dagster_event().asset_check_evaluation_data.passed

    def policy_state(self) -> str:
        """What Dagster's own policy, evaluated by its daemon, says."""
        key = dg.AssetKey(ASSET)
        return self.instance.get_freshness_state_records([key])[key].freshness_state.value

    def asked_for_since(self, since: datetime) -> None:
        """Hours pass."""
        _asked_for_since(self._platform, since)

    def make(self, hour: datetime) -> bool:
        """A backfill of that hour, as the UI launches one; whether its run succeeded."""
        tags = launch_backfill(self._platform.settings.dagster_port, ASSET, [partition_key(hour)])

        def ended() -> list[dg.DagsterRun]:
            return [run for run in self.instance.get_runs(dg.RunsFilter(tags=tags)) if run.is_finished]

        until(lambda: len(ended()) == 1, seconds=60, what="the backfill's run")
        return ended()[0].is_success

    def ticks(self, number: int) -> None:
        """Until the freshness sensor has judged so many times more."""
        for _ in range(number):
            before = self._judged_at()
            until(lambda: self._judged_at() != before, seconds=30, what="the sensor's next tick")  # noqa: B023

    def _judged_at(self) -> object:
        with psycopg.connect(self._platform.database_url) as connection:
            return connection.execute("SELECT max(judged_at) FROM asset_freshness").fetchone()

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.page("/health/extended"))
        return found

    def page(self, path: str) -> bytes:
        return get(f"http://127.0.0.1:{self._platform.settings.api_port}{path}")

    def kill_daemon(self) -> None:
        children = psutil.Process().children()
        (daemon,) = [child for child in children if any("dagster._daemon" in word for word in child.cmdline())]
        os.kill(daemon.pid, signal.SIGKILL)

    def keep_alive(self) -> None:
        """What the supervisor does all the time in the product: it starts again what has ended."""
        self._supervisor.run_to_end(Service("pause", ["sleep", "1"], {}))


@pytest.fixture
def watched(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Every service runs. The source has been asked for since three hours, and was never made."""
    monkeypatch.setenv(CLOCK_AHEAD, str(home / "clock_ahead"))
    move(0)
    now = clock()
    configs = home / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    (configs / "sources.yml").write_text("sources:\n  wiki: {enabled: false, weight: 1.0}\n")
    with ExitStack() as stack:
        simulator = stack.enter_context(serve(read_roster(PROJECT / "configs" / "entities.csv"), now + 2 * HOUR))
        settings = load_settings(None).model_copy(
            update={
                "etheatmap_home": home / "data",
                "etheatmap_config_dir": configs,
                "api_port": free_port(),
                "dagster_port": free_port(),
                "feature_metered_example": True,
            }
        )
        environment = {
            "SIMULATOR_URL": simulator.url,
            "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/operations",
            "FEATURE_METERED_EXAMPLE": "true",
            "FRESHNESS_DAEMON_INTERVAL_SECONDS": "5",
            "ETHEATMAP_PARTITIONS_START": f"{floor_hour(now) - 48 * HOUR:%Y-%m-%dT%H}",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PYTHONPATH": str(Path(__file__).parent),
        }
        platform = stack.enter_context(prepared(settings, environment))
        _asked_for_since(platform, now - 3 * HOUR)
        supervisor = stack.enter_context(supervised(home / "data" / "logs"))
        prepare_dagster(platform, supervisor)
        for service in services(platform).values():
            supervisor.start(_adapted(service))
        supervisor.wait_ready()
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", platform.environment["DAGSTER_POSTGRES_URL"])
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(platform.instance.home)))
        yield Watched(platform, supervisor, instance, simulator)
    assert processes_of(home) == []


def _asked_for_since(platform: Platform, since: datetime) -> None:
    with psycopg.connect(platform.database_url) as connection:
        connection.execute(
            """INSERT INTO asset_freshness (asset, state, since, judged_at, first_judged_at)
               VALUES (%(asset)s, 'late', %(since)s, %(since)s, %(since)s)
               ON CONFLICT (asset) DO UPDATE SET first_judged_at = %(since)s""",
            {"asset": ASSET, "since": since},
        )


def _adapted(service: Service) -> Service:
    found = adapted(service, "freshness_definitions")
    words = list(found.command)
    if words[1:4] == ["-m", "etheatmap_cli.main", "api"]:
        words[1:4] = ["-c", _QUICK_API]
    return replace(found, command=tuple(words))


def test_stale_is_told_hidden_by_no_backfill_and_over_and_a_dead_daemon_is_told_too(watched: Watched) -> None:
    newest = floor_hour(datetime.now(UTC)) - HOUR
    watched.simulator.order("metered", kind="status", status=403)
    assert watched.make(newest) is False
    watched.ticks(1)
    assert (watched.state(), watched.told()) == ("late", [])

    watched.asked_for_since(clock() - 6 * HOUR - timedelta(minutes=6))
    until(lambda: len(watched.told()) == 1, seconds=40, what="the message")
    (told,) = watched.told()
    assert told.startswith(":warning: metered_example stale: last=never age=6.1h > 6h. Never made since "), told
    assert "403" in told, "the last error is in it"
    assert (watched.state(), watched.is_check_passed()) == ("stale", False)

    watched.simulator.clear_faults()
    assert watched.make(newest - 40 * HOUR)
    until(lambda: watched.policy_state() == "PASS", seconds=30, what="Dagster's own policy to be taken in")
    watched.ticks(2)
    assert (watched.state(), watched.is_check_passed()) == ("stale", False)
    assert len(watched.told()) == 1, "none is repeated"

    assert watched.make(newest)
    until(lambda: len(watched.told()) == 2, seconds=40, what="the message that it is over")
    assert watched.told()[1].startswith(":white_check_mark: metered_example no longer stale: fresh.")
    assert (watched.state(), watched.is_check_passed()) == ("fresh", True)

    assert watched.health()["status"] == "ok"
    watched.kill_daemon()
    move(4 * 60)
    until(lambda: len(watched.told()) == 3, seconds=40, what="the API's message")
    assert watched.told()[2].startswith(":rotating_light: Dagster's daemon has been silent since ")
    assert (watched.health()["status"], watched.health()["daemon"]["status"]) == ("degraded", "silent")
    assert b"daemon has been silent" in watched.page("/trends/dashboard")

    watched.keep_alive()
    until(lambda: len(watched.told()) == 4, seconds=60, what="the message that it is back")
    assert watched.told()[3] == ":white_check_mark: Dagster's daemon ticks again."
    assert watched.health()["status"] == "ok"
