"""Fetching files over HTTP, from their bytes to their hash. Later sources add rate limits and a breaker around it.

Retried, with jitter: no connection, a timeout, 429 and 5xx, honouring ``Retry-After``. No other 4xx is asked again.
"""

import hashlib
import logging
import shutil
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import stamina
import stamina.instrumentation
from stamina.instrumentation import RetryDetails

from etheatmap_core.archive import Received
from etheatmap_core.archive.raw_archive import content_hash
from etheatmap_core.clock import Clock, system_clock
from etheatmap_core.errors import CorruptCaptureError, NotPublishedYetError, UpstreamUnreachableError

_LOG = logging.getLogger(__name__)
ATTEMPTS = 4
MAX_RETRY_AFTER_SECONDS = 60.0
MAX_SIZE_BYTES = 512 * 1024 * 1024  # ten times a large dump
_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
_CHUNK_BYTES = 1024 * 1024


def _tell_retry(details: RetryDetails) -> None:
    _LOG.info("%s: asked again in %.1f s", details.caused_by, details.wait_for)


stamina.instrumentation.set_on_retry_hooks([_tell_retry])  # its own would print the request's internals


class _AskAgainError(Exception):
    """An answer that says "not now"."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class _CutShortError(CorruptCaptureError):
    """Fewer bytes than announced: asked again first, corrupt only if that does not help."""


class Downloader:
    """Downloads files, at most ``max_connections`` at a time. Safe to share between threads."""

    def __init__(self, user_agent: str, *, max_connections: int = 2, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._client = httpx2.Client(
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
            timeout=_TIMEOUT,
            follow_redirects=True,
            limits=httpx2.Limits(max_connections=max_connections),
        )

    def download(self, url: str, to: Path) -> Received:
        """Writes what ``url`` (http, https or file) answers to ``to``.

        NotPublishedYetError: 404, or no such file. UpstreamUnreachableError: still no answer after all attempts, or a
        refusal. CorruptCaptureError: fewer bytes than announced, after all attempts, or too many.
        """
        if urlsplit(url).scheme == "file":
            return _copy(url, Path(unquote(urlsplit(url).path)), to)
        try:
            for attempt in stamina.retry_context(on=self._wait_before_next, attempts=ATTEMPTS, timeout=300):
                with attempt:
                    return self._ask(url, to)
        except (httpx2.TransportError, _AskAgainError) as error:
            reason = str(error) or type(error).__name__
            raise UpstreamUnreachableError(
                f"{urlsplit(url).netloc} cannot be reached ({reason}): check the network, or ask again later."
            ) from error
        raise AssertionError("stamina ends by success or by raising")

    def close(self) -> None:
        self._client.close()

    def _ask(self, url: str, to: Path) -> Received:
        with self._client.stream("GET", url) as answer:
            self._judge_status(url, answer)
            digest, size_bytes = hashlib.sha256(), 0
            with to.open("wb") as file:
                for chunk in _body(url, answer):
                    size_bytes += len(chunk)
                    if size_bytes > MAX_SIZE_BYTES:
                        raise CorruptCaptureError(f"{url} is larger than {MAX_SIZE_BYTES} bytes.")
                    digest.update(chunk)
                    file.write(chunk)
            return Received(url, answer.status_code, size_bytes, digest.hexdigest())

    def _judge_status(self, url: str, answer: httpx2.Response) -> None:
        status = answer.status_code
        if status == httpx2.codes.NOT_FOUND:
            raise NotPublishedYetError(f"{url} is not published yet.")
        if status == httpx2.codes.TOO_MANY_REQUESTS or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise _AskAgainError(f"status {status}", self._retry_after_seconds(answer))
        if status != httpx2.codes.OK:
            raise UpstreamUnreachableError(f"{url} was refused with status {status}: check its address and our access.")

    def _retry_after_seconds(self, answer: httpx2.Response) -> float | None:
        """``Retry-After`` in either of its spellings (RFC 9110, 10.2.3), within reason."""
        spelled = answer.headers.get("Retry-After", "")
        try:
            seconds = float(spelled)
        except ValueError:
            try:
                at = parsedate_to_datetime(spelled)
            except ValueError:
                return None
            seconds = (at.astimezone(UTC) - self._clock()).total_seconds()
        return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)

    @staticmethod
    def _wait_before_next(error: Exception) -> bool | float:
        if isinstance(error, _AskAgainError):
            return True if error.retry_after_seconds is None else error.retry_after_seconds
        return isinstance(error, httpx2.TransportError | _CutShortError)


def _body(url: str, answer: httpx2.Response) -> Iterator[bytes]:
    """The bytes as sent. httpx2 compares their number with Content-Length; here that trouble gets its own name."""
    try:
        yield from answer.iter_raw(_CHUNK_BYTES)
    except httpx2.RemoteProtocolError as error:
        announced = answer.headers.get("Content-Length", "an unknown number of")
        raise _CutShortError(f"{url} was cut short: {answer.num_bytes_downloaded} of {announced} bytes.") from error


def _copy(url: str, path: Path, to: Path) -> Received:
    try:
        shutil.copyfile(path, to)
    except FileNotFoundError as error:
        raise NotPublishedYetError(f"{url} is not published yet.") from error
    except OSError as error:
        raise UpstreamUnreachableError(f"{url} cannot be read ({error.strerror}).") from error
    return Received(url, None, to.stat().st_size, content_hash(to))
