"""Model mvp as a whole: rows for every entity and hour, equal to the text, and equal however they are asked for."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_builders import NOON, ONLY_WIKI, SEEDS, SOURCE_TYPES, optional, random_signals, scored_hours, series_of
from scoring_reference import affect, episode, heat, velocity_raw

from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.mvp import HISTORY_HOURS, metrics_of, params_hash, score_hours
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import Grid, SignalSeries

THREE_SOURCES = {"wiki": 0.35, "trends": 1.0, "reddit": 0.0}


def steady(value: float = 100.0, entities: int = 1, hours: int = 1) -> Grid:
    return np.full((1, HISTORY_HOURS - 1 + hours, entities), value)


def score_one(values: Grid, weights: Mapping[str, float] = ONLY_WIKI, **more: Any) -> ScoreRow:
    [row] = score_hours(series_of(values, weights, **more), scored_hours(1), weights, SOURCE_TYPES)
    return row


def random_series(seed: int, weights: Mapping[str, float], hours: int, entities: int) -> SignalSeries:
    rows, random = HISTORY_HOURS - 1 + hours, np.random.default_rng(seed)
    values = np.stack([random_signals(seed + i, rows, entities) for i in range(len(metrics_of(weights)))])
    return series_of(values, weights, is_censored=random.random(values.shape) < random.choice([0.0, 0.5, 0.99]))


def test_a_breakout_is_hot_and_says_why() -> None:
    values = steady()
    values[0, -12:] = 150
    row = score_one(values)
    assert (row.state, row.velocity_raw, row.velocity_z, row.xplat, row.affect) == ("ok", 5.0, 4.0, 1 / 3, 0.0)
    assert row.heat == pytest.approx(0.5 * 4 + 0.3 / 3)
    assert row.accel == pytest.approx(5 - (50 * 11 / 12) / 10)
    assert row.confidence == pytest.approx(1 / 3)
    assert row.reasons == [
        "12 h of Wikipedia views are 1.5× the usual 7 days, +5.0σ",
        "Seen in 1 of 3 source types (trends); not collected: reddit, tiktok",
    ]
    assert row.evidence == {
        "metrics": [
            {
                "source": "wiki",
                "metric": "views",
                "observed": 150.0,
                "usual": 100.0,
                "spread": 10.0,
                "z": 5.0,
                "ratio": 1.5,
                "window_hours": 12,
                "usual_window_hours": 168,
                "observed_hours": 12,
                "usual_hours": 168,
                "censored_hours": 0,
                "weight": 1.0,
            }
        ],
        "source_types": {"available": ["trends"], "unavailable": ["reddit", "tiktok"], "with_evidence": ["trends"]},
        "episode": {
            "is_open": True,
            "started_at": "2026-03-01T06:00:00+00:00",  # from the sixth hour of 150 on, z is 2.5
            "peak_at": "2026-03-01T12:00:00+00:00",
            "hours_since_peak": 0.0,
        },
    }


def test_after_the_peak_heat_fades() -> None:
    values = steady()
    values[0, -15:-3] = 400
    row = score_one(values)
    assert row.evidence["episode"]["peak_at"] == "2026-03-01T09:00:00+00:00"
    assert row.decay == math.exp(-3 / 24)
    assert row.velocity_z is not None
    assert row.heat == pytest.approx((0.5 * row.velocity_z + 0.3 * row.xplat) * math.exp(-3 / 24))
    assert row.reasons[-1] == "Peak was 3 h ago: heat × 0.88"


def test_an_episode_that_is_over_fades_nothing() -> None:
    values = steady()
    values[0, -30:-18] = 400
    row = score_one(values)
    assert (row.decay, row.evidence["episode"]["is_open"]) == (1.0, False)
    assert not any("Peak" in sentence for sentence in row.reasons)


@pytest.mark.parametrize(
    ("known_from", "known_to", "state", "reason"),
    [
        (None, None, "no_data", "No Wikipedia data in the last 12 h"),
        (0, -12, "no_data", "No Wikipedia data in the last 12 h"),
        (-12 - 30, None, "warming_up", "Warming up: 30 of 72 hours of history (Wikipedia views)"),
        (-12 - 71, None, "warming_up", "Warming up: 71 of 72 hours of history (Wikipedia views)"),
        (-12 - 72, None, "ok", "12 h of Wikipedia views are 1.0× the usual 3 days, 0.0σ"),
    ],
)
def test_states(known_from: int | None, known_to: int | None, state: str, reason: str) -> None:
    values = np.full_like(steady(), np.nan)
    if known_from is not None:
        values[0, known_from:known_to] = 100
    row = score_one(values)
    assert (row.state, row.reasons[0]) == (state, reason)
    numbers = (row.velocity_z, row.velocity_raw, row.decay, row.heat)
    assert all(number is not None for number in numbers) if state == "ok" else numbers == (None,) * 4
    assert (row.novelty, row.et_fit, row.tentpole, row.risk) == (None,) * 4


def test_censored_hours_are_history_but_no_evidence() -> None:
    values, flags = steady(), np.zeros_like(steady(), dtype=np.bool_)
    flags[0, :, 0] = True
    row = score_one(values, is_censored=flags)
    assert (row.state, row.xplat, row.confidence) == ("ok", 0.0, pytest.approx(1 / 3))
    assert row.reasons[1:] == [
        "12 of 12 hours below what the source shows (Wikipedia views)",
        "Seen in 0 of 3 source types; not collected: reddit, tiktok",
    ]


def test_a_gap_is_never_counted_as_censored() -> None:
    values, flags = steady(), np.ones_like(steady(), dtype=np.bool_)
    values[0, -4:] = np.nan
    assert score_one(values, is_censored=flags).evidence["metrics"][0]["censored_hours"] == 8


def test_one_source_of_a_type_is_enough_for_its_evidence() -> None:
    wiki_alone = np.concatenate([steady(), np.full_like(steady(), np.nan)])
    assert score_one(wiki_alone, {"wiki": 1.0, "trends": 1.0}).xplat == 1 / 3
    assert score_one(wiki_alone[::-1].copy(), {"wiki": 1.0, "trends": 1.0}).xplat == 1 / 3


def test_a_source_without_weight_gives_evidence_but_no_velocity_and_no_state() -> None:
    row = score_one(steady(), {"wiki": 0.0})
    assert (row.state, row.velocity_raw, row.xplat, row.confidence) == ("no_data", None, 1 / 3, 0.0)
    assert row.evidence["metrics"][0]["z"] == 0.0
    assert row.reasons == ["Seen in 1 of 3 source types (trends); not collected: reddit, tiktok"]


def test_a_source_of_evidence_alone_has_no_velocity() -> None:
    row = score_one(steady(), {"tt_cc": 1.0})
    assert (row.state, row.xplat, row.confidence, row.evidence["metrics"]) == ("no_data", 1 / 3, 0.0, [])
    assert row.reasons == ["Seen in 1 of 3 source types (tiktok); not collected: reddit, trends"]


@given(SEEDS, st.sampled_from([ONLY_WIKI, THREE_SOURCES]))
@settings(max_examples=25, deadline=None)
def test_every_row_is_what_the_text_says(seed: int, weights: Mapping[str, float]) -> None:
    series = random_series(seed, weights, hours=3, entities=2)
    kinds = {metric.source: metric.kind for metric in series.metrics if metric.kind != "sum"}
    rows = score_hours(series, scored_hours(3), weights, SOURCE_TYPES)
    assert [(row.ts, row.entity_id) for row in rows] == [(h, e) for h in scored_hours(3) for e in (1, 2)]
    for row in rows:
        columns = {m: optional(series.values[i, :, row.entity_id - 1]) for i, m in enumerate(series.metrics)}
        signals = {metric.source: values for metric, values in columns.items() if metric.kind != "sum"}
        feelings = [values for metric, values in columns.items() if metric.kind == "sum"]
        now = HISTORY_HOURS - 1 + (row.ts - NOON) // HOUR
        past = [None] * 179 + [velocity_raw(signals, kinds, weights, t) for t in range(179, now + 1)]
        known = past[now]
        if known is None:
            assert (row.state != "ok", row.heat) == (True, None)
            continue
        current = episode(past, now)
        assert row.velocity_raw == pytest.approx(known, rel=1e-9, abs=1e-9)
        assert row.evidence["episode"]["hours_since_peak"] == (current[1] if current else 0)
        a = affect(feelings[0], signals["reddit"], now) if feelings else 0.0
        assert row.affect == pytest.approx(a, rel=1e-9, abs=1e-9)
        assert row.heat == pytest.approx(heat(known, row.xplat, a, current[1] if current else 0), rel=1e-9, abs=1e-9)
        before = past[now - 1] if now > 179 else None
        assert row.accel == (None if before is None else pytest.approx(known - before, rel=1e-9, abs=1e-9))


@given(SEEDS, st.sampled_from([ONLY_WIKI, THREE_SOURCES]), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_an_hour_scored_alone_is_the_same_row_to_the_last_bit(
    seed: int, weights: Mapping[str, float], hour: int
) -> None:
    series = random_series(seed, weights, hours=10, entities=4)
    within = score_hours(series, scored_hours(10), weights, SOURCE_TYPES)
    single = HourRange.single(NOON + hour * HOUR)
    exact = series.only(single.widened(HISTORY_HOURS - 1), series.metrics)
    for source in (series, exact):
        assert score_hours(source, single, weights, SOURCE_TYPES) == within[4 * hour : 4 * hour + 4]


@given(SEEDS, st.permutations(range(4)), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_neither_the_order_of_entities_nor_other_entities_matter(seed: int, order: list[int], kept: int) -> None:
    series = random_series(seed, THREE_SOURCES, hours=2, entities=4)
    chosen = order[:kept]
    ids = tuple(series.entity_ids[i] for i in chosen)
    fewer = SignalSeries(
        series.hours,
        ids,
        series.metrics,
        series.values[:, :, chosen],
        np.asfortranarray(series.is_censored[:, :, chosen]),
    )
    rows = score_hours(series, scored_hours(2), THREE_SOURCES, SOURCE_TYPES)
    expected = [rows[hour * 4 + i] for hour in range(2) for i in chosen]
    assert score_hours(fewer, scored_hours(2), THREE_SOURCES, SOURCE_TYPES) == expected


@given(SEEDS, st.integers(1, 5000))
@settings(max_examples=15, deadline=None)
def test_the_same_signals_at_another_time_give_the_same_judgement(seed: int, shift_hours: int) -> None:
    series = random_series(seed, ONLY_WIKI, hours=2, entities=3)
    shift = shift_hours * HOUR
    hours = HourRange(series.hours.start + shift, series.hours.end + shift)
    later = SignalSeries(hours, series.entity_ids, series.metrics, series.values, series.is_censored)
    moved = scored_hours(2)
    here = score_hours(series, moved, ONLY_WIKI, SOURCE_TYPES)
    there = score_hours(later, HourRange(moved.start + shift, moved.end + shift), ONLY_WIKI, SOURCE_TYPES)
    assert [row.ts + shift for row in here] == [row.ts for row in there]
    for one, other in zip(here, there, strict=True):
        assert (one.heat, one.reasons, one.inputs_hash) == (other.heat, other.reasons, other.inputs_hash)


@given(SEEDS, st.sampled_from([ONLY_WIKI, THREE_SOURCES]))
@settings(max_examples=25, deadline=None)
def test_rows_are_plain_finite_numbers_in_their_bounds(seed: int, weights: Mapping[str, float]) -> None:
    rows = score_hours(random_series(seed, weights, 4, 4), scored_hours(4), weights, SOURCE_TYPES)
    for row in rows:
        json.dumps(row.evidence, allow_nan=False)
        json.dumps([row.velocity_raw, row.heat, row.accel, row.confidence], allow_nan=False)
        assert 0 <= row.confidence <= 1
        assert 0 <= row.xplat <= 1
        assert row.velocity_z is None or -4 <= row.velocity_z <= 4
        assert (row.state == "ok") == (row.heat is not None)


class TestInputsHash:
    """The fingerprint of the numbers, all numbers, and nothing but the numbers."""

    @staticmethod
    def of(values: Grid, weights: Mapping[str, float] = ONLY_WIKI, **more: Any) -> str:
        return score_one(values, weights, **more).inputs_hash

    @given(SEEDS, st.integers(0, HISTORY_HOURS - 1))
    @settings(max_examples=20, deadline=None)
    def test_any_number_of_the_window_changes_it(self, seed: int, row: int) -> None:
        values = random_signals(seed, HISTORY_HOURS, 1)[None]
        changed = values.copy()
        changed[0, row] = np.nextafter(np.nan_to_num(values[0, row]), np.inf)
        assert self.of(changed) != self.of(values)

    def test_a_gap_is_not_a_zero_and_a_bound_is_not_a_count(self) -> None:
        gap, flags = steady(0.0), np.zeros((1, HISTORY_HOURS, 1), dtype=np.bool_)
        gap[0, 5], flags[0, 5] = np.nan, True
        assert len({self.of(steady(0.0)), self.of(gap), self.of(steady(0.0), is_censored=flags)}) == 3
        assert self.of(gap, is_censored=flags) == self.of(gap)  # nothing is known there, so nothing is bounded

    def test_the_name_of_the_metric_counts(self) -> None:
        assert self.of(steady(), {"wiki": 1.0}) != self.of(steady(), {"youtube": 1.0})

    def test_a_metric_nothing_is_known_of_adds_nothing(self) -> None:
        both = np.concatenate([steady(), np.full_like(steady(), np.nan)])
        assert self.of(both, {"wiki": 1.0, "youtube": 1.0}) == self.of(steady())

    def test_the_spelling_of_nan_and_zero_does_not_count(self) -> None:
        other_nan, other_zero = steady(), steady(0.0)
        other_nan[0, 7], other_zero[0, 7] = np.array(0x7FF8DEADBEEF0001).view(np.float64), -0.0
        plain = steady()
        plain[0, 7] = np.nan
        assert self.of(other_nan) == self.of(plain)
        assert self.of(other_zero) == self.of(steady(0.0))


class TestParamsHash:
    """The fingerprint of the formula: weights and the map of types decide, their order does not."""

    def test_weights_types_and_the_choice_of_sources_count(self) -> None:
        moved = {**SOURCE_TYPES, "reddit": ("reddit", "wiki")}
        hashes = {
            params_hash(weights, types)
            for weights in ({"wiki": 1.0}, {"wiki": 0.5}, {"wiki": 1.0, "reddit": 1.0})
            for types in (SOURCE_TYPES, moved)
        }
        assert len(hashes) == 6

    def test_order_does_not(self) -> None:
        weights = {"wiki": 1, "reddit": 2.0}
        backwards = {name: sources[::-1] for name, sources in reversed(SOURCE_TYPES.items())}
        assert params_hash(weights, SOURCE_TYPES) == params_hash({"reddit": 2.0, "wiki": 1.0}, backwards)


def test_a_fourth_source_type_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"4 source types \(news, reddit, tiktok, trends\): model mvp counts 3"):
        score_hours(series_of(steady()), scored_hours(1), ONLY_WIKI, {**SOURCE_TYPES, "news": ("news",)})


def test_a_series_without_the_whole_history_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        score_hours(series_of(steady()), scored_hours(2), ONLY_WIKI, SOURCE_TYPES)
    with pytest.raises(ValueError, match="lacks"):
        score_hours(series_of(steady()), scored_hours(1), {"wiki": 1.0, "reddit": 1.0}, SOURCE_TYPES)


def test_an_infinite_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="a signal is infinite"):
        series_of(steady(math.inf))


def test_nothing_to_score_gives_no_rows() -> None:
    assert score_hours(series_of(steady()), HourRange(NOON, NOON), ONLY_WIKI, SOURCE_TYPES) == []
    assert score_hours(series_of(steady(entities=0)), scored_hours(1), ONLY_WIKI, SOURCE_TYPES) == []
