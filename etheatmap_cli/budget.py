"""`etheatmap budget`: the month as a table, what the cadences will use of it, and opening what an overrun closed."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from etheatmap_api import budget_queries
from etheatmap_cli.reading import read, require_started
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Budgets, ProviderBudget, Standing, Unit
from etheatmap_core.budget.month import Month, ProviderMonth, State
from etheatmap_core.budget.plan import Plan, PlannedProvider, PlannedUse, plan
from etheatmap_core.budget.wording import amount, day_or_minute
from etheatmap_core.clock import system_clock
from etheatmap_core.config.access import asked_sources
from etheatmap_core.config.installed import installed_config
from etheatmap_core.config.problems import one_of
from etheatmap_core.database.address import database_url
from etheatmap_core.database.engine import create_engine
from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import Settings
from etheatmap_core.signals.known_sources import interval_words

_STYLES = {State.OPEN: "", State.NEAR_LIMIT: "yellow", State.HELD: "yellow", State.CLOSED: "bold red"}
_OVER = "bold red"


def print_month(settings: Settings) -> None:
    """Reads the configured database, or starts or joins the embedded one where there is one."""
    config, now = installed_config(settings), system_clock()
    asked = asked_sources(config, settings)
    month = read(settings, partial(budget_queries.read_month, budgets=config.budgets, asked=asked, now=now))
    Console().print(month_table(month, now))


def print_plan(settings: Settings) -> None:
    """Reads configs/ only."""
    Console().print(plan_table(plan(installed_config(settings))))


def reopen_provider(settings: Settings, provider: str) -> None:
    """Opens it in the books, and says whether it was closed. ConfigError where there is no such provider."""
    require_known(installed_config(settings).budgets, provider)
    require_started(settings)
    engine = create_engine(database_url(settings))
    try:
        was_closed = Ledger(engine).reopen(provider)
    finally:
        engine.dispose()
    print(f"{provider} is open again." if was_closed else f"{provider} was not closed: nothing was changed.")


def require_known(budgets: Budgets, provider: str) -> None:
    if provider not in budgets.providers:
        raise ConfigError(f"--reopen: expected {one_of(list(budgets.providers), provider)}, found '{provider}'.")


def month_table(month: Month, now: datetime) -> Group:
    """A row a provider that is asked or was this month, a row a source that cost something, the whole in dollars."""
    idle = [seen.provider for seen in month.providers if not seen.is_in_use]
    caption = f"no source of theirs is asked: {', '.join(idle)}" if idle else None
    title = f"Budget of {month.starts_at:%B %Y} at {now:%Y-%m-%d %H:%M} UTC"
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left", show_lines=True)
    table.add_column("provider", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for column in ("spent", "set aside", "limit", "forecast"):
        table.add_column(column, justify="right")
    table.add_column("why", overflow="fold", ratio=1)
    in_use = [seen for seen in month.providers if seen.is_in_use]
    for seen in in_use:
        _add_provider(table, seen)
    costs = [_cost_table(in_use)] if any(seen.costs for seen in in_use) else []
    return Group(table, *costs, _whole(month))


def plan_table(planned: Plan) -> Group:
    """Each source that costs: how often, how much at most, and of which limit."""
    table = Table(title="What sources.yml plans, at most", title_justify="left")
    table.add_column("provider", no_wrap=True)
    table.add_column("source", no_wrap=True)
    table.add_column("asked", overflow="fold")
    table.add_column("partitions × each", justify="right")
    table.add_column("uses", justify="right")
    table.add_column("limit", overflow="fold")
    for provider in planned.providers:
        for use in provider.uses:
            _add_use(table, provider, use)
        _add_sum(table, provider)
    return Group(table, _planned_whole(planned), *map(_beyond_the_whole, planned.beyond_the_whole))


def _add_provider(table: Table, seen: ProviderMonth) -> None:
    standing = seen.standing
    table.add_row(
        standing.provider,
        Text(seen.state, _STYLES[seen.state]),
        f"{_number(standing.spent_units, standing.unit)}\n{_percent(standing)}",
        _number(standing.reserved_units, standing.unit),
        f"{amount(standing.limit_units, standing.unit)}\na {standing.period}",
        _forecast(seen),
        Text(f"until {day_or_minute(standing.period_end)}" if seen.state is State.OPEN else seen.reason),
    )


def _cost_table(providers: Iterable[ProviderMonth]) -> Table:
    table = Table(title="What each source cost this month", title_justify="left")
    table.add_column("source", no_wrap=True)
    table.add_column("provider", no_wrap=True)
    for column in ("cost", "calls", "lost calls", "overruns"):
        table.add_column(column, justify="right")
    for seen in providers:
        for cost in seen.costs:
            table.add_row(
                cost.asset,
                seen.provider,
                amount(cost.spent_units, seen.standing.unit),
                f"{cost.calls:,}",
                Text(f"{cost.lost_calls:,}", "yellow" if cost.lost_calls else ""),
                Text(f"{cost.overruns:,}", _OVER if cost.overruns else ""),
            )
    return table


def _forecast(seen: ProviderMonth) -> Text:
    """At this pace, at the period's end; a sign where that is over the limit."""
    if seen.forecast_units is None:
        return Text("too early")
    is_over = seen.forecast_units > seen.standing.limit_units
    told = _number(seen.forecast_units, seen.standing.unit)
    return Text(f"{told}\nover" if is_over else told, _OVER if is_over else "")


