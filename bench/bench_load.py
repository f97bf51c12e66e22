"""How long the code location takes to load, beside Dagster's own import: what every run pays first."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import BenchRow

PROJECT = Path(__file__).parents[1]
_REPEATS = 5


def run() -> list[BenchRow]:
    """One row; both are whole processes, in turn, after one of each that is not counted."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ETHEATMAP_HOME": home}
        seconds: dict[str, list[float]] = {"dagster": [], "etheatmap_assets.definitions": []}
        for repeat in range(_REPEATS + 1):
            for module, measured in seconds.items():
                started = time.perf_counter()
                subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, cwd=PROJECT, check=True)
                if repeat:
                    measured.append(time.perf_counter() - started)
    floor, ours = (statistics.median(measured) for measured in seconds.values())
    return [BenchRow("definitions load", floor, ours, "≤ 5 s", "floor: import dagster")]
