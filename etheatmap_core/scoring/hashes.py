"""Fingerprints of a score: of every number it rests on, and of the constants of its formula.

Here: what goes into the two hashes. Not here: content hashes of captures (archive).
"""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from etheatmap_core.scoring.series import SignalSeries


def inputs_hashes(series: SignalSeries, window_hours: int) -> list[list[str]]:
    """sha256 of the newest ``window_hours`` values and flags of every hour that has so many, [hours][entities].

    Only numbers count: neither the order of memory, nor other entities, nor a metric of which the window knows nothing.
    """
    hours = len(series.hours) - window_hours + 1
    is_known = ~np.isnan(series.values)
    parts = []
    for metric, values, known, flags in zip(series.metrics, series.values, is_known, series.is_censored, strict=True):
        numbers = _bytes(np.where(known, values + 0.0, np.nan).astype("<f8"))  # one spelling of NaN and of zero
        censored = _bytes(flags & known)
        seen = np.cumsum(np.vstack([np.zeros_like(known[:1], dtype=np.int64), known]), axis=0)
        has_any = (seen[window_hours:] > seen[:hours]).tolist()
        parts.append((f"{metric.source}.{metric.name}\n".encode(), numbers, censored, has_any))

    def digest(hour: int, entity: int) -> str:
        first = entity * len(series.hours) + hour
        last = first + window_hours
        result = hashlib.sha256()
        for name, numbers, censored, has_any in parts:
            if has_any[hour][entity]:
                result.update(name)
                result.update(numbers[8 * first : 8 * last])
                result.update(censored[first:last])
        return result.hexdigest()

    return [[digest(hour, entity) for entity in range(len(series.entity_ids))] for hour in range(hours)]


def params_hash(constants: Mapping[str, object]) -> str:
    """sha256 of the constants in canonical JSON: equal for equal parameters, whatever their order."""
    text = json.dumps(constants, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _bytes(by_hour: NDArray[np.generic]) -> memoryview:
    """[hours, entities] with the hours of one entity after each other, so that a window is one run of bytes."""
    return memoryview(by_hour.T.tobytes())
