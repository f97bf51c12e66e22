"""Status and priority: where they come from, and that more heat never means less of either."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.scoring.standing import ACTIONS, Status, Thresholds, priority_of, standing_of, status_of, thresholds

STATUSES = ["unknown", "cool", "warm", "hot"]
PRIORITIES = ["low", "medium", "high", "critical"]
HEATS = st.floats(-3, 4)
MVP = thresholds(2.5)


def test_thresholds_are_the_heat_at_the_gates_and_at_what_discovery_admits() -> None:
    assert pytest.approx((1.45, 1.0)) == MVP
    assert MVP.hot == pytest.approx(0.5 * 2.5 + 0.3 * 2 / 3)
    assert MVP.warm == pytest.approx(0.5 * 1.8 + 0.3 / 3)


@pytest.mark.parametrize(
    ("heat", "not_hotter", "others", "expected"),
    [
        (None, 0, 100, ("unknown", "low", "routine_tracking", None)),
        (0.2, 40, 100, ("cool", "low", "routine_tracking", 0.4)),
        (0.2, 95, 100, ("cool", "medium", "monitor_closely", 0.95)),
        (1.0, 40, 100, ("warm", "medium", "monitor_closely", 0.4)),
        (1.45, 90, 100, ("hot", "high", "investigate_now", 0.9)),
        (1.45, 99, 100, ("hot", "critical", "immediate_action", 0.99)),
        (1.45, 0, 0, ("hot", "critical", "immediate_action", 1.0)),
    ],
)
def test_a_row_stands_where_its_heat_and_its_hour_put_it(
    heat: float | None, not_hotter: int, others: int, expected: tuple[object, ...]
) -> None:
    assert standing_of(heat, not_hotter, others, Thresholds(1.45, 1.0)) == expected


@given(HEATS, HEATS, st.floats(0.1, 4))
def test_more_heat_is_never_a_lower_status(one: float, other: float, gate: float) -> None:
    low, high = sorted((one, other))
    at = thresholds(gate)
    assert STATUSES.index(status_of(low, at)) <= STATUSES.index(status_of(high, at))


@given(st.lists(HEATS, min_size=2, max_size=200))
def test_within_an_hour_more_heat_is_never_a_lower_priority(heats: list[float]) -> None:
    found = []
    for place, heat in enumerate(heats):
        others = heats[:place] + heats[place + 1 :]
        found.append((heat, standing_of(heat, sum(other <= heat for other in others), len(others), MVP)))
    ordered = [PRIORITIES.index(one.priority) for _, one in sorted(found, key=lambda pair: pair[0])]
    assert ordered == sorted(ordered)


@given(st.sampled_from(get_args(Status)), st.floats(0, 1))
def test_every_priority_has_its_action(status: Status, quantile: float) -> None:
    assert priority_of(status, quantile) in ACTIONS
    assert list(ACTIONS) == PRIORITIES[::-1]
