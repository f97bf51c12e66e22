"""The spike test: a page stands out of its own week for two hours at least, or it does not stand out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etheatmap_core.discovery.spike_test import AGES, SAME_HOURS, TODAY, SpikeTest, Week, spike_test
from etheatmap_core.scoring.series import Grid

SPIKE = 3.5


def week(usual: float = 100.0, *, days: int = 7, **now: float) -> Grid:
    """One page with ``usual`` views in every hour of the last ``days``, but for ``now``: a0=…, a1=… by age."""
    views = np.full((len(AGES), 1), usual)
    views[np.array(AGES) > 24 * days + 1] = np.nan
    for age, count in now.items():
        views[AGES.index(int(age[1:]))] = count
    return views


def outcome(views: Grid) -> SpikeTest:
    return spike_test(Week(views))


@pytest.mark.parametrize(
    ("views", "is_spike"),
    [
        pytest.param(week(), False, id="like every hour"),
        pytest.param(week(a0=1000, a1=1000), True, id="two hours at ten times the usual"),
        pytest.param(week(a0=1000), False, id="one hour: as machines have them"),
        pytest.param(week(a0=100_000), False, id="one hour, however large"),
        pytest.param(week(a0=1000, a2=1000), True, id="an hour between may be calm"),
        pytest.param(week(a1=1000, a2=1000), False, id="it is over"),
        pytest.param(week(a0=220, a1=220), False, id="two hours at twice the usual"),
        pytest.param(week(a0=220, a1=220, a2=220), True, id="three hours at twice the usual"),
        pytest.param(week(usual=0.0, a0=20, a1=20), True, id="a page nobody reads"),
        pytest.param(week(a0=1000, a1=1000, a2=np.nan), True, id="an hour nobody has"),
        pytest.param(week(a0=1000, a1=np.nan, a2=np.nan), False, id="nothing but this hour"),
        pytest.param(week(days=2, a0=1000, a1=1000), False, id="too few days to have a usual"),
        pytest.param(week(days=3, a0=1000, a1=1000), True, id="three days are enough"),
    ],
)
def test_what_stands_out(views: Grid, *, is_spike: bool) -> None:
    assert bool(outcome(views).z[0] >= SPIKE) is is_spike


def test_a_show_at_the_same_hour_of_every_day_is_usual() -> None:
    views = week(a0=1000, a1=1000)
    views[[AGES.index(age) for age in SAME_HOURS]] = 900
    assert outcome(views).z[0] < 1


def test_what_has_been_loud_for_a_day_is_usual_by_now() -> None:
    views = week()
    views[np.array(AGES) <= 25] = 1000
    assert outcome(views).z[0] < 1


def test_a_page_that_swings_says_less_with_the_same_rise() -> None:
    swinging = week(a0=1000, a1=1000)
    swinging[[AGES.index(age) for age in SAME_HOURS[::2]]] = 500
    assert outcome(swinging).z[0] < outcome(week(a0=1000, a1=1000)).z[0]


def test_fewer_days_say_less() -> None:
    zs = [float(outcome(week(days=days, a0=1000, a1=1000)).z[0]) for days in range(3, 8)]
    assert zs == sorted(zs)
    assert zs[0] < zs[-1]


def climbing(factor: float) -> Grid:
    """The last twelve hours, each ``factor`` times the one before it."""
    views = week()
    for age in TODAY:
        views[AGES.index(age)] = 1000 * factor ** (11 - age)
    return views


@pytest.mark.parametrize(
    ("views", "is_doodle_like"),
    [
        pytest.param(climbing(1.25), True, id="still climbing after twelve hours, zone after zone"),
        pytest.param(climbing(0.8), False, id="news: over its peak"),
        pytest.param(climbing(1.0), False, id="a plateau"),
        pytest.param(week(a0=9000, a1=8000, a2=7000), False, id="a climb of three hours: nobody can tell yet"),
    ],
)
def test_a_search_engines_picture_climbs_for_half_a_day(views: Grid, *, is_doodle_like: bool) -> None:
    assert bool(outcome(views).is_doodle_like[0]) is is_doodle_like


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 10_000), min_size=len(AGES), max_size=len(AGES)),
    st.integers(1, 10_000),
    st.sampled_from([0, 1, 2]),
)
def test_more_views_in_a_judged_hour_never_make_it_less_of_a_spike(views: list[int], more: int, age: int) -> None:
    before = np.array(views, dtype=np.float64)[:, None]
    after = before.copy()
    after[AGES.index(age)] += more
    assert outcome(after).z[0] >= outcome(before).z[0]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 1000), min_size=len(AGES), max_size=len(AGES)), st.integers(2, 5))
def test_a_page_gets_the_same_beside_others(views: list[int], others: int) -> None:
    alone = np.array(views, dtype=np.float64)[:, None]
    beside = np.hstack([alone, *(alone[::-1] * number for number in range(1, others))])
    assert outcome(beside).z[0] == outcome(alone).z[0]


def test_no_pages_no_spikes() -> None:
    assert outcome(np.empty((len(AGES), 0))).z.shape == (0,)
