"""What is booked for a run that has ended: what Apify tells when it has counted, and never less than it has told."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from etheatmap_assets.resources.apify_client import ActorRun, RunClient
from etheatmap_assets.resources.http import Charge
from etheatmap_assets.sources import apify_runs
from etheatmap_assets.sources.apify_runs import ActorRunError, Task, _Life
from etheatmap_assets.sources.source import Plan, Question
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Begun, Entry, Reservation
from etheatmap_core.config import load_config
from etheatmap_core.settings import Settings

SET_ASIDE = 150_000
STARTED = datetime(2026, 11, 20, 14, tzinfo=UTC)
CONFIG = load_config(Path(__file__).parents[3] / "configs")


class Books:
    """One reservation, and what it is settled with; ``begun``: what a process before has begun."""

    def __init__(self, begun: Begun | None = None) -> None:
        self._begun = begun
        self.booked: int | None = None

    def newest_begun(self, _entry: Entry) -> Begun | None:
        return self._begun

    def begin(self, _reservation: Reservation, begun: str) -> None:
        assert begun == "run1"

    def settle(self, _reservation: Reservation, units: int) -> None:
        assert self.booked is None
        self.booked = units


class Runs:
    """A run that has ended when it is first asked after; ``usages``: what each read tells of its cost, the last for
    ever."""

    def __init__(self, status: str, usages: list[int | None]) -> None:
        self.usages, self.reads = usages, 0
        self._run = ActorRun("run1", status, "", STARTED, "data1", None)

    def start(self, _actor: str, _input: object, charge: Charge, **_: object) -> ActorRun:
        assert charge.begins is not None
        charge.begins(Reservation(1, "apify", SET_ASIDE))
        return replace(self._run, status="RUNNING")

    def get(self, _run_id: str) -> ActorRun:
        self.reads += 1
        return replace(self._run, usage_micros=self.usages[min(self.reads, len(self.usages)) - 1])


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apify_runs, "POLL_SECONDS", 0.0)


def life(books: Books, runs: Runs) -> _Life:
    charge = Charge(SET_ASIDE, Entry("tt_search", "2026-11-20-14:00", "", "searchQueries/1"))
    plan = Plan(
        "tt_search", STARTED, Settings(_env_file=None), CONFIG, (), charge=lambda _: charge,  # type: ignore[call-arg]
        ledger=cast("Ledger", books),
    )  # fmt: skip
    return _Life(cast("RunClient", runs), plan, Question("searchQueries/1", ""), Task("a/b", {}, 50))


def settle(status: str, usages: list[int | None]) -> tuple[int | None, int]:
    """What is booked, and after how many reads."""
    books, runs = Books(), Runs(status, usages)
    if status == "SUCCEEDED":
        life(books, runs)._succeeded()
    else:
        with pytest.raises(ActorRunError):
            life(books, runs)._succeeded()
    return books.booked, runs.reads


def test_what_two_reads_agree_on_is_booked() -> None:
    assert settle("SUCCEEDED", [31_000]) == (31_000, 2)


def test_a_cost_that_is_still_being_counted_is_waited_for() -> None:
    assert settle("SUCCEEDED", [1_000, 16_000, 31_000]) == (31_000, 4)
    assert settle("FAILED", [0, 1_000]) == (1_000, 3)


def test_what_was_told_once_is_not_booked_as_less() -> None:
    assert settle("SUCCEEDED", [31_000, 1_000]) == (31_000, 3)


@pytest.mark.parametrize("usages", [[None], [0], [1, 2, 3, 4, 5, 6, 7, 8, 9]])
def test_a_cost_that_is_not_told_or_never_stands_still_is_all_that_was_set_aside(usages: list[int | None]) -> None:
    assert settle("SUCCEEDED", usages) == (SET_ASIDE, 7)


def test_more_than_was_set_aside_is_booked_as_what_it_is() -> None:
    assert settle("SUCCEEDED", [160_000]) == (160_000, 2)
    assert settle("SUCCEEDED", [151_000 + number for number in range(9)])[0] == 151_006


def test_a_run_that_failed_before_it_cost_anything_is_free() -> None:
    assert settle("FAILED", [0]) == (0, 2)


# --- What is said of it: whether the cap ended the run hangs on it


@pytest.mark.parametrize(
    ("usages", "cost"), [([31_000], 31_000), ([None], None), ([0], None), ([1, 2, 3, 4, 5, 6, 7, 8, 9], None)]
)
def test_a_cost_that_is_booked_whole_is_one_that_nobody_knows(usages: list[int | None], cost: int | None) -> None:
    _, cap, told = life(Books(), Runs("SUCCEEDED", usages))._succeeded()
    assert (cap, told) == (SET_ASIDE, cost)


@pytest.mark.parametrize(("usages", "cost"), [([31_000], 31_000), ([1_000, 31_000], 31_000), ([None], None)])
def test_a_run_that_is_read_again_is_counted_again_and_held_against_its_own_cap(
    usages: list[int | None], cost: int | None
) -> None:
    books = Books(Begun(Reservation(1, "apify", 50_000), "run1", is_settled=True))
    _, cap, told = life(books, Runs("SUCCEEDED", usages))._succeeded()
    assert (cap, told, books.booked) == (50_000, cost, None)
