"""What one hour of a source that costs may spend, and when automation is served older answers instead of new ones.

Here: rules between a source and the books. Not here: the books (etheatmap_core.budget), the calls (resources.http).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from etheatmap_assets.resources.http import Charge
from etheatmap_assets.sources.kit import Kit
from etheatmap_assets.sources.source import Question, Source
from etheatmap_core.budget.model import TOTAL, Entry, SourceUse, Standing
from etheatmap_core.budget.wording import amount, day_or_minute, used_of
from etheatmap_core.errors import ConfigError, DeferredError, OutOfBudgetError
from etheatmap_core.hours import partition_key


def charge_of(source: Source, kit: Kit, hour: datetime) -> Callable[[Question], Charge | None]:
    """What a call for a question may cost, entered under the hour and the run; None for a source that is free."""
    use = kit.config.budgets.uses.get(source.name)
    if use is None and source.cost is not None:
        raise ConfigError(
            f"budgets.yml: {source.name} costs, and has no line under sources: say what it may spend, and with whom."
        )

    def charge_of_one(question: Question) -> Charge | None:
        if use is None:
            return None
        entry = Entry(source.name, partition_key(hour), kit.run_id, question.key)
        units = use.units_a_request if question.units is None else question.units
        charge = Charge(units, entry, is_paced=kit.is_automated, cost=source.cost)
        if not kit.is_automated:
            return charge
        return replace(charge, admit=partial(_require_planned, kit, use, source.name, hour, units))

    return charge_of_one


def _require_planned(kit: Kit, use: SourceUse, source: str, hour: datetime, units: int) -> None:
    """Of automation each attempt at an hour is within its plan, retries and earlier runs included.

    Nobody else asks for the source meanwhile (collector): what is used does not change before it is set aside.
    """
    used = kit.ledger.used_for_hour(use.provider, source, hour)
    if used + units <= use.units_a_partition:
        return
    unit = kit.config.budgets.providers[use.provider].unit
    raise DeferredError(
        f"budgets.yml plans {amount(use.units_a_partition, unit)} of {use.provider} for one hour of {source}, and "
        f"attempts at it have used {amount(used, unit)}: the rest waits for the next one."
    )


def within_plan(
    source: str, use: SourceUse | None, questions: Sequence[Question], planned_units: int = 0
) -> tuple[Sequence[Question], DeferredError | None, int]:
    """The first of the questions, whose costs fit what one partition may spend beside ``planned_units``; why the rest
    waits; and what is planned now."""
    if use is None:
        return questions, None, planned_units
    for position, question in enumerate(questions):
        units = use.units_a_request if question.units is None else question.units
        if planned_units + units > use.units_a_partition:
            told = f"budgets.yml plans {use.units_a_partition:,} units of {use.provider} for one hour of {source}"
            return questions[:position], DeferredError(f"{told}: the rest waits for the next one."), planned_units
        planned_units += units
    return questions, None, planned_units


def soft_stop(source: str, kit: Kit) -> OutOfBudgetError | None:
    """Why automation asks nothing new: so much of a limit is used that the rest is left to people.

    Of the total too, where the provider is paid in dollars.
    """
    budgets = kit.config.budgets
    if not kit.is_automated or (use := budgets.uses.get(source)) is None:
        return None
    ledger = kit.ledger
    ledger.configure(budgets.accounts)  # as they are now: the share is of today's limit
    standings = ledger.standings()
    own = standings[use.provider]
    for standing in (own, standings[TOTAL]) if own.unit == "usd_micros" else (own,):
        if standing.share >= budgets.soft_share:
            return OutOfBudgetError(_told(standing, budgets.soft_share))
    return None


def _told(standing: Standing, soft_share: float) -> str:
    used = used_of(standing.used_units, standing.limit_units, standing.unit)
    left = amount(standing.remaining_units, standing.unit)
    return (
        f"{standing.provider}: {used}, and from {soft_share:.0%} on the rest ({left}) is left to people; next period "
        f"{day_or_minute(standing.period_end)}."
    )
