"""`etheatmap sources`: every source with its cadence, state, next due time, cost of the month, and its switch."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etheatmap_api import budget_queries, source_queries
from etheatmap_api.wording import DASH, ago
from etheatmap_cli.reading import read
from etheatmap_core.budget.month import SourceCost, cost_by_source
from etheatmap_core.budget.wording import amount
from etheatmap_core.clock import system_clock
from etheatmap_core.config.installed import installed_config
from etheatmap_core.config.model import Config
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import KnownSource, known_sources
from etheatmap_core.signals.source_status import (
    SourceFacts,
    SourceStatus,
    Standing,
    by_standing,
    next_due,
    source_statuses,
)

_WIDE_FROM_COLUMNS = 140
_STYLES = {Standing.FAILING: "bold red", Standing.WARNING: "yellow", Standing.NEVER_RUN: "dim", Standing.HEALTHY: ""}


def print_sources(settings: Settings) -> None:
    """Reads the configured database, or starts or joins the embedded one where there is one."""
    config, now = installed_config(settings), system_clock()
    sources = known_sources(config, settings)
    facts, costs = read(settings, partial(_read, config=config, sources=sources, now=now))
    console = Console()
    statuses = by_standing(source_statuses(sources, facts, now))
    console.print(source_table(statuses, costs, now, is_wide=console.width >= _WIDE_FROM_COLUMNS))


async def _read(
    connection: AsyncConnection, config: Config, sources: tuple[KnownSource, ...], now: datetime
) -> tuple[list[SourceFacts], Mapping[str, SourceCost]]:
    facts = await source_queries.source_facts(connection, [source.name for source in sources])
    asked = [source.name for source in sources if source.is_asked]
    month = await budget_queries.read_month(connection, config.budgets, asked, now)
    return facts, cost_by_source(month, config.budgets)


def source_table(
    statuses: list[SourceStatus], costs: Mapping[str, SourceCost], now: datetime, *, is_wide: bool
) -> Table:
    """One row a source, also of those that are off, what asks for a person first. Narrow,
    cadence and cost stand below the name, and what comes next below what is there."""
    title = f"Sources at {now:%Y-%m-%d %H:%M} UTC; costs of {now:%B}"
    table = Table(title=title, title_justify="left", show_lines=not is_wide)
    wide = ("source", "cadence", "state", "newest hour", "due next", "cost")
    columns = wide if is_wide else ("source\ncadence, cost", "state", "newest\nnext")
    for column in columns:
        table.add_column(column, no_wrap=True)
    table.add_column("why" if is_wide else "why\nswitched by", overflow="fold", ratio=2)
    if is_wide:
        table.add_column("switched by", overflow="fold", ratio=1)
    for status in statuses:
        row = _wide if is_wide else _narrow
        table.add_row(*row(status, costs.get(status.source.name), now))
    return table


def _wide(status: SourceStatus, cost: SourceCost | None, now: datetime) -> list[str | Text]:
    source = status.source
    return [
        source.name,
        source.expected_interval or DASH,
        Text(status.state, _STYLES[status.standing]),
        _newest(status, now),
        _due(status, now) or DASH,
        "\n".join(_cost(cost)) or "free",
        Text(status.reason or ""),  # what upstreams say is no markup
        "\n".join((source.switch, *source.credentials)),
    ]


def _narrow(status: SourceStatus, cost: SourceCost | None, now: datetime) -> list[str | Text]:
    source, due = status.source, _due(status, now)
    about = [source.name, source.expected_interval or DASH, *_cost(cost)]
    # The reason of who is off, or without keys, names the switch.
    why = [status.reason or "", *([source.switch] if source.is_asked else [])]
    return [
        "\n".join(about),
        Text(status.state, _STYLES[status.standing]),
        _newest(status, now) + (f"\nnext {due}" if due else ""),
        Text("\n".join(filter(None, why))),
    ]


def _cost(cost: SourceCost | None) -> list[str]:
    """In the provider's unit, then in dollars where it has a price; nothing of a source that is free."""
    if cost is None:
        return []
    told = [amount(cost.units, cost.unit)]
    is_priced = cost.usd_micros is not None and cost.unit != "usd_micros"
    return [*told, f"({amount(cost.usd_micros or 0, 'usd_micros')})"] if is_priced else told


def _due(status: SourceStatus, now: datetime) -> str:
    due = next_due(status, now)
    if due is None:
        return ""
    return f"{due:%H:%M}" if due - now < timedelta(hours=12) else f"{due:%d %b %H:%M}"


def _newest(status: SourceStatus, now: datetime) -> str:
    if status.newest_hour is None:
        return DASH
    return f"{status.newest_hour:%d %b %H:%M}\n{ago(status.newest_hour + status.source.partition, now)}"
