"""`etheatmap evaluate`: files in, figures out."""

import json
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree
from typer.testing import CliRunner

from etheatmap_cli.main import app
from etheatmap_core.errors import ConfigError
from etheatmap_core.evaluation.series_files import EvaluationInputError

HOURS = 24 * 20


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Ten entities with twenty quiet days; six of them burst once, for a day."""
    dice = np.random.default_rng(8)
    views = dice.poisson(200, size=(10, HOURS))
    bursts = {entity: 200 + 30 * entity for entity in range(6)}
    for entity, hour in bursts.items():
        views[entity, hour : hour + 24] += 1500
    start = np.datetime64("2026-03-01T00")
    rows = [f"page {i},{start + hour},{views[i, hour]}" for i in range(10) for hour in range(HOURS)]
    (tmp_path / "S.csv").write_text("\n".join(["series_id,ts,value", *rows, ""]))
    events = [f"page {entity},{start + hour},burst" for entity, hour in bursts.items()]
    (tmp_path / "E.csv").write_text("\n".join(["series_id,ts,kind", *events, ""]))
    return ["evaluate", "--series", str(tmp_path / "S.csv"), "--events", str(tmp_path / "E.csv"), "--step", "hour"]


def told(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("model", ["mvp", "robust"])
def test_json_has_the_figures_at_each_rate_with_their_intervals(files: list[str], model: str) -> None:
    answer = json.loads(told(*files, "--model", model, "--json"))
    assert (answer["model"], answer["events"], answer["entities"]) == (model, 6, 10)
    assert [row["at_most"] for row in answer["at_false_alert_rates"]] == [0.5, 1, 2, 5, 10]
    for row in (*answer["at_false_alert_rates"], answer["at_own_operating_point"]):
        assert row["recall_within"] == {"3": 1.0, "6": 1.0, "12": 1.0, "24": 1.0}
        assert row["recall_within_95"]["12"] == [1.0, 1.0]
        assert row["median_delay"] <= 3
        assert row["precision"] is not None
    assert answer["at_false_alert_rates"][0]["actual_rate"] == 0.0
    assert [row["nominal_rate"] for row in answer["nominal_against_actual"]] == (
        [0.5, 1, 2, 5, 10] if model == "robust" else []
    )
    rates = [point["rate"] for point in answer["curve"]]
    assert rates == sorted(rates)


def test_the_table_says_the_same(files: list[str]) -> None:
    lines = told(*files).splitlines()
    assert lines[0].startswith("model mvp: 10 series of 10 entities, 480 steps of one hour from 2026-03-01T00:00 (UTC)")
    assert lines[1] == "6 events judged, 0 in the first 84 not"
    rows = [line for line in lines if line.startswith("at most")]
    assert [row.split(":")[0] for row in rows] == [f"at most {rate}" for rate in ("0.5", "1", "2", "5", "10")]


def test_the_drawing_is_an_svg_with_a_line_a_horizon(files: list[str], tmp_path: Path) -> None:
    told(*files, "--plot", str(tmp_path / "out.svg"))
    root = ElementTree.parse(tmp_path / "out.svg").getroot()
    words = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [word for word in words if word.startswith("within")] == ["within 3", "within 6", "within 12", "within 24"]


def test_a_longer_history_leaves_out_what_lies_in_it(files: list[str]) -> None:
    answer = json.loads(told(*files, "--json", "--judge-from", "240"))
    assert (answer["events"], answer["events_before_judged_steps"]) == (4, 2)


def test_no_model_can_promise_no_false_alert_at_all(files: list[str]) -> None:
    with pytest.raises(ConfigError, match="must be above 0"):
        told(*files, "--false-alerts-a-day", "0")


def test_without_judged_events_only_false_alerts_are_told(files: list[str]) -> None:
    Path(files[4]).write_text("series_id,ts\npage 0,2026-03-01T05\n")
    answer = json.loads(told(*files, "--json"))
    assert answer["events"] == 0
    assert answer["at_own_operating_point"]["recall_within"]["12"] is None
    assert answer["at_own_operating_point"]["actual_rate"] > 0


def test_a_file_of_events_with_a_heading_only_is_refused(files: list[str]) -> None:
    Path(files[4]).write_text("series_id,ts\n")
    with pytest.raises(EvaluationInputError, match=r"E\.csv has no rows: write series_id,ts below the heading"):
        told(*files)


def test_the_file_of_series_named_twice_is_refused_with_both_names(files: list[str]) -> None:
    with pytest.raises(EvaluationInputError, match=r"S\.csv, line 1: a column value .* read from .*S\.csv"):
        told(*files[:4], files[2], *files[5:])


def test_events_that_leave_no_time_for_a_false_alert_are_refused(files: list[str]) -> None:
    days = [f"page {page},2026-03-{day:02d}T12" for page in range(10) for day in range(1, 21)]
    Path(files[4]).write_text("\n".join(["series_id,ts", *days, ""]))
    with pytest.raises(
        EvaluationInputError, match=r"S\.csv has no value after its first 84 steps .* events in .*E\.csv"
    ):
        told(*files)


def test_rates_that_so_few_days_cannot_tell_apart_are_told(files: list[str]) -> None:
    """Ten entities of 16.5 judged days, less the six windows."""
    answer = json.loads(told(*files, "--json"))
    days = answer["entity_days"]
    assert 100 < days < 200
    assert answer["rate_of_one_false_alarm"] == pytest.approx(1000 / days, rel=1e-4)
    assert told(*files).splitlines()[-1] == (
        f"{days:,.1f} entity-days: one false alert is {1000 / days:.2f} in 1,000; rates below that are not told apart: "
        "at most 0.5, 1, 2, 5 allow none here."
    )


def test_with_days_enough_nothing_is_said_of_them(files: list[str], tmp_path: Path) -> None:
    hours = [f"{entity},{np.datetime64('2026-03-01T00') + hour},7" for entity in range(150) for hour in range(HOURS)]
    (tmp_path / "S.csv").write_text("\n".join(["series_id,ts,value", *hours, ""]))
    Path(files[4]).write_text("series_id,ts\n0,2026-03-10T05\n")
    assert "not told apart" not in told(*files)


@pytest.mark.parametrize("name", ["p.png", "p", "p.svg.gz"])
def test_a_drawing_is_refused_where_its_name_is_not_of_an_svg(files: list[str], tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"a drawing is written as SVG only: name a file that ends in \.svg"):
        told(*files, "--plot", str(tmp_path / name))
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("option", ["--false-alerts-a-day", "--censored-below"])
def test_an_option_without_bound_is_refused(files: list[str], option: str) -> None:
    with pytest.raises(ConfigError, match=f"{option} inf: write a finite number"):
        told(*files, option, "inf")


def test_what_the_model_is_told_is_a_day_s_number_over_all_entities(files: list[str]) -> None:
    answer = json.loads(told(*files, "--json", "--model", "robust", "--false-alerts-a-day", "0.05"))
    assert answer["at_own_operating_point"]["nominal_rate"] == pytest.approx(5.0)


def test_series_that_are_history_only_are_refused(files: list[str]) -> None:
    with pytest.raises(EvaluationInputError, match="has 480 steps, and the first 480 are history"):
        told(*files, "--judge-from", "480")


def test_a_folder_that_is_not_there_is_told_for_the_drawing(files: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*files, "--plot", str(tmp_path / "none" / "out.svg")])
    assert "cannot be written (No such file or directory)" in str(result.exception)


@pytest.mark.parametrize("model", ["mvp", "robust"])
def test_the_benchmarks_files_get_its_score(realdata: Path, model: str) -> None:
    folder = realdata / "attention" / "nab_real_tweets"
    words = ["evaluate", "--series", str(folder), "--events", str(folder / "combined_windows.json"), "--format", "nab"]
    answer = json.loads(told(*words, "--model", model, "--json"))
    assert (answer["files"], answer["windows"], answer["profile"]) == (3, 10, "standard")
    assert f"NAB score {answer['score']:.1f} (profile standard" in told(*words, "--model", model)
