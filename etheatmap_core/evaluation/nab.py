"""The score of the Numenta Anomaly Benchmark, profile "standard", for evidence of any scale.

Lavin & Ahmad 2015 (arXiv 1510.03336); the published scorer is numenta/NAB's ``nab/sweeper.py``. Of a window only its
best point counts, the earlier the better; each point outside costs, less shortly after a window; a missed window costs
one. One threshold for all files, the best there is; 0 is a detector that says nothing, 100 a perfect one.

Here: reading its files, its score. Not here: what else can be said of its series.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from etheatmap_core.evaluation.series_files import EvaluationInputError, SeriesSet, parse_instant, read_columns
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring.series import Grid, Hours

PROBATION_SHARE = 0.15  # of a file, and of 5,000 rows at most: there the detector may learn
PROBATION_OF_ROWS = 5_000
FALSE_WEIGHT, MISSED_WEIGHT = 0.11, 1.0  # of profile "standard"
_FAR_BEHIND = 3.0  # widths after a window: from here on a false point costs all of it


class Window(NamedTuple):
    """Rows of a file, both inclusive."""

    first: int
    last: int


@dataclass(frozen=True)
class NabFile:
    """One series with its windows; rows are taken as steps of five minutes, as the benchmark's detectors do."""

    name: str
    timestamps: tuple[datetime, ...]
    values: Grid  # [rows]
    windows: tuple[Window, ...]

    def series(self) -> SeriesSet:
        """As one series of its own."""
        return SeriesSet(Step.FIVE_MINUTES, self.timestamps[0], (self.name,), (self.name,), ("",), self.values[None, :])


@dataclass(frozen=True)
class NabScore:
    """``score``: at the best threshold, 0 to 100 (below 0 where saying nothing is better)."""

    score: float
    threshold: float
    windows: int
    found: int
    false_points: int


def read_nab(series: Path, windows: Path) -> list[NabFile]:
    """``series``: a CSV file ``timestamp,value`` or a folder of them; ``windows``: combined_windows.json."""
    paths = sorted(series.rglob("*.csv")) if series.is_dir() else [series]
    if not paths:
        raise EvaluationInputError(f"{series} holds no .csv files: name a folder of NAB's series, or one of them.")
    labelled = _labelled(windows)
    return [_read_file(path, labelled, windows) for path in paths]


def nab_score(files: Sequence[NabFile], evidence: Sequence[Grid]) -> NabScore:
    """Of all files together; evidence [rows] of each, NaN is no verdict."""
    points = [_points(file, rows) for file, rows in zip(files, evidence, strict=True)]
    window_count = sum(len(file.windows) for file in files)
    offsets = np.cumsum([0, *(len(file.windows) for file in files)])
    level = np.concatenate([part.evidence for part in points])
    gain = np.concatenate([part.gain for part in points])
    window = np.concatenate(
        [np.where(part.window >= 0, part.window + offset, -1) for part, offset in zip(points, offsets, strict=False)]
    )
    # A window that lies wholly in the probation can be neither found nor missed.
    counted = np.unique(window[window >= 0])
    order = np.argsort(-level, kind="stable")[: int((~np.isnan(level)).sum())]
    level, gain, window = level[order], gain[order], window[order]
    best = np.full(window_count, -MISSED_WEIGHT)
    totals, found = _totals(gain, window, best, len(counted))
    last_of_level = np.flatnonzero(np.append(level[1:] != level[:-1], True)) if len(level) else np.zeros(0, np.int64)
    candidates = np.append(-MISSED_WEIGHT * len(counted), totals[last_of_level])
    chosen = int(candidates.argmax())
    threshold = (
        float(level[last_of_level[chosen - 1]]) if chosen else float(np.nextafter(np.max(level, initial=0), 9e9))
    )
    rows = int(last_of_level[chosen - 1]) + 1 if chosen else 0
    return NabScore(
        score=100 * (float(candidates[chosen]) + MISSED_WEIGHT * window_count) / ((1 + MISSED_WEIGHT) * window_count),
        threshold=threshold,
        windows=window_count,
        found=int(found[rows - 1]) if rows else 0,
        false_points=int((window[:rows] < 0).sum()),
    )


