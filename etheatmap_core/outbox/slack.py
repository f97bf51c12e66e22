"""One message to Slack's incoming webhook, by Slack's own client, and what its answer means.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (answers), .../web-api-rate-limits (429 with
Retry-After, about one message a second), .../formatting-message-text (escaping). Here: one attempt. Not here: when it
is made again (deliver).
"""

import http.client
import logging
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from slack_sdk.webhook import WebhookClient

from etheatmap_core.outbox.store import Claimed

logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # its own lines hold what was sent, and where to

_STEP_SECONDS = 5  # for each address that is tried, for the handshake, for each piece of the answer
_SIMULATED_HOST = "hooks.slack.com"
_TAKEN = "ok"  # Slack's whole answer; any other page with status 200 is somebody else's
_NEW_WEBHOOK = "make a new webhook in Slack and set SLACK_WEBHOOK_URL to it"
_CHANNEL = "look at the webhook's channel in Slack, and who may post there"
_REMEDIES = {
    "no_service": _NEW_WEBHOOK,
    "no_service_id": _NEW_WEBHOOK,
    "no_active_hooks": _NEW_WEBHOOK,
    "no_team": _NEW_WEBHOOK,
    "team_disabled": _NEW_WEBHOOK,
    "invalid_token": _NEW_WEBHOOK,
    "user_not_found": _NEW_WEBHOOK,
    "channel_not_found": _CHANNEL,
    "channel_is_archived": _CHANNEL,
    "action_prohibited": _CHANNEL,
    "posting_to_general_channel_denied": _CHANNEL,
}
_ONLY_THE_CHANNEL_SHOWS = "whether the message is there, only the channel shows"


@dataclass(frozen=True)
class Attempt:
    """How one ended. ``retry``: Slack did not take it, and may later, after ``retry_after_seconds`` if it said so."""

    outcome: Literal["sent", "retry", "unknown", "failed"]
    error: str | None = None
    retry_after_seconds: int | None = None


Post = Callable[[Claimed], Attempt]


def escaped(text: str) -> str:
    """``text`` as data: Slack shows it as it is and makes no link or mention of what stands between < and >."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def webhook_poster(webhook_url: str, simulator_url: str | None = None) -> Post:
    """Posts to the webhook; to the simulator's in its place where there is one.

    A message's text is data and is escaped here; its blocks go as they are, whoever builds them escapes.
    """
    url = webhook_url
    if simulator_url is not None:
        path = webhook_url.partition("://")[2].partition("/")[2]
        url = f"{simulator_url.rstrip('/')}/{_SIMULATED_HOST}/{path}"
    client = WebhookClient(url, timeout=_STEP_SECONDS, retry_handlers=[])
    if simulator_url is not None:
        client.proxy = None  # it is on this machine, whatever proxy leads to the world

    def post(message: Claimed) -> Attempt:
        try:
            blocks = list(message.blocks) if message.blocks else None
            answer = client.send(text=escaped(message.text), blocks=blocks)
        except urllib.error.URLError as error:
            # Raised up to the moment when the last byte of the body has been handed over, and not after it.
            return Attempt("retry", f"Slack cannot be reached ({_kind(error.reason)})")
        except (OSError, http.client.HTTPException, UnicodeError, LookupError) as error:
            return Attempt("unknown", f"Slack did not answer ({_kind(error)}): {_ONLY_THE_CHANNEL_SHOWS}")
        return _answered(answer.status_code, answer.body.strip(), answer.headers)

    return post


def unanswered(seconds: float) -> Attempt:
    """An attempt that nobody waits for any longer."""
    return Attempt("unknown", f"Slack did not answer within {seconds:.0f} s: {_ONLY_THE_CHANNEL_SHOWS}")


def _answered(status: int, body: str, headers: dict[str, str]) -> Attempt:
    if status == http.client.OK:
        other = Attempt("unknown", f"what answered with status 200 was not Slack: {_ONLY_THE_CHANNEL_SHOWS}")
        return Attempt("sent") if body == _TAKEN else other
    if status == http.client.TOO_MANY_REQUESTS:
        told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
        return Attempt("retry", "Slack says: not so fast (429)", int(told) if told.isdecimal() else None)
    if status == http.client.GATEWAY_TIMEOUT:
        return Attempt("unknown", f"Slack's gateway gave up waiting ({status}): {_ONLY_THE_CHANNEL_SHOWS}")
    if status >= http.client.INTERNAL_SERVER_ERROR:
        return Attempt("retry", f"Slack has trouble of its own ({status})")
    word = body.split("\n", 1)[0][:80]
    remedy = _REMEDIES.get(word, "check SLACK_WEBHOOK_URL; if it is right, the message is not as Slack wants it")
    return Attempt("failed", f"Slack refuses it ({status} {word}): {remedy}")


def _kind(error: object) -> str:
    """Never the error's own text, which may hold the address."""
    return type(error).__name__
