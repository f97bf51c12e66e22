"""Whether automation may go on spending with a provider, in one word and one sentence.

Decided on projected spend: what is used, and what the next partitions of its sources may cost, so that the gate closes
before a reservation is refused.
"""

from dataclasses import dataclass

from etheatmap_core.budget.model import TOTAL, Budgets, Standing
from etheatmap_core.budget.wording import amount, day_or_minute, used_of


@dataclass(frozen=True)
class Gate:
    """``reason`` is what people read, of an open gate too."""

    is_open: bool
    reason: str


def sources_of(budgets: Budgets, provider: str, asked: frozenset[str]) -> frozenset[str]:
    """Those of the asked sources whose calls the account pays; the total's are all that are paid in dollars."""
    in_dollars = {name for name, budget in budgets.providers.items() if budget.unit == "usd_micros"}
    paying = in_dollars if provider == TOTAL else {provider}
    return frozenset(source for source, use in budgets.uses.items() if source in asked and use.provider in paying)


def next_units(budgets: Budgets, provider: str, asked: frozenset[str]) -> int:
    """What one partition of each of the account's sources that are asked may cost together."""
    return sum(budgets.uses[source].units_a_partition for source in sources_of(budgets, provider, asked))


def judge(standing: Standing, wanted_units: int, total: Standing | None = None) -> Gate:
    """``wanted_units``: what the next partitions may cost. ``total``: where the provider is paid in dollars."""
    own = _of_account(standing, wanted_units)
    if own.is_open and total is not None:
        of_total = _of_account(total, wanted_units)
        if not of_total.is_open:
            return of_total
    return own


def _of_account(standing: Standing, wanted_units: int) -> Gate:
    used = f"{standing.provider}: {used_of(standing.used_units, standing.limit_units, standing.unit)}"
    until = day_or_minute(standing.period_end)
    if standing.closed_reason is not None:
        return Gate(
            is_open=False,
            reason=f"{used}, closed because {standing.closed_reason}; `etheatmap budget --reopen {standing.provider}` "
            f"opens it, else next period {until}",
        )
    if standing.limit_units == 0:
        return Gate(is_open=False, reason=f"{standing.provider}: switched off, its limit is 0")
    if standing.used_units + max(wanted_units, 1) > standing.limit_units:
        needed = amount(wanted_units, standing.unit)
        is_full = standing.remaining_units == 0
        return Gate(
            is_open=False,
            reason=f"{used}, next period {until}"
            if is_full
            else f"{used}, the next hour may cost {needed}; next period {until}",
        )
    return Gate(is_open=True, reason=f"{used}, next period {until}")
