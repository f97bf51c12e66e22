"""A call that costs, made by a process of its own that stops where it is told to, so that a test can kill it there."""

import multiprocessing
import time
import urllib.request
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from etheatmap_assets.resources.http.calls import Call, Charge
from etheatmap_assets.resources.http.reservations import metered
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry, ProviderBudget, Reservation, SourceUse
from etheatmap_core.database.engine import create_engine

MOST_UNITS, REAL_UNITS = 7, 5  # what is set aside for a call, and what its upstream charges
ACCOUNT = ProviderBudget("pages", "credits", "month", 100, None, 600)


class SteppingLedger(Ledger):
    """Stays where it is asked to, until it may go on."""

    def stand(self, folder: Path, stop_at: str) -> None:
        self.folder, self.stop_at = folder, stop_at

    def at(self, step: str) -> None:
        if step == self.stop_at:
            (self.folder / "at").touch()
            while not (self.folder / "go").exists():
                time.sleep(0.005)

    def reserve(self, provider: str, units: int, entry: Entry, *, is_paced: bool = False) -> Reservation:
        self.at("before reserve")
        reservation = super().reserve(provider, units, entry, is_paced=is_paced)
        self.at("reserved")
        return reservation

    def mark_sent(self, reservation: Reservation) -> None:
        super().mark_sent(reservation)
        self.at("marked as sent")

    def settle(self, reservation: Reservation, units: int) -> None:
        self.at("before settle")
        super().settle(reservation, units)
        self.at("settled")


def start(database_url: str, upstream_url: str, folder: Path, stop_at: str) -> ForkServerProcess:
    """Begins the call in another process."""
    process = multiprocessing.get_context("forkserver").Process(
        target=_call, args=(database_url, upstream_url, folder, stop_at)
    )
    process.start()
    return process


def _call(database_url: str, upstream_url: str, folder: Path, stop_at: str) -> None:
    ledger = SteppingLedger(create_engine(database_url))
    ledger.stand(folder, stop_at)
    reserve = metered(ledger, {"page": SourceUse(ACCOUNT.provider, MOST_UNITS, MOST_UNITS)}, lambda: (ACCOUNT,))
    charge = Charge(MOST_UNITS, Entry("page", "2026-11-24-11:00", "run-1", "a page"), cost=_told_cost)
    with reserve(Call("page", upstream_url, charge=charge)) as attempt:
        with urllib.request.urlopen(upstream_url) as answer:
            body, headers = answer.read(), answer.headers
        ledger.at("answered")
        (folder / "archived").write_bytes(body)
        ledger.at("archived")
        attempt.settle(200, headers)


def _told_cost(_status: int, headers: Mapping[str, str]) -> int:
    return int(headers["x-cost"])
