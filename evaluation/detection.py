"""How well both models find events, on four tiers: `make eval` prints it and writes it into docs/evaluation.md.

python -m evaluation.detection             all tiers; rewrites the figures of the page
python -m evaluation.detection --print     prints them, writes nothing

Here: the order of the tiers, the tables. Not here: their series (tiers), measuring (etheatmap_core.evaluation).
"""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from etheatmap_core.evaluation.bootstrap import Interval
from etheatmap_core.evaluation.detection import Trial, figures_at, trial_of
from etheatmap_core.evaluation.detection_report import AIMED_RATE, Measured, Report, report
from etheatmap_core.evaluation.detectors import DETECTORS
from etheatmap_core.evaluation.nab import nab_score, read_nab
from etheatmap_core.evaluation.steps import Step
from evaluation import tiers
from evaluation.tiers import Tier

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "evaluation.md"
PRECISION_MODULE = PROJECT / "etheatmap_core" / "scoring" / "robust" / "tier_b.py"
ROSTER = PROJECT / "configs" / "entities.csv"
BEGIN, END = "<!-- figures of make eval: begin -->", "<!-- figures of make eval: end -->"
RECALL_AIMS = {"A": 0.80, "B": 0.80, "C hourly": 0.85, "C daily": 0.85}
PRECISION_AIM, DELAY_AIM = 0.97, 5
AIMED_TOO = ("A", "B")  # precision and delay
SMALL_IS = (
    "No tier of its own: a corner of A with one seed, ten days, and Wikipedia and Reddit alone, which a test measures "
    "with every change."
)
_DASH = "–"
_MODULE_HEAD = '''"""(evidence, share of the alerts at or above it that were true) on tier B; written by ``make eval``.

Here: a table. Not here: what stands between its rows (``precision``).
"""

'''


def main(arguments: Sequence[str]) -> int:
    """0: measured (and written); 2: not understood."""
    if [argument for argument in arguments if argument != "--print"]:
        sys.stderr.write(f"evaluation.detection: there is only --print, not {' '.join(arguments)}\n")
        return 2
    realdata = Path(os.environ.get("ETHEATMAP_REALDATA") or PROJECT.parent / "shared" / "realdata")
    if not realdata.is_dir():
        _tell(f"No recordings in {realdata} (ETHEATMAP_REALDATA): tier A only, and {PAGE.name} stays as it is.\n")
        for line in tier_lines(tiers.simulated(ROSTER)):
            _tell(line)
        return 0
    precision = precision_by_evidence(tiers.with_bursts(realdata))
    lines = all_lines(realdata, precision)
    for line in lines:
        _tell(line)
    if "--print" not in arguments:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), lines), encoding="utf-8")
        PRECISION_MODULE.write_text(precision_module(precision), encoding="utf-8")
    return 0


def all_lines(realdata: Path, precision: Sequence[tuple[float, float]]) -> list[str]:
    """The figures of the page, as Markdown."""
    background = tiers.with_bursts(realdata, is_injected=False)
    measured: dict[str, list[Report]] = {}
    lines: list[str] = []
    for tier in (tiers.simulated(ROSTER), tiers.with_bursts(realdata)):
        measured[tier.key] = reports(tier)
        lines += ["", *table(tier, measured[tier.key])]
    lines += ["", background_line(background, measured["B"]), "", precision_line(precision)]
    for tier in (tiers.real_hours(realdata), tiers.real_days(realdata)):
        measured[tier.key] = reports(tier)
        lines += ["", *table(tier, measured[tier.key])]
    lines += ["", *nab_lines(realdata)]
    lines += ["", *small_lines()]
    return [*aims(measured), *lines]


def small() -> Tier:
    """A corner of tier A that is quick to measure: a test does so with every change."""
    return tiers.simulated(ROSTER, (101,), 10, ("reddit",), "A small", "simulated, one seed")


def small_lines() -> list[str]:
    """The corner's table, below what it is."""
    heading, *lines = tier_lines(small())
    return [heading, "", SMALL_IS, *lines]


