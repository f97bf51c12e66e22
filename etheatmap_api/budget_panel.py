"""What the dashboard says of the budget, as plain data: a bar and its words a provider, and the whole month.

Here: from the month to texts and widths. Not here: SQL, HTML, the verdict itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from etheatmap_core.budget.model import Standing, Unit
from etheatmap_core.budget.month import Month, ProviderMonth, State
from etheatmap_core.budget.wording import amount, day_or_minute

BAR_WIDTH = 1000
# A class and a sign beside the word: whoever sees no colour sees which line asks for them.
_LOOKS: Mapping[State, tuple[str, str]] = {
    State.OPEN: ("healthy", "✓"),
    State.NEAR_LIMIT: ("warning", "!"),
    State.HELD: ("warning", "!"),
    State.CLOSED: ("failing", "✕"),
}


@dataclass(frozen=True)
class Bar:
    """Of BAR_WIDTH, which is the limit: what is spent, then what is set aside. ``forecast``: where it will end."""

    spent: int
    reserved: int
    forecast: int | None


@dataclass(frozen=True)
class BudgetLine:
    """One account. ``reason`` is empty while there is nothing to explain."""

    name: str
    period: str
    look: str
    sign: str
    state: str
    told: str
    forecast: str
    reason: str
    bar: Bar | None  # None: nothing may be spent, so there is no share to draw


@dataclass(frozen=True)
class BudgetPanel:
    """``idle``: providers of whom no source is asked, and none was this month."""

    whole: BudgetLine
    fixed: str
    lines: tuple[BudgetLine, ...]
    idle: tuple[str, ...]
    needs_attention: bool


def budget_panel(month: Month) -> BudgetPanel:
    """The panel of the month."""
    in_use = [seen for seen in month.providers if seen.is_in_use]
    return BudgetPanel(
        whole=_whole(month),
        fixed=", ".join(f"{name} {amount(micros, 'usd_micros')}" for name, micros in month.fixed_usd_micros.items()),
        lines=tuple(map(_line, in_use)),
        idle=tuple(seen.provider for seen in month.providers if not seen.is_in_use),
        needs_attention=any(seen.state is not State.OPEN for seen in in_use),
    )


def _line(seen: ProviderMonth) -> BudgetLine:
    standing = seen.standing
    look, sign = _LOOKS[seen.state]
    return BudgetLine(
        name=standing.provider,
        period=f"a {standing.period}",
        look=look,
        sign=sign,
        state=seen.state.value,
        told=_told(standing, standing.spent_units, standing.limit_units),
        forecast=_forecast(seen.forecast_units, standing.limit_units, standing),
        reason="" if seen.state is State.OPEN else f"{seen.reason}.",
        bar=_bar(standing.spent_units, standing.reserved_units, seen.forecast_units, standing.limit_units),
    )


def _whole(month: Month) -> BudgetLine:
    """The fixed costs count as spent from the first day on."""
    standing, limit, spent = month.total.standing, month.limit_usd_micros, month.spent_usd_micros
    look, sign = _LOOKS[month.total.state]
    return BudgetLine(
        name="The whole month",
        period=f"{month.starts_at:%B %Y}",
        look=look,
        sign=sign,
        state=month.total.state.value,
        told=_told(standing, spent, limit),
        forecast=_forecast(month.forecast_usd_micros, limit, standing),
        reason="" if month.total.state is State.OPEN else f"{month.total.reason}.",
        bar=_bar(spent, standing.reserved_units, month.forecast_usd_micros, limit),
    )


def _told(standing: Standing, spent: int, limit: int) -> str:
    """12,400 of 100,000 credits spent (12 %), 10 set aside. Rounded down: 100 % is only said where nothing is left."""
    unit: Unit = standing.unit
    share = f" ({100 * spent // limit} %)" if limit else ""
    aside = f", {_number(standing.reserved_units, unit)} set aside" if standing.reserved_units else ""
    return f"{_number(spent, unit)} of {amount(limit, unit)} spent{share}{aside}"


def _forecast(forecast: int | None, limit: int, standing: Standing) -> str:
    """By the period's end, at this pace."""
    if forecast is None:
        return "too early to forecast"
    over = ", over the limit" if forecast > limit else ""
    return f"{_number(forecast, standing.unit)} by {day_or_minute(standing.period_end)} at this pace{over}"


def _bar(spent: int, reserved: int, forecast: int | None, limit: int) -> Bar | None:
    """Nothing is drawn beyond the limit; what is spent at all is drawn at all."""
    if not limit:
        return None
    first = _scaled(spent, limit)
    return Bar(
        spent=first,
        reserved=min(_scaled(reserved, limit), BAR_WIDTH - first),
        forecast=None if forecast is None else _scaled(forecast, limit),
    )


def _scaled(units: int, limit: int) -> int:
    return min(BAR_WIDTH, -(-units * BAR_WIDTH // limit))


def _number(units: int, unit: Unit) -> str:
    return amount(units, unit) if unit == "usd_micros" else f"{units:,}"
