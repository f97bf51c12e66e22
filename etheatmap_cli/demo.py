"""`etheatmap demo`: the platform on simulated upstreams, in a folder and a database of its own, from empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from etheatmap_api.queries import HOTTEST, MODEL, NEWEST_SCORED_HOUR
from etheatmap_cli.demo_folder import OWN_DATABASE, leave
from etheatmap_cli.lease import is_in_use
from etheatmap_cli.platform import (
    Platform,
    announce_addresses,
    database_keeper,
    prepared,
    remove_folder,
    require_free_ports,
    say,
    services,
    supervised,
    without_daemon_yet,
)
from etheatmap_cli.preflight import PreflightError, free_port, require_writable_folder
from etheatmap_cli.probes import answers
from etheatmap_cli.supervisor import Service, ServiceFailedError, Supervisor
from etheatmap_core.clock import system_clock
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.hours import HOUR, HourRange, floor_hour
from etheatmap_core.settings import Settings

FORTNIGHT = timedelta(days=14)
# What GDELT says before the newest hour: enough for a usual to compare with.
NEWS_HISTORY = timedelta(days=4)
# Sources that only know "now", and what is made of them.
NOW_ONLY = "trade_rss,google_news,reddit,trends,news"
GRID_LENGTH = timedelta(days=3650)
SEED = 7
_TOP_ROWS = 12


@dataclass(frozen=True)
class Scenario:
    """When the scripted fortnight ends, and where its upstreams listen."""

    start: datetime
    port: int

    @property
    def fortnight(self) -> HourRange:
        return HourRange(self.start - FORTNIGHT, self.start)

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes the platform ask the simulator instead of the world."""
        return {
            "SIMULATOR_URL": f"http://127.0.0.1:{self.port}",
            "WIKIMEDIA_DUMPS_URL": "https://dumps.wikimedia.org",  # as all upstreams, by way of the simulator
            "WIKI_PROJECTS": "en",
            "FEATURE_METERED_EXAMPLE": "true",
            "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/simulated",
            "REDDIT_CLIENT_ID": "simulated-client",
            "REDDIT_CLIENT_SECRET": "simulated-secret",
            "YOUTUBE_API_KEY": "simulated-key",
            "NEWS_API_KEY": "simulated-key",
            "FEATURE_SCRAPERAPI": "true",
            "SCRAPERAPI_KEY": "simulated-key",
            # The simulator is on loopback, whatever proxy leads to the world.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "ETHEATMAP_PARTITIONS_START": _spelled(self.fortnight.start),
            # A replay's end in .env would end the demo's grid too, and an empty variable does not overrule .env.
            "ETHEATMAP_PARTITIONS_END": _spelled(self.start + GRID_LENGTH),
        }


def run_demo(settings: Settings, *, is_once: bool) -> None:
    """Collects and scores the fortnight; with ``is_once`` prints the hottest and ends, else stays up.

    Always from an empty folder, so that every run shows the same story told up to the present hour. Never the
    configured database: a demo must not write into real data.
    """
    demo_settings = settings.model_copy(
        update={
            "etheatmap_home": settings.etheatmap_home / "demo",
            **OWN_DATABASE,
        }
    )
    _require_no_demo(demo_settings)
    if not is_once:
        require_free_ports(demo_settings)
    say("Starting ET Heatmap on simulated upstreams.")
    _start_afresh(demo_settings)
    scenario = Scenario(floor_hour(settings.etheatmap_sim_start or system_clock()), free_port())
    leave(demo_settings.etheatmap_home, scenario.environment)
    logs = demo_settings.etheatmap_home / "logs"
    keeper = database_keeper(demo_settings)
    with prepared(demo_settings, scenario.environment) as platform, supervised(logs, keeper) as supervisor:
        platform.instance.write_workspace()
        supervisor.start(_simulator(platform, scenario))
        if is_once:
            _collect_and_score(platform, supervisor, scenario.fortnight, scenario)
            print_hottest(platform)
        else:
            _stay_up(platform, supervisor, scenario)


