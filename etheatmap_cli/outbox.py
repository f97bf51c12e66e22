"""`etheatmap outbox`: messages to people as a table; sending one again, or noting that it is there."""

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from psycopg import AsyncConnection
from psycopg.rows import class_row
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from etheatmap_api.operations import MessageRow
from etheatmap_api.wording import ago
from etheatmap_cli.reading import read, require_started
from etheatmap_core.clock import system_clock
from etheatmap_core.database.address import database_url
from etheatmap_core.database.engine import create_engine
from etheatmap_core.errors import ConfigError
from etheatmap_core.outbox.store import RECENT, UNSETTLED, MessageState, note_arrived, resend
from etheatmap_core.settings import Settings

_MOST = 20
_STYLES = {MessageState.UNKNOWN: "yellow", MessageState.FAILED: "bold red", MessageState.LOGGED: "dim"}
_WHAT_TO_DO = "unknown: look whether it is in the channel. Then `etheatmap outbox --arrived KEY`, or `--resend KEY`."


def print_messages(settings: Settings) -> None:
    """Reads the configured database, or starts or joins the embedded one where there is one."""
    unsettled, recent = read(settings, _rows)
    now = system_clock()
    tables = [_table("Unknown or failed", unsettled, now, _WHAT_TO_DO)] if unsettled else []
    silent = None if settings.slack_webhook_url else "No SLACK_WEBHOOK_URL is set: messages are only logged."
    Console().print(Group(*tables, _table("Newest messages", recent, now, silent)))


def send_again(settings: Settings, key: str) -> None:
    """Puts it back in the queue, and says so. ConfigError where there is none such."""
    now = system_clock()
    if not _change(settings, lambda connection: resend(connection, key, now)):
        raise ConfigError(
            f"--resend: no unknown, failed or logged message has the key '{key}'; see `etheatmap outbox`."
        )
    print(f"{key} is sent again at the next delivery.")


def note_that_it_arrived(settings: Settings, key: str) -> None:
    """Ends it as sent, and says so. ConfigError where there is none such."""
    if not _change(settings, lambda connection: note_arrived(connection, key)):
        raise ConfigError(f"--arrived: no unknown or failed message has the key '{key}'; see `etheatmap outbox`.")
    print(f"{key} is noted as sent.")


def _change(settings: Settings, change: Callable[[sa.Connection], bool]) -> bool:
    require_started(settings)
    engine = create_engine(database_url(settings))
    try:
        with engine.begin() as connection:
            return change(connection)
    finally:
        engine.dispose()


async def _rows(connection: AsyncConnection) -> tuple[list[MessageRow], list[MessageRow]]:
    async with connection.cursor(row_factory=class_row(MessageRow)) as cursor:
        unsettled = await (await cursor.execute(UNSETTLED, {"limit": _MOST})).fetchall()
        return unsettled, await (await cursor.execute(RECENT, {"limit": _MOST})).fetchall()


def _table(title: str, rows: Sequence[MessageRow], now: datetime, caption: str | None) -> Table:
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left", show_lines=True)
    table.add_column("state", no_wrap=True)
    table.add_column("written", no_wrap=True)
    table.add_column("key", overflow="fold")
    table.add_column("message", overflow="fold", ratio=1)
    for row in rows:
        text = row.text if row.error is None else f"{row.text}\n({row.error})"
        state = Text(row.state, _STYLES.get(MessageState(row.state), ""))
        table.add_row(state, ago(row.created_at, now), Text(row.key), Text(text))  # what messages say is no markup
    return table
