"""`etheatmap outbox` on an installation's own outbox: what is listed, sent again by hand, noted as there."""

from datetime import UTC, datetime

import pytest
from command_line import CommandLine

from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.outbox.store import Message, MessageState, claim, end, enqueue

pytestmark = pytest.mark.integration
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def posted(command_line: CommandLine) -> CommandLine:
    """Two messages whose arrival nobody knows, one that failed, and one that waits."""
    assert command_line.run("db", "migrate").returncode == 0
    engine = create_engine(EmbeddedPostgres.start(command_line.database_folder).url("etheatmap"))
    ends = (MessageState.UNKNOWN, MessageState.UNKNOWN, MessageState.FAILED)
    with engine.begin() as connection:
        for number in range(4):
            enqueue(connection, Message(f"test:{number}", "test", f"[red]message {number}"), NOON)
        for state in ends:
            message = claim(connection, NOON)
            assert message is not None
            end(connection, message, state, NOON, f"why {message.key} is {state}")
    engine.dispose()
    return command_line


def test_what_asks_for_a_person_is_listed_first_with_the_reason(posted: CommandLine) -> None:
    run = posted.run("outbox", COLUMNS="200")
    assert (run.returncode, run.stderr) == (0, "")
    unsettled, _, newest = run.stdout.partition("Newest messages")
    for words in ("unknown", "failed", "test:0", "[red]message 1", "why test:2 is failed", "--arrived KEY"):
        assert words in unsettled
    assert "test:3" not in unsettled
    assert "test:3" in newest
    assert "No SLACK_WEBHOOK_URL is set" in newest


def test_a_key_can_be_copied_from_a_narrow_terminal(posted: CommandLine) -> None:
    key = "budget:scraperapi:2026-11-01T00:00:00+00:00:exhausted:and-a-word-more-than-eighty-columns"
    engine = create_engine(EmbeddedPostgres.start(posted.database_folder).url("etheatmap"))
    with engine.begin() as connection:
        enqueue(connection, Message(key, "test", ":warning: told"), NOON)
    engine.dispose()
    run = posted.run("outbox", COLUMNS="60")
    assert key in run.stdout
    assert "\N{WARNING SIGN} told" in run.stdout


def test_a_person_settles_what_nobody_can_know(posted: CommandLine) -> None:
    again = posted.run("outbox", "--resend", "test:1")
    assert (again.returncode, again.stdout) == (0, "test:1 is sent again at the next delivery.\n")
    there = posted.run("outbox", "--arrived", "test:0")
    assert (there.returncode, there.stdout) == (0, "test:0 is noted as sent.\n")
    states = posted.query("SELECT key, state FROM outbox WHERE key IN ('test:0', 'test:1') ORDER BY key")
    assert states == [("test:0", "sent"), ("test:1", "pending")]


@pytest.mark.parametrize("option", ["--resend", "--arrived"])
def test_a_key_that_there_is_not_is_one_sentence(posted: CommandLine, option: str) -> None:
    run = posted.run("outbox", option, "test:3")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(f"etheatmap: {option}: no unknown")
    assert "message has the key 'test:3'" in run.stderr
