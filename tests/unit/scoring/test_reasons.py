"""Reasons: sentences with numbers, true in the odd cases too."""

from typing import Any

import pytest

from etheatmap_core.scoring.reasons import Evidence, MetricEvidence, reasons

WIKI: MetricEvidence = {
    "source": "wiki",
    "metric": "views",
    "observed": 590.0,
    "usual": 100.0,
    "spread": 144.1,
    "z": 3.4,
    "ratio": 5.9,
    "window_hours": 12,
    "usual_window_hours": 168,
    "observed_hours": 12,
    "usual_hours": 168,
    "censored_hours": 0,
    "weight": 1.0,
}


def evidence(*metrics: dict[str, Any], hours_since_peak: float = 0.0) -> Evidence:
    return {
        "metrics": [{**WIKI, **metric} for metric in metrics],  # type: ignore[typeddict-item]
        "source_types": {"available": ["trends"], "unavailable": ["reddit", "tiktok"], "with_evidence": ["trends"]},
        "episode": {"is_open": False, "started_at": None, "peak_at": None, "hours_since_peak": hours_since_peak},
    }


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ({}, "12 h of Wikipedia views are 5.9× the usual 7 days, +3.4σ"),
        ({"ratio": 0.4, "z": -1.2}, "12 h of Wikipedia views are 0.4× the usual 7 days, −1.2σ"),
        ({"ratio": 34.2, "z": 33.26}, "12 h of Wikipedia views are 34× the usual 7 days, +33.3σ"),
        ({"ratio": 1204.4, "z": 99.0}, "12 h of Wikipedia views are 1,204× the usual 7 days, +99.0σ"),
        ({"ratio": 9.96, "z": 3.0}, "12 h of Wikipedia views are 10× the usual 7 days, +3.0σ"),
        ({"ratio": 0.03, "z": -2.0}, "12 h of Wikipedia views are 0.03× the usual 7 days, −2.0σ"),
        ({"ratio": 0.001, "z": -2.0}, "12 h of Wikipedia views are under 0.01× the usual 7 days, −2.0σ"),
        ({"ratio": 0.0, "z": -2.0}, "12 h of Wikipedia views are 0.0× the usual 7 days, −2.0σ"),
        ({"ratio": 1.0, "z": -0.01}, "12 h of Wikipedia views are 1.0× the usual 7 days, 0.0σ"),
        (
            {"observed": 14.0, "usual": 0.0, "ratio": None, "z": 14.0},
            "12 h of Wikipedia views are 14 on average, the usual 7 days had none, +14.0σ",
        ),
        (
            {"observed": 1 / 12, "usual": 0.0, "ratio": None, "z": 1 / 12},
            "12 h of Wikipedia views are 0.083 on average, the usual 7 days had none, +0.1σ",
        ),
        (
            {"source": "trends", "metric": "interest", "ratio": 2.0, "z": 2.5},
            "12 h of Google Trends interest is 2.0× the usual 7 days, +2.5σ",
        ),
        ({"usual_hours": 80}, "12 h of Wikipedia views are 5.9× the usual 3 days, +3.4σ"),
        ({"source": "new", "metric": "count"}, "12 h of new count are 5.9× the usual 7 days, +3.4σ"),
        ({"z": None, "usual_hours": 30}, "Warming up: 30 of 72 hours of history (Wikipedia views)"),
        (
            {"z": None, "usual": None, "usual_hours": 0, "ratio": None},
            "Warming up: 0 of 72 hours of history (Wikipedia views)",
        ),
        ({"observed": None, "z": None, "ratio": None, "observed_hours": 0}, "No Wikipedia data in the last 12 h"),
    ],
)
def test_what_a_metric_shows(metric: dict[str, Any], sentence: str) -> None:
    assert reasons(evidence(metric), 1.0)[0] == sentence


def test_hours_below_what_the_source_shows_are_told() -> None:
    assert "3 of 12 hours below what the source shows (Wikipedia views)" in reasons(
        evidence({"censored_hours": 3}), 1.0
    )


def test_where_it_was_seen_and_what_is_not_collected() -> None:
    assert reasons(evidence({}), 1.0)[1:] == ["Seen in 1 of 3 source types (trends); not collected: reddit, tiktok"]
    unseen = evidence({})
    unseen["source_types"] = {"available": ["reddit", "tiktok", "trends"], "unavailable": [], "with_evidence": []}
    assert reasons(unseen, 1.0)[1:] == ["Seen in 0 of 3 source types"]


def test_how_far_the_peak_has_cooled() -> None:
    assert reasons(evidence({}, hours_since_peak=5.0), 0.8119)[-1] == "Peak was 5 h ago: heat × 0.81"
    no_heat = reasons(evidence({"z": None, "observed": None}, hours_since_peak=5.0), None)
    assert not any("Peak" in sentence for sentence in no_heat)


def test_the_strongest_metric_comes_first_and_one_without_weight_is_silent() -> None:
    mild = {"source": "reddit", "metric": "mention_count", "z": 2.0}
    falling = {"source": "trends", "metric": "interest", "z": -3.0, "ratio": 0.5}
    ignored = {"source": "news", "metric": "headline_count", "z": 9.0, "weight": 0.0}
    sentences = reasons(evidence(mild, falling, ignored), 1.0)
    assert [sentence.split()[3] for sentence in sentences[:2]] == ["Google", "Reddit"]
    assert not any("headlines" in sentence for sentence in sentences)
    heavy = reasons(evidence(falling, {**mild, "weight": 2.0}), 1.0)
    assert [sentence.split()[3] for sentence in heavy[:2]] == ["Reddit", "Google"]


def test_sources_without_a_velocity_share_a_sentence() -> None:
    reddit = {"source": "reddit", "metric": "mention_count", "usual": None, "z": None, "ratio": None, "usual_hours": 3}
    news = {**reddit, "source": "news", "metric": "headline_count", "usual_hours": 40}
    trends = {"source": "trends", "metric": "interest", "observed": None, "usual": None, "z": None, "ratio": None}
    gdelt = {**trends, "source": "gdelt_gkg", "metric": "gkg_mentions"}
    assert reasons(evidence(reddit, {}, news, trends, gdelt), 1.0)[:3] == [
        "12 h of Wikipedia views are 5.9× the usual 7 days, +3.4σ",
        "Warming up, hours of history of 72: Reddit mentions 3, news headlines 40",
        "No Google Trends, GDELT data in the last 12 h",
    ]
