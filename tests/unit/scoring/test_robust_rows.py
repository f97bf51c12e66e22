"""Rows of model robust: what they say of themselves, and that they rest on nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scoring_builders import NOON, SEEDS, SOURCE_TYPES, random_signals, scored_hours

from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.robust.rows import HISTORY_HOURS, PAST_HOURS, Past, metrics_of, params_hash, score_hours
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import SignalSeries

WEIGHTS = {"wiki": 1.0, "reddit": 1.0}
METRICS = metrics_of(WEIGHTS)
ENTITIES = 4


def signals(seed: int, hours: int = 1) -> SignalSeries:
    rows = HISTORY_HOURS + hours - 1
    values = np.stack([random_signals(seed + number, rows, ENTITIES) for number in range(len(METRICS))])
    span = HourRange(NOON - (HISTORY_HOURS - 1) * HOUR, NOON + hours * HOUR)
    return SignalSeries(span, tuple(range(1, ENTITIES + 1)), METRICS, values, np.zeros(values.shape, dtype=np.bool_))


def no_past() -> Past:
    return Past(np.full((PAST_HOURS, ENTITIES), np.nan), {})


def scored(series: SignalSeries, hours: int = 1, past: Past | None = None) -> list[ScoreRow]:
    return score_hours(series, scored_hours(hours), WEIGHTS, SOURCE_TYPES, past or no_past())[0]


@given(seed=SEEDS)
@settings(max_examples=25)
def test_a_row_has_a_score_exactly_where_it_says_why(seed: int) -> None:
    for row in scored(signals(seed)):
        evidence, is_judged = row.evidence, row.state == "ok"
        told = set(evidence["sources"]) - evidence["missing"].keys()
        assert (row.velocity_raw is not None) == (evidence["odds"] is not None) == bool(told) == is_judged
        assert evidence["strength"] == row.velocity_raw
        doubted = {evidence["missing"][name] for name in evidence["sources"].keys() & evidence["missing"].keys()}
        assert doubted <= {"not trusted: mobile_share"}, "what is seen and not counted is told with its numbers"
        assert row.reasons, "in words, too"
        assert row.velocity_z is None or -4 < row.velocity_z < 4


@given(seed=SEEDS)
@settings(max_examples=25)
def test_of_two_rows_the_one_with_more_strength_is_the_hotter_on_the_scale(seed: int) -> None:
    known = [row for row in scored(signals(seed, 3), 3) if row.velocity_raw is not None]
    for one in known:
        for other in known:
            assert one.velocity_z is not None
            assert other.velocity_z is not None
            if one.velocity_raw > other.velocity_raw + 1e-6:  # type: ignore[operator]  both are known
                assert one.velocity_z > other.velocity_z


@given(seed=SEEDS)
@settings(max_examples=10)
def test_the_same_inputs_give_the_same_row_and_another_value_another_hash_of_its_own_entity(seed: int) -> None:
    series = signals(seed)
    before = scored(series)
    assert scored(series) == before
    values = series.values.copy()
    values[0, -1, 0] = 1.0 if np.isnan(values[0, -1, 0]) else values[0, -1, 0] + 1.0
    after = scored(replace(series, values=values))
    changed = [one.inputs_hash != other.inputs_hash for one, other in zip(before, after, strict=True)]
    assert changed == [True, False, False, False]


@pytest.mark.parametrize("what", ["past", "trouble"])
def test_the_hash_is_of_the_own_past_and_of_the_troubles_of_sources_too(what: str) -> None:
    series = signals(5)
    values = series.values.copy()
    values[[number for number, metric in enumerate(METRICS) if metric.source == "reddit"], -12:] = np.nan
    series = replace(series, values=values)
    strength = np.full((PAST_HOURS, ENTITIES), np.nan)
    troubles = {NOON: {"reddit": "failed"}} if what == "trouble" else {}
    if what == "past":
        strength[:, 1] = 0.5
    before, after = scored(series), scored(series, past=Past(strength, troubles))
    changed = [one.inputs_hash != other.inputs_hash for one, other in zip(before, after, strict=True)]
    assert changed == ([False, True, False, False] if what == "past" else [True] * ENTITIES)
    if what == "trouble":
        assert all(row.evidence["missing"]["reddit"].startswith("failed: ") for row in after)


def test_the_hash_of_the_parameters_is_of_weights_and_types() -> None:
    whole = params_hash(WEIGHTS, SOURCE_TYPES)
    assert whole == params_hash(dict(reversed(WEIGHTS.items())), SOURCE_TYPES)
    others = {params_hash({"wiki": 1.0, "reddit": 0.5}, SOURCE_TYPES), params_hash(WEIGHTS, {"reddit": ("reddit",)})}
    assert len({whole, *others}) == 3


def test_more_than_a_day_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="25 hours at once, at most 24"):
        scored(signals(1, 25), 25)
