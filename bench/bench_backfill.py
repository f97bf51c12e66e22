"""The 271 real hours of February 2012: collected, scored, with Dagster's own event writing told apart."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import BenchRow

PROJECT = Path(__file__).parents[1]
_AIM = "≤ 45 s after start-up"


def run() -> list[BenchRow]:
    """One row; an empty list without the recorded data."""
    dumps = Path(os.environ.get("ETHEATMAP_REALDATA") or PROJECT.parent / "shared" / "realdata") / "wikimedia_dumps"
    if not dumps.is_dir():
        return []
    home = Path(tempfile.mkdtemp(prefix="ethb-"))
    environment = {
        **os.environ,
        "ETHEATMAP_HOME": str(home),
        "ETHEATMAP_PARTITIONS_START": "2012-02-14T16",
        "ETHEATMAP_PARTITIONS_END": "2012-02-25T23",
        "WIKIMEDIA_DUMPS_URL": dumps.as_uri(),
    }
    try:
        command = [sys.executable, "-m", "bench.bench_backfill"]
        run = subprocess.run(command, env=environment, cwd=PROJECT, check=True, capture_output=True, text=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    total, events, written = (float(number) for number in run.stdout.splitlines()[-1].split())
    note = f"of it {events:.1f} s Dagster writing {written:.0f} events"
    return [BenchRow("backfill of 271 real hours, shipped roster", None, total, _AIM, note)]


def _measure() -> None:
    """In a process of its own: prints seconds after start-up, seconds of event writing, number of events."""
    import dagster as dg

    from etheatmap_cli.backfill import run_backfill
    from etheatmap_cli.platform import prepare
    from etheatmap_core.database.embedded import EmbeddedPostgres
    from etheatmap_core.hours import parse_hour
    from etheatmap_core.settings import load_settings

    settings = load_settings(None)
    os.environ.update(prepare(settings).environment)
    spent = [0.0, 0.0]
    with dg.DagsterInstance.get() as instance:
        storage = type(instance.event_log_storage)
    store = storage.store_event

    def timed_store(self: object, event: object) -> None:
        started = time.perf_counter()
        store(self, event)  # type: ignore[arg-type]
        spent[0] += time.perf_counter() - started
        spent[1] += 1

    storage.store_event = timed_store  # type: ignore[method-assign]
    started = time.perf_counter()
    hours = (parse_hour("2012-02-14T16"), parse_hour("2012-02-25T22"))
    run_backfill(settings, hours, ("wiki", "heat_scores"), is_missing_only=False)
    print(time.perf_counter() - started, *spent)
    EmbeddedPostgres.stop_leftover(settings.etheatmap_home / "postgres")


if __name__ == "__main__":
    _measure()
