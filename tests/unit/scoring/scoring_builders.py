"""Small words for the tests of scores: an hour to start from, series from arrays, random but plausible signals."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st

from etheatmap_core.hours import HOUR, HourRange
from etheatmap_core.scoring.mvp import HISTORY_HOURS, metrics_of
from etheatmap_core.scoring.series import Flags, Grid, SignalSeries

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE_TYPES = {"reddit": ("reddit",), "trends": ("trends", "wiki"), "tiktok": ("tt_cc", "tt_search", "apify_tiktok")}
ONLY_WIKI = {"wiki": 1.0}

SEEDS = st.integers(0, 2**32 - 1)


def scored_hours(count: int) -> HourRange:
    return HourRange(NOON, NOON + count * HOUR)


def series_of(
    values: Grid, weights: Mapping[str, float] = ONLY_WIKI, *, is_censored: Flags | None = None, first_id: int = 1
) -> SignalSeries:
    """values: [metrics, hours, entities] whose row HISTORY_HOURS − 1 is NOON."""
    hours = HourRange(NOON - (HISTORY_HOURS - 1) * HOUR, NOON + (values.shape[1] - HISTORY_HOURS + 1) * HOUR)
    flags = np.zeros(values.shape, dtype=np.bool_) if is_censored is None else is_censored
    ids = tuple(range(first_id, first_id + values.shape[2]))
    return SignalSeries(hours, ids, metrics_of(weights), values, flags)


def random_signals(seed: int, rows: int, entities: int) -> Grid:
    """[rows, entities]: quiet and busy entities, daily rhythm, bursts, gaps of hours and of days, late starters."""
    random = np.random.default_rng(seed)
    level = 10.0 ** random.uniform(-1, 5, entities)
    rhythm = 1 + 0.5 * np.sin(np.arange(rows)[:, None] * 2 * np.pi / 24 + random.uniform(0, 6, entities))
    values = random.poisson(level * rhythm).astype(np.float64)
    for entity in range(entities):
        for _ in range(random.integers(0, 4)):
            start, hours = random.integers(rows), random.integers(1, 40)
            values[start : start + hours, entity] *= random.uniform(0, 20)
        for _ in range(random.integers(0, 4)):
            start, hours = random.integers(rows), random.integers(1, 60)
            values[start : start + hours, entity] = np.nan
    values[random.random(values.shape) < random.choice([0, 0.02, 0.7])] = np.nan
    values[: random.choice([0, 0, rows // 2]), random.random(entities) < 0.3] = np.nan
    return values


def optional(column: Grid) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in column]
