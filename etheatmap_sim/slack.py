"""Slack as messages reach it: incoming webhooks and the Web API's chat.postMessage, each message counted.

``POST /services/T…/B…/…`` at hooks.slack.com answers ``ok`` or Slack's one word for what is wrong; a webhook whose last
part is ``revoked``, ``wrong`` or ``archived`` is. ``POST /api/chat.postMessage`` and ``/api/auth.test`` at slack.com
take a bot's token.
"""

import html
import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from etheatmap_sim.hours import Clock
from etheatmap_sim.upstream import Upstream

NAME = "slack"
# By the last part of a webhook's address: status and word, as Slack's documentation has them.
_REFUSALS = {
    "revoked": (404, "no_service"),
    "wrong": (403, "invalid_token"),
    "archived": (410, "channel_is_archived"),
}
_LONGEST_TEXT = 40_000


@dataclass
class SlackRoom:
    """What has been posted, oldest first: each with its text, its blocks and when it came."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, message: dict[str, Any]) -> int:
        """How many there are with it."""
        with self._lock:
            self.messages.append(message)
            return len(self.messages)

    @property
    def texts(self) -> list[str]:
        """As they stand in the channel; ``messages`` has them as they were sent."""
        with self._lock:
            return [html.unescape(message["text"]) for message in self.messages]


def slack_upstreams(room: SlackRoom, clock: Clock) -> list[Upstream]:
    """Both hosts; faults call them ``slack``."""
    desk = _Desk(room, clock)
    hooks = Route("/services/{team}/{app}/{token}", desk.webhook, methods=["POST"])
    api = [
        Route("/api/chat.postMessage", desk.post_message, methods=["POST"]),
        Route("/api/auth.test", desk.auth_test, methods=["POST", "GET"]),
    ]
    return [Upstream(NAME, "/hooks.slack.com", [hooks]), Upstream(NAME, "/slack.com", api)]


class _Desk:
    def __init__(self, room: SlackRoom, clock: Clock) -> None:
        self._room = room
        self._clock = clock

    async def webhook(self, request: Request) -> Response:
        if refusal := _REFUSALS.get(request.path_params["token"]):
            status, word = refusal
            return PlainTextResponse(word, status)
        try:
            payload = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("invalid_payload", 400)
        if not isinstance(payload, dict) or not (payload.get("text") or payload.get("blocks")):
            return PlainTextResponse("no_text", 400)
        self._keep(payload, "webhook")
        return PlainTextResponse("ok")

    async def post_message(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer xoxb-"):
            return JSONResponse({"ok": False, "error": "not_authed"})
        payload = await _fields(request)
        if not payload.get("channel"):
            return JSONResponse({"ok": False, "error": "channel_not_found"})
        if not (payload.get("text") or payload.get("blocks")):
            return JSONResponse({"ok": False, "error": "no_text"})
        number = self._keep(payload, "chat.postMessage")
        stamp = f"{self._clock().timestamp():.0f}.{number:06d}"
        return JSONResponse(
            {"ok": True, "channel": payload["channel"], "ts": stamp, "message": {"text": payload["text"]}}
        )

    def auth_test(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer xoxb-"):
            return JSONResponse({"ok": False, "error": "not_authed"})
        return JSONResponse({"ok": True, "team": "Simulated", "user": "etheatmap", "team_id": "T0", "user_id": "U0"})

    def _keep(self, payload: dict[str, Any], way: str) -> int:
        text = str(payload.get("text", ""))[:_LONGEST_TEXT]
        told = {"text": text, "blocks": payload.get("blocks"), "way": way, "at": self._clock().isoformat()}
        return self._room.post(told)


async def _fields(request: Request) -> dict[str, Any]:
    """slack-sdk sends forms or JSON, as the call has it."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        found = json.loads(body)
        return found if isinstance(found, dict) else {}
    return dict(parse_qsl(body.decode()))
