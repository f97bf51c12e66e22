"""What people are told of a budget: once near its limit, once at it, once after a costly call, once when it is over.

Keys hold provider, period and limit, so that a restart repeats nothing and a new period or limit starts anew. Here:
which messages are due, from what is known. Not here: how they are sent (outbox).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC

from etheatmap_core.budget.gate import Gate
from etheatmap_core.budget.model import TOTAL, Standing
from etheatmap_core.budget.wording import day_or_minute, used_of
from etheatmap_core.outbox.store import Message

KIND = "budget"
NEAR_SHARE = 0.8
_HEADER = ":money_with_wings: Budget nearing limits:"
_NEAR, _FULL, _CLOSED, _OVER = "80", "100", "closed", "over"


def due_messages(
    standing: Standing, gate: Gate, wanted_units: int, told: Sequence[str], soft_share: float
) -> Iterator[Message]:
    """``told``: the keys of this provider's earlier messages, in their order.

    By what is really spent: what is set aside comes and goes with every call, and would say "over" too early.
    """
    if standing.limit_units == 0:
        return
    if (stage := _holding_stage(standing, wanted_units)) is not None:
        if (key := _key(standing, stage)) not in told:
            yield Message(key, KIND, _held(standing, gate))
        return
    yield from _over(standing, told)
    near = _key(standing, _NEAR)
    is_news = near not in told and _key(standing, _FULL) not in told
    if is_news and standing.spent_units >= NEAR_SHARE * standing.limit_units:
        yield Message(near, KIND, _near(standing, soft_share))


def _holding_stage(standing: Standing, wanted_units: int) -> str | None:
    if standing.closed_reason is not None:
        # With its instant: an account that was opened again and is closed again is news.
        return _CLOSED if standing.closed_at is None else f"{_CLOSED}@{standing.closed_at.astimezone(UTC):%dT%H%M%S}"
    return _FULL if standing.spent_units + max(wanted_units, 1) > standing.limit_units else None


def _held(standing: Standing, gate: Gate) -> str:
    if standing.closed_reason is not None:
        return f"{_HEADER} {gate.reason}."
    what = "nothing more that is paid in dollars" if standing.provider == TOTAL else "nothing more"
    until = day_or_minute(standing.period_end)
    return f"{_HEADER} {_used(standing)}: {what} is asked by itself. It goes on by itself at the next period, {until}."


def _near(standing: Standing, soft_share: float) -> str:
    share, until = standing.spent_units / standing.limit_units, day_or_minute(standing.period_end)
    soft = f" From {soft_share:.0%} on automation keeps the last answers." if soft_share < 1 else ""
    return f"{_HEADER} {_used(standing)} ({share:.0%}), next period {until}.{soft}"


def _over(standing: Standing, told: Sequence[str]) -> Iterator[Message]:
    """When it was held and nobody has been told that it no longer is; one message, however often it was held."""
    held = [key for key in told if key.rpartition(":")[2].partition("@")[0] in (_FULL, _CLOSED)]
    if held and (key := f"{held[-1]}:{_OVER}") not in told:
        yield Message(
            key,
            KIND,
            f":white_check_mark: Budget over its limit no more: {_used(standing)}, until "
            f"{day_or_minute(standing.period_end)}. It is asked again.",
        )


def _used(standing: Standing) -> str:
    return f"{standing.provider}: {used_of(standing.spent_units, standing.limit_units, standing.unit)}"


def _key(standing: Standing, stage: str) -> str:
    start = standing.period_start.astimezone(UTC)
    return f"{key_prefix(standing.provider)}{start:%Y-%m-%d}:{standing.limit_units}:{stage}"


def key_prefix(provider: str) -> str:
    """Of all keys of a provider."""
    return f"{KIND}:{provider}:"
