"""The simulated Slack, by Slack's own client."""

from collections.abc import Iterator

import httpx2
import pytest
from sim_builders import ROSTER, START
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from etheatmap_sim.testing import Simulator, serve


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(ROSTER, START) as running:
        yield running


def test_a_webhook_takes_messages_and_they_are_listed(simulator: Simulator) -> None:
    answer = WebhookClient(f"{simulator.url}/hooks.slack.com/services/T1/B1/secret").send(text="Zendaya is hot")
    assert (answer.status_code, answer.body) == (200, "ok")
    listed = httpx2.get(f"{simulator.url}/sim/slack.json").json()
    assert [message["text"] for message in listed["messages"]] == ["Zendaya is hot"]
    assert simulator.slack.texts == ["Zendaya is hot"]


@pytest.mark.parametrize(
    ("token", "body", "status", "word"),
    [
        ("revoked", b'{"text": "x"}', 404, "no_service"),
        ("wrong", b'{"text": "x"}', 403, "invalid_token"),
        ("archived", b'{"text": "x"}', 410, "channel_is_archived"),
        ("secret", b"no json", 400, "invalid_payload"),
        ("secret", b"{}", 400, "no_text"),
    ],
)
def test_what_is_wrong_has_slacks_word(simulator, token: str, body: bytes, status: int, word: str) -> None:
    before = len(simulator.slack.texts)
    answer = httpx2.post(f"{simulator.url}/hooks.slack.com/services/T1/B1/{token}", content=body)
    assert (answer.status_code, answer.text) == (status, word)
    assert len(simulator.slack.texts) == before


def test_the_web_api_takes_a_bots_message(simulator: Simulator) -> None:
    client = WebClient("xoxb-simulated", base_url=f"{simulator.url}/slack.com/api/")
    assert client.auth_test()["user"] == "etheatmap"
    answer = client.chat_postMessage(channel="#heat", text="Dune is hot")
    assert answer["ok"]
    assert simulator.slack.texts[-1] == "Dune is hot"


def test_the_web_api_refuses_who_has_no_token(simulator: Simulator) -> None:
    client = WebClient("nobody", base_url=f"{simulator.url}/slack.com/api/")
    with pytest.raises(SlackApiError, match="not_authed"):
        client.chat_postMessage(channel="#heat", text="x")


def test_a_day_of_too_many_requests(simulator: Simulator) -> None:
    simulator.order("slack", "status", status=429, retry_after=7, count=1)
    answer = WebhookClient(f"{simulator.url}/hooks.slack.com/services/T1/B1/secret").send(text="late")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("kind", ["latency", "reset"])
def test_a_message_that_was_taken_before_its_answer_got_lost(simulator: Simulator, kind: str) -> None:
    before = simulator.slack.texts
    simulator.order("slack", kind, seconds=1.5, is_taken=True, count=1)
    hook = f"{simulator.url}/hooks.slack.com/services/T1/B1/secret"
    client = WebhookClient(hook, timeout=1, retry_handlers=[])  # its own handlers would send it again
    with pytest.raises(OSError, match=r"timed out|Connection reset"):
        client.send(text=kind)
    assert simulator.slack.texts == [*before, kind]


def test_texts_are_listed_as_the_channel_shows_them(simulator: Simulator) -> None:
    WebhookClient(f"{simulator.url}/hooks.slack.com/services/T1/B1/secret").send(text="R&amp;B &lt;3")
    assert simulator.slack.texts[-1] == "R&B <3"
    assert simulator.slack.messages[-1]["text"] == "R&amp;B &lt;3"
