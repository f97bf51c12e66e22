"""What the page says, from rows and a clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etheatmap_api.dashboard import Filters, Page, attention, build_page, data_time, phase, usual_ratio
from etheatmap_api.queries import Overview, ScoreRow, UnscoredRow

HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
ALL = Filters(category=None, limit=20, timeframe="24h")


def metric(**changes: Any) -> dict[str, Any]:
    return {"observed": 590.0, "usual": 100.0, "ratio": 5.9, "z": 3.4, "observed_hours": 12, "weight": 0.3, **changes}


def evidence(*metrics: dict[str, Any]) -> dict[str, Any]:
    types = {"available": ["trends"], "unavailable": ["reddit", "tiktok"], "with_evidence": ["trends"]}
    episode = {"is_open": True, "started_at": None, "peak_at": None, "hours_since_peak": 0.0}
    return {"metrics": list(metrics), "source_types": types, "episode": episode}


def row(**changes: Any) -> ScoreRow:
    values: dict[str, Any] = {
        "entity_id": 7,
        "entity": "Whitney Houston",
        "category": "music",
        "ts": HOUR,
        "heat": 1.8,
        "velocity_z": 3.4,
        "velocity_raw": 3.4,
        "accel": None,
        "xplat": 1 / 3,
        "tentpole": None,
        "confidence": 1 / 3,
        "reasons": ["12 h of Wikipedia views are 5.9× the usual 7 days, +3.4σ", "Seen in 1 of 3"],
        "evidence": evidence(metric()),
        "total": 61,
    }
    return ScoreRow(**{**values, **changes})


def page_of(*rows: ScoreRow, unscored: tuple[UnscoredRow, ...] = (), newest: datetime | None = HOUR) -> Page:
    now = HOUR + timedelta(hours=1, minutes=25)
    return build_page(Overview(newest, list(rows), list(unscored), ["music"]), now, ALL)


def test_a_row_of_the_table() -> None:
    (trend,) = page_of(row()).trends
    assert (trend.anchor, trend.rank, trend.entity, trend.category) == ("entity-7", 1, "Whitney Houston", "music")
    assert (trend.heat, trend.step, trend.phase) == ("1.80", 6, "rising")
    assert (trend.usual, trend.attention) == ("5.9×", "7.1k")
    assert (trend.velocity, trend.unclipped, trend.acceleration) == ("+3.4σ", "", "—")
    assert (trend.spread, trend.confidence, trend.as_of) == ("1/3", "33 %", "")
    assert trend.reasons == tuple(row().reasons)


def test_a_clipped_velocity_shows_what_it_was() -> None:
    (trend,) = page_of(row(velocity_z=4.0, velocity_raw=19.5)).trends
    assert (trend.velocity, trend.unclipped) == ("+4.0σ", "+19.5σ")


def test_a_score_of_an_earlier_hour_says_so() -> None:
    page = page_of(row(ts=HOUR - timedelta(hours=5)))
    assert page.trends[0].as_of == "09:00–10:00 UTC on Fri 20 Nov 2026"
    assert "heat 1.80 at 09:00–10:00 UTC on Fri 20 Nov 2026" in page.maps[0].tiles[0].summary


def test_the_counts() -> None:
    unscored = (
        UnscoredRow("New Film", "warming_up", ["Warming up: 31 of 72 hours"]),
        UnscoredRow("Old Film", "no_data", []),
    )
    page = page_of(row(), row(entity_id=8, entity="b", heat=0.2, evidence={}), unscored=unscored)
    assert (page.total, page.hot_count, page.without_attention) == (61, 1, 1)
    assert [entity.entity for entity in page.warming_up] == ["New Film"]
    assert [entity.entity for entity in page.without_data] == ["Old Film"]
    assert page.uncollected_types == ("reddit", "tiktok")


def test_a_tile_says_name_heat_and_why() -> None:
    (tile,) = page_of(row()).maps[0].tiles
    assert tile.summary == "Whitney Houston, heat 1.80: 12 h of Wikipedia views are 5.9× the usual 7 days, +3.4σ"
    assert tile.anchor == "entity-7"


def test_evidence_of_another_shape_is_no_error() -> None:
    (trend,) = page_of(row(evidence={}, reasons=[], xplat=None, velocity_z=None, velocity_raw=None)).trends
    assert (trend.usual, trend.attention, trend.velocity, trend.spread) == ("—", "0", "—", "0/3")


def test_before_the_first_score_there_is_no_time() -> None:
    page = page_of(newest=None)
    assert page.data_time is None
    assert page.trends == ()


@pytest.mark.parametrize(
    ("minutes_after_end", "age", "is_stale"),
    [(-60, "just now", False), (25, "25 min ago", False), (120, "2 h ago", False), (121, "2 h ago", True)],
)
def test_scores_are_stale_two_hours_after_their_hour_ended(minutes_after_end: int, age: str, is_stale: bool) -> None:
    time = data_time(HOUR, HOUR + timedelta(hours=1, minutes=minutes_after_end))
    assert (time.age, time.is_stale) == (age, is_stale)
    assert time.iso == "2026-11-20T14:00:00+00:00"


def test_attention_is_the_sum_over_metrics_of_mean_times_known_hours() -> None:
    assert attention(evidence(metric(), metric(observed=10.0, observed_hours=6))) == 590 * 12 + 60
    assert attention(evidence(metric(observed=None, observed_hours=0))) == 0


def test_the_ratio_is_of_the_metric_that_moves_the_score_most() -> None:
    assert usual_ratio(evidence(metric(ratio=1.2, z=0.5), metric(ratio=7.0, z=9.0))) == 7.0
    assert usual_ratio(evidence(metric(ratio=None))) is None


def test_phases() -> None:
    assert phase({"episode": {"is_open": False, "hours_since_peak": 0.0}}) == ""
    assert phase({"episode": {"is_open": True, "hours_since_peak": 0.0}}) == "rising"
    assert phase({"episode": {"is_open": True, "hours_since_peak": 7.0}}) == "peak 7 h ago"


def test_filters_make_the_links_of_the_same_selection() -> None:
    assert ALL.query == "limit=20&timeframe=24h"
    assert Filters("R&B", 35, "3d").query == "category=R%26B&limit=35&timeframe=3d"
    assert Filters(None, 35, "3d").limits == [10, 20, 35, 50, 100, 200]
    assert Filters(None, 35, "3d").timeframes["3d"] == "3d"