def _whole(month: Month) -> Text:
    fixed = ", ".join(f"{name} {amount(micros, 'usd_micros')}" for name, micros in month.fixed_usd_micros.items())
    spent, limit = amount(month.spent_usd_micros, "usd_micros"), amount(month.limit_usd_micros, "usd_micros")
    reserved = month.total.standing.reserved_units
    aside = f", {amount(reserved, 'usd_micros')} set aside" if reserved else ""
    forecast = month.forecast_usd_micros
    pace = "too early to forecast" if forecast is None else f"at this pace {amount(forecast, 'usd_micros')} by its end"
    held = (
        ""
        if month.total.state is State.OPEN
        else f"\nWhat is paid in dollars is {month.total.state}: {month.total.reason}."
    )
    return Text(
        f"The whole month: {spent} of {limit}{aside}; {pace}.\n"
        f"In it, fixed: {amount(month.fixed_sum_usd_micros, 'usd_micros')} ({fixed}).{held}"
    )


def _add_use(table: Table, provider: PlannedProvider, use: PlannedUse) -> None:
    unit = provider.budget.unit
    often = "only by hand" if use.cadence is None else interval_words(use.cadence)
    table.add_row(
        use.provider,
        use.source,
        often if use.is_enabled else f"off ({often})",
        f"{use.partitions_a_period} × {_number(use.units_a_partition, unit)}",
        _number(use.units, unit),
        "",
    )


def _add_sum(table: Table, provider: PlannedProvider) -> None:
    budget = provider.budget
    word = "within" if provider.is_within else "OVER"
    table.add_row(
        budget.provider,
        Text("all" if provider.uses else "nothing planned", "bold"),
        "",
        Text(f"switched on: {_number(provider.units, budget.unit)}"),
        Text(_number(provider.units_with_all, budget.unit), "bold"),
        Text(
            f"{word} {amount(budget.limit_units, budget.unit)} a {budget.period}", "" if provider.is_within else _OVER
        ),
        end_section=True,
    )


def _beyond_the_whole(budget: ProviderBudget) -> Text:
    own = f"{amount(budget.limit_units, budget.unit)} a {budget.period}"
    return Text(f"{budget.provider}: its own limit, {own}, is more than the whole leaves: the whole ends it first.")


def _planned_whole(planned: Plan) -> Text:
    on, everything = amount(planned.usd_micros, "usd_micros"), amount(planned.usd_micros_with_all, "usd_micros")
    limit, fixed = amount(planned.limit_usd_micros, "usd_micros"), amount(planned.fixed_usd_micros, "usd_micros")
    word = "" if planned.is_within else " This is over a limit: calls beyond it will be refused."
    return Text(
        f"A month of 31 days: {on} with what is switched on, {everything} with all, of {limit}; fixed {fixed}.{word}",
        "" if planned.is_within else _OVER,
    )


def _number(units: int, unit: Unit) -> str:
    """Without the unit's name, which stands beside the limit."""
    return amount(units, unit) if unit == "usd_micros" else f"{units:,}"


def _percent(standing: Standing) -> str:
    """Rounded down: 100 % is only said where nothing is left."""
    return f"{100 * standing.spent_units // standing.limit_units} %" if standing.limit_units else ""
