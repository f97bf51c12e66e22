"""What a call begins and is charged when it ends: its name is kept with its reservation, and found again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry, Reservation

ENTRY = Entry("tt_search", "2026-11-24-11:00", "run-1", "searchQueries/1")
OpenLedger = Callable[..., Ledger]


def begin(ledger: Ledger, name: str, entry: Entry = ENTRY) -> Reservation:
    reservation = ledger.reserve("news", 10, entry)
    ledger.mark_sent(reservation)
    ledger.begin(reservation, name)
    return reservation


def test_what_was_begun_is_found_by_asset_partition_and_request_whatever_run_asks(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    reservation = begin(ledger, "HG7ML7M8z78YcAPEB")
    found = ledger.newest_begun(replace(ENTRY, run_id="another"))
    assert found is not None
    assert (found.reservation, found.name, found.is_settled) == (reservation, "HG7ML7M8z78YcAPEB", False)
    for other in ({"asset": "tt_cc"}, {"partition_key": "2026-11-24-12:00"}, {"request": "searchQueries/2"}):
        assert ledger.newest_begun(replace(ENTRY, **other)) is None


def test_of_several_the_newest_is_found_and_whether_it_is_settled(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    begin(ledger, "first")
    ledger.settle(begin(ledger, "second"), 4)
    found = ledger.newest_begun(ENTRY)
    assert found is not None
    assert (found.name, found.is_settled) == ("second", True)


def test_a_call_that_has_begun_nothing_is_none(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.mark_sent(ledger.reserve("news", 10, ENTRY))
    assert ledger.newest_begun(ENTRY) is None


def test_what_nobody_came_back_for_is_booked_whole_and_settled_by_whoever_comes_after_all(
    open_ledger: OpenLedger, watch: Callable[[], object]
) -> None:
    ledger = open_ledger()
    begin(ledger, "HG7ML7M8z78YcAPEB")
    watch.now += timedelta(seconds=601)  # type: ignore[attr-defined]
    assert ledger.expire() == 1
    assert ledger.standings()["news"].spent_units == 10
    found = ledger.newest_begun(ENTRY)
    assert found is not None
    assert not found.is_settled
    ledger.settle(found.reservation, 3)
    assert ledger.standings()["news"].spent_units == 3
