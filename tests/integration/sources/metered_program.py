"""Run as a program: collects one hour of the metered example as the product does, and dies by SIGKILL at a point.

Arguments: data folder, database, simulator, now, hour, point.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "assets")]

from metered import MeteredInstallation
from simulated import SimulatedInstallation

from etheatmap_assets.resources.http import reservations
from etheatmap_assets.sources.collector import Collector
from etheatmap_assets.sources.metered_example import SOURCE
from etheatmap_core.archive import RawArchive
from etheatmap_core.budget.ledger import Ledger

# point → (class, method, whether it dies before it)
POINTS: dict[str, tuple[type, str, bool]] = {
    "reserved, not marked": (Ledger, "mark_sent", True),
    "marked, not sent": (Ledger, "mark_sent", False),
    "answered, not read": (reservations._Metered, "settle", False),
    "on disk, not booked": (Ledger, "settle", True),
    "booked, not archived": (Ledger, "settle", False),
    "in the archive's transaction": (RawArchive, "keep", False),
    "archived, not stored": (Collector, "_store", True),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(method: Callable[..., Any], *, is_before: bool) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if is_before:
            die()
        result = method(*arguments, **named)
        die()
        return result

    return call


def main() -> None:
    folder, database_url, url, now, hour, point = sys.argv[1:]
    simulator: Any = SimpleNamespace(url=url, clock=lambda: datetime.fromisoformat(now))
    metered = MeteredInstallation(SimulatedInstallation(Path(folder), database_url, simulator))
    owner, name, is_before = POINTS[point]
    setattr(owner, name, deadly(getattr(owner, name), is_before=is_before))
    with metered.kit() as kit:
        Collector(SOURCE, kit).collect(datetime.fromisoformat(hour))


if __name__ == "__main__":
    main()
