"""What people are told of a budget: once near its limit, once at it, once after a costly call, once when it is over.

Keys hold provider, period and limit, so that a restart repeats nothing and a new period or limit starts anew. Here:
which messages are due, from what is known. Not here: how they are sent (outbox).
"""

from collections.abc import Collection, Iterator
from datetime import UTC

from etheatmap_core.budget.gate import Gate
from etheatmap_core.budget.model import Standing
from etheatmap_core.budget.wording import day_or_minute, used_of
from etheatmap_core.outbox.store import Message

KIND = "budget"
NEAR_SHARE = 0.8
_HEADER = ":money_with_wings: Budget nearing limits:"


def due_messages(standing: Standing, gate: Gate, wanted_units: int, told: Collection[str]) -> Iterator[Message]:
    """``told``: the keys of this provider's earlier messages.

    By what is really spent: what is set aside comes and goes with every call, and would say "over" too early.
    """
    if standing.limit_units == 0:
        return
    stage = _stage(standing, wanted_units)
    if stage is None:
        yield from _over(standing, told)
        return
    key = _key(standing, stage)
    if key not in told:
        yield Message(key, KIND, _text(standing, gate, stage))


def _stage(standing: Standing, wanted_units: int) -> str | None:
    if standing.closed_reason is not None:
        return "closed"
    if standing.spent_units + max(wanted_units, 1) > standing.limit_units:
        return "100"
    return "80" if standing.spent_units >= NEAR_SHARE * standing.limit_units else None


def _text(standing: Standing, gate: Gate, stage: str) -> str:
    used = f"{standing.provider}: {used_of(standing.spent_units, standing.limit_units, standing.unit)}"
    until = day_or_minute(standing.period_end)
    if stage == "80":
        share = standing.spent_units / standing.limit_units
        return f"{_HEADER} {used} ({share:.0%}), next period {until}. From 95 % on automation keeps the last answers."
    if stage == "100":
        return f"{_HEADER} {used}: nothing more is asked by itself. It goes on by itself at the next period, {until}."
    return f"{_HEADER} {gate.reason}."


def _over(standing: Standing, told: Collection[str]) -> Iterator[Message]:
    """For each time that it was held and has not been told to be over."""
    for key in sorted(told):
        if key.endswith((":100", ":closed")) and f"{key}:over" not in told:
            used = used_of(standing.used_units, standing.limit_units, standing.unit)
            until = day_or_minute(standing.period_end)
            yield Message(
                f"{key}:over",
                KIND,
                f":white_check_mark: Budget over its limit no more: {standing.provider}: {used}, until {until}. "
                "It is asked again.",
            )


def _key(standing: Standing, stage: str) -> str:
    start = standing.period_start.astimezone(UTC)
    return f"{key_prefix(standing.provider)}{start:%Y-%m-%d}:{standing.limit_units}:{stage}"


def key_prefix(provider: str) -> str:
    """Of all keys of a provider."""
    return f"{KIND}:{provider}:"
