"""`etheatmap outbox`: messages to people; sending one again, or noting that it is there."""

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from psycopg import AsyncConnection
from psycopg.rows import class_row
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from etheatmap_api.operations import MessageRow
from etheatmap_api.wording import ago, drawn
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
    if unsettled:
        _print("Unknown or failed", unsettled, now, _WHAT_TO_DO)
    silent = None if settings.slack_webhook_url else "No SLACK_WEBHOOK_URL is set: messages are only logged."
    _print("Newest messages", recent, now, silent)


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


def _print(title: str, rows: Sequence[MessageRow], now: datetime, caption: str | None) -> None:
    """A message a paragraph: its key whole on one line, so that it can be copied, whatever the terminal's width."""
    console = Console()
    console.print(Text(title, "bold"))
    for row in rows:
        state = (row.state, _STYLES.get(MessageState(row.state), ""))
        console.print(Text.assemble(state, f"  {ago(row.created_at, now)}  ", (row.key, "cyan")), soft_wrap=True)
        text = drawn(row.text) if row.error is None else f"{drawn(row.text)}\n({row.error})"
        console.print(Padding(Text(text), (0, 0, 0, 4)))  # what messages say is no markup
    if not rows:
        console.print(Text("None.", "dim"))
    if caption:
        console.print(Text(caption, "italic"))
    console.print()
