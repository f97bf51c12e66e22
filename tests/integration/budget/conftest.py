"""Ledgers on the test's own database, at a time of the test's choosing."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.budget.model import ProviderBudget

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Watch:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_ledger(engine: sa.Engine, watch: Watch) -> Callable[..., Ledger]:
    """A ledger with a limit of 100 requests a day with ``news``, or with the accounts given."""

    def make(*accounts: ProviderBudget) -> Ledger:
        ledger = Ledger(engine, watch)
        ledger.configure(accounts or [ProviderBudget("news", "requests", "day", 100, None, 600)])
        return ledger

    return make
