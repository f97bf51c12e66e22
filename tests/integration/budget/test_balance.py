"""What the race and the machine rest on sees a unit too many or too few, wherever it is."""

import pytest
import sqlalchemy as sa
from balance import assert_balanced

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import TOTAL, Entry, ProviderBudget
from etheatmap_core.hours import parse_hour

NOON = parse_hour("2026-11-24T12")
ACCOUNTS = (
    ProviderBudget("words", "usd_micros", "month", 100, None, 600),
    ProviderBudget(TOTAL, "usd_micros", "month", 200, None, 600),
)


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE budget_periods SET spent_units = spent_units + 1 WHERE provider = 'words'",
        "UPDATE budget_periods SET spent_units = spent_units - 1 WHERE provider = 'total'",
        "UPDATE budget_periods SET reserved_units = reserved_units + 1 WHERE provider = 'total'",
        "UPDATE budget_periods SET reserved_units = 0 WHERE provider = 'words'",
        "UPDATE budget_settlements SET units = units + 1",
        "UPDATE budget_reservations SET state = 'released' WHERE state = 'reserved'",
        "UPDATE budget_reservations SET state = 'lost' WHERE state = 'settled'",
    ],
)
def test_a_unit_that_is_wrong_is_seen(engine: sa.Engine, wrong: str) -> None:
    ledger = Ledger(engine, lambda: NOON)
    ledger.configure(ACCOUNTS)
    ledger.settle(ledger.reserve("words", 40, Entry("a", "b", "c", "d")), 30)
    ledger.reserve("words", 20, Entry("a", "b", "c", "e"))
    assert_balanced(engine)
    with engine.begin() as connection:
        assert connection.execute(sa.text(wrong)).rowcount > 0
    with pytest.raises(AssertionError):
        assert_balanced(engine)
