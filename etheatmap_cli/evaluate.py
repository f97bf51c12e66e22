"""`etheatmap evaluate`: how well a model finds the labelled events of series in files.

Reads files and prints; it needs no database, no configuration and no network.
"""

import json
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
    model = detector(question.model)
    series = read_series(question.series, question.step)
    events = read_events(question.events, series)
    if question.censored_below is not None:
        series = series.censored(question.censored_below)
    rules = RULES[question.step]
    if question.judge_from is not None:
        rules = replace(rules, judge_from=question.judge_from)
    nominal = AIMED_RATE
    if question.false_alerts_a_day is not None:
        if question.false_alerts_a_day <= 0:
            raise ConfigError("--false-alerts-a-day must be above 0: no threshold keeps every false alert away.")
        nominal = 1000 * question.false_alerts_a_day / len(series.entity_names)
    if rules.judge_from >= series.values.shape[1]:
        raise EvaluationInputError(
            f"{question.series} has {series.values.shape[1]} steps, and the first {rules.judge_from} are history: "
            "give longer series, or a smaller --judge-from."
        )
    told = report(model, series, events, rules, nominal=nominal)
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


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder that is there."
        ) from error
