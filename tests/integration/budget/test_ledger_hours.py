"""What an hour of an asset has used in all attempts at it: a plan of a partition is one for all of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import Entry

HOUR = datetime(2026, 11, 24, 11, tzinfo=UTC)
ENTRY = Entry("newsapi", "2026-11-24-11:00", "run-1", "search/Zendaya")


def test_an_hour_has_used_what_its_calls_have_cost_or_may_cost_in_all_runs(open_ledger: Callable[..., Ledger]) -> None:
    ledger = open_ledger()
    assert ledger.used_for_hour("news", "newsapi", HOUR) == 0
    ledger.settle(ledger.reserve("news", 10, ENTRY), 3)
    ledger.lose(ledger.reserve("news", 2, replace(ENTRY, run_id="run-2")))
    ledger.release(ledger.reserve("news", 40, ENTRY))
    ledger.reserve("news", 5, replace(ENTRY, request="headlines"))
    for other in ({"asset": "youtube"}, {"partition_key": "2026-11-24-12:00"}):
        ledger.settle(ledger.reserve("news", 7, replace(ENTRY, **other)), 7)
    assert ledger.used_for_hour("news", "newsapi", HOUR) == 3 + 2 + 5
