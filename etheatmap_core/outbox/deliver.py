"""Delivery: each message claimed, posted, and its end written down, one after the other.

The claim is committed before the post, so that a message is posted once or, where its deliverer died, listed as
unknown; never twice. Here: the order of things and when to try again. Not here: the table (store), HTTP (slack).
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from etheatmap_core.clock import Clock
from etheatmap_core.outbox.slack import Attempt, Post, unanswered
from etheatmap_core.outbox.store import Claimed, MessageState, claim, end, give_up_abandoned, postpone

_LOG = logging.getLogger(__name__)
# Nobody can still be at a message that was claimed longer ago.
LONGEST_ATTEMPT = timedelta(seconds=60)
PAUSE_SECONDS = 1.0  # Slack takes about one a second
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 5, 600
_MOST_ATTEMPTS = 150  # with the pauses above: a day; where Slack says when, it is asked for as long as it says so
# An attempt has what is left of the time, between these: one that begins should not be cut short.
_SHORTEST_ATTEMPT_SECONDS, _LONGEST_ATTEMPT_SECONDS = 10, 20


@dataclass
class Delivered:
    """What a delivery has done."""

    sent: int = 0
    postponed: int = 0
    unknown: int = 0
    failed: int = 0
    logged: int = 0

    def __str__(self) -> str:
        counts = {name: count for name, count in vars(self).items() if count}
        return ", ".join(f"{count} {name}" for name, count in counts.items()) or "no message waits"


def deliver(
    engine: sa.Engine,
    post: Post | None,
    clock: Clock,
    *,
    within_seconds: float = 20,
    pause_seconds: float = PAUSE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivered:
    """Sends what waits, for so long at most. ``post`` None: there is no webhook, and messages go to the log.

    Safe in several processes at once: each message has one deliverer.
    """
    done, started = Delivered(), time.monotonic()
    with engine.begin() as connection:
        done.unknown += give_up_abandoned(connection, clock(), LONGEST_ATTEMPT)
    ends, pause = started + within_seconds, 0.0
    while ends - time.monotonic() - pause >= _SHORTEST_ATTEMPT_SECONDS:
        sleep(pause)
        with engine.begin() as connection:
            message = claim(connection, clock())
        if message is None:
            break
        left = min(ends - time.monotonic(), _LONGEST_ATTEMPT_SECONDS)
        attempt = _within(left, post, message) if post else _log(message)
        _write_down(engine, message, attempt, clock, done, is_logged=post is None)
        if attempt.outcome == "retry":
            break  # what stands behind it goes to the same place
        pause = 0.0 if post is None else pause_seconds
    return done


def _within(seconds: float, post: Post, message: Claimed) -> Attempt:
    """``post``, waited for so long at most: each step of it has a timeout, their sum has none."""
    thread = ThreadPoolExecutor(max_workers=1)
    try:
        return thread.submit(post, message).result(seconds)
    except TimeoutError:
        return unanswered(seconds)
    finally:
        thread.shutdown(wait=False)


def _log(message: Claimed) -> Attempt:
    _LOG.warning("No SLACK_WEBHOOK_URL is set; the message %s: %s", message.key, message.text)
    return Attempt("sent")


def _write_down(
    engine: sa.Engine, message: Claimed, attempt: Attempt, clock: Clock, done: Delivered, *, is_logged: bool
) -> None:
    now = clock()
    with engine.begin() as connection:
        match attempt.outcome:
            case "sent" if is_logged:
                end(connection, message, MessageState.LOGGED, now, None)
                done.logged += 1
            case "sent":
                end(connection, message, MessageState.SENT, now, None)
                done.sent += 1
            case "unknown":
                end(connection, message, MessageState.UNKNOWN, now, attempt.error)
                done.unknown += 1
            case "retry" if attempt.retry_after_seconds is not None or message.attempts < _MOST_ATTEMPTS:
                pause = timedelta(seconds=_pause_seconds(message, attempt))
                postpone(connection, message, now + pause, attempt.error or "")
                done.postponed += 1
            case _:
                end(connection, message, MessageState.FAILED, now, attempt.error)
                done.failed += 1


def _pause_seconds(message: Claimed, attempt: Attempt) -> int:
    """Slack's own word, else twice as long each time."""
    if attempt.retry_after_seconds is not None:
        return attempt.retry_after_seconds
    return int(min(_FIRST_PAUSE_SECONDS * 2 ** (message.attempts - 1), _LONGEST_PAUSE_SECONDS))
