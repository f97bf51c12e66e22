"""The score of the Numenta Anomaly Benchmark: its published points, its limits, its files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from etheatmap_core.evaluation.nab import NabFile, Window, gains, nab_score, read_nab
from etheatmap_core.evaluation.series_files import EvaluationInputError
from etheatmap_core.scoring.series import Grid

START = datetime(2015, 3, 1, tzinfo=UTC)
WINDOWS = (Window(400, 499), Window(700, 799))


def nab_file(rows: int = 1000, windows: tuple[Window, ...] = WINDOWS) -> NabFile:
    timestamps = tuple(START + timedelta(minutes=5 * row) for row in range(rows))
    return NabFile("one.csv", timestamps, np.zeros(rows), windows)


def alarms_at(*rows: int, length: int = 1000) -> Grid:
    evidence = np.zeros(length)
    evidence[list(rows)] = 1.0
    return evidence


def test_points_are_worth_what_the_published_scorer_says() -> None:
    """Its docstring: 0.98661 at a window's left edge (scaled to 1 there), 0.84828 halfway, 0 at the right edge."""
    gained = gains(1000, WINDOWS)
    assert gained[400] == 1.0
    assert gained[450] == pytest.approx(0.84828 / 0.98661, abs=1e-4)
    assert gained[499] == pytest.approx((2 / (1 + np.exp(-0.05)) - 1) / 0.98661, abs=1e-4)
    assert gained[0] == -0.11  # far before any window
    assert gained[500] == pytest.approx(0.11 * (2 / (1 + np.exp(5 / 99)) - 1))
    assert gained[500 + 98] == pytest.approx(0.11 * -0.98661, abs=1e-6)
    assert gained[999] == pytest.approx(-0.11, abs=1e-4)


def test_nothing_said_is_0_and_everything_right_at_once_is_100() -> None:
    assert nab_score([nab_file()], [alarms_at()]).score == 0.0
    perfect = nab_score([nab_file()], [alarms_at(400, 700)])
    assert (perfect.score, perfect.found, perfect.false_points, perfect.threshold) == (100.0, 2, 0, 1.0)


def test_of_a_window_the_earliest_point_counts_and_a_missed_one_costs() -> None:
    late = nab_score([nab_file()], [alarms_at(450, 460, 480)])
    assert late.found == 1
    assert late.score == pytest.approx(100 * (0.84828 / 0.98661 + 1) / 4, abs=0.01)


def test_false_points_cost_and_those_in_the_probation_do_not() -> None:
    assert nab_score([nab_file()], [alarms_at(10, 149, 400, 700)]).score == 100.0
    one_false = nab_score([nab_file()], [alarms_at(200, 400, 700)])
    assert one_false.score == pytest.approx(100 * (4 - 0.11) / 4)
    assert one_false.false_points == 1


def test_the_threshold_is_the_best_one_and_one_for_all_files() -> None:
    graded = alarms_at(400, 700)
    graded[[200, 250]] = 0.5
    assert nab_score([nab_file(), nab_file()], [graded, graded]).score == 100.0
    shy = graded / 4  # its hits are below the other's false points
    assert nab_score([nab_file(), nab_file()], [graded, shy]).score == pytest.approx(100 * (8 - 0.22) / 8)


def test_no_verdict_is_no_point() -> None:
    evidence = alarms_at(400, 700)
    evidence[evidence == 0] = np.nan
    assert nab_score([nab_file()], [evidence]).score == 100.0
    assert nab_score([nab_file()], [np.full(1000, np.nan)]).score == 0.0


def write(folder: Path, windows: object, rows: int = 6) -> tuple[Path, Path]:
    lines = [f"{START + timedelta(minutes=5 * row):%Y-%m-%d %H:%M:%S},{row}" for row in range(rows)]
    (folder / "tweets").mkdir(exist_ok=True)
    (folder / "tweets" / "one.csv").write_text("\n".join(["timestamp,value", *lines, ""]))
    (folder / "windows.json").write_text(json.dumps(windows))
    return folder / "tweets", folder / "windows.json"


def test_its_files_are_read(tmp_path: Path) -> None:
    edges = [["2015-03-01 00:05:00.000000", "2015-03-01 00:15:00.000000"]]
    (file,) = read_nab(*write(tmp_path, {"tweets/one.csv": edges, "other/two.csv": []}))
    assert (file.name, file.windows, file.values.tolist()) == ("tweets/one.csv", (Window(1, 3),), [0, 1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ({"two.csv": []}, "names one.csv nowhere"),
        ({"a/one.csv": [], "b/one.csv": []}, "names one.csv twice"),
        ([], "is no JSON object"),
        ({"one.csv": [["2015-03-01 00:06:00", "2015-03-01 00:15:00"]]}, "window 1: .* are not the first and the last"),
        ({"one.csv": [["2015-03-01 00:05:00"]]}, "window 1: .* are not the first and the last"),
        ({"one.csv": [["early", "late"]]}, "window 1: 'early' is not an instant"),
    ],
)
def test_windows_that_do_not_fit_are_refused(tmp_path: Path, windows: object, told: str) -> None:
    with pytest.raises(EvaluationInputError, match=told):
        read_nab(*write(tmp_path, windows))


def test_the_three_recorded_series_have_their_ten_windows(realdata: Path) -> None:
    folder = realdata / "attention" / "nab_real_tweets"
    files = read_nab(folder, folder / "combined_windows.json")
    assert [len(file.windows) for file in files] == [4, 3, 3]
    assert sum(len(file.values) for file in files) == 47_595
