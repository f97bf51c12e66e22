"""The table of messages: put in once a key, claimed by one deliverer at a time, ended as sent, unknown or failed.

pending → sending → sent; a deliverer that dies while it sends leaves `sending`, which becomes `unknown`: whether it
arrived nobody can tell, so it is listed and not sent again. Without a webhook a message ends as `logged`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


class MessageState(StrEnum):
    """Where a message is, in the words of table and pages."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    LOGGED = "logged"


@dataclass(frozen=True)
class Message:
    """``key``: what it is about; a second one with the same key is none. ``blocks``: Slack's, beside the plain text."""

    key: str
    kind: str
    text: str
    blocks: Sequence[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Claimed:
    """A message in the hands of one deliverer since ``claimed_at``; ``attempts`` counts this one."""

    id: int
    key: str
    text: str
    blocks: Sequence[dict[str, Any]] | None
    attempts: int
    claimed_at: datetime


_ENQUEUE = sa.text("""
    INSERT INTO outbox (key, kind, text, blocks, state, created_at, next_at)
    VALUES (:key, :kind, :text, CAST(:blocks AS jsonb), 'pending', :now, :now)
    ON CONFLICT (key) DO NOTHING RETURNING id""")
# The oldest message that waits; where its own time has not come, those behind it wait too: one destination, in order.
_CLAIM = sa.text("""
    UPDATE outbox SET state = 'sending', claimed_at = :now, attempts = attempts + 1
    WHERE id = (
        SELECT id FROM (
            SELECT id, next_at FROM outbox WHERE state = 'pending' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS oldest WHERE next_at <= :now
    )
    RETURNING id, key, text, blocks, attempts, claimed_at""")
_ABANDONED = sa.text("""
    UPDATE outbox SET state = 'unknown', ended_at = :now,
           error = 'the process that was sending it ended before Slack''s answer was written down'
    WHERE state = 'sending' AND claimed_at < :before RETURNING id""")
_END = sa.text("""
    UPDATE outbox SET state = :state, ended_at = :ended_at, next_at = coalesce(:next_at, next_at), error = :error
    WHERE id = :id AND state = 'sending' AND claimed_at = :claimed_at""")
# By a person, about a message that nobody is at and that is not known to be there.
_RESEND = sa.text("""
    UPDATE outbox SET state = 'pending', attempts = 0, next_at = :now, ended_at = NULL, error = NULL
    WHERE key = :key AND state IN ('unknown', 'failed', 'logged') RETURNING id""")
_ARRIVED = sa.text("""
    UPDATE outbox SET state = 'sent', error = NULL WHERE key = :key AND state IN ('unknown', 'failed') RETURNING id""")
# Newest first, through outbox_created_idx. Also for readers with a driver of their own (the API).
RECENT = """
SELECT key, kind, text, state, attempts, created_at, ended_at, error FROM outbox ORDER BY created_at DESC, id DESC
LIMIT %(limit)s
"""
UNSETTLED = """
SELECT key, kind, text, state, attempts, created_at, ended_at, error FROM outbox WHERE state IN ('unknown', 'failed')
ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""
COUNTS = "SELECT state, count(*) AS messages FROM outbox GROUP BY state"


def enqueue(connection: sa.Connection, message: Message, now: datetime) -> bool:
    """Puts the message in, in the caller's transaction. False where one with its key is there already."""
    blocks = None if message.blocks is None else json.dumps(list(message.blocks))
    row = {"key": message.key, "kind": message.kind, "text": message.text, "blocks": blocks, "now": now}
    return connection.execute(_ENQUEUE, row).one_or_none() is not None


def claim(connection: sa.Connection, now: datetime) -> Claimed | None:
    """The next message, now this deliverer's; None where none is due. To be committed before anything is sent."""
    row = connection.execute(_CLAIM, {"now": now}).one_or_none()
    return None if row is None else Claimed(*row)


def give_up_abandoned(connection: sa.Connection, now: datetime, longest: timedelta) -> int:
    """Ends what a dead deliverer left: claimed longer ago than any attempt can take. How many there were."""
    return len(connection.execute(_ABANDONED, {"now": now, "before": now - longest}).all())


def end(connection: sa.Connection, claimed: Claimed, state: MessageState, now: datetime, error: str | None) -> None:
    """How the attempt ended, for good."""
    _finish(connection, claimed, state=state, ended_at=now, next_at=None, error=error)


def postpone(connection: sa.Connection, claimed: Claimed, next_at: datetime, error: str) -> None:
    """It was not taken: asked again from ``next_at`` on."""
    _finish(connection, claimed, state=MessageState.PENDING, ended_at=None, next_at=next_at, error=error)


def resend(connection: sa.Connection, key: str, now: datetime) -> bool:
    """By a person: a message that is unknown, failed or only logged is sent (again). False where there is none such."""
    return connection.execute(_RESEND, {"key": key, "now": now}).one_or_none() is not None


def note_arrived(connection: sa.Connection, key: str) -> bool:
    """By a person, who has seen it in the channel: it is sent. False where no unknown or failed one has the key."""
    return connection.execute(_ARRIVED, {"key": key}).one_or_none() is not None


def _finish(connection: sa.Connection, claimed: Claimed, **values: object) -> None:
    """A row that meanwhile was given up as abandoned stays so, also where a person had it sent again since."""
    connection.execute(_END, {"id": claimed.id, "claimed_at": claimed.claimed_at, **values})
