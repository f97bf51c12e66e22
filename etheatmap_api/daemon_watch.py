"""Watches Dagster's daemon from outside: no sensor can report that it is dead, so this process does.

Through the same outbox as all messages, so that several API processes send one; delivered from here, because the
sensor that delivers is as silent as the others.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from etheatmap_api.operations import SILENT_AFTER, daemon
from etheatmap_api.wording import ago
from etheatmap_core.clock import Clock
from etheatmap_core.outbox.deliver import deliver
from etheatmap_core.outbox.slack import Post
from etheatmap_core.outbox.store import Message, enqueue
from etheatmap_core.sensors_alive import heard

_LOG = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 30.0
_KIND = "daemon"
_OVER = ":over"
# What people were told last of it.
_SENSOR = "sensor"
_TOLD = sa.text("SELECT key FROM outbox WHERE kind = :kind")
_SENSORS = sa.text("""
    SELECT 'sensor:' || sensor || ':' || to_char(ticked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS key
    FROM sensor_heartbeats WHERE sensor = ANY(:quiet)""")
_LAST_TOLD = sa.text("SELECT key FROM outbox WHERE kind = :kind ORDER BY id DESC LIMIT 1")


@dataclass
class DaemonWatch:
    """``look`` is one look, in a thread of its own. A silence counts when two looks in a row have found it: a machine
    that has slept wakes up with one."""

    engine: sa.Engine
    post: Post | None
    clock: Clock
    started_at: datetime
    _was_silent: bool = False

    def look(self) -> None:
        """Reads the heartbeats, and tells people where they have stopped or come back."""
        now = self.clock()
        with self.engine.begin() as connection:
            found = heard(connection)
            beat = found.ticked_at
            is_silent = daemon(found, self.started_at, now)["status"] == "silent"
            is_sure, self._was_silent = is_silent and self._was_silent, is_silent
            is_told = False
            if is_sure:
                # By the last tick alone: the same in every process, whenever it was started.
                key = f"{_KIND}:{'never' if beat is None else beat.astimezone(UTC).isoformat()}:silent"
                is_told = enqueue(connection, Message(key, _KIND, _silent(beat, now)), now)
            elif beat is not None and now - beat <= SILENT_AFTER:
                is_told = self._tell_back(connection, now)
            is_told = self._tell_quiet(connection, found.quiet, now) or is_told
        if is_told or is_sure:
            done = deliver(self.engine, self.post, self.clock)
            _LOG.info("The daemon %s: %s", "is silent" if is_sure else "is back", done)

    def _tell_back(self, connection: sa.Connection, now: datetime) -> bool:
        key: str | None = connection.execute(_LAST_TOLD, {"kind": _KIND}).scalar_one_or_none()
        if key is None or key.endswith(_OVER):
            return False
        text = ":white_check_mark: Dagster's daemon ticks again."
        return enqueue(connection, Message(f"{key}{_OVER}", _KIND, text), now)

    def _tell_quiet(self, connection: sa.Connection, quiet: Sequence[str], now: datetime) -> bool:
        """Of single sensors: once when one stops while others tick, once when it is back."""
        told = {row.key for row in connection.execute(_TOLD, {"kind": _SENSOR})}
        silent = {row.key for row in connection.execute(_SENSORS, {"quiet": list(quiet)})}
        due = [Message(key, _SENSOR, f":rotating_light: {_stopped(key)}") for key in sorted(silent - told)]
        back = {key for key in told if not key.endswith(_OVER) and f"{key}{_OVER}" not in told} - silent
        due += [
            Message(f"{key}{_OVER}", _SENSOR, f":white_check_mark: The sensor {key.split(':')[1]} ticks again.")
            for key in sorted(back)
        ]
        return bool([message for message in due if enqueue(connection, message, now)])


def _stopped(key: str) -> str:
    _, sensor, since = key.split(":", 2)
    told = f"The sensor {sensor} has been silent since {since} UTC, while others tick"
    return f"{told}: see why under Automation in Dagster."


def _silent(beat: datetime | None, now: datetime) -> str:
    told = "has not ticked yet"
    if beat is not None:
        told = f"has been silent since {beat.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({ago(beat, now)})"
    return (
        f":rotating_light: Dagster's daemon {told}: nothing is collected, scored or delivered. Start it again: "
        "`etheatmap up`, or the daemon's container."
    )


@asynccontextmanager
async def watching(look: Callable[[], None] | None) -> AsyncIterator[None]:
    """Looks again and again until the block ends. A look that fails is logged, and the next one is made."""
    if look is None:
        yield
        return

    async def watch() -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            try:
                await asyncio.to_thread(look)
            except Exception as error:  # noqa: BLE001  whatever it is, the API lives on and looks again
                _LOG.warning("The daemon could not be looked at: %s: %s", type(error).__name__, error)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
