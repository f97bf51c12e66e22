"""A gateway with everything but HTTP played, and a real server on this machine that misbehaves as told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from etheatmap_assets.resources.http.addresses import AddressGuard
from etheatmap_assets.resources.http.breaker import Pass
from etheatmap_assets.resources.http.gateway import Gateway
from etheatmap_assets.resources.http.limiter import Grant
from etheatmap_assets.resources.http.redact import Redactor
from etheatmap_assets.resources.http.reservations import Reserve
from etheatmap_core.config.model import BreakerLimits, RequestRate, SourceLimits
from etheatmap_core.errors import CircuitOpenError

NOW = datetime(2012, 2, 18, 18, 5, tzinfo=UTC)
ATTEMPTS = 4
Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, body: bytes = b"", announced: int | None = None, **headers: str) -> Behaviour:
    """Sends ``body``, but announces ``announced`` bytes. Says that the connection ends: else a client that has not
    seen it end yet would lose an attempt on it."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        length = str(len(body) if announced is None else announced)
        for name, value in {"Content-Length": length, "Connection": "close", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return send


def unannounced(body: bytes) -> Behaviour:
    """Sends ``body`` without saying how long it is; its end is the end of the connection."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)

    return send


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte every 50 ms, for as long as somebody listens."""
    answer(200, announced=10**6)(handler)
    with suppress(OSError):
        while True:
            handler.wfile.write(b".")
            time.sleep(0.05)


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Closes with a TCP reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    handler.close_connection = True
    handler.wfile.close()
    handler.connection.close()


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message  # of any case
    body: bytes


class Server:
    """Plays its list of behaviours, one a request, the last one for ever."""

    def __init__(self) -> None:
        self.script: list[Behaviour] = [answer(200, b"hello")]
        self.asked: list[Asked] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.asked.append(Asked(self.command, self.path, self.headers, body))
                (server.script.pop(0) if len(server.script) > 1 else server.script[0])(self)

            do_POST = do_GET  # noqa: N815  the name is http.server's

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """The resets are meant."""

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.http.server_port}"
        self.url = f"http://{self.place}/pageviews.gz"


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


@dataclass
class PlayedLimiter:
    """Grants until ``grants`` are used up; then there is room in ``wait_seconds``."""

    grants: int = 1000
    wait_seconds: float = 3600.0
    taken: list[tuple[str, int]] = field(default_factory=list)

    def take(
        self, bucket: str, tokens: int, capacity: int, refill_per_second: float, now: datetime | None = None
    ) -> Grant:
        if self.grants <= 0:
            return Grant(is_granted=False, wait_seconds=self.wait_seconds)
        self.grants -= 1
        self.taken.append((bucket, tokens))
        return Grant(is_granted=True, wait_seconds=0.0)

    def close(self) -> None:
        pass


@dataclass
class PlayedBreaker:
    """Writes down what it is told. ``open_until``: nobody is let in."""

    open_until: datetime | None = None
    verdicts: list[tuple[str, str | None]] = field(default_factory=list)

    def admit(self, source: str, now: datetime, probe_seconds: float) -> Pass:
        if self.open_until is not None:
            raise CircuitOpenError(f"{source} is not asked until {self.open_until}", self.open_until)
        return Pass(source)

    def succeeded(self, leave: Pass, now: datetime) -> None:
        self.verdicts.append(("succeeded", None))

    def answered(self, leave: Pass, error: str | None) -> None:
        self.verdicts.append(("answered", error))

    def failed(
        self, leave: Pass, limits: BreakerLimits, now: datetime, error: str, not_before: datetime | None = None
    ) -> None:
        self.verdicts.append(("failed", error))

    def not_sent(self, leave: Pass) -> None:
        self.verdicts.append(("not sent", None))


@dataclass
class PlayedAudit:
    """Keeps its rows."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def log(self, source: str, event: str, level: str, status: str, **extra: Any) -> None:
        self.rows.append({"source": source, "event": event, "level": level, "status": str(status), **extra})

    def cache_hit(self, source: str, key: str, age_seconds: float) -> None:
        self.log(source, "cache hit", "info", "ok", key=key, age_seconds=age_seconds)

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(row["event"], row["status"]) for row in self.rows]


def limits(**changed: Any) -> SourceLimits:
    """Of the source ``wiki``, whose 404 means "not published yet"."""
    values: dict[str, Any] = {
        "source": "wiki", "hosts": (), "requests": RequestRate(60, 60), "attempts": ATTEMPTS,
        "is_absent_unpublished": True,
    }  # fmt: skip
    return SourceLimits(**{**values, **changed})


class Kit:
    """A gateway and the parts it was made with."""

    def __init__(
        self,
        *places: str,
        limits_of: Mapping[str, SourceLimits] | None = None,
        simulator_url: str | None = None,
        secrets: tuple[str, ...] = (),
        reserve: Reserve | None = None,
        user_agents: Mapping[str, str] | None = None,
    ) -> None:
        self.limiter, self.breaker, self.audit = PlayedLimiter(), PlayedBreaker(), PlayedAudit()
        self.now = NOW
        self.slept: list[float] = []
        of = limits_of or {"wiki": limits()}
        self.gateway = Gateway(
            of,
            guard=AddressGuard(of, dict.fromkeys(of, places), simulator_url),
            limiter=self.limiter,
            breaker=self.breaker,
            audit=self.audit,
            redactor=Redactor(secrets),
            user_agent="ET Heatmap tests",
            user_agents=user_agents,
            reserve=reserve,
            clock=lambda: self.now,
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
