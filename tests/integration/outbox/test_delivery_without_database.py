"""The database server ends while a message is on its way."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate
from etheatmap_core.outbox.deliver import LONGEST_ATTEMPT, deliver
from etheatmap_core.outbox.slack import Attempt, webhook_poster
from etheatmap_core.outbox.store import Claimed, Message, enqueue
from etheatmap_sim.testing import Simulator

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of a server of this test's own."""
    folder = Path(tempfile.mkdtemp(prefix="etheatmap-"))
    yield folder
    EmbeddedPostgres.stop_leftover(folder / "pg")
    shutil.rmtree(folder)


def test_what_was_on_its_way_when_the_server_ended_is_listed_and_the_rest_follows(
    folder: Path, start_postgres: Callable[[Path], EmbeddedPostgres], slack: Simulator
) -> None:
    slack.clear_faults()
    slack.slack.messages.clear()
    server = start_postgres(folder / "pg")
    engine = create_engine(server.url("postgres"))
    migrate(engine)
    with engine.begin() as connection:
        for text in ("on its way", "waits"):
            enqueue(connection, Message(text, "test", text), NOON)
    post = webhook_poster("https://hooks.slack.com/services/T0/B0/secret", slack.url)

    def post_and_lose_the_server(message: Claimed) -> Attempt:
        attempt = post(message)
        server.stop()
        return attempt

    with pytest.raises(sa.exc.OperationalError):
        deliver(engine, post_and_lose_the_server, lambda: NOON, pause_seconds=0)
    assert slack.slack.texts == ["on its way"]

    start_postgres(folder / "pg")
    assert str(deliver(engine, post, lambda: NOON, pause_seconds=0)) == "1 sent", "nobody waits for the lost one"
    later = NOON + 2 * LONGEST_ATTEMPT
    assert str(deliver(engine, post, lambda: later, pause_seconds=0)) == "1 unknown"
    assert slack.slack.texts == ["on its way", "waits"], "each once, though one is listed as unknown"
    engine.dispose()
