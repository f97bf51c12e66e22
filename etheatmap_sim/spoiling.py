"""The ways in which an answer can be bad, as bytes. Not here: when one strikes (``faults``)."""

import asyncio
import socket
import struct

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

# The server puts the connection's asyncio transport here: no ASGI message can reset a connection.
TRANSPORT_EXTENSION = "etheatmap_sim.transport"
_ERROR_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>"
    b"<p>This page is sent with status 200 by order of a fault.</p></body></html>\n"
)
_DRIPS = 20
# é as Latin-1 has it, and a lone continuation byte: neither is UTF-8, whatever the header says.
_NOT_UTF8 = b"\xe9\x80"


def refusal(status: int, retry_after: int | str | None, location: str | None) -> PlainTextResponse:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if location is not None:
        headers["Location"] = location
    return PlainTextResponse(f"{status} by order of a fault\n", status, headers)


def flipped(body: bytes) -> bytes:
    """One byte in the middle is not what it was: the length is right, a checksum is not."""
    middle = len(body) // 2
    wrong = bytes(byte ^ 0xFF for byte in body[middle : middle + 1])
    return body[:middle] + wrong + body[middle + 1 :]


def malformed(body: bytes) -> bytes:
    """Ends too early with a length that is right: a bracket, a tag or an archive is left open."""
    return body[: max(1, len(body) * 2 // 3)] + b'<"{'


def badly_encoded(body: bytes) -> bytes:
    """Bytes that are no UTF-8 in the middle of a word, under a header that says UTF-8."""
    middle = body.find(b" ", len(body) // 2)
    middle = len(body) // 2 if middle < 0 else middle
    return body[:middle] + _NOT_UTF8 + body[middle:]


def emptied(_: bytes) -> bytes:
    return b""


def error_page(_: bytes) -> bytes:
    """What a wall against robots sends, with the status of success."""
    return _ERROR_PAGE


async def drip(start: Message, body: bytes, seconds: float, send: Send) -> None:
    """The right answer, in pieces over ``seconds``: each comes before a read timeout, the whole may not."""
    await send(start)
    size = max(1, -(-len(body) // _DRIPS))
    pieces = [body[begin : begin + size] for begin in range(0, len(body), size)]
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def reset(scope: Scope, receive: Receive) -> None:
    """TCP RST in place of an answer: closing with a linger time of zero sends one."""
    transport: asyncio.Transport = scope["extensions"][TRANSPORT_EXTENSION]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
