"""`etheatmap evaluate`'s answer: a detector's figures at each false-alert rate, as JSON and as a table.

Here: which figures are told, and how. Not here: what they mean (detection), files, the drawing (detection_plot).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from etheatmap_core.evaluation.bootstrap import Interval, Intervals, intervals
from etheatmap_core.evaluation.detection import RATES, Figures, Rules, Trial, curve, figures_at, trial_of
from etheatmap_core.evaluation.detectors import Detector
from etheatmap_core.evaluation.nab import NabScore
from etheatmap_core.evaluation.series_files import Event, SeriesSet

AIMED_RATE = 1.0  # false alarms in 1,000 entity-days at which a model works unless it is told otherwise
_DASH = "–"


@dataclass(frozen=True)
class Measured:
    """Figures at one threshold, with their intervals."""

    figures: Figures
    intervals: Intervals


@dataclass(frozen=True)
class Nominal:
    """A threshold that the model itself says has ``nominal`` false alarms in 1,000 entity-days (None: it says none)."""

    nominal: float | None
    measured: Measured


@dataclass(frozen=True)
class Report:
    """One model on one set of labelled series."""

    model: str
    series: SeriesSet
    rules: Rules
    events: int
    events_before: int  # before ``judge_from``: history
    at_rates: dict[float, Measured]  # by the rate that may not be exceeded
    own: Nominal
    calibration: tuple[Nominal, ...]  # its own threshold for each of RATES
    curve: tuple[Figures, ...]


def report(
    model: Detector,
    series: SeriesSet,
    events: Sequence[Event],
    rules: Rules,
    *,
    nominal: float = AIMED_RATE,
    rates: Sequence[float] = RATES,
    is_swept: bool = True,
) -> Report:
    """Measures a model. ``nominal``: what it is told to work at; ``is_swept``: with the curve."""
    trial = trial_of(series, model.evidence(series), events, rules)

    def own(rate: float) -> Nominal:
        measured = _measured(trial, model.operating_point(rate, series))
        return Nominal(rate if model.is_calibrated else None, measured)

    return Report(
        model=model.name,
        series=series,
        rules=rules,
        events=int(trial.is_judged.sum()),
        events_before=sum(series.position(event.at) < rules.judge_from for event in events),
        at_rates={rate: _measured(trial, trial.threshold_at(rate)) for rate in rates},
        own=own(nominal),
        calibration=tuple(own(rate) for rate in rates) if model.is_calibrated else (),
        curve=tuple(curve(trial)) if is_swept else (),
    )


def as_json(told: Report) -> dict[str, object]:
    """What ``--json`` prints; rates are false alarms in 1,000 entity-days, delays and windows are in steps."""
    own = told.own.measured.figures
    return {
        "model": told.model,
        "step": str(told.series.step),
        "start": told.series.start.isoformat(),
        "steps": int(told.series.values.shape[1]),
        "series": len(told.series.series_ids),
        "entities": len(told.series.entity_names),
        "gaps": told.series.gaps,
        "events": told.events,
        "events_before_judged_steps": told.events_before,
        "entity_days": round(own.entity_days, 3),
        "rate_of_one_false_alarm": _rate_of_one(told),
        "rules": {**asdict(told.rules), "horizons": list(told.rules.horizons)},
        "at_false_alert_rates": [
            {"at_most": rate, **_figures_json(measured)} for rate, measured in told.at_rates.items()
        ],
        "at_own_operating_point": {"nominal_rate": told.own.nominal, **_figures_json(told.own.measured)},
        "nominal_against_actual": [
            {
                "nominal_rate": one.nominal,
                "actual_rate": one.measured.figures.rate,
                "actual_rate_95": one.measured.intervals.rate,
                "threshold": one.measured.figures.threshold,
            }
            for one in told.calibration
        ],
        "curve": [
            {
                "threshold": point.threshold,
                "rate": point.rate,
                "recall_within": {str(k): point.recall(k) for k in told.rules.horizons},
                "precision": point.precision,
                "median_delay": point.median_delay,
            }
            for point in told.curve
        ],
    }


def as_text(told: Report) -> str:
    """A table for a terminal."""
    series, rules = told.series, told.rules
    days = told.own.measured.figures.entity_days
    intro = [
        f"model {told.model}: {_many(len(series.series_ids), 'series', 'series')} of "
        f"{_many(len(series.entity_names), 'entity', 'entities')}, {series.values.shape[1]} steps of one "
        f"{series.step} from {series.start:%Y-%m-%dT%H:%M} (UTC), {_many(series.gaps, 'gap', 'gaps')}",
        f"{_many(told.events, 'event', 'events')} judged, {told.events_before} in the first {rules.judge_from} not",
        f"{days:,.1f} entity-days outside their windows ({rules.before} steps before to {rules.after} after)",
        f"an alarm is followed by {rules.cool_down} silent steps; delays in steps; [95 % of redrawn entities]",
        "",
    ]
    heading = ["false alerts in 1,000 entity-days", "threshold", *(f"recall in {k}" for k in rules.horizons)]
    heading += ["median delay", "90 % by", "precision"]
    rows = [_cells(f"at most {rate:g}", measured, rules) for rate, measured in told.at_rates.items()]
    nominal = f"nominal {told.own.nominal:g}" if told.own.nominal is not None else "no nominal rate"
    rows.append(_cells(f"own threshold, {nominal}", told.own.measured, rules))
    lines = intro + _table([heading, *rows])
    if coarse := _too_few_days(told):
        lines += ["", coarse]
    if told.calibration:
        lines += ["", "nominal against actual: " + "; ".join(_nominal_words(one) for one in told.calibration)]
    hot = told.own.measured.figures.already_hot
    if hot:
        lines += ["", f"At its own threshold {hot} found events were above it at the step before already."]
    return "\n".join(lines)


def nab_json(model: str, score: NabScore, files: int) -> dict[str, object]:
    return {"model": model, "profile": "standard", "files": files, **asdict(score)}


def nab_text(model: str, score: NabScore, files: int) -> str:
    return (
        f"model {model}: NAB score {score.score:.1f} (profile standard, best threshold {score.threshold:.4g}) on "
        f"{_many(files, 'series', 'series')}: {score.found} of {score.windows} windows found, "
        f"{score.false_points} points outside"
    )


def _rate_of_one(told: Report) -> float | None:
    """False alarms in 1,000 entity-days where there is one: no rate between 0 and this can be measured."""
    days = told.own.measured.figures.entity_days
    return 1000 / days if days else None


def _too_few_days(told: Report) -> str:
    """Which rates so few entity-days cannot tell from each other; empty where they can."""
    one = _rate_of_one(told)
    alike = [] if one is None else [f"{rate:g}" for rate in told.at_rates if rate < one - 1e-9]
    if not alike:
        return ""
    days, allow = told.own.measured.figures.entity_days, "allows" if len(alike) == 1 else "allow"
    return (
        f"{days:,.1f} entity-days: one false alert is {one:,.2f} in 1,000; rates below that are not told apart: "
        f"at most {', '.join(alike)} {allow} none here."
    )


def _measured(trial: Trial, threshold: float) -> Measured:
    return Measured(figures_at(trial, threshold), intervals(trial, threshold))


def _figures_json(measured: Measured) -> dict[str, object]:
    figures, within = measured.figures, measured.intervals
    return {
        "threshold": figures.threshold,
        "actual_rate": figures.rate,
        "actual_rate_95": within.rate,
        "false_alarms": figures.false_alarms,
        "recall_within": {str(k): figures.recall(k) for k in figures.found},
        "recall_within_95": {str(k): interval for k, interval in within.recall.items()},
        "found_within": {str(k): found for k, found in figures.found.items()},
        "found_already_hot": figures.already_hot,
        "median_delay": figures.median_delay,
        "median_delay_95": within.median_delay,
        "p90_delay": figures.p90_delay,
        "p90_delay_95": within.p90_delay,
        "precision": figures.precision,
        "precision_95": within.precision,
    }


def _cells(name: str, measured: Measured, rules: Rules) -> list[str]:
    figures, within = measured.figures, measured.intervals
    rate = _DASH if figures.rate is None else f"{figures.rate:.2f}"
    cells = [f"{name}: {rate}{_range(within.rate, 2)}", f"{figures.threshold:.3f}"]
    cells += [_share(figures.recall(k)) + _range(within.recall[k], 2) for k in rules.horizons]
    cells += [_steps(figures.median_delay) + _range(within.median_delay, 0)]
    cells += [_steps(figures.p90_delay) + _range(within.p90_delay, 0)]
    return [*cells, _share(figures.precision) + _range(within.precision, 2)]


def _nominal_words(one: Nominal) -> str:
    rate = one.measured.figures.rate
    actual = _DASH if rate is None else f"{rate:.2f}{_range(one.measured.intervals.rate, 2)}"
    return f"{one.nominal:g} is {actual}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _range(interval: Interval | None, digits: int) -> str:
    return "" if interval is None else f" [{interval[0]:.{digits}f}–{interval[1]:.{digits}f}]"


def _share(value: float | None) -> str:
    return _DASH if value is None else f"{value:.3f}"


def _steps(delay: int | None) -> str:
    return _DASH if delay is None else str(delay)


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
