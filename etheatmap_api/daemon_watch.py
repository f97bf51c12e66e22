"""Watches Dagster's daemon from outside: no sensor can report that it is dead, so this process does.

Through the same outbox as all messages, so that several API processes send one; delivered from here, because the
sensor that delivers is as silent as the others.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from etheatmap_api.operations import SILENT_AFTER
from etheatmap_core.clock import Clock
from etheatmap_core.outbox.deliver import deliver
from etheatmap_core.outbox.slack import Post
from etheatmap_core.outbox.store import Message, enqueue
from etheatmap_core.sensors_alive import last_beat

_LOG = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 30.0
_KIND = "daemon"
# Silences that were told, and whose end was not.
_SILENCES = sa.text("""
    SELECT key FROM outbox told WHERE kind = 'daemon' AND right(key, length(:over)) <> :over
      AND NOT EXISTS (SELECT FROM outbox later WHERE later.key = told.key || :over)""")
_OVER = ":over"


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
            beat = last_beat(connection)
            since = max(beat, self.started_at) if beat is not None else self.started_at
            is_silent = now - since > SILENT_AFTER
            is_sure, self._was_silent = is_silent and self._was_silent, is_silent
            is_told = False
            if is_sure:
                key = f"{_KIND}:{since.isoformat()}:silent"
                is_told = enqueue(connection, Message(key, _KIND, _silent(beat, now - since)), now)
            elif not is_silent:
                is_told = self._tell_back(connection, now)
        if is_told or is_sure:
            done = deliver(self.engine, self.post, self.clock)
            _LOG.info("The daemon %s: %s", "is silent" if is_sure else "is back", done)

    def _tell_back(self, connection: sa.Connection, now: datetime) -> bool:
        keys = [row.key for row in connection.execute(_SILENCES, {"over": _OVER})]
        text = ":white_check_mark: Dagster's daemon ticks again."
        told = [key for key in keys if enqueue(connection, Message(f"{key}{_OVER}", _KIND, text), now)]
        return bool(told)


def _silent(beat: datetime | None, silence: timedelta) -> str:
    since = "since the API started" if beat is None else f"since {beat:%Y-%m-%d %H:%M} UTC"
    return (
        f":rotating_light: Dagster's daemon has been silent {since} ({silence // timedelta(minutes=1)} min): nothing "
        "is collected, scored or delivered. Start it again: `etheatmap up`, or the daemon's container."
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
