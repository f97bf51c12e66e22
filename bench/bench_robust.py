"""One hour of model robust for 10,000 entities with 10 series each, beside a NumPy pass over the same array.

Floor: the mean over the hours of the array that is held in memory already. Ours: expected values, scans, sources put
together, odds; everything after the signals are read. Both one after the other, three times, in one thread.

    python -m bench.bench_robust
"""

from statistics import median
from time import perf_counter

import numpy as np

from bench.report import BenchRow, print_table
from etheatmap_core.scoring.robust.score import SourceSeries, history_of, score
from etheatmap_core.scoring.robust.seasons import HOURLY
from etheatmap_core.scoring.series import Grid

ENTITIES, SOURCES, REPEATS = 10_000, 10, 3
_AIM = "≤ 2.00 s"
_GAP_SHARE = 0.02


def run(repeats: int = REPEATS) -> list[BenchRow]:
    """Measures and returns the row of the table."""
    first = history_of()
    sources = [SourceSeries(f"source_{number}", _signals(number, first + 1)) for number in range(SOURCES)]
    zeros = np.zeros((1, ENTITIES))
    past = np.zeros((28, 1, ENTITIES))
    earlier = np.zeros((SOURCES, HOURLY.memory - 1, ENTITIES))
    floors: list[float] = []
    ours: dict[str, list[float]] = {"": [], ", the 5 hours before it judged again": []}
    for _ in range(repeats):
        started = perf_counter()
        for source in sources:
            np.nanmean(source.values, axis=0)
        floors.append(perf_counter() - started)
        for (_, seconds), known in zip(ours.items(), (earlier, None), strict=True):
            started = perf_counter()
            score(
                sources,
                first,
                spread=zeros,
                affect=zeros,
                hours_since_peak=zeros.astype(np.int64),
                past_highest=past,
                earlier=known,
            )
            seconds.append(perf_counter() - started)
    what, held = f"one hour of {ENTITIES:,} entities × {SOURCES} series", f"{first + 1} hours held"
    return [
        BenchRow(what + how, median(floors), median(seconds), "" if how else _AIM, held)
        for how, seconds in ours.items()
    ]


def _signals(seed: int, hours: int) -> Grid:
    """Counts from one a week to thousands an hour with a day's rhythm, and gaps."""
    random = np.random.default_rng(seed)
    level = 10.0 ** random.uniform(-2, 4, ENTITIES)
    rhythm = 1 + 0.4 * np.sin(np.arange(hours)[:, None] * 2 * np.pi / 24)
    values = random.poisson(level * rhythm).astype(np.float64)
    values[random.random(values.shape) < _GAP_SHARE] = np.nan
    return values


if __name__ == "__main__":
    print_table(run())
