"""`etheatmap evaluate`: how well a model finds the labelled events of series in files.

Reads files and prints; it needs no database, no configuration and no network.
"""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

from etheatmap_core.errors import ConfigError
from etheatmap_core.evaluation.detection import RULES
from etheatmap_core.evaluation.detection_plot import drawing
from etheatmap_core.evaluation.detection_report import AIMED_RATE, as_json, as_text, nab_json, nab_text, report
from etheatmap_core.evaluation.detectors import detector
from etheatmap_core.evaluation.nab import nab_score, read_nab
from etheatmap_core.evaluation.series_files import EvaluationInputError, read_events, read_series
from etheatmap_core.evaluation.steps import Step


@dataclass(frozen=True)
class Question:
    """What is asked on the command line; None: the default for the step."""

    series: Path
    events: Path
    step: Step
    model: str
    is_json: bool
    plot: Path | None
    false_alerts_a_day: float | None
    judge_from: int | None
    censored_below: float | None


def print_evaluation(question: Question) -> None:
    """The figures as a table or as JSON; the drawing goes to its file."""
    _refuse_impossible(question)
    model = detector(question.model)
    series = read_series(question.series, question.step)
    events = read_events(question.events, series, question.series)
    if question.censored_below is not None:
        series = series.censored(question.censored_below)
    rules = RULES[question.step]
    if question.judge_from is not None:
        rules = replace(rules, judge_from=question.judge_from)
    nominal = AIMED_RATE
    if question.false_alerts_a_day is not None:
        nominal = 1000 * question.false_alerts_a_day / len(series.entity_names)
    if rules.judge_from >= series.values.shape[1]:
        raise EvaluationInputError(
            f"{question.series} has {series.values.shape[1]} steps, and the first {rules.judge_from} are history: "
            "give longer series, or a smaller --judge-from."
        )
    told = report(model, series, events, rules, nominal=nominal)
    if not told.own.measured.figures.entity_days:
        raise EvaluationInputError(
            f"{question.series} has no value after its first {rules.judge_from} steps that is outside the windows of "
            f"the events in {question.events} (from {rules.before} steps before each to {rules.after} after it): no "
            "false alert could be counted; give longer series, series without events, or fewer events."
        )
    if question.plot is not None:
        _write(question.plot, drawing(told))
    print(json.dumps(as_json(told), indent=2) if question.is_json else as_text(told))


def print_nab(series: Path, windows: Path, name: str, *, is_json: bool) -> None:
    """The benchmark's score of a model on its files."""
    model = detector(name)
    files = read_nab(series, windows)
    score = nab_score(files, [model.evidence(file.series())[0] for file in files])
    print(
        json.dumps(nab_json(model.name, score, len(files)), indent=2)
        if is_json
        else nab_text(model.name, score, len(files))
    )


def _refuse_impossible(question: Question) -> None:
    """What is wrong with the options alone, told before files are read and measured."""
    if question.plot is not None and question.plot.suffix.lower() != ".svg":
        raise ConfigError(f"--plot {question.plot}: a drawing is written as SVG only: name a file that ends in .svg.")
    numbers = {
        "--false-alerts-a-day": question.false_alerts_a_day,
        "--censored-below": question.censored_below,
    }
    for option, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise ConfigError(f"{option} {number}: write a finite number.")
    if question.false_alerts_a_day is not None and question.false_alerts_a_day <= 0:
        raise ConfigError("--false-alerts-a-day must be above 0: no threshold keeps every false alert away.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder that is there."
        ) from error
