"""Connections to nowhere but the very address that was checked, and never for longer than a call may take.

A name is resolved once, all it resolves to is checked, and that is what is connected to: between check and connection
there is no second look-up that could say something else. Host, SNI and certificate checks stay those of the name.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import httpcore2
import httpx2

# When the call of this thread has to be over, on the clock of time.monotonic().
_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
_KEEPALIVE_SECONDS = 15.0

_MEANT: dict[type[Exception], type[httpx2.TransportError]] = {
    httpcore2.ConnectTimeout: httpx2.ConnectTimeout,
    httpcore2.ReadTimeout: httpx2.ReadTimeout,
    httpcore2.WriteTimeout: httpx2.WriteTimeout,
    httpcore2.PoolTimeout: httpx2.PoolTimeout,
    httpcore2.ConnectError: httpx2.ConnectError,
    httpcore2.ReadError: httpx2.ReadError,
    httpcore2.WriteError: httpx2.WriteError,
    httpcore2.RemoteProtocolError: httpx2.RemoteProtocolError,
    httpcore2.LocalProtocolError: httpx2.LocalProtocolError,
}


class Rule(Protocol):
    """Says no (UpstreamRefusedError) to a place for what it resolves to."""

    def require_allowed(self, place: tuple[str, int], addresses: Iterable[str]) -> None: ...


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Reads and writes inside end by then, however busily the other side sends."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def seconds_left() -> float:
    """Of the call; never below 0."""
    until = _DEADLINE.get()
    return float("inf") if until is None else max(0.0, until - time.monotonic())


class GuardedTransport(httpx2.BaseTransport):
    """httpx2's transport on connections that ``rule`` allows. Proxies of the environment are not used."""

    def __init__(self, rule: Rule, *, max_connections: int = 20) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=max_connections,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            network_backend=_GuardedBackend(rule),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _in_words_of_httpx2():
            answer = self._pool.handle_request(sent)
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _in_words_of_httpx2():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _GuardedBackend(httpcore2.NetworkBackend):
    """Resolves, asks the rule, connects to what was resolved."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = _resolve(host, port)
        self._rule.require_allowed((host, port), addresses)
        trouble: Exception | None = None
        for address in addresses:
            try:
                return _TimedStream(
                    self._plain.connect_tcp(address, port, _within(timeout), local_address, socket_options)
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                trouble = trouble or error
        raise trouble or httpcore2.ConnectError(f"{host} resolves to nothing")


class _TimedStream(httpcore2.NetworkStream):
    """A stream whose every read and write ends at the call's deadline."""

    def __init__(self, plain: httpcore2.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, _within(timeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _TimedStream(self._plain.start_tls(ssl_context, server_hostname, _within(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)


def _within(timeout: float | None) -> float | None:
    left = seconds_left()
    if left <= 0:
        raise httpcore2.ReadTimeout("the call took longer than it may")
    shortest = min(left, float("inf") if timeout is None else timeout)
    return None if shortest == float("inf") else shortest


def _resolve(host: str, port: int) -> list[str]:
    """Every address of the host, in the system's order of preference."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore2.ConnectError(f"the name {host} cannot be resolved: {error.strerror or error}") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@contextmanager
def _in_words_of_httpx2() -> Iterator[None]:
    try:
        yield
    except tuple(_MEANT) as error:
        raise _MEANT[type(error)](str(error)) from error
