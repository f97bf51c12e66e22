"""Bad days on demand: a board of faults, and the middleware that applies them to any upstream's answers.

Here: nothing about any upstream's format. A fault names its upstream, and the hours if only some are to suffer.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.hours import parse_hour, spell_hour

# The server puts the connection's asyncio transport here: no ASGI message can reset a connection.
TRANSPORT_EXTENSION = "etheatmap_sim.transport"


def _hour(spelled: object) -> datetime:
    try:
        return parse_hour(str(spelled))
    except SimulatorError as error:
        raise ValueError(str(error)) from error


class Fault(BaseModel):
    """One kind of bad day. ``hours``: only requests for these (starts of hours); ``count``: only so many requests."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    upstream: str
    kind: Literal["status", "truncate", "corrupt", "latency", "reset"]
    hours: tuple[Annotated[datetime, BeforeValidator(_hour)], ...] | None = None
    count: int | None = Field(default=None, ge=1)
    status: int = Field(default=503, ge=400, le=599)  # of kind status
    retry_after: int | None = Field(default=None, ge=0)  # seconds; of kind status
    seconds: float = Field(default=1.0, ge=0)  # of kind latency

    def spelled(self) -> dict[str, object]:
        """As it would be posted."""
        hours = None if self.hours is None else [spell_hour(hour) for hour in self.hours]
        return self.model_dump(exclude_none=True, exclude={"hours"}) | ({} if hours is None else {"hours": hours})


class FaultBoard:
    """The faults in force. Of several that match a request, the one posted first strikes."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def take(self, upstream: str, hour: datetime | None) -> Fault | None:
        """The fault that strikes a request; each one taken is counted down and leaves the board when used up."""
        for position, fault in enumerate(self.faults):
            if fault.upstream == upstream and (fault.hours is None or hour in fault.hours):
                if fault.count == 1:
                    del self.faults[position]
                elif fault.count is not None:
                    self.faults[position] = fault.model_copy(update={"count": fault.count - 1})
                return fault
        return None


class FaultMiddleware:
    """Stands before one upstream's routes."""

    def __init__(
        self, app: ASGIApp, board: FaultBoard, upstream: str, hour_of: Callable[[str], datetime | None]
    ) -> None:
        self._app = app
        self._board = board
        self._upstream = upstream
        self._hour_of = hour_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._board.take(self._upstream, self._hour_of(scope["path"]))
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "status":
            await _refusal(fault)(scope, receive, send)
        elif fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "reset":
            await _reset(scope, receive)
        else:
            start, body = await _answer(self._app, scope, receive)
            await send(start)
            await send(_half(body) if fault.kind == "truncate" else _flipped(body))


def _refusal(fault: Fault) -> PlainTextResponse:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return PlainTextResponse(f"{fault.status} by order of a fault\n", fault.status, headers)


def _half(body: bytes) -> Message:
    """More is promised, by this and by the length sent before, but nothing follows: the server then closes."""
    return {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}


def _flipped(body: bytes) -> Message:
    """One byte in the middle is not what it was: the length is right, a checksum is not."""
    middle = len(body) // 2
    wrong = bytes(byte ^ 0xFF for byte in body[middle : middle + 1])
    return {"type": "http.response.body", "body": body[:middle] + wrong + body[middle + 1 :]}


async def _reset(scope: Scope, receive: Receive) -> None:
    """TCP RST in place of an answer: closing with a linger time of zero sends one."""
    transport: asyncio.Transport = scope["extensions"][TRANSPORT_EXTENSION]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """What the upstream would have sent: the start message and the whole body."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])