def tier_lines(tier: Tier) -> list[str]:
    return table(tier, reports(tier))


def reports(tier: Tier) -> list[Report]:
    return [report(model, tier.series, tier.events, tier.rules, is_swept=False) for model in DETECTORS.values()]


def aims(measured: dict[str, list[Report]]) -> list[str]:
    """What was aimed at, beside what is."""
    lines = [
        f"### At most {AIMED_RATE:g} false alert in 1,000 entity-days, beside the aims",
        "",
        "| tier | model | recall | aim | precision | aim | median delay | aim |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, told in measured.items():
        for one in told:
            figures = one.at_rates[AIMED_RATE].figures
            horizon = 1 if one.series.step is Step.DAY else 12
            recall, precision, delay = figures.recall(horizon), figures.precision, figures.median_delay
            more = key in AIMED_TOO
            cells = [
                f"{_share(recall)} within {horizon}",
                _verdict(RECALL_AIMS[key], is_met=recall is not None and recall >= RECALL_AIMS[key], sign="≥"),
                _share(precision),
                _verdict(PRECISION_AIM, is_met=precision is not None and precision >= PRECISION_AIM, sign="≥")
                if more
                else _DASH,
                _steps(delay),
                _verdict(DELAY_AIM, is_met=delay is not None and delay <= DELAY_AIM, sign="≤") if more else _DASH,
            ]
            lines.append(f"| {key} | {one.model} | {' | '.join(cells)} |")
    return [*lines, "", verdict(measured)]


def verdict(measured: dict[str, list[Report]]) -> str:
    """On which tiers robust finds more than its opponent, and on which it does not."""
    by_outcome: dict[str, list[str]] = {"more": [], "as much": [], "less": []}
    for key, told in measured.items():
        found = {}
        for one in told:
            figures = one.at_rates[AIMED_RATE].figures
            found[one.model] = figures.found[1 if one.series.step is Step.DAY else 12]
        difference = found["robust"] - found["mvp"]
        by_outcome["more" if difference > 0 else "less" if difference < 0 else "as much"].append(key)
    parts = [f"{outcome} on {' and '.join(keys)}" for outcome, keys in by_outcome.items() if keys]
    return f"Beside mvp at its best threshold, robust finds {', '.join(parts)}."


def table(tier: Tier, told: Sequence[Report]) -> list[str]:
    """A line for each model and rate."""
    series, days = tier.series, told[0].own.measured.figures.entity_days
    horizons = tier.rules.horizons
    heading = ["model", "false alerts at most", "actual", "threshold", *(f"recall in {k}" for k in horizons)]
    heading += ["median delay", "90 % by", "precision"]
    lines = [
        f"### {tier.key}: {tier.title}",
        "",
        f"{len(series.series_ids):,} series of {len(series.entity_names):,} entities, {series.values.shape[1]:,} steps "
        f"of one {series.step}, {told[0].events} events, {days:,.0f} entity-days outside their windows.",
        "",
        f"| {' | '.join(heading)} |",
        f"|{'---|' * len(heading)}",
    ]
    for one in told:
        for rate, measured in one.at_rates.items():
            lines.append(_row(one.model, f"{rate:g}", measured, horizons))
        words = "own threshold" if one.own.nominal is None else f"own, nominal {one.own.nominal:g}"
        lines.append(_row(one.model, words, one.own.measured, horizons))
    for one in told:
        if one.calibration:
            pairs = "; ".join(f"{each.nominal:g} is {_rate(each.measured)}" for each in one.calibration)
            lines += ["", f"Nominal against actual rate of {one.model}: {pairs}."]
    return lines


def background_line(background: Tier, told: Iterable[Report]) -> str:
    """How often the models alarm at the thresholds of tier B where nothing was put in."""
    rates = []
    for one in told:
        evidence = DETECTORS[one.model].evidence(background.series)
        trial = trial_of(background.series, evidence, background.events, background.rules)
        rate = figures_at(trial, one.at_rates[AIMED_RATE].figures.threshold).rate
        rates.append(f"{one.model} {rate:.2f}")
    return (
        f"The background alone, before anything is put in, at the thresholds of at most {AIMED_RATE:g}: "
        f"{', '.join(rates)} false alerts in 1,000 entity-days."
    )


def precision_by_evidence(tier: Tier) -> list[tuple[float, float]]:
    """(evidence, share of robust's alerts at or above it that are true): a threshold each half power of ten.

    Never falling: where a higher threshold happens to be right less often, it has the share of the lower one. One more
    alert counts as false than was: that none was seen does not mean that there is none.
    """
    trial = trial_of(tier.series, DETECTORS["robust"].evidence(tier.series), tier.events, tier.rules)
    thresholds = np.arange(1.0, _highest_evidence(trial) + 0.5, 0.5)
    figures = [figures_at(trial, float(threshold)) for threshold in thresholds]
    found = np.array([max(one.found.values()) for one in figures])
    false = np.array([one.false_alarms for one in figures])
    rising = np.maximum.accumulate(found / (found + false + 1)).round(3)
    return list(zip(thresholds.tolist(), rising.tolist(), strict=True))


def precision_line(precision: Iterable[tuple[float, float]]) -> str:
    """What confidence is made of until alerts were judged."""
    pairs = "; ".join(f"{evidence:g}: {share:.3f}" for evidence, share in precision)
    return f"Precision of robust on tier B at or above an evidence: {pairs}."


def precision_module(precision: Iterable[tuple[float, float]]) -> str:
    """The same as a module of robust."""
    rows = "".join(f"    ({evidence:.1f}, {share:.3f}),\n" for evidence, share in precision)
    return f"{_MODULE_HEAD}PRECISION_ON_TIER_B: tuple[tuple[float, float], ...] = (\n{rows})\n"


def nab_lines(realdata: Path) -> list[str]:
    """The benchmark's score on the three recorded series."""
    folder = realdata / "attention" / "nab_real_tweets"
    files = read_nab(folder, folder / "combined_windows.json")
    lines = [
        "### D: Numenta Anomaly Benchmark, three series of realTweets",
        "",
        "| model | score, profile standard | windows found | points outside |",
        "|---|---|---|---|",
    ]
    for name, model in DETECTORS.items():
        score = nab_score(files, [model.evidence(file.series())[0] for file in files])
        lines.append(f"| {name} | {score.score:.1f} | {score.found} of {score.windows} | {score.false_points} |")
    return lines


def with_figures(page: str, lines: Sequence[str]) -> str:
    """The page with its figures replaced."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise LookupError(f"{PAGE.name} has no '{BEGIN}' and '{END}' between which figures could stand.")
    return f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}"


def _row(model: str, words: str, measured: Measured, horizons: Sequence[int]) -> str:
    figures, within = measured.figures, measured.intervals
    cells = [model, words, _rate(measured), f"{figures.threshold:.2f}"]
    cells += [_share(figures.recall(k)) + _range(within.recall[k], 2) for k in horizons]
    cells += [_steps(figures.median_delay), _steps(figures.p90_delay)]
    return f"| {' | '.join(cells)} | {_share(figures.precision)}{_range(within.precision, 2)} |"


def _highest_evidence(trial: Trial) -> float:
    """The lowest half power of ten above which no alert is false: more cannot be told."""
    return float(np.ceil(2 * trial.threshold_at(0.0)) / 2)


def _rate(measured: Measured) -> str:
    rate = measured.figures.rate
    return _DASH if rate is None else f"{rate:.2f}{_range(measured.intervals.rate, 1)}"


def _range(interval: Interval | None, digits: int) -> str:
    return "" if interval is None else f" ({interval[0]:.{digits}f}–{interval[1]:.{digits}f})"


def _share(value: float | None) -> str:
    return _DASH if value is None else f"{value:.3f}"


def _steps(delay: int | None) -> str:
    return _DASH if delay is None else str(delay)


def _verdict(aim: float, *, is_met: bool, sign: str) -> str:
    return f"{sign} {aim:g} {'met' if is_met else 'missed'}"


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
