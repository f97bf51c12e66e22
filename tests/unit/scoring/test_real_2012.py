"""The frozen formula on a fortnight of real Wikipedia views: the people of the news break out, busy pages do not.

Input: 271 hourly dumps of February 2012 with the 1,000 most viewed English pages each. A page missing in a file had
fewer views than its last line, so it counts as that minus one, flagged as an upper bound.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from real_2012 import ALSO_NAMED, MOMENTS, NEAR, Hour, busiest_always_present, read_views
from scoring_builders import ONLY_WIKI, SOURCE_TYPES

from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.mvp import HISTORY_HOURS, metrics_of, score_hours
from etheatmap_core.scoring.rows import ScoreRow
from etheatmap_core.scoring.series import SignalSeries

pytestmark = pytest.mark.realdata


def series_of_roster(views: dict[datetime, Hour], roster: list[str]) -> SignalSeries:
    first, last = min(views), max(views)
    hours = HourRange(first - (HISTORY_HOURS - 1) * HOUR, last + HOUR)
    values = np.full((1, len(hours), len(roster)), np.nan)
    is_censored = np.zeros(values.shape, dtype=np.bool_)
    for row, hour in enumerate(hours):
        if hour in views:
            shown = views[hour]
            values[0, row] = [shown.get(title, min(shown.values()) - 1) for title in roster]
            is_censored[0, row] = [title not in shown for title in roster]
    return SignalSeries(hours, tuple(range(len(roster))), metrics_of(ONLY_WIKI), values, is_censored)


class Fortnight:
    """All scores of the roster."""

    def __init__(self, views: dict[datetime, Hour]) -> None:
        self.busy = busiest_always_present(views)
        self.roster = [*dict.fromkeys([*MOMENTS, *ALSO_NAMED, *self.busy])]
        series = series_of_roster(views, self.roster)
        rows = score_hours(series, HourRange(min(views), series.hours.end), ONLY_WIKI, SOURCE_TYPES)
        self.hours: dict[datetime, list[ScoreRow]] = {}
        for row in rows:
            self.hours.setdefault(row.ts, []).append(row)

    def near(self, moment: datetime) -> Iterator[list[ScoreRow]]:
        return (rows for ts, rows in self.hours.items() if abs(ts - moment) <= NEAR)

    def top(self, rows: list[ScoreRow], count: int) -> list[str]:
        scored = [row for row in rows if row.velocity_raw is not None]
        hottest = sorted(scored, key=lambda row: -(row.velocity_raw or 0.0))[:count]
        return [self.roster[row.entity_id] for row in hottest]


@pytest.fixture(scope="module")
def fortnight(realdata: Path) -> Fortnight:
    views = read_views(realdata / "wikimedia_dumps")
    assert len(views) == 271
    return Fortnight(views)


@pytest.mark.parametrize("person", MOMENTS)
def test_a_person_is_among_the_five_fastest_within_three_hours_of_their_moment(
    fortnight: Fortnight, person: str
) -> None:
    assert any(person in fortnight.top(rows, 5) for rows in fortnight.near(MOMENTS[person]))


@pytest.mark.parametrize("moment", sorted(set(MOMENTS.values())))
def test_no_busy_page_breaks_out_at_those_hours(fortnight: Fortnight, moment: datetime) -> None:
    quiet = set(fortnight.busy) - {"Whitney_Houston"}
    hours = list(fortnight.near(moment))
    assert len(hours) >= 6
    loud = {
        (row.ts, fortnight.roster[row.entity_id], row.velocity_raw)
        for rows in hours
        for row in rows
        if fortnight.roster[row.entity_id] in quiet and (row.velocity_raw or 0.0) >= 2.5
    }
    assert loud == set()


def test_the_first_72_hours_warm_up_and_all_others_are_scored(fortnight: Fortnight) -> None:
    states = [{row.state for row in rows} for rows in fortnight.hours.values()]
    warm_up_hours = 72 + 12 - 1
    assert states == [{"warming_up"}] * warm_up_hours + [{"ok"}] * (271 - warm_up_hours)


def test_the_worked_example_of_the_documentation(fortnight: Fortnight) -> None:
    row = fortnight.hours[datetime(2012, 2, 19, 13, tzinfo=UTC)][fortnight.roster.index("Maya_Rudolph")]
    [views] = row.evidence["metrics"]
    assert row.velocity_raw == views["z"] == pytest.approx(16.62, abs=0.005)
    assert (views["observed"], views["usual"], views["spread"]) == pytest.approx((4760.17, 457.85, 258.81), abs=0.005)
    assert (views["observed_hours"], views["usual_hours"], row.velocity_z, row.xplat) == (12, 106, 4.0, 1 / 3)
    assert row.evidence["episode"] == {
        "is_open": True,
        "started_at": "2012-02-19T03:00:00+00:00",
        "peak_at": "2012-02-19T08:00:00+00:00",
        "hours_since_peak": 5.0,
    }
    assert row.heat == pytest.approx(1.7051, abs=5e-5)
    assert row.confidence == pytest.approx(0.21, abs=0.005)
    page = " ".join((Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8").split())
    assert all(f'"{reason}"' in page for reason in row.reasons)
