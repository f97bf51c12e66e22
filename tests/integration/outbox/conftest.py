"""An outbox in the test's own database, and a simulated Slack."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from etheatmap_core.outbox.deliver import Delivered, deliver
from etheatmap_core.outbox.slack import webhook_poster
from etheatmap_core.outbox.store import Message, enqueue
from etheatmap_sim.roster import Entity
from etheatmap_sim.testing import Simulator, serve

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEBHOOK = "https://hooks.slack.com/services/T0/B0/secret"


@pytest.fixture(scope="session")
def slack() -> Iterator[Simulator]:
    """One for all tests; ``Outbox`` begins with an empty room."""
    someone = Entity("Zendaya", "person", "Zendaya")
    with serve([someone], NOON) as simulator:
        yield simulator


class Outbox:
    """``now`` is the time it has; ``webhook`` is where it posts to, None for nowhere."""

    def __init__(self, engine: sa.Engine, slack: Simulator) -> None:
        self.engine, self.slack = engine, slack
        self.now = NOON
        self.webhook: str | None = WEBHOOK
        slack.clear_faults()
        slack.slack.messages.clear()

    def put(self, *texts: str) -> None:
        with self.engine.begin() as connection:
            for text in texts:
                enqueue(connection, Message(f"test:{text}", "test", text), self.now)

    def deliver(self, after: timedelta = timedelta(0)) -> Delivered:
        self.now += after
        post = None if self.webhook is None else webhook_poster(self.webhook, self.slack.url)
        return deliver(self.engine, post, lambda: self.now, pause_seconds=0)

    @property
    def arrived(self) -> list[str]:
        return self.slack.slack.texts

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text("SELECT * FROM outbox ORDER BY id")).all())

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]


@pytest.fixture
def outbox(engine: sa.Engine, slack: Simulator) -> Outbox:
    return Outbox(engine, slack)
