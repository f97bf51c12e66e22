"""Bad days on demand: a board of faults, and the middleware that applies them to any upstream's answers.

Here: nothing about any upstream's format. A fault names its upstream; hours, a piece of the URL or a count narrow it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etheatmap_sim import spoiling
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.hours import Clock, parse_hour, spell_hour
from etheatmap_sim.upstream import SKEW_EXTENSION


def _hour(spelled: object) -> datetime:
    try:
        return parse_hour(str(spelled))
    except SimulatorError as error:
        raise ValueError(str(error)) from error


class Fault(BaseModel):
    """One kind of bad day. Without ``hours``, ``path`` and ``count`` every request of the upstream suffers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    upstream: str
    kind: Literal[
        "status", "truncate", "corrupt", "latency", "reset", "drip", "malformed", "encoding", "empty", "html", "skew"
    ]
    hours: tuple[Annotated[datetime, BeforeValidator(_hour)], ...] | None = None  # requests for these: starts of hours
    path: str | None = None  # requests whose host, path and query hold this
    count: int | None = Field(default=None, ge=1)  # only so many requests
    status: int = Field(default=503, ge=300, le=599)  # of kind status
    retry_after: int | str | None = None  # of kind status: seconds, or a date as HTTP spells it
    location: str | None = None  # of kind status: where a redirect leads
    seconds: float = 1.0  # of latency and drip: how long; of skew: how far the upstream's clock is ahead
    is_taken: bool = False  # of latency and reset: the upstream did what it was asked before; only its answer suffers

    def strikes(self, upstream: str, hour: datetime | None, url: str) -> bool:
        return (
            self.upstream == upstream
            and (self.hours is None or hour in self.hours)
            and (self.path is None or self.path in url)
        )

    def spelled(self) -> dict[str, object]:
        """As it would be posted."""
        hours = None if self.hours is None else [spell_hour(hour) for hour in self.hours]
        return self.model_dump(exclude_none=True, exclude={"hours"}) | ({} if hours is None else {"hours": hours})


class FaultBoard:
    """The faults in force, and the requests each upstream had. Of several that match, the one posted first strikes."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._faults: list[Fault] = []
        self._lock = Lock()  # tests post and clear from another thread than the server's

    @property
    def faults(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._faults)

    def post(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, upstream: str, hour: datetime | None, url: str) -> Fault | None:
        """The fault that strikes a request; each one taken is counted down and leaves the board when used up."""
        with self._lock:
            for position, fault in enumerate(self._faults):
                if fault.strikes(upstream, hour, url):
                    if fault.count == 1:
                        del self._faults[position]
                    elif fault.count is not None:
                        self._faults[position] = fault.model_copy(update={"count": fault.count - 1})
                    return fault
        return None


class FaultMiddleware:
    """Stands before one upstream's routes: counts a request, dates its answer, spoils it where a fault says so."""

    def __init__(
        self,
        app: ASGIApp,
        board: FaultBoard,
        upstream: str,
        hour_of: Callable[[str], datetime | None],
        clock: Clock,
    ) -> None:
        self._app = app
        self._board = board
        self._upstream = upstream
        self._hour_of = hour_of
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._board.requests[self._upstream] += 1
        fault = self._board.take(self._upstream, self._hour_of(scope["path"]), _url(scope))
        if fault and fault.kind == "skew":
            scope[SKEW_EXTENSION] = fault.seconds
        dated = _dating(send, self._clock() + timedelta(seconds=scope.get(SKEW_EXTENSION, 0.0)))
        if fault is None or fault.kind == "skew":
            await self._app(scope, receive, dated)
        elif fault.kind == "status":
            refusal = spoiling.refusal(fault.status, fault.retry_after, fault.location)
            await refusal(scope, receive, dated)
        elif fault.kind == "latency" and not fault.is_taken:
            await asyncio.sleep(max(0.0, fault.seconds))
            await self._app(scope, receive, dated)
        elif fault.kind == "reset":
            if fault.is_taken:
                await _answer(self._app, scope, receive)
            await spoiling.reset(scope, receive)
        else:
            await _spoilt(fault, *await _answer(self._app, scope, receive), dated)


_REPLACED: Mapping[str, Callable[[bytes], bytes]] = {
    "corrupt": spoiling.flipped,
    "malformed": spoiling.malformed,
    "encoding": spoiling.badly_encoded,
    "empty": spoiling.emptied,
    "html": spoiling.error_page,
}


async def _spoilt(fault: Fault, start: Message, body: bytes, send: Send) -> None:
    """Sends the answer late, or with its body or its headers as the fault wants them."""
    if fault.kind == "latency":
        await asyncio.sleep(max(0.0, fault.seconds))
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    if fault.kind == "drip":
        await spoiling.drip(start, body, max(0.0, fault.seconds), send)
        return
    if fault.kind == "truncate":
        # More is promised, by this and by the length sent before, but nothing follows: the server then closes.
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return
    replaced = _REPLACED[fault.kind](body)
    headers = MutableHeaders(raw=start["headers"])
    headers["content-length"] = str(len(replaced))
    if fault.kind == "html":
        headers["content-type"] = "text/html; charset=utf-8"
    if fault.kind != "corrupt":
        for name in ("etag", "last-modified"):  # a bad page must not be taken for the good one when asked again
            del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": replaced})


def _dating(send: Send, now: datetime) -> Send:
    """Answers carry the simulator's time, not the machine's."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["date"] = format_datetime(now, usegmt=True)
        await send(message)

    return dated


def _url(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """What the upstream would have sent to a client that has nothing yet: the start message and the whole body."""
    validators = (b"if-none-match", b"if-modified-since")
    scope = dict(scope) | {"headers": [pair for pair in scope["headers"] if pair[0] not in validators]}
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])
