"""The web server the simulator runs on: uvicorn, with the connection within reach of the fault layer."""

import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from etheatmap_sim.spoiling import TRANSPORT_EXTENSION


class _ResettableProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT_EXTENSION: self.transport}  # type: ignore[dict-item]


def listen(host: str, port: int) -> socket.socket:
    """Bound and listening, so that what is said of it is true at once; port 0 takes any free one. Raises OSError."""
    # asyncio sends small answers without delay only on sockets that say they are TCP; else each waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError):
        listening.close()
        raise
    return listening


def create_server(app: ASGIApp) -> uvicorn.Server:
    """To be run on a listening socket: ``create_server(app).run(sockets=[...])``."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_ResettableProtocol,
            loop="asyncio",  # uvloop's sockets do not let a reset be set up
            ws="none",
            lifespan="off",
            log_level="critical",  # a truncated answer is an error to uvicorn, and the purpose here
            access_log=False,
            date_header=False,  # the upstreams date their answers by the simulator's clock
            timeout_graceful_shutdown=2,
        )
    )
