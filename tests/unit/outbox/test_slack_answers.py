"""What each way in which a post can end means for its message. Words and statuses as Slack documents them."""

import http.client
import logging
import socket
import ssl
import urllib.error
from datetime import UTC, datetime

import pytest
from slack_sdk.webhook import WebhookClient, WebhookResponse

from etheatmap_core.outbox.slack import escaped, webhook_poster
from etheatmap_core.outbox.store import Claimed

WEBHOOK = "https://hooks.slack.com/services/T0/B0/hunter2"
MESSAGE = Claimed(1, "k", "Tom & Jerry <3 > all", None, 1, datetime(2026, 11, 24, tzinfo=UTC))


def answered(monkeypatch, status: int, body: str, headers: dict[str, str] | None = None):
    answer = WebhookResponse(url=WEBHOOK, status_code=status, body=body, headers=headers or {})
    monkeypatch.setattr(WebhookClient, "send", lambda self, **_: answer)
    return webhook_poster(WEBHOOK)(MESSAGE)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, "ok", "sent"),
        (200, "ok\n", "sent"),
        (200, "<html>Log in to this network</html>", "unknown"),
        (200, "", "unknown"),
        (302, "", "failed"),
        (400, "invalid_payload", "failed"),
        (403, "invalid_token", "failed"),
        (404, "no_service", "failed"),
        (410, "channel_is_archived", "failed"),
        (429, "rate_limited", "retry"),
        (500, "rollup_error", "retry"),
        (502, "", "retry"),
        (503, "", "retry"),
        (504, "", "unknown"),
    ],
)
def test_an_answer_by_its_status(monkeypatch, status: int, body: str, outcome: str) -> None:
    assert answered(monkeypatch, status, body).outcome == outcome


@pytest.mark.parametrize(
    ("told", "seconds"),
    [({"Retry-After": "30"}, 30), ({"retry-after": "1"}, 1), ({}, None), ({"Retry-After": "soon"}, None)],
)
def test_slacks_own_word_on_when_to_come_again(monkeypatch, told: dict[str, str], seconds: int | None) -> None:
    assert answered(monkeypatch, 429, "", told).retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("no_service", "make a new webhook in Slack and set SLACK_WEBHOOK_URL to it"),
        ("channel_is_archived", "look at the webhook's channel in Slack, and who may post there"),
        ("a_word_of_next_year", "check SLACK_WEBHOOK_URL; if it is right, the message is not as Slack wants it"),
    ],
)
def test_a_refusal_has_slacks_word_and_the_remedy(monkeypatch, word: str, remedy: str) -> None:
    assert answered(monkeypatch, 404, word).error == f"Slack refuses it (404 {word}): {remedy}"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        # While the request was made: it cannot have left whole.
        (urllib.error.URLError(ConnectionRefusedError(WEBHOOK)), "retry"),
        (urllib.error.URLError(socket.gaierror(-2, WEBHOOK)), "retry"),
        (urllib.error.URLError(TimeoutError(WEBHOOK)), "retry"),
        (urllib.error.URLError(ssl.SSLCertVerificationError(WEBHOOK)), "retry"),
        (urllib.error.URLError(OSError("Tunnel connection failed: 407")), "retry"),
        # While its answer was waited for or read: it may have arrived.
        (TimeoutError(WEBHOOK), "unknown"),
        (ConnectionResetError(WEBHOOK), "unknown"),
        (http.client.RemoteDisconnected(WEBHOOK), "unknown"),
        (http.client.IncompleteRead(b"o"), "unknown"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, WEBHOOK), "unknown"),
    ],
)
def test_no_answer_is_tried_again_only_where_nothing_can_have_arrived(monkeypatch, error, outcome: str) -> None:
    def fail(self, **_):
        raise error

    monkeypatch.setattr(WebhookClient, "send", fail)
    attempt = webhook_poster(WEBHOOK)(MESSAGE)
    assert attempt.outcome == outcome
    assert "hunter2" not in str(attempt.error)


def test_text_is_data_and_is_escaped_as_slack_wants_it(monkeypatch) -> None:
    sent = []
    answer = WebhookResponse(url=WEBHOOK, status_code=200, body="ok", headers={})
    monkeypatch.setattr(WebhookClient, "send", lambda self, **fields: sent.append(fields) or answer)
    webhook_poster(WEBHOOK)(MESSAGE)
    assert sent[0]["text"] == "Tom &amp; Jerry &lt;3 &gt; all"
    assert escaped("<!channel>") == "&lt;!channel&gt;"


def test_the_simulator_stands_in_under_the_same_path() -> None:
    """A host that exists nowhere: a message never leaves for Slack while a simulator is set."""
    attempt = webhook_poster(WEBHOOK, "http://127.0.0.1:9/")(MESSAGE)
    assert (attempt.outcome, attempt.error) == ("retry", "Slack cannot be reached (ConnectionRefusedError)")


def test_slacks_client_logs_no_secret(caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        webhook_poster("http://127.0.0.1:9/services/T0/B0/hunter2")(MESSAGE)
    assert "hunter2" not in caplog.text
    assert "Tom" not in caplog.text
