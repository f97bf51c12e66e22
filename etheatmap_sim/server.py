"""The web server the simulator runs on: uvicorn, with the connection within reach of the fault layer."""

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from etheatmap_sim.spoiling import TRANSPORT_EXTENSION


class _ResettableProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT_EXTENSION: self.transport}  # type: ignore[dict-item]


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
