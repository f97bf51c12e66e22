"""One message to Slack's incoming webhook, by Slack's own client, and what its answer means.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (answers), .../web-api-rate-limits (429 with
Retry-After, about one message a second). Here: one attempt. Not here: when it is made again (deliver).
"""

import http.client
import logging
import socket
import ssl
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from slack_sdk.webhook import WebhookClient

from etheatmap_core.outbox.store import Claimed

logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # its own lines hold what was sent, and where to

TIMEOUT_SECONDS = 8
_SIMULATED_HOST = "hooks.slack.com"
# A request leaves only after these; whatever else goes wrong may have come after Slack had the message.
_NEVER_SENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


@dataclass(frozen=True)
class Attempt:
    """How one ended. ``retry``: Slack did not take it, and may later, after ``retry_after_seconds`` if it said so."""

    outcome: Literal["sent", "retry", "unknown", "failed"]
    error: str | None = None
    retry_after_seconds: int | None = None


Post = Callable[[Claimed], Attempt]


def webhook_poster(webhook_url: str, simulator_url: str | None = None) -> Post:
    """Posts to the webhook; to the simulator's in its place where there is one."""
    url = webhook_url
    if simulator_url is not None:
        path = webhook_url.partition("://")[2].partition("/")[2]
        url = f"{simulator_url.rstrip('/')}/{_SIMULATED_HOST}/{path}"
    client = WebhookClient(url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
    if simulator_url is not None:
        client.proxy = None  # it is on this machine, whatever proxy leads to the world

    def post(message: Claimed) -> Attempt:
        try:
            answer = client.send(text=message.text, blocks=list(message.blocks) if message.blocks else None)
        except urllib.error.URLError as error:
            return _unreached(error.reason)
        except (OSError, http.client.HTTPException) as error:
            return _unreached(error)
        return _answered(answer.status_code, answer.body.strip(), answer.headers)

    return post


def _answered(status: int, body: str, headers: dict[str, str]) -> Attempt:
    if status == http.client.OK:
        return Attempt("sent")
    if status == http.client.TOO_MANY_REQUESTS:
        told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
        return Attempt("retry", "Slack says: not so fast (429)", int(told) if told.isdigit() else None)
    if status >= http.client.INTERNAL_SERVER_ERROR:
        return Attempt("retry", f"Slack has trouble of its own ({status})")
    word = body.split("\n", 1)[0][:80]
    return Attempt("failed", f"Slack refuses it ({status} {word}): check SLACK_WEBHOOK_URL and its channel")


def _unreached(error: object) -> Attempt:
    name = type(error).__name__ if isinstance(error, BaseException) else str(error)
    if isinstance(error, _NEVER_SENT):
        return Attempt("retry", f"Slack cannot be reached ({name})")
    return Attempt("unknown", f"Slack did not answer ({name}): whether the message is there, only the channel shows")
