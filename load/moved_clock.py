"""One clock of all processes, whose hand stands in a file. It is moved on, and between two moves runs for seconds only.

Else a slow machine would be told by the clock: sensors would look again and again while a run takes its time.
Here: reading it, moving it, and making Dagster and the product go by it. Not here: when it is moved (automation).
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

CLOCK_FILE = "LOAD_CLOCK_FILE"  # the variable that names the file
_RUNS_ON_SECONDS = 12.0  # less than a sensor's interval


def clock() -> datetime:
    """Now, as the file has it."""
    return datetime.fromtimestamp(_now(_file().read_text()), UTC)


def go_to(instant: datetime) -> None:
    """On to this instant; never back."""
    with _moving() as now:
        _write(max(now, instant.timestamp()))


def start_at(instant: datetime) -> None:
    """The first word in the file: the clock shows this instant now."""
    _write(instant.timestamp())


def move(seconds: float) -> None:
    """On, in one step: also the way to wait for something that only time brings."""
    with _moving() as now:
        _write(now + seconds)


def rule_dagster() -> None:
    """Makes Dagster's own clock this one, in this process. Both functions are there to be replaced."""
    import dagster._time as dagster_time  # noqa: PLC0415  what rules the clock comes first

    dagster_time._mockable_get_current_datetime = clock
    dagster_time._mockable_get_current_timestamp = lambda: clock().timestamp()


def rule_product() -> None:
    """Makes the product's own clock this one, in this process: before any other of its modules is imported."""
    import etheatmap_core.clock as product_clock  # noqa: PLC0415  what rules the clock comes first

    product_clock.system_clock = clock


def rule_waits() -> None:
    """Who waits for room under a limit moves the clock instead."""
    from etheatmap_assets.resources.http.gateway import Gateway  # noqa: PLC0415  what rules the clock comes first

    defaults = Gateway.__init__.__kwdefaults__
    if defaults is None or "sleep" not in defaults:
        raise RuntimeError("Gateway has no sleep to replace: waits would be real.")
    defaults["sleep"] = move


def _now(told: str) -> float:
    stood_at, since = (float(part) for part in told.split())
    return stood_at + min(max(0.0, time.time() - since), _RUNS_ON_SECONDS)


@contextmanager
def _moving() -> Iterator[float]:
    """Alone: two processes that move it at once both move it. Gives the instant it shows."""
    with _file().with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _now(_file().read_text())


def _write(instant: float) -> None:
    written = _file().with_suffix(f".{os.getpid()}")
    written.write_text(f"{instant!r} {time.time()!r}")
    written.replace(_file())


def _file() -> Path:
    return Path(os.environ[CLOCK_FILE])
