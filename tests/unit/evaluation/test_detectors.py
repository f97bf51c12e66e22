"""Models as detectors: what they see of series, and that they see no future."""

from datetime import UTC, datetime

import numpy as np
import pytest

from etheatmap_core.evaluation.detectors import DETECTORS, detector, moving_z
from etheatmap_core.evaluation.series_files import SeriesSet
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring import velocity
from etheatmap_core.scoring.series import Grid

START = datetime(2026, 3, 1, tzinfo=UTC)


def counts(series: int, steps: int, seed: int = 3) -> Grid:
    dice = np.random.default_rng(seed)
    values = dice.poisson(60, size=(series, steps)).astype(np.float64)
    values[dice.random(values.shape) < 0.03] = np.nan
    return values


def of_values(
    values: Grid, step: Step = Step.HOUR, entities: tuple[str, ...] = (), sources: tuple[str, ...] = ()
) -> SeriesSet:
    ids = tuple(f"s{i}" for i in range(len(values)))
    return SeriesSet(step, START, ids, entities or ids, sources or ("",) * len(ids), values)


def test_mvp_is_the_velocity_of_the_product_before_it_is_clipped() -> None:
    values = counts(4, 400)
    values[0, 388:] += 5000
    evidence = detector("mvp").evidence(of_values(values))
    hours = velocity.velocities(np.ascontiguousarray(values.T), "count", 179).z.T
    np.testing.assert_array_equal(evidence[:, 179:], hours)
    assert np.isnan(evidence[:, :83]).all()
    assert evidence[0, -1] > 100


def test_at_other_steps_it_is_the_same_arithmetic() -> None:
    values = counts(3, 500)
    for kind in ("count", "index"):
        padded = np.concatenate([np.full((3, 179), np.nan), values], axis=1)
        hourly = velocity.velocities(np.ascontiguousarray(padded.T), kind, 179).z.T
        np.testing.assert_allclose(moving_z(values, kind, 12, 168, 72), hourly, rtol=1e-9, atol=1e-9)


def test_of_several_sources_mvp_takes_the_mean_of_those_it_knows() -> None:
    values = counts(3, 300)
    values[1, :150] = np.nan  # not known for long enough: no z before hour 222
    alone = detector("mvp").evidence(of_values(values[[0, 2]]))
    together = detector("mvp").evidence(of_values(values, entities=("Z", "Z", "Z")))
    np.testing.assert_allclose(together[0, 110:220], alone.mean(axis=0)[110:220])


def test_an_index_is_measured_by_its_own_spread() -> None:
    values = np.full((1, 300), 40.0)
    values[0, 288:] = 42.0
    count, index = (detector("mvp").evidence(of_values(values, sources=(name,))) for name in ("wiki", "trends"))
    assert count[0, -1] == pytest.approx(2 / np.sqrt(40))
    assert index[0, -1] == pytest.approx(2 / 0.5)


@pytest.mark.parametrize("model", DETECTORS)
@pytest.mark.parametrize("step", Step)
def test_no_model_sees_the_future(model: str, step: Step) -> None:
    values = counts(2, {Step.HOUR: 500, Step.DAY: 90, Step.FIVE_MINUTES: 2500}[step])
    now = values.shape[1] - 20
    changed = values.copy()
    changed[:, now:] = 9999.0
    before, after = (detector(model).evidence(of_values(each, step))[:, :now] for each in (values, changed))
    np.testing.assert_allclose(before, after, rtol=1e-6, atol=1e-6)
    assert np.isfinite(before).any()


@pytest.mark.parametrize("model", DETECTORS)
def test_evidence_has_a_row_for_each_entity(model: str) -> None:
    series = of_values(counts(3, 400), entities=("B", "A", "B"))
    assert detector(model).evidence(series).shape == (2, 400)


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ValueError, match="no model 'best'; there are mvp, robust"):
        detector("best")
