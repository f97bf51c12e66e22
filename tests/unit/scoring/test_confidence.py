"""Until enough alerts are judged confidence is a tier's precision, and says so; then the share people found useful."""

import pytest

from etheatmap_core.scoring.confidence import ENOUGH_JUDGED, confidence_of


def test_too_few_judged_alerts_say_nothing_yet() -> None:
    alone, nearly = confidence_of(5.0, 0, None), confidence_of(5.0, ENOUGH_JUDGED - 1, 0.1)
    assert alone.value == nearly.value
    assert nearly.basis == "calibrated on tier B: 199 of 200 alerts are judged"


def test_from_then_on_the_measured_share_counts_whatever_the_evidence() -> None:
    for evidence in (None, 1.0, 9.0):
        found = confidence_of(evidence, ENOUGH_JUDGED, 0.83)
        assert (found.value, found.basis) == (0.83, "measured on judged alerts: the useful share of 200")


def test_without_evidence_nothing_is_claimed() -> None:
    found = confidence_of(None, 12, 0.9)
    assert (found.value, found.basis) == (None, "not known: model robust has no evidence of this hour")


@pytest.mark.parametrize("evidence", [0.0, 2.0, 4.0, 8.0, 50.0])
def test_more_evidence_is_believed_no_less(evidence: float) -> None:
    less, more = confidence_of(evidence, 0, None).value, confidence_of(evidence + 0.5, 0, None).value
    assert less is not None
    assert more is not None
    assert 0.0 <= less <= more <= 1.0