def gains(rows: int, windows: Sequence[Window]) -> Grid:
    """What a point at each row brings: up to 1 in a window, down to −FALSE_WEIGHT outside; [rows]."""
    gained = np.full(rows, -FALSE_WEIGHT)
    at = np.arange(rows)
    for window in windows:
        width = window.last - window.first + 1
        inside = slice(window.first, window.last + 1)
        gained[inside] = _sigmoid(-(window.last - at[inside] + 1) / width) / _sigmoid(-1.0)
        behind = (at[window.last + 1 :] - window.last) / max(width - 1, 1)
        cost = np.where(behind > _FAR_BEHIND, -1.0, _sigmoid(np.minimum(behind, _FAR_BEHIND)))
        gained[window.last + 1 :] = FALSE_WEIGHT * cost
    return gained


class _Points(NamedTuple):
    """The rows of a file after its probation."""

    evidence: Grid
    gain: Grid
    window: Hours  # its number in the file; −1 outside


def _points(file: NabFile, evidence: Grid) -> _Points:
    rows = len(evidence)
    window = np.full(rows, -1, dtype=np.int64)
    for number, (first, last) in enumerate(file.windows):
        window[first : last + 1] = number
    judged = np.arange(rows) >= min(int(PROBATION_SHARE * rows), PROBATION_SHARE * PROBATION_OF_ROWS)
    return _Points(evidence[judged], gains(rows, file.windows)[judged], window[judged])


def _totals(gain: Grid, window: Hours, best: Grid, counted: int) -> tuple[Grid, Grid]:
    """The raw score and the found windows after each point, the most alarming first."""
    steps, news = np.zeros(len(gain)), np.zeros(len(gain))
    outside = window < 0
    steps[outside] = gain[outside]
    for i in np.flatnonzero(~outside).tolist():
        at = window[i]
        news[i] = best[at] == -MISSED_WEIGHT
        if gain[i] > best[at]:
            steps[i], best[at] = gain[i] - best[at], gain[i]
    return np.cumsum(steps) - MISSED_WEIGHT * counted, np.cumsum(news)


def _sigmoid(position: Grid | float) -> Grid:
    """NAB's: near 1 at −1 (the left edge of a window), 0 at 0 (its right edge), near −1 at 1 (a width behind)."""
    scaled: Grid = 2 / (1 + np.exp(5 * np.asarray(position))) - 1
    return scaled


def _labelled(path: Path) -> dict[str, list[list[str]]]:
    try:
        labelled = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EvaluationInputError(f"{path} cannot be read ({reason}): name NAB's combined_windows.json.") from error
    if not isinstance(labelled, dict):
        raise EvaluationInputError(f"{path} is no JSON object of windows by file: name NAB's combined_windows.json.")
    return labelled


def _read_file(path: Path, labelled: dict[str, list[list[str]]], windows_path: Path) -> NabFile:
    names = [name for name in labelled if path.as_posix().endswith(f"/{name}")]
    names = names or [name for name in labelled if name.rpartition("/")[2] == path.name]
    if len(names) != 1:
        raise EvaluationInputError(
            f"{windows_path} names {path.name} {'twice or more' if names else 'nowhere'}: keep one entry for each file."
        )
    timestamps, values = read_columns(path, "timestamp", "value")
    rows = {instant: row for row, instant in enumerate(timestamps)}
    windows = []
    for turn, edges in enumerate(labelled[names[0]], start=1):
        found = [rows.get(parse_instant(edge, f"{windows_path}, {names[0]}, window {turn}")) for edge in edges]
        if len(found) != 2 or found[0] is None or found[1] is None or found[1] < found[0]:
            raise EvaluationInputError(
                f"{windows_path}, {names[0]}, window {turn}: {edges} are not the first and the last timestamp of "
                f"rows of {path}."
            )
        windows.append(Window(found[0], found[1]))
    return NabFile(names[0], timestamps, values, tuple(windows))
