"""One attempt: the request, its redirects, what the status means, the body to its file.

Here: HTTP. Not here: whether we may ask now (gateway.py), which addresses (addresses.py), connections (transport.py).
"""

import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2

from etheatmap_assets.resources.http.addresses import AddressGuard, Target
from etheatmap_assets.resources.http.bodies import CutShortError, require_size, write_body
from etheatmap_assets.resources.http.calls import Call, Refused, Validators
from etheatmap_assets.resources.http.reservations import Reservation
from etheatmap_assets.resources.http.retry_after import retry_at
from etheatmap_assets.resources.http.transport import GuardedTransport
from etheatmap_core.archive import Received
from etheatmap_core.archive.raw_archive import content_hash
from etheatmap_core.clock import Clock
from etheatmap_core.config.model import SourceLimits
from etheatmap_core.errors import (
    CorruptCaptureError,
    NotPublishedYetError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below they tell whole addresses, with the keys in them

MAX_REDIRECTS = 5
DEFAULT_TIMEOUT_SECONDS = 30
_CONNECT_SECONDS = 10.0
_REDIRECTS = {301, 302, 303, 307, 308}
_ANSWERS = range(200, 205)  # beyond are answers in parts, and to WebDAV
# Ours, or of one connection: what a vendor SDK brings of them would be wrong.
_NOT_FROM_CALLERS = {
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "proxy-authorization",
}
# What another origin may see of the caller's headers.
_HARMLESS = {"accept", "accept-language", "user-agent"}
_GZIP = {"gzip", "x-gzip"}
_EXPLANATION_BYTES = 64 * 1024
_LOG = logging.getLogger(__name__)


class AskAgainError(Exception):
    """An answer that says "not now"."""

    def __init__(self, status_code: int, retry_at: datetime | None) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code
        self.retry_at = retry_at


@dataclass(frozen=True)
class Answer:
    """``received`` is None where the upstream says that the earlier answer still holds (304)."""

    status_code: int | None
    headers: httpx2.Headers
    received: Received | None


@dataclass(frozen=True)
class Question:
    """A call, with what is known when it is sent. ``shown`` is its address without secrets."""

    call: Call
    limits: SourceLimits
    target: Target
    shown: str
    to: Path
    validators: Validators | None
    follows_redirects: bool


class Exchange:
    """Sends. Safe to share between threads."""

    def __init__(self, guard: AddressGuard, user_agents: Mapping[str, str], user_agent: str, clock: Clock) -> None:
        self._guard = guard
        self._user_agents = user_agents
        self._user_agent = user_agent
        self._clock = clock
        # No cookie of one call is shown in another.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx2.Client(transport=GuardedTransport(guard), cookies=no_cookies, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def user_agent(self, source: str) -> str:
        return self._user_agents.get(source, self._user_agent)

    def send(self, question: Question, reservation: Reservation) -> Answer:
        """One request, and those it is redirected to.

        Passing trouble is an AskAgainError, a CutShortError or httpx2's TransportError; all else is a state.
        """
        target, is_at_home = question.target, True
        for _ in range(MAX_REDIRECTS + 1):
            with self._client.stream(
                question.call.method,
                target.sent_to,
                content=question.call.body,
                headers=self._headers(question, is_at_home=is_at_home),
                timeout=_timeout(question.limits),
                follow_redirects=False,
            ) as response:
                reservation.settle(response.status_code, response.headers)
                # One reservation pays one request: a call that costs is led nowhere else.
                follows = question.follows_redirects and question.call.charge is None
                if not (follows and response.status_code in _REDIRECTS):
                    return self._answer(question, response)
                next_target = self._redirected(question, target, response)
            is_at_home = is_at_home and _origin(next_target.url) == _origin(question.target.url)
            target = next_target
        raise UpstreamRefusedError(f"{question.shown} redirects more than {MAX_REDIRECTS} times.", response.status_code)

    def _headers(self, question: Question, *, is_at_home: bool) -> dict[str, str]:
        """The caller's headers may hold keys: after a redirect to another origin only the harmless ones go along."""
        call, validators = question.call, question.validators
        headers = {
            "user-agent": self.user_agent(call.source),
            "accept-encoding": "gzip" if question.limits.accepts_gzip else "identity",
        }
        for name, value in call.headers.items():
            lower = name.lower()
            if lower not in _NOT_FROM_CALLERS and (is_at_home or lower in _HARMLESS):
                headers[lower] = value
        if validators is not None and validators.etag is not None:
            headers["if-none-match"] = validators.etag
        if validators is not None and validators.last_modified is not None:
            headers["if-modified-since"] = validators.last_modified
        return headers

    def _redirected(self, question: Question, target: Target, response: httpx2.Response) -> Target:
        call, status = question.call, response.status_code
        location = response.headers.get("location")
        if location is None:
            raise UpstreamRefusedError(f"{question.shown} redirects (status {status}) to nowhere.", status)
        try:
            url = str(target.url.copy_with(userinfo=b"").join(location))
        except httpx2.InvalidURL as error:
            raise UpstreamRefusedError(f"{question.shown} redirects to what is no address.", status) from error
        try:
            admitted = self._guard.admit(call.source, url)
        except UpstreamRefusedError as error:
            raise UpstreamRefusedError(f"{question.shown} redirects. {error}", status) from error
        if call.method not in ("GET", "HEAD") or (call.is_secret and _origin(admitted.url) != _origin(target.url)):
            raise UpstreamRefusedError(
                f"{question.shown} redirects to {admitted.url.host}: what was sent is not sent elsewhere.", status
            )
        return admitted

    def _answer(self, question: Question, response: httpx2.Response) -> Answer:
        status = response.status_code
        if status == 304 and question.validators is not None:
            return Answer(status, response.headers, None)
        is_answer = status in _ANSWERS or status in question.call.also_answers
        if not is_answer and not (status in _REDIRECTS and not question.follows_redirects):
            self._refuse(question, response)
        encoding = response.headers.get("content-encoding", "").strip().lower()
        is_packed = question.limits.accepts_gzip and encoding not in ("", "identity")
        if is_packed and encoding not in _GZIP:
            raise CorruptCaptureError(f"{question.shown} is packed as {encoding[:40]}, which nobody asked for.")
        max_size_bytes = question.limits.max_size_bytes
        require_size(question.shown, _announced(response), max_size_bytes)
        size_bytes, digest = write_body(
            question.shown, _body(question.shown, response), question.to,
            is_packed=is_packed, max_size_bytes=max_size_bytes,
        )  # fmt: skip
        received = Received(
            question.shown, status, size_bytes, digest, response.headers.get("content-type"),
            response.headers.get("etag"), response.headers.get("last-modified"),
        )  # fmt: skip
        return Answer(status, response.headers, received)

    def _refuse(self, question: Question, response: httpx2.Response) -> None:
        """Raises what the upstream's own words mean, or else the status."""
        status, shown, limits = response.status_code, question.shown, question.limits
        if question.call.refusal is not None:
            refused = Refused(status, response.headers, _explanation(response), shown)
            if (error := question.call.refusal(refused)) is not None:
                raise error
        if status == httpx2.codes.TOO_MANY_REQUESTS or status >= 500:
            raise AskAgainError(status, retry_at(response.headers.get("retry-after"), self._clock()))
        if status == httpx2.codes.NOT_FOUND and limits.is_absent_unpublished:
            raise NotPublishedYetError(f"{shown} is not published yet.")
        if status in (401, 403) and limits.credentials:
            remedy = f"check {', '.join(limits.credentials)}"
        else:
            remedy = "check its address and our access"
        raise UpstreamRefusedError(f"{shown} was refused with status {status}: {remedy}.", status)


def copy_file(question: Question) -> Answer:
    """The same for a file:// address."""
    try:
        shutil.copyfile(unquote(urlsplit(question.call.url).path), question.to)
    except FileNotFoundError as error:
        raise NotPublishedYetError(f"{question.shown} is not published yet.") from error
    except OSError as error:
        raise UpstreamUnreachableError(f"{question.shown} cannot be read ({error.strerror}).") from error
    received = Received(question.shown, None, question.to.stat().st_size, content_hash(question.to))
    return Answer(None, httpx2.Headers(), received)


def _body(shown: str, response: httpx2.Response) -> Iterator[bytes]:
    """The bytes as sent, as they come. httpx2 compares their number with Content-Length; here that has a name."""
    try:
        yield from response.iter_raw()
    except httpx2.RemoteProtocolError as error:
        announced = response.headers.get("content-length", "an unknown number of")
        raise CutShortError(f"{shown} was cut short: {response.num_bytes_downloaded} of {announced} bytes.") from error


def _explanation(response: httpx2.Response) -> bytes:
    """The beginning of a refusal's body, plain or packed; as much as came where it breaks off: its status stands."""
    told = bytearray()
    try:
        for chunk in response.iter_bytes():
            told += chunk
            if len(told) >= _EXPLANATION_BYTES:
                break
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        _LOG.info("A refusal with status %d broke off: %s", response.status_code, type(error).__name__)
    return bytes(told[:_EXPLANATION_BYTES])


def _announced(response: httpx2.Response) -> int:
    spelled = response.headers.get("content-length", "")
    return int(spelled) if spelled.isascii() and spelled.isdigit() else 0


def _timeout(limits: SourceLimits) -> httpx2.Timeout:
    seconds = float(limits.timeout_seconds or DEFAULT_TIMEOUT_SECONDS)
    return httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port
