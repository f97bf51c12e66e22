"""The shape of real episodes: fitted on half of the pages, measured on the others: `make eval-episodes`.

python -m evaluation.episodes             prints, and rewrites the figures of docs/advanced.md
python -m evaluation.episodes --print     prints alone

Here: real series, the fit, its errors on pages it has not seen. Not here: the constants the product uses, which are
copied from here by a person (etheatmap_core.scoring.advanced.shape), and what an hour's strength is (robust).
"""

import csv
import gzip
import os
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from etheatmap_core.scoring.advanced import shape
from etheatmap_core.scoring.episodes import HOT_VELOCITY, LOOKBACK_HOURS, current_episodes
from etheatmap_core.scoring.robust.combine import CAP, combined, remembered
from etheatmap_core.scoring.robust.evidence import StepsADay, evidence
from etheatmap_core.scoring.robust.seasons import DAILY, HOURLY
from etheatmap_core.scoring.robust.tail import evidence_of
from etheatmap_core.scoring.series import Flags, Grid, Hours

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "advanced.md"
BEGIN, END = "<!-- figures of make eval-episodes: begin -->", "<!-- figures of make eval-episodes: end -->"
FIRST_JUDGED_HOUR = 84  # as in the other tiers: what comes before is history
FIRST_JUDGED_DAY = 28
LEAST_HOURS = 24  # a page that is among the first thousand for so long
_LONGEST_FITTED = 24
_FORECASTS = (3, 6, 12)


@dataclass(frozen=True)
class Real:
    """Strengths [steps, pages] of pages, and from which step on they are judged."""

    title: str
    unit: str
    names: tuple[str, ...]
    strength: Grid
    first: int
    horizon: int  # steps within which a higher one says that the peak was not past
    peaking: int  # steps around the highest that are its peak

    @property
    def is_held_out(self) -> Flags:
        """Half of the pages, by their names: no page is on both sides."""
        return np.array([zlib.crc32(name.encode()) % 2 == 1 for name in self.names])


@dataclass(frozen=True)
class Steps:
    """Every step within an episode whose horizon is known, flat."""

    since_peak: Hours
    strength: Grid
    peak: Grid
    is_past: Flags
    later: dict[int, Grid]  # strength so many steps later


@dataclass(frozen=True)
class Fit:
    """odds: as shape.PAST_ODDS. half_life in steps."""

    odds: tuple[float, float]
    half_life: float
    error_halving: float
    error_power: float


