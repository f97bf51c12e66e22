"""The one way to upstreams: address, breaker, limit, reservation, the request and its retries, health and audit.

Retried, with jitter: no connection, a timeout, an answer cut short, 429 and 5xx, honouring ``Retry-After``. No other
4xx is asked again. Each attempt takes tokens and a reservation of its own.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import overload

import httpx2
import requests
import stamina
import stamina.instrumentation
from stamina.instrumentation import RetryDetails

from etheatmap_assets.resources.http.addresses import AddressGuard, Target
from etheatmap_assets.resources.http.audit import Audit, Event, Level
from etheatmap_assets.resources.http.bodies import CutShortError
from etheatmap_assets.resources.http.breaker import Breaker, Pass
from etheatmap_assets.resources.http.calls import Call, NotModified, Validators
from etheatmap_assets.resources.http.exchange import Answer, AskAgainError, Exchange, Question, copy_file
from etheatmap_assets.resources.http.limiter import Limiter
from etheatmap_assets.resources.http.redact import Redactor
from etheatmap_assets.resources.http.reservations import Reserve, unmetered
from etheatmap_assets.resources.http.sdk_session import SdkSession
from etheatmap_assets.resources.http.transport import deadline, seconds_left
from etheatmap_core.archive import Received
from etheatmap_core.clock import Clock, system_clock
from etheatmap_core.config.model import SourceLimits
from etheatmap_core.errors import (
    CircuitOpenError,
    ConfigError,
    CorruptCaptureError,
    DeferredError,
    EtHeatmapError,
    NotPublishedYetError,
    OutOfBudgetError,
    RateLimitedError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

_LOG = logging.getLogger(__name__)
MAX_RETRY_AFTER_SECONDS = 60.0  # longer is not slept through: the call ends, and says until when
FILE_SOURCES = frozenset({"wiki"})  # whose upstream may be a folder (WIKIMEDIA_DUMPS_URL=file:///...)
_QUOTA_FROM_SECONDS = 3600
_SHORTEST_WAIT_SECONDS = 0.01
_PASSING = (AskAgainError, CutShortError, httpx2.TransportError)


def _tell_retry(details: RetryDetails) -> None:
    _LOG.info("%s: asked again in %.1f s", type(details.caused_by).__name__, details.wait_for)


stamina.instrumentation.set_on_retry_hooks([_tell_retry])  # its own would print the request's internals


class Gateway:
    """Safe to share between threads; what must hold for all processes together is in the collaborators.

    ``limiter_clock``: simulated time for the limits; by default the limiter's server has the time.
    """

    def __init__(
        self,
        limits: Mapping[str, SourceLimits],
        *,
        guard: AddressGuard,
        limiter: Limiter,
        breaker: Breaker,
        audit: Audit,
        redactor: Redactor,
        user_agent: str,
        user_agents: Mapping[str, str] | None = None,
        reserve: Reserve | None = None,
        clock: Clock = system_clock,
        limiter_clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.audit = audit
        self._limits = limits
        self._guard = guard
        self._limiter = limiter
        self._breaker = breaker
        self._redactor = redactor
        self._reserve = reserve or unmetered()
        self._clock = clock
        self._limiter_clock = limiter_clock
        self._sleep = sleep
        self._exchange = Exchange(guard, user_agents or {}, user_agent, clock)

    @overload
    def fetch(self, call: Call, to: Path) -> Received: ...
    @overload
    def fetch(self, call: Call, to: Path, *, validators: Validators | None) -> Received | NotModified: ...

    def fetch(self, call: Call, to: Path, *, validators: Validators | None = None) -> Received | NotModified:
        """Sends it, within limits, to a file. What does not end in an answer is raised, each state as its own error.

        An answer that must stay secret (``is_secret``) is written to ``to`` all the same; whoever asks removes it.
        """
        answer = self._fetch(call, to, validators, follows_redirects=True)
        if answer.received is not None:
            return answer.received
        earlier = validators or Validators(None, None)
        return NotModified(
            self._redactor.url(call.url, is_secret=call.is_secret),
            Validators(
                answer.headers.get("etag", earlier.etag), answer.headers.get("last-modified", earlier.last_modified)
            ),
        )

    def ask(self, call: Call) -> bytes:
        """A small answer, in memory."""
        with tempfile.TemporaryDirectory(prefix="etheatmap-") as folder:
            to = Path(folder) / "answer"
            self.fetch(call, to)
            return to.read_bytes()

    def has_read(self, source: str, error: CorruptCaptureError | None) -> None:
        """What the answer of a call that ``is_read`` was. A wall of HTML with status 200 is as little to be had as no
        answer: after so many in a row nobody asks."""
        if error is None:
            self._breaker.succeeded(Pass(source), self._clock())
        else:
            told = self._redactor.text(str(error))
            self._breaker.failed(Pass(source), self._limits[source].breaker, self._clock(), told)

    def session(
        self,
        source: str,
        on_answer: Callable[[requests.PreparedRequest, Received, bytes], None],
        *,
        also_answers: frozenset[int] = frozenset(),
    ) -> requests.Session:
        """For vendor SDKs, with their own retries off: everything it sends goes through ``fetch``.

        ``on_answer`` gets each answer with its request, to be archived; those of token requests it does not get.
        What ends in no answer is raised; where the SDK wraps it, ``unwrap`` finds it.
        """

        def send(call: Call, to: Path) -> Answer:
            # requests follows redirects itself, each hop a call of its own: the SDK may not want them followed.
            return self._fetch(call, to, None, follows_redirects=False)

        return SdkSession(source, send, on_answer, self._exchange.user_agent(source), also_answers)

    def close(self) -> None:
        """Closes the connections."""
        self._exchange.close()
        self._limiter.close()

    def _fetch(self, call: Call, to: Path, validators: Validators | None, *, follows_redirects: bool) -> Answer:
        if (limits := self._limits.get(call.source)) is None:
            raise ConfigError(f"limits.yml: {call.source} has no entry: nobody knows how it may be asked.")
        shown = self._redactor.url(call.url, is_secret=call.is_secret)
        with self._without_secrets(), deadline(limits.max_seconds):
            target = self._admit(call, shown)
            progress = _Progress(Question(call, limits, target, shown, to, validators, follows_redirects))
            leave = self._enter(progress.question)
            try:
                is_file = target.url.scheme == "file"
                answer = self._copied(progress) if is_file else self._ask_until_answered(progress)
            except BaseException as error:
                to.unlink(missing_ok=True)
                self._judge(leave, progress, error)
                raise
            if call.is_read:
                self._breaker.answered(leave, None)
            else:
                self._breaker.succeeded(leave, self._clock())
            return answer

    @contextmanager
    def _without_secrets(self) -> Iterator[None]:
        """The last word on what an error says, whoever wrote it."""
        try:
            yield
        except EtHeatmapError as error:
            error.args = (self._redactor.text(str(error)), *error.args[1:])
            raise

    def _admit(self, call: Call, shown: str) -> Target:
        if call.url.startswith("file:") and call.source in FILE_SOURCES:
            return Target(httpx2.URL(call.url), httpx2.URL(call.url))
        try:
            return self._guard.admit(call.source, call.url)
        except UpstreamRefusedError as error:
            self._log(call.source, "address refused", "error", error.state, url=shown, reason=str(error))
            raise

    def _enter(self, question: Question) -> Pass:
        limits = question.limits
        try:
            return self._breaker.admit(
                question.call.source, self._clock(), probe_seconds=limits.max_seconds + limits.max_wait_seconds
            )
        except CircuitOpenError as error:
            self._log(question.call.source, "circuit open", "warning", error.state, url=question.shown)
            raise

    def _judge(self, leave: Pass, progress: "_Progress", error: BaseException) -> None:
        """Tells the breaker what came of the call."""
        told, limits, now = self._redactor.text(str(error)), progress.question.limits.breaker, self._clock()
        match error:
            case NotPublishedYetError():
                self._breaker.answered(leave, None)
            case UpstreamRefusedError(status_code=int()):
                self._breaker.answered(leave, told)
            case RateLimitedError():
                self._breaker.failed(leave, limits, now, told, error.next_at)
            case UpstreamUnreachableError() | CorruptCaptureError():
                self._breaker.failed(leave, limits, now, told)
            case _ if progress.trouble is not None:
                self._breaker.failed(leave, limits, now, self._redactor.text(str(progress.trouble)))
            case _:
                self._breaker.not_sent(leave)

    def _ask_until_answered(self, progress: "_Progress") -> Answer:
        limits, charge = progress.question.limits, progress.question.call.charge
        attempts = 1 if charge is not None and charge.begins is not None else limits.attempts

        def wait_before_next(error: Exception) -> bool | float:
            return self._wait_before_next(progress, error)

        try:
            for attempt in stamina.retry_context(on=wait_before_next, attempts=attempts, timeout=limits.max_seconds):
                with attempt:
                    return self._attempt(progress, attempt.num)
        except (AskAgainError, httpx2.TransportError) as error:
            # What h11 says about a header it cannot send quotes the header.
            raise self._state_of(progress.question, error) from (
                None if isinstance(error, httpx2.LocalProtocolError) else error
            )
        raise AssertionError("stamina ends by success or by raising")

    def _attempt(self, progress: "_Progress", number: int) -> Answer:
        question = progress.question
        self._take_tokens(progress)
        started = perf_counter()
        try:
            with self._reserve(question.call) as reservation:
                answer = self._exchange.send(question, reservation)
        except OutOfBudgetError as error:
            self._log(question.call.source, "out of budget", "warning", error.state, url=question.shown)
            raise
        except DeferredError as error:  # the budget's pace, or what is planned for the hour
            next_at = error.next_at and str(error.next_at)
            self._log(question.call.source, "deferred", "info", error.state, url=question.shown, next_at=next_at)
            if progress.trouble is None:
                raise
            progress.is_over = True
            raise progress.trouble from error
        except (*_PASSING, EtHeatmapError) as error:
            progress.trouble = error if isinstance(error, _PASSING) else progress.trouble
            self._log_trouble(question, error, attempt=number, seconds=round(perf_counter() - started, 3))
            raise
        self._log_answer(question, answer, attempt=number, seconds=round(perf_counter() - started, 3))
        return answer

    def _copied(self, progress: "_Progress") -> Answer:
        """A file has no limits and is not tried twice."""
        question, started = progress.question, perf_counter()
        try:
            answer = copy_file(question)
        except EtHeatmapError as error:
            self._log_trouble(question, error, attempt=1, seconds=round(perf_counter() - started, 3))
            raise
        self._log_answer(question, answer, attempt=1, seconds=round(perf_counter() - started, 3))
        return answer

    def _take_tokens(self, progress: "_Progress") -> None:
        """Waits a little for room, or defers the call. What was asked before and failed has failed: that is told."""
        call, limits = progress.question.call, progress.question.limits
        rate, waited = limits.requests, 0.0
        bucket, capacity, refill_per_second, quota_ends_at = _room(call.source, limits, self._clock())
        while True:
            now = self._limiter_clock() if self._limiter_clock else None
            grant = self._limiter.take(bucket, call.cost, capacity, refill_per_second, now)
            if grant:
                return
            wait = max(grant.wait_seconds, _SHORTEST_WAIT_SECONDS)
            if waited + wait > min(limits.max_wait_seconds, seconds_left()):
                break
            self._sleep(wait)
            waited += wait
        next_at = quota_ends_at or self._clock() + timedelta(seconds=wait)
        self._log(
            call.source, "deferred", "info", DeferredError.state, url=progress.question.shown, next_at=str(next_at)
        )
        deferral = DeferredError(f"{call.source}: {rate} are used; next at {_minute(next_at)}.", next_at)
        if progress.trouble is None:
            raise deferral
        progress.is_over = True
        raise progress.trouble from deferral

    def _wait_before_next(self, progress: "_Progress", error: Exception) -> bool | float:
        """For stamina: whether to ask again, and after how many seconds where the upstream says so."""
        is_passing = isinstance(error, _PASSING) and not isinstance(error, httpx2.LocalProtocolError)
        if progress.is_over or not is_passing or seconds_left() == 0:
            return False
        if isinstance(error, AskAgainError) and error.retry_at is not None:
            seconds = max(0.0, (error.retry_at - self._clock()).total_seconds())
            return seconds if seconds <= min(MAX_RETRY_AFTER_SECONDS, seconds_left()) else False
        return True

    def _state_of(self, question: Question, error: AskAgainError | httpx2.TransportError) -> EtHeatmapError:
        """What passing trouble is called when it has not passed."""
        host = question.target.url.netloc.decode("ascii")
        if isinstance(error, AskAgainError):
            at = error.retry_at
            is_far = at is not None and (at - self._clock()).total_seconds() > MAX_RETRY_AFTER_SECONDS
            if error.status_code == httpx2.codes.TOO_MANY_REQUESTS or is_far:
                when = f"wants to be asked again at {_minute(at)}" if at else "does not say when to ask again"
                return RateLimitedError(f"{host} limits us ({error}) and {when}.", at)
        if seconds_left() == 0:
            return UpstreamUnreachableError(
                f"{host} took longer than {question.limits.max_seconds} seconds: ask again later, or raise max_seconds "
                "in limits.yml."
            )
        is_ours = isinstance(error, httpx2.LocalProtocolError)
        reason = "the request cannot be sent as it is" if is_ours else str(error) or type(error).__name__
        return UpstreamUnreachableError(f"{host} cannot be reached ({reason}): check the network, or ask again later.")

    def _log_answer(self, question: Question, answer: Answer, **extra: object) -> None:
        if answer.received is None:
            self._log(question.call.source, "cache hit", "info", "304", url=question.shown, **extra)
        else:
            status = str(answer.status_code or "ok")  # a file has no status
            size_bytes = answer.received.size_bytes
            self._log(question.call.source, "fetch", "info", status, url=question.shown, size_bytes=size_bytes, **extra)

    def _log_trouble(self, question: Question, error: Exception, **extra: object) -> None:
        event: Event = "fetch"
        level: Level = "warning"
        match error:
            case AskAgainError():
                event = "rate limited" if error.status_code == httpx2.codes.TOO_MANY_REQUESTS else "fetch"
                status, extra["retry_at"] = str(error.status_code), error.retry_at and str(error.retry_at)
            case NotPublishedYetError():
                level, status = "info", str(error.state)
            case UpstreamRefusedError(status_code=int()):
                level, status = "error", str(error.status_code)
            case UpstreamRefusedError():
                event, level, status = "address refused", "error", str(error.state)
            case _:
                status = "failed"
        reason = self._redactor.text(str(error) or type(error).__name__)
        if isinstance(error, httpx2.LocalProtocolError):
            reason = type(error).__name__
        self._log(question.call.source, event, level, status, url=question.shown, reason=reason, **extra)

    def _log(self, source: str, event: Event, level: Level, status: str, **extra: object) -> None:
        self.audit.log(source, event, level, status, **extra)


@dataclass
class _Progress:
    """Of one call: the last trouble, and whether it was the last attempt."""

    question: Question
    trouble: Exception | None = None
    is_over: bool = False


def _room(source: str, limits: SourceLimits, now: datetime) -> tuple[str, int, float, datetime | None]:
    """The bucket, its size, its refill a second; and when a quota ends.

    A rate a second or minute is a bucket that refills. One an hour or day is a quota of the clock's hour or day: a
    bucket that refilled steadily would let twice as many through in the hour after a quiet one.
    """
    rate = limits.requests
    if rate.period_seconds < _QUOTA_FROM_SECONDS:
        return source, limits.burst or rate.requests, rate.requests / rate.period_seconds, None
    begins_at = datetime.fromtimestamp(now.timestamp() // rate.period_seconds * rate.period_seconds, UTC)
    ends_at = begins_at + timedelta(seconds=rate.period_seconds)
    # It may not stand still for the limiter's arithmetic; a thousandth is no request within any quota of ours.
    return f"{source} {begins_at:%Y-%m-%dT%H}", rate.requests, rate.requests / rate.period_seconds / 1000, ends_at


def _minute(at: datetime) -> str:
    """The instant for people, not before it."""
    rounded = at + timedelta(seconds=59, microseconds=999_999)
    return f"{rounded:%Y-%m-%d %H:%M} UTC"
