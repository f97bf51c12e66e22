"""How the platform itself is doing: each asset's freshness, messages to people, the daemon. Rows, JSON and the panel.

Here: from the tables to what is shown. Not here: the verdicts (etheatmap_core.freshness), who watches (daemon_watch).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import class_row
from typing_extensions import TypedDict  # pydantic reads only this one before Python 3.12

from etheatmap_api.wording import ago, drawn
from etheatmap_core.freshness.store import VERDICTS
from etheatmap_core.outbox.store import COUNTS, RECENT
from etheatmap_core.sensors_alive import HEARD, Heard

# Sensors tick every half minute; a restart of the daemon takes less than this.
SILENT_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class AssetRow:
    asset: str
    state: str
    reason: str | None
    due_partition: str | None
    newest_partition: str | None
    since: datetime
    judged_at: datetime


@dataclass(frozen=True)
class MessageRow:
    key: str
    kind: str
    text: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    error: str | None


@dataclass(frozen=True)
class Operations:
    """What is read in one go."""

    assets: Sequence[AssetRow]
    messages: Sequence[MessageRow]
    counts: dict[str, int]
    heard: Heard


class Asset(TypedDict):
    asset: str
    state: str
    reason: str | None
    due_partition: str | None
    newest_partition: str | None
    since: str
    judged_at: str


class Assets(TypedDict):
    count: int
    items: list[Asset]


class SentMessage(TypedDict):
    key: str
    kind: str
    text: str
    state: str
    attempts: int
    created_at: str
    ended_at: str | None
    error: str | None


class Messages(TypedDict):
    """``states``: how many of all messages are in each."""

    count: int
    items: list[SentMessage]
    states: dict[str, int]


class Daemon(TypedDict):
    """``status``: ok, silent (for more than three minutes), starting (as is this process). ``quiet_sensors`` do not
    tick although others do."""

    status: str
    last_tick: str | None
    silent_seconds: int | None
    quiet_sensors: list[str]


async def operations(connection: AsyncConnection, *, messages: int) -> Operations:
    """All of it; ``messages``: at most so many, the newest first."""
    async with connection.cursor(row_factory=class_row(AssetRow)) as cursor:
        assets = await (await cursor.execute(VERDICTS)).fetchall()
    async with connection.cursor(row_factory=class_row(MessageRow)) as cursor:
        recent = await (await cursor.execute(RECENT, {"limit": messages})).fetchall()
    counts: dict[str, int] = dict(await (await connection.execute(COUNTS)).fetchall())
    return Operations(assets, recent, counts, await last_heard(connection))


async def last_heard(connection: AsyncConnection) -> Heard:
    async with connection.cursor(row_factory=class_row(Heard)) as cursor:
        return await (await cursor.execute(HEARD)).fetchone() or Heard(None, None)


def daemon(heard: Heard, started_at: datetime, now: datetime) -> Daemon:
    """A daemon that nobody has heard since this process started, or the platform, may be starting with it."""
    beat = heard.ticked_at
    is_heard = beat is not None and now - beat <= SILENT_AFTER
    start = max(started_at, heard.starting_at or started_at)
    status = "ok" if is_heard else "starting" if now - start <= SILENT_AFTER else "silent"
    age = None if beat is None else int((now - beat).total_seconds())
    return {"status": status, "last_tick": _iso(beat), "silent_seconds": age, "quiet_sensors": list(heard.quiet)}


def asset_list(rows: Sequence[AssetRow]) -> Assets:
    return {
        "count": len(rows),
        "items": [{**vars(row), "since": _spell(row.since), "judged_at": _spell(row.judged_at)} for row in rows],  # type: ignore[typeddict-item]
    }


def message_list(rows: Sequence[MessageRow], counts: dict[str, int]) -> Messages:
    return {
        "count": len(rows),
        "items": [
            {**vars(row), "created_at": _spell(row.created_at), "ended_at": _iso(row.ended_at)}  # type: ignore[typeddict-item]
            for row in rows
        ],
        "states": counts,
    }


@dataclass(frozen=True)
class MessageLine:
    state: str
    standing: str
    sign: str
    text: str
    age: str
    error: str


@dataclass(frozen=True)
class OperationsPanel:
    """``silence``: the sentence about a silent daemon, or ''. ``stale``: assets that lack their newest partition."""

    silence: str
    stale: tuple[AssetRow, ...]
    judged: str
    messages: tuple[MessageLine, ...]
    unknown: int
    failed: int
    logged: int


_SIGNS = {
    "sent": ("healthy", "✓"),
    "logged": ("never_run", "○"),
    "pending": ("warning", "…"),
    "sending": ("warning", "…"),
}
_BAD = ("failing", "✕")


def operations_panel(found: Operations, started_at: datetime, now: datetime) -> OperationsPanel:
    """What the dashboard says of it at ``now``."""
    beat, state = found.heard.ticked_at, daemon(found.heard, started_at, now)
    silence = ""
    if state["status"] == "ok" and state["quiet_sensors"]:
        silence = f"Sensors do not tick: {', '.join(state['quiet_sensors'])}."
    if state["status"] == "silent":
        last = "since the API started" if beat is None else f"since {_spell(beat)[:16]} UTC"
        silence = f"Dagster's daemon has been silent {last}: nothing is collected or scored."
    judged = max((row.judged_at for row in found.assets), default=None)
    return OperationsPanel(
        silence=silence,
        stale=tuple(row for row in found.assets if row.state in ("stale", "late", "held")),
        judged="" if judged is None else ago(judged, now),
        messages=tuple(_line(row, now) for row in found.messages),
        unknown=found.counts.get("unknown", 0),
        failed=found.counts.get("failed", 0),
        logged=found.counts.get("logged", 0),
    )


def _line(row: MessageRow, now: datetime) -> MessageLine:
    standing, sign = _SIGNS.get(row.state, _BAD)
    return MessageLine(row.state, standing, sign, drawn(row.text), ago(row.created_at, now), row.error or "")


def _spell(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else _spell(instant)
