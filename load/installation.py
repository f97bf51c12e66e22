"""The platform that is measured: an installation of its own, every source on, all its processes on the moved clock.

Here: its configuration and what is started. Not here: how its day goes (automation), what is read of it (figures).
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx2
import psutil
import yaml

from etheatmap_cli.demo import SEED, Scenario
from etheatmap_cli.instance import DEFINITIONS_MODULE
from etheatmap_cli.platform import Platform, prepare_dagster, prepared, services, supervised
from etheatmap_cli.preflight import free_port
from etheatmap_cli.probes import answers
from etheatmap_cli.supervisor import Service, Supervisor
from etheatmap_core.settings import load_settings
from etheatmap_sim.padding import padded
from etheatmap_sim.roster import read_roster, spelled_roster
from load import moved_clock

PROJECT = Path(__file__).parents[1]
# A whole day of the calendar, as budgets count it. In the past, so that what Dagster's storage stamps by the real
# clock is never older than what it allows a run.
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
_PUBLISHED_AFTER_SECONDS = 2400  # a dump; the real ones take 40 to 100 minutes
_AUTOMATED = "12h"  # what is only asked by hand is due so often here: the issue of a load is all sources
# Keys of the simulated upstreams; each of them refuses the key `wrong`.
_KEYS = {
    "NEWS_API_KEY": "simulated-key",
    "YOUTUBE_API_KEY": "simulated-key",
    "SCRAPERAPI_KEY": "simulated-key",
    "FEATURE_SCRAPERAPI": "true",
    "APIFY_TOKEN": "simulated-token",
    "FEATURE_APIFY": "true",
    "APIFY_TIKTOK_ACTOR": "simulated/tiktok",
    "APIFY_CC_ACTOR": "simulated/creative-center",
}
_SERVICES = {"Dagster daemon": "daemon", "Dagster webserver": "webserver", "API": "etheatmap"}


@dataclass(frozen=True)
class Installation:
    platform: Platform
    instance: dg.DagsterInstance
    simulator_url: str
    simulator_pid: int
    home: Path

    def pin_simulator(self, now: datetime) -> None:
        """The upstreams' clock stands where ours is."""
        answer = httpx2.post(f"{self.simulator_url}/sim/clock", json={"now": f"{now:%Y-%m-%dT%H:%M:%S}"})
        answer.raise_for_status()

    def requests(self) -> Mapping[str, int]:
        """What each upstream has counted."""
        told: Mapping[str, int] = httpx2.get(f"{self.simulator_url}/sim/requests.json").json()
        return told


@contextmanager
def started(folder: Path, entities: int) -> Iterator[Installation]:
    """Everything `etheatmap up` starts, ready, at the start of the day. ``folder`` keeps the logs."""
    os.environ[moved_clock.CLOCK_FILE] = str(folder / "clock")
    moved_clock.start_at(MIDNIGHT)
    configs = _configs(folder, entities)
    scenario = Scenario(MIDNIGHT, free_port())
    settings = load_settings(None).model_copy(
        update={
            "etheatmap_home": folder / "data",
            "etheatmap_config_dir": configs,
            "dagster_port": free_port(),
            "api_port": free_port(),
            "database_url": None,
            "postgres_host": None,
            "dagster_postgres_url": None,
        }
    )
    environment = {
        **_KEYS,
        **scenario.environment,
        # Two days for what is due by the day; the hours before midnight that automation makes up for are in it.
        "ETHEATMAP_PARTITIONS_START": f"{MIDNIGHT - timedelta(days=1):%Y-%m-%dT%H}",
        moved_clock.CLOCK_FILE: os.environ[moved_clock.CLOCK_FILE],
        "PYTHONPATH": str(PROJECT),
    }
    settings = settings.model_copy(update=_of_environment(environment))
    with prepared(settings, environment) as platform, supervised(folder / "data" / "logs") as supervisor:
        simulator = _start_simulator(platform, supervisor, scenario, configs)
        prepare_dagster(platform, supervisor)
        for service in services(platform).values():
            supervisor.start(_on_moved_clock(service))
        supervisor.wait_ready()
        os.environ["DAGSTER_POSTGRES_URL"] = platform.environment["DAGSTER_POSTGRES_URL"]
        with dg.DagsterInstance.from_config(str(platform.instance.home)) as instance:
            yield Installation(
                platform, instance, f"http://127.0.0.1:{scenario.port}", simulator, settings.etheatmap_home
            )


def _configs(folder: Path, entities: int) -> Path:
    """The shipped ones, with every source on and a roster of so many."""
    configs = folder / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    roster = padded(read_roster(configs / "entities.csv"), entities)
    (configs / "entities.csv").write_text(spelled_roster(roster), encoding="utf-8")
    path = configs / "sources.yml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in told["sources"].values():
        entry["enabled"] = True
        if entry.get("cadence") == "manual":
            entry["cadence"] = _AUTOMATED
    path.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
    return configs


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """What this process has to know of it, to read the books and the sources as the platform does."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        read = load_settings(None)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    names = {name.lower() for name in environment} & set(type(read).model_fields)
    return {name: getattr(read, name) for name in names}


def _start_simulator(platform: Platform, supervisor: Supervisor, scenario: Scenario, configs: Path) -> int:
    command = platform.command(
        "etheatmap_sim", "--port", str(scenario.port), "--seed", str(SEED), "--start", f"{MIDNIGHT:%Y-%m-%dT%H}",
        "--clock", f"{MIDNIGHT:%Y-%m-%dT%H:%M}", "--roster", str(configs / "entities.csv"),
        "--publish-delay-seconds", str(_PUBLISHED_AFTER_SECONDS),
    )  # fmt: skip
    url = f"http://127.0.0.1:{scenario.port}/sim/health"
    supervisor.start(Service("simulator", command, platform.environment, lambda: answers(url)))
    supervisor.wait_ready()
    [pid] = [child.pid for child in psutil.Process().children() if "etheatmap_sim" in child.cmdline()]
    return pid


def _on_moved_clock(service: Service) -> Service:
    words = list(service.command)
    if DEFINITIONS_MODULE in words:
        words[words.index(DEFINITIONS_MODULE)] = "load.definitions"
        words[1:3] = ["-m", "load.service", "codeserver"]
    elif service.name in _SERVICES:
        words[1:3] = ["-m", "load.service", _SERVICES[service.name]]
    return replace(service, command=tuple(words))
