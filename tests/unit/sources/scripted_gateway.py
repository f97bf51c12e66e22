"""A gateway that answers from a script: what vendor SDKs do with an answer, without a network."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import httpx2
import requests

from etheatmap_assets.resources.http import Call, Gateway, NotModified, Validators
from etheatmap_assets.resources.http.exchange import Answer
from etheatmap_assets.resources.http.sdk_session import SdkSession
from etheatmap_core.archive import Received


class Reply(NamedTuple):
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {"content-type": "application/json; charset=UTF-8"}


class ScriptedGateway:
    """``script`` answers each call, or raises the state that the real gateway would."""

    def __init__(self, script: Callable[[Call], Reply]) -> None:
        self.calls: list[Call] = []
        self._script = script

    def as_gateway(self) -> Gateway:
        return cast("Gateway", self)

    @property
    def asked(self) -> list[str]:
        return [f"{call.method} {call.url}" for call in self.calls]

    def fetch(self, call: Call, to: Path, *, validators: Validators | None = None) -> Received | NotModified:
        received = self._send(call, to).received
        assert received is not None
        return received

    def session(
        self,
        source: str,
        on_answer: Callable[[requests.PreparedRequest, Received, bytes], None],
        *,
        also_answers: frozenset[int] = frozenset(),
    ) -> requests.Session:
        return SdkSession(source, self._send, on_answer, "tests", also_answers)

    def _send(self, call: Call, to: Path) -> Answer:
        self.calls.append(call)
        reply = self._script(call)
        to.write_bytes(reply.body)
        digest = hashlib.sha256(reply.body).hexdigest()
        kind = reply.headers.get("content-type")
        return Answer(
            reply.status,
            httpx2.Headers(dict(reply.headers)),
            Received(call.url, reply.status, len(reply.body), digest, kind),
        )
