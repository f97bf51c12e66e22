"""What heat calls for: a status (hot, warm, cool, unknown), a priority among all of the hour, and what to do.

Here: thresholds, derived from the gates of alerts and from a row's place among the others of its hour. Not here: the
gates themselves, what an alert is.

A row is **hot** at the heat it has when it stands exactly at the gates: their rise, seen in as many source types as
they ask for, with no feeling and nothing faded. It is **warm** at the heat of what discovery would admit: the same
share of that rise (1.8 of 2.5) in one source type. Below it is **cool**; without a heat nothing is known.
"""

import math
from typing import Literal, NamedTuple

from etheatmap_core.scoring.gates import MIN_SOURCE_TYPES
from etheatmap_core.scoring.heat import SOURCE_TYPE_COUNT, SPREAD_WEIGHT, VELOCITY_WEIGHT

Status = Literal["hot", "warm", "cool", "unknown"]
Priority = Literal["critical", "high", "medium", "low"]
Action = Literal["immediate_action", "investigate_now", "monitor_closely", "routine_tracking"]

WARM_SHARE = 1.8 / 2.5  # the initial velocity that discovery asks for, of that of an alert
TOP_QUANTILE = 0.99  # who is hot and above it comes first
HIGH_QUANTILE = 0.95  # who is this far up is watched, however calm the hour is
ACTIONS: dict[Priority, Action] = {
    "critical": "immediate_action",
    "high": "investigate_now",
    "medium": "monitor_closely",
    "low": "routine_tracking",
}


class Thresholds(NamedTuple):
    """The heats from which a row is hot and warm."""

    hot: float
    warm: float


class Standing(NamedTuple):
    """``quantile``: the share of the hour's other rows with a heat that are not hotter; None where it has no heat."""

    status: Status
    priority: Priority
    action: Action
    quantile: float | None


def thresholds(gate_velocity: float) -> Thresholds:
    """gate_velocity: on the scale that heat takes, the velocity that opens the gate (2.5 for mvp)."""
    return Thresholds(
        hot=VELOCITY_WEIGHT * gate_velocity + SPREAD_WEIGHT * MIN_SOURCE_TYPES / SOURCE_TYPE_COUNT,
        warm=VELOCITY_WEIGHT * gate_velocity * WARM_SHARE + SPREAD_WEIGHT / SOURCE_TYPE_COUNT,
    )


def status_of(heat: float | None, at: Thresholds) -> Status:
    """Never lower with more heat."""
    if heat is None or math.isnan(heat):
        return "unknown"
    return "hot" if heat >= at.hot else "warm" if heat >= at.warm else "cool"


def priority_of(status: Status, quantile: float | None) -> Priority:
    """Never lower with a better status or a higher place."""
    if quantile is None:
        return "low"
    if status == "hot":
        return "critical" if quantile >= TOP_QUANTILE else "high"
    return "medium" if status == "warm" or quantile >= HIGH_QUANTILE else "low"


def standing_of(heat: float | None, not_hotter: int, others: int, at: Thresholds) -> Standing:
    """Of one row among the ``others`` of its hour with a heat, of which ``not_hotter`` have no more; alone it is at the
    top."""
    status = status_of(heat, at)
    quantile = None if status == "unknown" else not_hotter / others if others else 1.0
    priority = priority_of(status, quantile)
    return Standing(status, priority, ACTIONS[priority], quantile)
