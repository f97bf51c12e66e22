"""A run of an actor whose money may have ended it: what there was to find nobody knows then."""

import pytest

from etheatmap_core.signals.actor_runs import is_ended_by_money


@pytest.mark.parametrize(
    ("cap", "cost", "found", "is_ended"),
    [
        (30_000, 27_000, 9, False),  # a tenth result would have fitted to the micro-dollar
        (30_000, 28_000, 9, True),  # 93% of the cap, and a tenth does not fit
        (150_000, 142_500, 50, True),  # 95% of it: a result may cost more than is thought
        (150_000, 121_000, 40, False),
        (30_000, 26_000, 5, None),  # maybe a dearer actor, of 5,000 a result: 4,000 are left
        (30_000, 1_000, 0, False),
        (30_000, 16_000, 0, False),
        (30_000, None, 9, None),
        (30_000, None, 0, None),
    ],
)
def test_a_run_is_ended_where_the_next_result_no_longer_fits(
    cap: int, cost: int | None, found: int, is_ended: bool | None
) -> None:
    assert is_ended_by_money(cap, cost, found) is is_ended
