"""daily_heat through Dagster: one run over days, what it tells of each, and a day that was never scored."""

from installation import Installation, at

from etheatmap_core.hours import HOUR


def test_days_are_summed_up_in_one_run_and_each_tells_of_itself(history: Installation) -> None:
    history.run("heat_scores", at(72), at(99))
    range_of_days = {
        "dagster/asset_partition_range_start": "2024-03-04",
        "dagster/asset_partition_range_end": "2024-03-05",
    }
    run = history.run_day("daily_heat", None, tags=range_of_days)
    assert run.failures == []
    assert set(run.checks.values()) == {True}
    assert list(run.made) == ["2024-03-04", "2024-03-05"]
    of_day = run.made["2024-03-05"]
    assert (of_day["state"], of_day["dagster/partition_row_count"], of_day["hours"]) == ("ok", 2, {"mvp": 4})
    assert str(of_day["reason"]).startswith("mvp: 2 entities over 4 of 24 hours, hottest Maya Rudolph with ")
    rows = history.rows("daily_heat")
    assert {row["hours_scored"] for row in rows} == {12, 4}, "the first hours had too little history for a heat"
    late = at(99) + HOUR
    assert max(row["peak_ts"] for row in rows) < late.isoformat()
    assert history.run_day("daily_heat", "2024-03-04").failures == []
    assert history.rows("daily_heat") == rows


def test_a_day_that_was_never_scored_is_told_of_and_gets_no_zeros(history: Installation) -> None:
    run = history.run_day("daily_heat", "2024-03-02")
    assert run.failure.startswith("2024-03-02 has no scores to sum up: score them first")
    assert (run.made, history.rows("daily_heat")) == ({}, [])