def real_hours(realdata: Path) -> Real:
    """Views of February 2012 of every page that is among the first thousand for a day; what is below counts as the
    smallest shown."""
    hours: list[dict[str, int]] = []
    for path in sorted((realdata / "wikimedia_dumps").rglob("pageviews-2012*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            hours.append({cell[1]: int(cell[2]) for cell in (line.split(" ") for line in lines)})
    shown = Counter(title for hour in hours for title in hour)
    titles = tuple(
        sorted(
            title
            for title, count in shown.items()
            if count >= LEAST_HOURS and ":" not in title and title != "Main_Page"
        )
    )
    smallest = [min(hour.values()) for hour in hours]
    views = [[hour.get(title, least) for hour, least in zip(hours, smallest, strict=True)] for title in titles]
    strength = strength_of(np.array(views, dtype=np.float64), 24)
    return Real("hours of 2012", "h", titles, strength, FIRST_JUDGED_HOUR, shape.HORIZON_HOURS, shape.PEAKING_HOURS)


def real_days(realdata: Path) -> Real:
    """Views by day of people who died and of topics of 2014."""
    series: dict[str, dict[str, float]] = {}
    folder = realdata / "attention"
    with (folder / "wiki_daily_deaths" / "pageviews_daily.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            series.setdefault(row["pageid"], {})[row["date"]] = float(row["views"])
    with (folder / "wiki_daily_news_2014" / "pageviews_dec.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = row.pop("")
            for title, views in row.items():
                if views:
                    series.setdefault(title, {})[day] = float(views)
    names = tuple(sorted(series))
    days = max(len(known) for known in series.values())
    views = np.full((len(names), days), np.nan)
    for place, name in enumerate(names):  # each from its own first day: no two are compared
        known = [series[name][day] for day in sorted(series[name])]
        views[place, : len(known)] = known
    return Real("days of 2014 to 2018", "d", names, strength_of(views, 1), FIRST_JUDGED_DAY, horizon=7, peaking=1)


def strength_of(views: Grid, steps_a_day: StepsADay) -> Grid:
    """[steps, pages] of a source alone, remembered as the product does; calm ones are 0."""
    rhythm = HOURLY if steps_a_day == 24 else DAILY
    calm = evidence_of(np.zeros(1), rhythm.slope)[0]
    alone = np.maximum(evidence(views, steps_a_day) - calm, 0.0) / rhythm.slope
    deviation = CAP * np.expm1(alone / CAP)
    return combined(remembered(deviation.T[None], rhythm.memory))


def steps_of(real: Real, *, is_held_out: bool) -> Steps:
    strength = real.strength
    before = np.full((LOOKBACK_HOURS, strength.shape[1]), np.nan)
    padded = np.concatenate([before, strength])
    is_open, _, since_peak = current_episodes(padded - shape.EPISODE_STRENGTH + HOT_VELOCITY, LOOKBACK_HOURS)
    row = np.arange(len(strength))[:, None]
    peak = np.take_along_axis(strength, np.maximum(row - since_peak, 0), 0)
    highest_later = np.full(strength.shape, -np.inf)
    later = {}
    for ahead in range(1, real.horizon + 1):
        moved = np.full(strength.shape, np.nan)
        moved[:-ahead] = strength[ahead:]
        highest_later = np.fmax(highest_later, moved)
        later[ahead] = np.nan_to_num(moved)
    is_judged = (row >= real.first) & (row < len(strength) - real.horizon) & ~np.isnan(strength)
    chosen = is_open & is_judged & (real.is_held_out == is_held_out)
    return Steps(
        since_peak[chosen],
        strength[chosen],
        peak[chosen],
        (highest_later <= peak)[chosen],
        {ahead: values[chosen] for ahead, values in later.items()},
    )


def fit(steps: Steps) -> Fit:
    """Logistic in the logarithm of the steps since the peak, by Newton; the half-life by least squares on the mean
    share of the peak that was kept, beside a power law."""
    log_age, past = np.log1p(steps.since_peak.astype(np.float64)), steps.is_past.astype(np.float64)
    columns, weights = np.stack([np.ones(len(log_age)), log_age], axis=1), np.zeros(2)
    for _ in range(30):
        chance = 1.0 / (1.0 + np.exp(-columns @ weights))
        curvature = (columns * (chance * (1.0 - chance))[:, None]).T @ columns
        weights = weights + np.linalg.solve(curvature + 1e-9 * np.eye(2), columns.T @ (past - chance))
    ages, kept = _kept_by_age(steps)
    halving = {life: _error(2.0 ** (-ages / life), kept) for life in np.arange(0.5, 48.25, 0.25)}
    power = min(
        _error((1.0 + ages / scale) ** -slope, kept)
        for scale in (1.0, 2.0, 4.0, 8.0, 16.0)
        for slope in np.arange(0.25, 6.25, 0.25)
    )
    life = min(halving, key=lambda one: halving[one])
    return Fit((float(np.exp(weights[0])), float(weights[1])), float(life), halving[life], power)


def lines_of(real: Real, fitted: Fit, *, is_product: bool) -> list[str]:
    """What the fit is worth on the held-out pages, as rows of a table."""
    seen, unseen = steps_of(real, is_held_out=False), steps_of(real, is_held_out=True)
    past = unseen.is_past.astype(np.float64)
    # Of hours, what the product says is measured: its constants are these, rounded by hand.
    odds, life = (shape.PAST_ODDS, shape.HALF_LIFE_HOURS) if is_product else (fitted.odds, fitted.half_life)
    chance, base = past_of(unseen.since_peak, odds), float(seen.is_past.mean())
    brier, floor = float(((chance - past) ** 2).mean()), float(((base - past) ** 2).mean())
    said, true = phases(chance >= 0.5, unseen, real.peaking), phases(unseen.is_past, unseen, real.peaking)
    rows = [
        ("judged steps within episodes, fitted on / held out", f"{len(seen.peak):,} / {len(unseen.peak):,}"),
        ("odds at the peak, power of 1 + steps since", f"{fitted.odds[0]:.3f}, {fitted.odds[1]:.2f}"),
        (
            "half-life after the peak; root mean square error, of a power law instead",
            f"{fitted.half_life:.2f} {real.unit}; {fitted.error_halving:.3f}, {fitted.error_power:.3f}",
        ),
        ("Brier score of the peak probability, beside the base rate's", f"{brier:.3f}, {floor:.3f}"),
        ("trend right (always saying the commonest word)", f"{_right(said, true)} ({_commonest(true):.1%})"),
    ]
    for place, word in ((1, "rising"), (2, "peaking"), (3, "falling")):
        is_said = said == place
        rows.append((f"`{word}` right", _right(said[is_said], true[is_said])))
    if is_product:
        rows.append(("`stable` right: no episode began within the horizon", _stable(real)))
    for ahead in (ahead for ahead in _FORECASTS if ahead <= real.horizon):
        halved = unseen.strength * 2.0 ** (-ahead / life)
        told = chance * halved + (1.0 - chance) * unseen.strength
        errors = [float(np.abs(one - unseen.later[ahead]).mean()) for one in (told, unseen.strength)]
        rows.append(
            (
                f"mean error of the strength {ahead} {real.unit} on, beside no change",
                f"{errors[0]:.2f}, {errors[1]:.2f}",
            )
        )
    return [f"| {name} | {value} |" for name, value in rows]


def phases(is_past: Flags, steps: Steps, peaking: int) -> Hours:
    """1 rising, 2 peaking, 3 falling."""
    return np.where(~is_past, 1, np.where(steps.since_peak <= peaking, 2, 3))


def past_of(since_peak: Hours, odds: tuple[float, float]) -> Grid:
    grown = odds[0] * (1.0 + since_peak) ** odds[1]
    return np.asarray(grown / (1.0 + grown), dtype=np.float64)


def all_lines(realdata: Path) -> list[str]:
    lines = []
    for real, is_product in ((real_hours(realdata), True), (real_days(realdata), False)):
        fitted = fit(steps_of(real, is_held_out=False))
        lines += ["", f"| {real.title}: {len(real.names):,} pages | |", "|---|---|"]
        lines += lines_of(real, fitted, is_product=is_product)
    return lines


def main(arguments: Sequence[str]) -> int:
    """0: measured; 1: there is nothing to measure on; 2: not understood."""
    if [argument for argument in arguments if argument != "--print"]:
        sys.stderr.write(f"evaluation.episodes: there is only --print, not {' '.join(arguments)}\n")
        return 2
    realdata = Path(os.environ.get("ETHEATMAP_REALDATA") or PROJECT.parent / "shared" / "realdata")
    if not realdata.is_dir():
        sys.stderr.write(f"No recordings in {realdata}: set ETHEATMAP_REALDATA.\n")
        return 1
    lines = all_lines(realdata)
    sys.stdout.write("\n".join(lines) + "\n")
    if "--print" not in arguments:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text("\n".join([before + BEGIN, *lines, "", END + rest.partition(END)[2]]), encoding="utf-8")
    return 0


def _kept_by_age(steps: Steps) -> tuple[Grid, Grid]:
    """Of peaks that stayed so for the horizon, the mean share kept 1, 2, ... steps after them."""
    is_final = steps.is_past & (steps.since_peak == 0)
    ages = [age for age in steps.later if age <= _LONGEST_FITTED]
    kept = [float(np.clip(steps.later[age][is_final] / steps.peak[is_final], 0.0, 1.0).mean()) for age in ages]
    return np.array(ages, dtype=np.float64), np.array(kept)


def _error(expected: Grid, seen: Grid) -> float:
    return float(np.sqrt(((expected - seen) ** 2).mean()))


def _right(said: Hours, true: Hours) -> str:
    if not len(said):
        return "never said"
    return f"{int((said == true).sum()):,} of {len(said):,} ({(said == true).mean():.1%})"


def _commonest(true: Hours) -> float:
    return float(max((true == word).mean() for word in (1, 2, 3)))


def _stable(real: Real) -> str:
    strength = real.strength
    before = np.full((LOOKBACK_HOURS, strength.shape[1]), np.nan)
    path = shape.trajectory(np.concatenate([before, strength]))
    row, highest_later = np.arange(len(strength))[:, None], np.full(strength.shape, -np.inf)
    for ahead in range(1, real.horizon + 1):
        highest_later[:-ahead] = np.fmax(highest_later[:-ahead], strength[ahead:])
    is_judged = (row >= real.first) & (row < len(strength) - real.horizon) & ~np.isnan(strength)
    calm = ~path.is_open & is_judged & real.is_held_out
    stayed = (highest_later < shape.EPISODE_STRENGTH)[calm]
    return f"{int(stayed.sum()):,} of {len(stayed):,} ({stayed.mean():.1%})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
