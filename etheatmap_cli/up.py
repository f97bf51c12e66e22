"""`etheatmap up`: the platform against the live upstreams."""

from datetime import datetime, timedelta

from etheatmap_cli.platform import (
    Platform,
    announce_addresses,
    database_keeper,
    prepare_dagster,
    prepared,
    require_free_ports,
    say,
    services,
    supervised,
    without_daemon_yet,
)
from etheatmap_cli.supervisor import Service, Supervisor
from etheatmap_core.clock import system_clock
from etheatmap_core.hours import HOUR, HourRange, floor_hour
from etheatmap_core.settings import Settings

# mvp compares 12 hours with the 168 before them: eight days give the newest hour a whole history.
FIRST_BACKFILL = timedelta(days=8)
# The youngest hours are left to the automation, which asks for them until they are published. It looks back six hours
# from when it starts, and that is when the days before are there: three hours later at most, or hours are lost.
LEFT_TO_AUTOMATION = timedelta(hours=3)


def run_up(settings: Settings) -> None:
    """Starts everything, fills the newest eight days where they are missing, and stays until stopped."""
    require_free_ports(settings)
    say("Starting ET Heatmap.")
    logs = settings.etheatmap_home / "logs"
    with prepared(settings) as platform, supervised(logs, database_keeper(settings)) as supervisor:
        prepare_dagster(platform, supervisor)
        parts = services(platform)
        daemon = parts.pop("Dagster daemon")
        for service in parts.values():
            supervisor.start(service)
        supervisor.wait_ready()
        if supervisor.is_stopping:
            return
        say("ET Heatmap is up.")
        announce_addresses(settings, say)
        if settings.etheatmap_partitions_start is None:
            with without_daemon_yet(platform, supervisor):
                _fill_newest_days(platform, supervisor, system_clock())
        # Only now: hours scored before the days behind them are there would stay in warm-up.
        supervisor.start(daemon)
        supervisor.watch()


def newest_days(now: datetime) -> HourRange:
    """The hours a first start backfills: eight days, up to what the automation takes care of."""
    end = floor_hour(now) - LEFT_TO_AUTOMATION
    return HourRange(end - FIRST_BACKFILL, end)


def _fill_newest_days(platform: Platform, supervisor: Supervisor, now: datetime) -> None:
    """Only what is missing, so that a start after an interrupted one goes on where it stopped."""
    hours = newest_days(now)
    say(
        f"Collecting and scoring what is missing of the newest {FIRST_BACKFILL.days} days, "
        f"{hours.start:%a %d %b %H:%M} to {hours.end:%a %d %b %H:%M} UTC. After an interruption the next start goes on."
    )
    command = platform.command(
        "etheatmap_cli.main", "backfill", "--missing-only",
        "--from", hours.start.strftime("%Y-%m-%dT%H"), "--to", (hours.end - HOUR).strftime("%Y-%m-%dT%H"),
    )  # fmt: skip
    code = supervisor.run_to_end(Service("backfill", command, platform.environment))
    if code != 0 and not supervisor.is_stopping:
        say(
            "The backfill is not complete; the next start goes on with what is missing. "
            "New hours are collected from now on."
        )
