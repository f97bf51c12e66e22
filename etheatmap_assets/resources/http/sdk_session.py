"""What vendor SDKs (praw, pytrends) send with: a ``requests`` session whose every request goes through the gateway.

An SDK sees good answers and redirects; what else comes back ends as one of our states, never as a status for the SDK to
retry. Some wrap what is raised below them: ``unwrap`` finds it again.
"""

import tempfile
from collections.abc import Callable, Iterator
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from etheatmap_assets.resources.http.calls import Call
from etheatmap_assets.resources.http.exchange import Answer
from etheatmap_core.archive import Received
from etheatmap_core.errors import EtHeatmapError

OnAnswer = Callable[[requests.PreparedRequest, Received, bytes], None]
# Of the connection, not of the answer: the body is plain and whole by now.
_OF_THE_WIRE = {"content-encoding", "content-length", "transfer-encoding", "connection"}


def unwrap(error: BaseException | None) -> EtHeatmapError | None:
    """The state behind an SDK's error; None where the SDK itself is at fault."""
    return next((found for found in _behind(error, set()) if isinstance(found, EtHeatmapError)), None)


def _behind(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """The error, what it wraps, and what it came from."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    # prawcore's RequestException keeps what it wraps so, and hides the cause.
    wrapped = getattr(error, "original_exception", None)
    for other in (wrapped, error.__cause__, error.__context__):
        yield from _behind(other if isinstance(other, BaseException) else None, seen)


class SdkSession(requests.Session):
    """Sends by ``send``, and nothing past it: no proxies, no netrc, no retries of its own."""

    def __init__(
        self,
        source: str,
        send: Callable[[Call, Path], Answer],
        on_answer: OnAnswer,
        user_agent: str,
        also_answers: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = user_agent
        adapter = _GatewayAdapter(source, send, on_answer, also_answers)
        for prefix in ("https://", "http://"):
            self.mount(prefix, adapter)


class _GatewayAdapter(BaseAdapter):
    def __init__(
        self,
        source: str,
        send: Callable[[Call, Path], Answer],
        on_answer: OnAnswer,
        also_answers: frozenset[int],
    ) -> None:
        super().__init__()
        self._also_answers = also_answers
        self._source = source
        self._send = send
        self._on_answer = on_answer

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Timeouts, proxies and certificates are the gateway's affair, not the SDK's."""
        is_secret = _asks_for_token(request)
        call = Call(
            source=self._source,
            url=request.url or "",
            method=request.method or "GET",
            headers=dict(request.headers),
            body=_bytes(request.body),
            is_secret=is_secret,
            also_answers=self._also_answers,
        )
        with tempfile.TemporaryDirectory(prefix="etheatmap-") as folder:
            to = Path(folder) / "answer"
            answer = self._send(call, to)
            body = to.read_bytes()
        if answer.received is not None and not is_secret and answer.status_code in range(200, 300):
            self._on_answer(request, answer.received, body)
        return _response(request, answer, body)

    def close(self) -> None:
        """The connections are the gateway's."""


def _asks_for_token(request: requests.PreparedRequest) -> bool:
    """OAuth's token requests: the app's own name and password, or the path that everybody gives them."""
    is_basic = str(request.headers.get("Authorization", "")).startswith("Basic ")
    return is_basic or request.path_url.partition("?")[0].rstrip("/").endswith(("/access_token", "/token"))


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else b"".join(body)


class _Head:
    """What requests reads cookies from: the headers as http.client would have kept them."""

    def __init__(self, message: Message) -> None:
        self.msg = message

    def close(self) -> None:
        """Nothing is open."""

    def isclosed(self) -> bool:
        return True


def _response(request: requests.PreparedRequest, answer: Answer, body: bytes) -> requests.Response:
    headers, message = HTTPHeaderDict(), Message()
    for name, value in answer.headers.multi_items():
        if name.lower() not in _OF_THE_WIRE:
            headers.add(name, value)
            message[name] = value
    raw = HTTPResponse(
        body=BytesIO(body),
        headers=headers,
        status=answer.status_code or 200,
        preload_content=False,
        original_response=_Head(message),  # type: ignore[arg-type]  # the part of it that is used
    )
    return HTTPAdapter().build_response(request, raw)
