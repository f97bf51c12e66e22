"""Which gate an hour misses and by how much, in numbers and as a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.scoring.gates import PUBLISHED, Gates, Poll, missed, robust_gates, source_types_of
from etheatmap_core.scoring.robust.tail import operating_point

POLLS = st.lists(st.builds(Poll, st.none() | st.floats(-50, 50), st.integers(0, 3)), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("polls", "told"),
    [
        ([Poll(3.0, 2), Poll(2.5, 2)], []),
        ([Poll(1.0, 0), Poll(3.0, 3), Poll(4.0, 2)], []),
        (
            [Poll(3.0, 2), Poll(1.9, 2)],
            ["velocity 1.9 of 2.5: 0.6 too little", "polls in a row 0 of 2: 2 too little"],
        ),
        ([Poll(1.0, 2), Poll(3.0, 2)], ["polls in a row 1 of 2: 1 too little"]),
        ([Poll(None, 0), Poll(3.0, 2)], ["polls in a row 1 of 2: 1 too little"]),
        (
            [Poll(3.0, 2), Poll(3.0, 1)],
            ["source types 1 of 2: 1 too little", "polls in a row 0 of 2: 2 too little"],
        ),
        (
            [Poll(3.0, 2), Poll(None, 2)],
            ["velocity unknown, 2.5 needed", "polls in a row 0 of 2: 2 too little"],
        ),
        (
            [Poll(3.0, 2), Poll(2.499, 2)],
            ["velocity 2.499 of 2.5: 0.001 too little", "polls in a row 0 of 2: 2 too little"],
        ),
    ],
)
def test_each_shut_gate_is_named_with_what_it_lacks(polls: list[Poll], told: list[str]) -> None:
    assert [gate.sentence for gate in missed(PUBLISHED, polls)] == told


@given(POLLS)
def test_an_hour_misses_nothing_exactly_when_the_contract_would_alert(polls: list[Poll]) -> None:
    newest = polls[-2:]
    opens = len(newest) == 2 and all(
        poll.rise is not None and poll.rise >= 2.5 and poll.source_types >= 2 for poll in newest
    )
    assert (missed(PUBLISHED, polls) == ()) == opens


@given(POLLS)
def test_what_is_missing_is_what_it_needs_less_what_it_has(polls: list[Poll]) -> None:
    for gate in missed(PUBLISHED, polls):
        assert gate.has is None or gate.by == gate.needs - gate.has > 0


@given(st.floats(0.01, 100), st.integers(1, 100_000))
def test_the_first_gate_of_robust_is_the_cut_of_the_operators_choice(false_alerts: float, entities: int) -> None:
    gates = robust_gates(false_alerts, entities)
    assert gates == Gates("evidence", operating_point(false_alerts, entities))
    assert (
        robust_gates(false_alerts * 2, entities).least_rise
        < gates.least_rise
        < robust_gates(false_alerts, entities * 2).least_rise
    )


@pytest.mark.parametrize("types", [0, 1, 2, 3])
def test_the_column_of_the_spread_is_a_number_of_types(types: int) -> None:
    assert source_types_of(types / 3) == types
