"""Rows of model advanced: bounded numbers, a reason for each null, and nobody else's tentpole."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_builders import NOON, SEEDS, random_signals, scored_hours

from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.advanced.components import NAMES, SIGNED
from etheatmap_core.scoring.advanced.inputs import (
    BOOST,
    HISTORY_HOURS,
    STRENGTH_HOURS,
    Entities,
    RobustRows,
    metrics_of,
)
from etheatmap_core.scoring.advanced.rows import params_hash, score_hours
from etheatmap_core.scoring.robust.score import velocity_of
from etheatmap_core.scoring.robust.tail import evidence_of
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import SignalSeries

WEIGHTS = {"wiki": 1.0, "reddit": 1.0, "news": 0.5, "youtube": 1.0, "tt_search": 0.2}
METRICS = metrics_of(WEIGHTS)
ENTITIES = 4
WHO = Entities(("person",) * ENTITIES, ("film", "sports", "politics", "unknown"))
TIKTOK = 0.2
RATIOS = {"authority_score", "upvote_ratio", "engagement_rate", "eng_ratio_median"}


def signals(seed: int, hours: int = 1) -> SignalSeries:
    random, rows = np.random.default_rng(seed), HISTORY_HOURS + hours - 1
    values = np.stack([random_signals(seed + number, rows, ENTITIES) for number in range(len(METRICS))])
    for place, metric in enumerate(METRICS):
        if metric.name in RATIOS:
            values[place] = np.where(np.isnan(values[place]), np.nan, random.random(values[place].shape))
        elif metric.name == "affect_sum":
            values[place] *= random.uniform(-1, 1)
    values[METRICS.index(BOOST)] = np.nan
    span = HourRange(NOON - (HISTORY_HOURS - 1) * HOUR, NOON + hours * HOUR)
    return SignalSeries(span, tuple(range(1, ENTITIES + 1)), METRICS, values, np.zeros(values.shape, dtype=np.bool_))


def robust_rows(seed: int, hours: int = 1) -> RobustRows:
    """As robust leaves them: strengths with a few episodes, some hours not judged, one entity's last hour missing."""
    random, shape = np.random.default_rng(seed), (hours, ENTITIES)
    strength = random.normal(0.0, 0.5, (STRENGTH_HOURS + hours, ENTITIES))
    for entity in range(ENTITIES):
        start = random.integers(STRENGTH_HOURS - 60, STRENGTH_HOURS + hours)
        strength[start : start + 20, entity] += random.uniform(0, 6)
    strength[random.random(strength.shape) < 0.1] = np.nan
    now = strength[STRENGTH_HOURS:]
    states = np.where(np.isnan(now), "warming_up", "ok").astype(np.object_)
    if seed % 3 == 0:
        states[-1, 0], now[-1, 0] = "", np.nan
    is_known, sources = ~np.isnan(now), ("reddit", "wiki")
    missing = np.full(shape, None, dtype=np.object_)
    missing[:] = {"news": "too few known hours", "youtube": "not collected"}
    share = np.where(is_known & (now > 0), random.uniform(0.5, 1), np.nan)
    velocity = velocity_of(strength)
    return RobustRows(
        strength=strength,
        velocity_before=velocity[STRENGTH_HOURS - 1 : -1],
        velocity=velocity[STRENGTH_HOURS:],
        spread=np.full(shape, 1 / 3),
        affect=np.zeros(shape),
        evidence=evidence_of(now, 2.3),
        states=states,
        inputs_hashes=np.full(shape, "abc", dtype=np.object_),
        missing=missing,
        sources=sources,
        deviation=np.stack([now, now * 2]),
        share=np.stack([1 - share, share]),
        trust=np.stack([np.ones(shape), np.where(random.random(shape) < 0.3, 0.5, 1.0)]),
    )


def scored(series: SignalSeries, robust: RobustRows, hours: HourRange) -> list[ScoreRow]:
    return list(score_hours(series, hours, WEIGHTS, robust, WHO, TIKTOK))


@given(seed=SEEDS)
@settings(max_examples=25)
def test_components_are_bounded_and_a_null_has_its_reason(seed: int) -> None:
    for row in scored(signals(seed, 3), robust_rows(seed, 3), scored_hours(3)):
        parts, nulls = row.evidence["components"], row.evidence["nulls"]
        assert tuple(parts) == NAMES
        assert {name for name, value in parts.items() if value is None} == nulls.keys()
        assert all(nulls.values())
        for name, value in parts.items():
            assert value is None or (-1 if name in SIGNED else 0) <= value <= 1
        columns = {"et_fit": row.et_fit, "risk": row.risk, "tentpole": row.tentpole, "decay": row.decay}
        assert {name for name, value in columns.items() if value is None} == row.evidence["reasons_of_null"].keys()
        for one in row.evidence["platforms"].values():
            assert one["why"] if one["score"] is None else -4 < one["score"] < 4
        assert row.evidence["trajectory"]["trend"] in {"rising", "peaking", "falling", "stable", None}
        past = row.evidence["peak_probability"]
        assert past is None or 0 <= past <= 1
        assert (row.heat is None) == (row.velocity_z is None) == (row.state != "ok")
        assert row.reasons


@given(seed=SEEDS)
@settings(max_examples=15)
def test_a_range_of_hours_is_its_hours_one_by_one(seed: int) -> None:
    series, robust, hours = signals(seed, 4), robust_rows(seed, 4), scored_hours(4)
    alone = []
    for number, hour in enumerate(hours):
        one = HourRange(hour, hour + HOUR)
        alone += scored(series.only(one.widened(HISTORY_HOURS - 1), METRICS), robust.only(number, 1), one)
    assert scored(series, robust, hours) == alone


