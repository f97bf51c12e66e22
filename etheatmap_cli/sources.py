"""`etheatmap sources`: the state of each source as a table, when it is due next, and what switches it on."""

from datetime import datetime, timedelta
from functools import partial

from rich.console import Console
from rich.table import Table
from rich.text import Text

from etheatmap_api import source_queries
from etheatmap_api.wording import DASH, ago
from etheatmap_cli.reading import read
from etheatmap_core.clock import system_clock
from etheatmap_core.config.access import NOT_COLLECTED_YET
from etheatmap_core.config.installed import installed_config
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import known_sources
from etheatmap_core.signals.source_status import SourceStatus, Standing, by_standing, source_statuses

_WIDE_FROM_COLUMNS = 120
_MINUTE = timedelta(minutes=1)
_MINUTES_A_DAY = 24 * 60
_STYLES = {Standing.FAILING: "bold red", Standing.WARNING: "yellow", Standing.NEVER_RUN: "dim", Standing.HEALTHY: ""}


def print_sources(settings: Settings) -> None:
    """Reads the configured database, or starts or joins the embedded one where there is one."""
    sources = known_sources(installed_config(settings), settings)
    names = [source.name for source in sources]
    facts = read(settings, partial(source_queries.source_facts, sources=names))
    now = system_clock()
    console = Console()
    statuses = by_standing(source_statuses(sources, facts, now))
    console.print(source_table(statuses, now, is_wide=console.width >= _WIDE_FROM_COLUMNS))


def source_table(statuses: list[SourceStatus], now: datetime, *, is_wide: bool) -> Table:
    """One row a source, what asks for a person first; below it, those that this version cannot ask."""
    later = [status.source.name for status in statuses if status.source.name in NOT_COLLECTED_YET]
    caption = f"disabled, their collectors come with later releases: {', '.join(later)}" if later else None
    title = f"Sources at {now:%Y-%m-%d %H:%M} UTC"
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left", show_lines=not is_wide)
    table.add_column("source", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("newest hour", no_wrap=True)
    table.add_column("due next", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=2)
    if is_wide:  # elsewhere the reason of who is off names the switch
        table.add_column("switched by", overflow="fold", ratio=1)
    for status in (status for status in statuses if status.source.name not in NOT_COLLECTED_YET):
        source, due = status.source, next_due(status, now)
        table.add_row(
            source.name,
            Text(status.state, _STYLES[status.standing]),
            _newest(status, now),
            DASH if due is None else f"{due:%H:%M}" if due - now < timedelta(hours=12) else f"{due:%d %b %H:%M}",
            Text(status.reason or ""),  # what upstreams say is no markup
            *(["\n".join((source.switch, *source.credentials))] if is_wide else []),
        )
    return table


def next_due(status: SourceStatus, now: datetime) -> datetime | None:
    """The next tick at which there is something to ask: the missing hour, or the one after the newest once it ended.

    None for a source that nobody asks.
    """
    source = status.source
    if source.cadence is None or not source.is_asked:
        return None
    earliest = now
    if status.newest_hour is not None:
        earliest = max(earliest, status.newest_hour + 2 * source.partition)
    if status.is_circuit_open and status.facts.circuit_open_until is not None:
        earliest = max(earliest, status.facts.circuit_open_until)
    return next_tick(source.cadence.poll_cron, earliest)


def next_tick(cron: str, earliest: datetime) -> datetime:
    """The first tick at or after ``earliest`` (UTC) of a cron line that names minutes and hours only."""
    minutes, hours, *days = cron.split()
    if days != ["*", "*", "*"]:
        raise ValueError(f"not a line of minutes and hours: {cron}")
    in_minutes, in_hours = _values(minutes, 60), _values(hours, 24)
    first = earliest.replace(second=0, microsecond=0)
    first += _MINUTE if first < earliest else timedelta()
    ticks = (first + number * _MINUTE for number in range(_MINUTES_A_DAY))
    return next(tick for tick in ticks if tick.minute in in_minutes and tick.hour in in_hours)


def _values(field: str, count: int) -> range:
    """``*``, ``7``, ``*/15``, ``2-59/15`` as the numbers they name."""
    span, _, step = field.partition("/")
    first, _, last = ("0", "", str(count - 1)) if span == "*" else span.partition("-")
    return range(int(first), int(last or first) + 1, int(step or 1))


def _newest(status: SourceStatus, now: datetime) -> str:
    if status.newest_hour is None:
        return DASH
    return f"{status.newest_hour:%d %b %H:%M}\n{ago(status.newest_hour + status.source.partition, now)}"
