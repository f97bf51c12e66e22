"""What becomes of an admitted entity: one outcome an episode, from the gates of an alert."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.discovery.outcomes import SETTLES, ScoredHour, outcomes
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.episodes import LOOKBACK_HOURS, current_episodes

ADMITTED = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUIET, UP = 0.3, 3.0
GRADE = {"failed": 0, "steady": 1, "trending": 2}


def hours(velocities: Sequence[float | None], source_types: Sequence[int] | int = 1) -> list[ScoredHour]:
    """One after the other, from the admission on."""
    types = [source_types] * len(velocities) if isinstance(source_types, int) else source_types
    return [
        ScoredHour(ADMITTED + place * HOUR, velocity, velocity and velocity / 2, count, 0.5)
        for place, (velocity, count) in enumerate(zip(velocities, types, strict=True))
    ]


def told(velocities: Sequence[float | None], source_types: Sequence[int] | int = 1) -> list[tuple[int, str]]:
    """Hours from the admission to each episode's start, and its outcome, at the end of the last hour."""
    scored = hours(velocities, source_types)
    found = outcomes(ADMITTED, scored, scored[-1].ts)
    return [((one.episode_start - ADMITTED) // HOUR, one.outcome) for one in found]


@pytest.mark.parametrize(
    ("velocities", "source_types", "expected"),
    [
        pytest.param([UP, UP], 2, [(0, "trending")], id="every gate open for two hours"),
        pytest.param([UP, UP, UP], [2, 1, 2], [(0, "steady")], id="never widely for two hours in a row"),
        pytest.param([UP, QUIET, UP], 2, [(0, "steady")], id="never up for two hours in a row"),
        pytest.param([UP] * 5, 1, [(0, "steady")], id="up in one source type"),
        pytest.param([UP], 2, [], id="one hour up, and it may go on"),
        pytest.param([UP, *[QUIET] * 11], 2, [(0, "failed")], id="one hour up, and over"),
        pytest.param([QUIET] * 11, 1, [], id="the admission may still rise"),
        pytest.param([QUIET] * 12, 1, [(0, "failed")], id="the admission never rose"),
        pytest.param([*[QUIET] * 11, UP], 2, [], id="what begins within twelve hours is the admission's"),
        pytest.param([*[QUIET] * 11, UP, UP], 2, [(0, "trending")], id="and makes it trend"),
        pytest.param([*[QUIET] * 12, UP, UP], 2, [(0, "failed"), (12, "trending")], id="later it is another"),
        pytest.param([*[UP] * 2, *[QUIET] * 6, *[UP] * 2], 1, [(0, "steady")], id="six hours between are a gap"),
        pytest.param([*[QUIET] * 12, UP, *[QUIET] * 6], 2, [(0, "failed")], id="the seventh hour may still go on"),
        pytest.param([*[QUIET] * 12, UP, *[QUIET] * 7], 2, [(0, "failed"), (12, "failed")], id="and has not"),
        pytest.param([None] * 30, 0, [], id="nothing could be judged"),
        pytest.param(
            [*[UP] * 12, *[None] * 7, *[UP] * 2],
            2,
            [(0, "trending"), (19, "trending")],
            id="seven unknown hours end it",
        ),
    ],
)
def test_what_an_episode_comes_to(
    velocities: Sequence[float | None], source_types: Sequence[int] | int, expected: Sequence[tuple[int, str]]
) -> None:
    assert told(velocities, source_types) == expected


def test_an_outcome_tells_its_peak_and_how_long_it_lasted() -> None:
    scored = hours([QUIET, UP, 6.0, UP, *[QUIET] * 20], 2)
    [running] = outcomes(ADMITTED, scored, scored[3].ts)
    assert running.reason == "every gate was open by 2026-11-20T14; 3 hours of a velocity of 2.5 or more so far."
    [over] = outcomes(ADMITTED, scored, scored[-1].ts)
    assert (over.peak_score, over.velocity, over.confidence) == (3.0, 6.0, 0.5)
    assert over.duration_days == pytest.approx(1 / 6)
    assert over.reason == "every gate was open by 2026-11-20T14; 3 hours of a velocity of 2.5 or more."
    assert over.ts == ADMITTED + 11 * HOUR, "later hours have no say"
    [never] = outcomes(ADMITTED, hours([QUIET] * 20), ADMITTED + 19 * HOUR)
    assert (never.duration_days, never.reason) == (0.0, "never a velocity of 2.5 or more.")


SERIES = st.lists(
    st.tuples(st.none() | st.sampled_from([0.0, 1.8, 2.4, 2.5, 3.0, 8.0]), st.integers(0, 3)), min_size=1, max_size=120
)


@given(SERIES, st.data())
def test_later_hours_only_make_an_episode_better(series: list[tuple[float | None, int]], data: st.DataObject) -> None:
    scored = hours([velocity for velocity, _ in series], [count for _, count in series])
    earlier = data.draw(st.integers(0, len(scored) - 1))
    then = {one.episode_start: one for one in outcomes(ADMITTED, scored, scored[earlier].ts)}
    now = {one.episode_start: one for one in outcomes(ADMITTED, scored, scored[-1].ts)}
    assert then.keys() <= now.keys()
    for start, one in then.items():
        assert GRADE[one.outcome] <= GRADE[now[start].outcome]
        assert one.ts <= now[start].ts
        if one.outcome == "failed" or one.ts == now[start].ts:
            assert one == now[start], "what is over stays as it is"


@given(SERIES)
def test_episodes_do_not_overlap_and_are_those_of_scoring(series: list[tuple[float | None, int]]) -> None:
    scored = hours([velocity for velocity, _ in series], [count for _, count in series])
    found = outcomes(ADMITTED, scored, scored[-1].ts)
    for one, following in itertools.pairwise(found):
        assert one.ts < following.episode_start
    grid = np.full((LOOKBACK_HOURS + len(scored), 1), np.nan)
    grid[LOOKBACK_HOURS:, 0] = [np.nan if hour.velocity is None else hour.velocity for hour in scored]
    current = current_episodes(grid, LOOKBACK_HOURS)
    start = scored[-1].ts - int(current.hours_since_start[-1, 0]) * HOUR
    is_sure = sum(hour.is_hot for hour in scored if hour.ts >= start) > 1
    if current.is_open[-1, 0] and start >= ADMITTED + SETTLES and is_sure:
        assert found[-1].episode_start == start
