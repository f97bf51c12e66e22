"""A score of model robust: guards, sources put together, the scale of heat, and the reasons in numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.scoring.robust.combine import combined, remembered, share
from etheatmap_core.scoring.robust.guards import Guard, guarded, mobile_guard, single_voice_guard, working_guard
from etheatmap_core.scoring.robust.scan import scan
from etheatmap_core.scoring.robust.score import Score, SourceSeries, explanation, history_of, score, velocity_of
from etheatmap_core.scoring.robust.seasons import DAILY, HOURLY, rise_of_level, usual
from etheatmap_core.scoring.robust.tail import (
    days_as_high,
    evidence_of,
    false_alert_probability,
    odds_in_words,
)
from etheatmap_core.scoring.series import Grid

FIRST = history_of()
HOURS = 24


def calm(mean: float = 100.0) -> Grid:
    """[steps, 1 entity]: the same each hour, so that everything can be calculated by hand."""
    return np.full((FIRST + HOURS, 1), float(mean))


def with_burst(values: Grid, height: float, hours: int = 6) -> Grid:
    """On top in the last hours."""
    added = values.copy()
    added[-hours:] += height
    return added


def scored(*sources: SourceSeries, past: Grid | None = None) -> Score:
    zeros = np.zeros((HOURS, 1))
    past = np.zeros((28, HOURS, 1)) if past is None else past
    return score(sources, FIRST, spread=zeros, affect=zeros, hours_since_peak=zeros.astype(np.int64), past_highest=past)


def trusted(name: str, trust: float) -> Guard:
    return Guard(name, np.full((HOURS + HOURLY.memory - 1, 1), trust))


@pytest.mark.parametrize(
    ("mobile", "views", "trust"),
    [
        (20, 100, 1.0),
        (70, 100, 1.0),
        (95, 100, 0.0),
        (100, 100, 0.0),
        (5, 100, 0.0),
        (0, 100, 0.0),
        (12.5, 100, 0.5),
        (0, 49, 1.0),  # of so few views a share says nothing
        (np.nan, 100, 1.0),
        (np.nan, np.nan, 1.0),
    ],
)
def test_a_mobile_share_far_from_that_of_people_is_not_trusted(mobile: float, views: float, trust: float) -> None:
    verdict = mobile_guard(np.array([[mobile]]), np.array([[views]]))
    assert verdict.name == "mobile_share"
    assert verdict.trust.item() == pytest.approx(trust)


@pytest.mark.parametrize(
    ("loudest", "mentions", "trust"), [(2, 4, 1.0), (3, 4, 0.5), (4, 4, 0.0), (1, 9, 1.0), (2, 2, 1.0), (0, 0, 1.0)]
)
def test_one_author_who_makes_more_than_half_is_not_trusted(loudest: float, mentions: float, trust: float) -> None:
    verdict = single_voice_guard("one_author", np.array([[loudest]]), np.array([[mentions]]))
    assert verdict.trust.item() == pytest.approx(trust)


def test_a_stale_or_broken_source_is_not_known_rather_than_calm() -> None:
    stale, heard = np.array([[True, False, False, False]]), np.array([[1.0, 0.0, 1.0, 0.75]])
    verdict = working_guard(stale, heard)
    assert verdict.trust.tolist() == [[0.0, 0.0, 1.0, 0.75]]
    known = guarded(np.array([[5.0, -1.0, 5.0, 4.0]]), verdict.trust)
    assert np.array_equal(known, [[np.nan, np.nan, 5.0, 3.0]], equal_nan=True)


def test_a_fall_is_believed_whoever_tells_it() -> None:
    assert guarded(np.array([[-2.0, 2.0]]), np.array([[0.5, 0.5]])).tolist() == [[-2.0, 1.0]]


@given(st.lists(st.floats(-20, 1e4), min_size=2, max_size=6))
def test_a_share_grows_with_the_deviation_and_is_capped_softly(deviations: list[float]) -> None:
    ordered = np.unique(deviations)
    shares = share(ordered)
    assert (np.diff(shares)[np.diff(ordered) > 1e-9] > 0).all()
    assert (shares <= np.maximum(ordered, 0) + 1e-12).all() | (ordered < 0).any()
    assert share(np.array([10_000.0])).item() < 4


def test_agreement_counts_more_than_one_loud_source() -> None:
    sources = np.array([[[8.0, 3.0]], [[0.0, 3.0]], [[0.0, 3.0]]])
    lone, agreed = combined(sources)[0]
    assert agreed > lone
    assert np.isnan(combined(np.full((2, 1, 1), np.nan))).all()


def test_a_rise_waits_some_hours_for_the_other_sources() -> None:
    deviation = np.array([0.0, 4.0, 0.0, 0.0, np.nan, 0.0, 0.0, 0.0])[:, None]
    kept = remembered(deviation, 6)[:, 0]
    assert kept.tolist() == pytest.approx([0, 4, 3.6, 3.24, np.nan, 2.6244, 2.36196, 0], nan_ok=True)


def test_the_larger_of_two_seasons_is_usual() -> None:
    hours = FIRST + 1
    values = np.full((hours, 1), 10.0)
    values[FIRST - 168 :: -168] = 50.0  # each week at this hour
    expected = usual(values, FIRST, HOURLY)
    assert (expected.value.item(), expected.known_days.item()) == (50.0, 14)
    values[FIRST - 24 :: -24] = 70.0  # each day
    assert usual(values, FIRST, HOURLY).value.item() == 70.0
    assert usual(np.full((hours, 1), np.nan), FIRST, HOURLY).known_days.item() == 0
    assert usual(np.zeros((hours, 1)), FIRST, HOURLY).value.item() == 0.3


def test_a_level_that_rose_a_day_ago_raises_what_is_usual() -> None:
    values = np.full((FIRST + 1, 1), 98.0)
    values[-36:] = 298.0
    assert rise_of_level(values, FIRST, HOURLY).item() == pytest.approx(3.0)
    values[-36:] = 10.0
    assert rise_of_level(values, FIRST, HOURLY).item() == 1.0


def test_rows_without_their_history_are_refused() -> None:
    with pytest.raises(ValueError, match="row 5 has no"):
        scan(np.zeros((9, 1)), 5, DAILY)


@given(st.lists(st.floats(-30, 40), min_size=2, max_size=9), st.sampled_from([HOURLY.slope, DAILY.slope]))
def test_evidence_rises_with_strength_and_is_the_power_of_ten_of_a_chance(strengths: list[float], slope: float) -> None:
    ordered = np.unique(strengths)
    found = evidence_of(ordered, slope)
    assert (np.diff(found)[np.diff(ordered) > 1e-9] > 0).all()
    assert (found > 0).all()
    assert evidence_of(np.zeros(1), slope).item() == pytest.approx(np.log10(2))


def test_what_has_been_as_high_before_is_less_unlikely() -> None:
    evidence = np.full((1, 1), 5.0)
    past = np.zeros((28, 1, 1))
    never = false_alert_probability(evidence, past).item()
    past[:3] = 5.0
    thrice = false_alert_probability(evidence, past).item()
    assert never == pytest.approx(0.5e-5)  # four quiet weeks count as much as the odds of all
    assert thrice == pytest.approx(0.5e-5 + 3 / 56 / 24)
    assert days_as_high(evidence, past).item() == 3
    assert np.isnan(false_alert_probability(np.full((1, 1), np.nan), past)).all()
    assert false_alert_probability(evidence, np.full((28, 1, 1), np.nan)).item() == pytest.approx(1e-5)


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.5, "1 in 2 hours"),
        (1 / 4021, "1 in 4,000 hours"),
        (1 / 123, "1 in 120 hours"),
        (1e-9, "less than 1 in 1,000,000 hours"),
    ],
)
def test_odds_are_told_in_two_digits(probability: float, words: str) -> None:
    assert odds_in_words(probability) == words


def test_a_score_says_what_it_saw_and_what_is_usual() -> None:
    found = scored(SourceSeries("wiki", with_burst(calm(), 900)), SourceSeries("reddit", calm(4)))
    told = explanation(found, HOURS - 1, 0)
    wiki = told["sources"]["wiki"]  # type: ignore[index]
    assert {name: wiki[name] for name in ("observed", "usual", "ratio", "window", "known_days", "share", "guards")} == {
        "observed": pytest.approx(700),  # two of its eight hours are from before the burst, two are ignored
        "usual": pytest.approx(100),
        "ratio": pytest.approx(7),
        "window": 8,
        "known_days": 14,
        "share": 1.0,
        "guards": {},
    }
    assert told["days_as_high"] == 0
    assert str(told["odds"]).startswith(("1 in ", "less than 1 in "))


def test_the_display_stops_at_zero_and_the_order_does_not() -> None:
    values = calm()
    values[-1] = 0
    found = scored(SourceSeries("wiki", values))
    assert found.heat[-1, 0] < 0
    assert found.displayed_heat[-1, 0] == 0
    assert (found.displayed_heat >= 0).all()
    strengths = np.array([-3.0, 0.0, 1.0, 5.0, 20.0, 40.0])
    velocities = velocity_of(strengths)
    assert (np.diff(velocities) > 0).all()
    assert (np.abs(velocities) < 4).all()


def test_a_guard_lowers_the_score_and_is_named() -> None:
    loud = with_burst(calm(), 900)
    free = scored(SourceSeries("wiki", loud))
    doubted = scored(SourceSeries("wiki", loud, (trusted("mobile_share", 0.25), trusted("one_author", 1.0))))
    assert doubted.evidence[-1, 0] < free.evidence[-1, 0]
    part = explanation(doubted, HOURS - 1, 0)["sources"]["wiki"]  # type: ignore[index]
    assert part["guards"] == {"mobile_share": 0.25}


def test_a_broken_source_leaves_the_others_as_if_it_were_not_there() -> None:
    loud, other = SourceSeries("wiki", with_burst(calm(), 900)), calm(4)
    alone = scored(loud)
    beside_broken = scored(loud, SourceSeries("reddit", other, (trusted("stale_or_broken", 0.0),)))
    assert np.array_equal(alone.evidence, beside_broken.evidence)
    assert (scored(loud, SourceSeries("reddit", other)).evidence[-1] < alone.evidence[-1]).all()


def test_without_any_source_known_nothing_is_claimed() -> None:
    found = scored(SourceSeries("wiki", calm() * np.nan))
    assert np.isnan(found.evidence).all()
    assert np.isnan(found.heat).all()
    assert explanation(found, 0, 0) == {"evidence": None, "odds": None, "days_as_high": None, "sources": {"wiki": None}}


def test_the_hours_before_may_be_told_instead_of_judged_again() -> None:
    values = np.random.default_rng(6).poisson(30, (2, FIRST + HOURS, 3)).astype(np.float64)
    none = np.zeros((HOURS, 3))

    def last_hours(first: int, earlier: Grid | None) -> Score:
        terms = none[: FIRST + HOURS - first]
        sources = [SourceSeries(name, one) for name, one in zip(("wiki", "reddit"), values, strict=True)]
        hours, past = terms.astype(np.int64), np.zeros((28, *terms.shape))
        return score(
            sources, first, spread=terms, affect=terms, hours_since_peak=hours, past_highest=past, earlier=earlier
        )

    every = last_hours(FIRST, None)
    before = np.stack([part.judged[-HOURLY.memory : -1] for part in every.sources])
    assert np.array_equal(last_hours(FIRST + HOURS - 1, before).evidence, every.evidence[-1:])


def test_an_hour_alone_has_the_bits_it_has_in_a_range() -> None:
    values = np.random.default_rng(5).poisson(30, (FIRST + HOURS, 3)).astype(np.float64)
    within = scan(values, FIRST, HOURLY)
    for hour in (0, 7, HOURS - 1):
        alone = scan(values[: FIRST + hour + 1], FIRST + hour, HOURLY)
        assert all(np.array_equal(one[-1], many[hour]) for one, many in zip(alone, within, strict=True))


def test_a_series_alone_in_an_hour_alone_has_the_bits_it_has_among_others() -> None:
    values = np.random.default_rng(6).poisson(30, (FIRST + HOURS, 5)).astype(np.float64)
    within = scan(values, FIRST, HOURLY)
    for hour, series in ((0, 0), (7, 4), (HOURS - 1, 2)):
        alone = scan(values[: FIRST + hour + 1, [series]], FIRST + hour, HOURLY)
        assert all(one[-1, 0] == many[hour, series] for one, many in zip(alone, within, strict=True))


def test_a_page_that_leaps_now_and_then_is_less_alarming_when_it_does() -> None:
    calm_one, leaping = calm(), calm()
    for day in (3, 8, 12):
        at = len(leaping) - 6 - 24 * day
        leaping[at : at + 6] *= 6
    rises = [scan(with_burst(values, 900), FIRST, HOURLY).deviation[-1, 0] for values in (calm_one, leaping)]
    assert rises[1] < 0.9 * rises[0]
