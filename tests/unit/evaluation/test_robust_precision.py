"""Confidence before anything was judged: what tier B measured, and what follows between its rows."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.scoring.robust.precision import calibrated_precision
from etheatmap_core.scoring.robust.tier_b import PRECISION_ON_TIER_B
from evaluation import tiers
from evaluation.detection import PAGE, PRECISION_MODULE, precision_by_evidence, precision_line, precision_module


def test_the_table_is_what_tier_b_measures(realdata: Path) -> None:
    measured = precision_by_evidence(tiers.with_bursts(realdata))
    assert tuple(measured) == PRECISION_ON_TIER_B
    assert precision_module(measured) == PRECISION_MODULE.read_text(encoding="utf-8")


def test_the_page_says_the_same() -> None:
    assert precision_line(PRECISION_ON_TIER_B) in PAGE.read_text(encoding="utf-8").splitlines()


def test_shares_rise_with_the_evidence_from_row_to_row() -> None:
    thresholds, shares = zip(*PRECISION_ON_TIER_B, strict=True)
    assert list(thresholds) == sorted(set(thresholds))
    assert list(shares) == sorted(shares)
    assert 0.0 <= shares[0] < shares[-1] <= 1.0


@given(st.lists(st.floats(0, 400), min_size=2, max_size=30))
def test_more_evidence_is_never_less_precise(evidence: list[float]) -> None:
    found = calibrated_precision(np.sort(evidence))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_between_two_rows_it_lies_between_and_outside_it_is_that_of_the_end() -> None:
    (low, less), (high, more), *_ = PRECISION_ON_TIER_B
    end = PRECISION_ON_TIER_B[-1]
    grid = np.array([[low, (low + high) / 2, high], [0.0, end[0], np.inf]])
    expected = [[less, (less + more) / 2, more], [less, end[1], end[1]]]
    assert calibrated_precision(grid) == pytest.approx(np.array(expected))


def test_where_nothing_can_be_judged_nothing_is_said() -> None:
    assert np.isnan(calibrated_precision(np.array([np.nan]))).all()
