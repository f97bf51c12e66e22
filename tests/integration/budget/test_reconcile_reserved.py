"""What is set aside while the provider is asked excuses its count once, and not for ever."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Entry, ProviderBudget
from etheatmap_core.budget.reconcile import reconcile
from etheatmap_core.hours import parse_hour

NOON = parse_hour("2026-11-24T12")
DAY = timedelta(days=1)
ACCOUNTS = (
    ProviderBudget("scraperapi", "credits", "month", 1_000, None, 10**6),
    ProviderBudget(TOTAL, "usd_micros", "month", 200, None, 600),
)


@pytest.mark.parametrize(
    ("is_charged", "counted_next", "missing"),
    [
        (True, 100, 0),  # what it had counted was our call
        (True, 200, 100),  # it was somebody else's, or somebody else has come since
        (False, 100, 100),  # our call never left
    ],
)
def test_what_a_reservation_has_excused_is_asked_for_again(
    engine: sa.Engine, is_charged: bool, counted_next: int, missing: int
) -> None:
    ledger = Ledger(engine, lambda: NOON)
    ledger.configure(ACCOUNTS)
    reservation = ledger.reserve("scraperapi", 100, Entry("a", "b", "c", "d"))
    with engine.begin() as connection:
        assert reconcile(connection, "scraperapi", NOON.date(), 100, NOON).adjusted_units == 0
    if is_charged:
        ledger.mark_sent(reservation)
        ledger.settle(reservation, 100)
    else:
        ledger.release(reservation)
    with engine.begin() as connection:
        later = NOON + DAY
        assert reconcile(connection, "scraperapi", later.date(), counted_next, later).adjusted_units == missing
        again = reconcile(connection, "scraperapi", (later + DAY).date(), counted_next, later + DAY)
    assert again.adjusted_units == 0