def _stay_up(platform: Platform, supervisor: Supervisor, scenario: Scenario) -> None:
    """The dashboard first, then its data, then Dagster's servers.

    The backfill makes Dagster's tables while nobody else is there to. The daemon must not race it for the hours, and
    finds the newest one left to it.
    """
    parts = services(platform)
    supervisor.start(parts.pop("API"))
    newest = scenario.start - HOUR
    with without_daemon_yet(platform, supervisor):
        _collect_and_score(platform, supervisor, HourRange(scenario.fortnight.start, newest), scenario)
    for service in parts.values():
        supervisor.start(service)
    supervisor.wait_ready()
    if not supervisor.is_stopping:
        say(f"ET Heatmap is up, on simulated upstreams. {newest:%H:%M} UTC, the newest full hour, follows by itself.")
        announce_addresses(platform.settings, say)
        supervisor.watch()


def _collect_and_score(platform: Platform, supervisor: Supervisor, hours: HourRange, scenario: Scenario) -> None:
    """The sources that tell only what is now are asked where the newest full hour is among the hours."""
    supervisor.wait_ready()
    say(f"Collecting and scoring {len(hours)} hours, {hours.start:%a %d %b %H:%M} to {hours.end:%a %d %b %H:%M} UTC.")
    _backfill(platform, supervisor, HourRange(hours.end - NEWS_HISTORY, hours.end), "gdelt_gkg")
    if hours.end == scenario.start and system_clock() < hours.end + HOUR:
        _backfill(platform, supervisor, HourRange(hours.end - HOUR, hours.end), NOW_ONLY)
    _backfill(platform, supervisor, hours, "wiki,heat_scores")


def _backfill(platform: Platform, supervisor: Supervisor, hours: HourRange, assets: str) -> None:
    span = ("--from", _spelled(hours.start), "--to", _spelled(hours.end - HOUR))
    command = platform.command("etheatmap_cli.main", "backfill", *span, "--select", assets)
    code = supervisor.run_to_end(Service("backfill", command, platform.environment))
    if code != 0 and not supervisor.is_stopping:
        raise ServiceFailedError("The fortnight could not be collected; the lines above say why.")


def _simulator(platform: Platform, scenario: Scenario) -> Service:
    command = platform.command(
        "etheatmap_sim", "--port", str(scenario.port), "--seed", str(SEED), "--start", _spelled(scenario.start),
        "--publish-delay-seconds", "0",
        "--roster", str(platform.settings.etheatmap_config_dir / "entities.csv"),
    )  # fmt: skip
    return Service(
        "simulator", command, platform.environment, lambda: answers(f"http://127.0.0.1:{scenario.port}/sim/health")
    )


def _require_no_demo(settings: Settings) -> None:
    """Before anything else: whoever starts a second one is told of the first, and not of its ports."""
    require_writable_folder(settings.etheatmap_home, "ETHEATMAP_HOME")
    if is_in_use(settings.etheatmap_home):
        raise PreflightError(f"A demo is running in {settings.etheatmap_home}: stop it first.")


def _start_afresh(settings: Settings) -> None:
    """Empties the demo's folder; a server that an ended demo left behind is stopped first."""
    EmbeddedPostgres.stop_leftover(settings.etheatmap_home / "postgres")
    remove_folder(settings.etheatmap_home)


def print_hottest(platform: Platform) -> None:
    """The newest hour's hottest entities: entity, heat, velocity, why."""
    with psycopg.connect(platform.database_url, row_factory=dict_row) as connection:
        newest = connection.execute(NEWEST_SCORED_HOUR, {"model": MODEL}).fetchone()
        if newest is None:
            raise ServiceFailedError("No hour has a score; the log above says why.")
        selection = {"newest": newest["ts"], "lookback_hours": 1, "category": None, "limit": _TOP_ROWS, "offset": 0}
        rows = connection.execute(HOTTEST, {"model": MODEL, **selection}).fetchall()
    table = Table(title=f"Hottest at {newest['ts']:%Y-%m-%d %H:%M} UTC")
    for heading in ("entity", "heat", "velocity", "why"):
        table.add_column(heading, justify="right" if heading in ("heat", "velocity") else "left")
    for row in rows:
        table.add_row(row["entity"], f"{row['heat']:.2f}", f"{row['velocity_z']:+.2f}σ", row["reasons"][0])
    Console().print(table)


def _spelled(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%H}"