@given(seed=SEEDS, boost=st.floats(0.1, 3.0))
@settings(max_examples=15)
def test_a_tentpole_is_felt_by_its_own_entity_alone(seed: int, boost: float) -> None:
    series, robust = signals(seed), robust_rows(seed)
    before = scored(series, robust, scored_hours(1))
    values = series.values.copy()
    values[METRICS.index(BOOST), -1 - NOON.hour, 1] = boost  # it is stored at the start of the day
    after = scored(replace(series, values=values), robust, scored_hours(1))
    assert [one for place, one in enumerate(after) if place != 1] == [
        one for place, one in enumerate(before) if place != 1
    ]
    assert after[1].tentpole == boost
    if before[1].heat is not None:
        assert after[1].heat == pytest.approx(before[1].heat + 0.5 * boost)
    assert after[1].inputs_hash != before[1].inputs_hash


def test_the_boost_of_another_day_is_not_of_this_one() -> None:
    series = signals(1)
    series.values[METRICS.index(BOOST), -1 - NOON.hour - 24, :] = 2.0
    assert [row.tentpole for row in scored(series, robust_rows(1), scored_hours(1))] == [None] * ENTITIES


@given(seed=SEEDS, more=st.floats(0.001, 3.0))
@settings(max_examples=15)
def test_more_velocity_is_more_heat(seed: int, more: float) -> None:
    series, robust = signals(seed), robust_rows(seed)
    # As high as before it was never: the same hours since the peak, the same novelty.
    robust.strength[:-1] = np.nan
    before = scored(series, robust, scored_hours(1))
    strength = robust.strength.copy()
    strength[-1] += more
    after = scored(series, replace(robust, strength=strength, velocity=velocity_of(strength[-1:])), scored_hours(1))
    for one, other in zip(before, after, strict=True):
        if one.heat is not None and one.state == "ok":
            assert other.heat is not None
            assert other.heat > one.heat


def test_what_is_not_collected_is_named() -> None:
    weights = {"wiki": 1.0}
    metrics = metrics_of(weights)
    series = signals(1)
    rows = list(score_hours(series.only(series.hours, metrics), scored_hours(1), weights, robust_rows(1), WHO, TIKTOK))
    nulls = rows[1].evidence["nulls"]
    assert nulls["virality"] == "no source measures sharing: Reddit, YouTube and TikTok are not collected"
    assert nulls["sentiment"] == "no source of texts is collected"
    assert rows[1].evidence["tiktok"] == {"score": None, "why": "not collected"}


def test_without_a_row_of_robust_nothing_of_it_is_claimed() -> None:
    row = scored(signals(3), robust_rows(3), scored_hours(1))[0]
    assert row.state == "no_data"
    assert row.heat is row.velocity_z is None
    told = row.evidence["nulls"]
    assert {told[name] for name in ("velocity", "acceleration", "novelty")} == {"model robust has no row of this hour"}
    assert row.reasons == ["No heat: model robust has no row of this hour"]


def test_types_and_categories_fit_a_show_or_not() -> None:
    found = [row.et_fit for row in scored(signals(1), robust_rows(1), scored_hours(1))]
    assert found == [1.0, 0.5, 0.0, None]


@pytest.mark.parametrize("source", sorted(WEIGHTS))
def test_a_weight_of_sources_yml_is_part_of_what_decides(source: str) -> None:
    assert params_hash(WEIGHTS, TIKTOK) != params_hash(WEIGHTS | {source: 3.0}, TIKTOK)
    assert params_hash(WEIGHTS, TIKTOK) != params_hash(WEIGHTS, 0.3)


def test_a_heavier_source_pulls_the_platforms_towards_itself() -> None:
    robust = robust_rows(1)
    robust.deviation[0], robust.deviation[1] = 1.0, 3.0
    robust.trust[:] = 1.0
    robust.velocity[:], robust.states[:] = 1.0, "ok"
    found = [
        list(score_hours(signals(1), scored_hours(1), WEIGHTS | {"wiki": weight}, robust, WHO, TIKTOK))[1]
        for weight in (0.5, 1.0, 4.0)
    ]
    together = [row.evidence["platform"] for row in found]
    assert together == sorted(together)
    assert together[0] < together[2]


@given(seed=SEEDS, factor=st.sampled_from([0.25, 4.0, 64.0]))
@settings(max_examples=15)
def test_who_always_has_more_reactions_is_not_more_viral_for_it(seed: int, factor: float) -> None:
    series, robust = signals(seed), robust_rows(seed)
    values = series.values.copy()
    for place, metric in enumerate(METRICS):
        if metric.name in {"score_sum", "comment_sum", "engagement_rate", "eng_ratio_median"}:
            values[place] *= factor
    found = [
        [row.evidence["components"]["virality"] for row in scored(one, robust, scored_hours(1))]
        for one in (series, replace(series, values=values))
    ]
    assert found[0] == found[1]


def test_tiktok_has_its_share_of_the_platforms_and_no_more() -> None:
    robust = replace(robust_rows(1), sources=("reddit", "tt_search"))
    robust.deviation[0], robust.deviation[1] = 0.0, 3.0
    robust.trust[:] = 1.0
    robust.velocity[:], robust.states[:] = 1.0, "ok"
    for share in (0.0, 0.2, 1.0):
        row = list(score_hours(signals(1), scored_hours(1), WEIGHTS, robust, WHO, share))[1]
        tiktok, reddit = row.evidence["tiktok"], row.evidence["platforms"]["reddit"]
        assert tiktok["weight"] == share
        known = tiktok["weight"] + reddit["weight"]
        assert row.evidence["platform"] == pytest.approx(tiktok["score"] * share / known, abs=1e-3)
