"""Everything that can go wrong, as the states people see. Each message is one sentence: what, where, what to do."""

from datetime import datetime
from enum import StrEnum


class SourceState(StrEnum):
    """How asking a source ended, in the words of tables, pages and metadata. None but the first two is a number."""

    OK = "ok"
    EMPTY = "empty"
    STALE = "stale"
    DISABLED = "disabled"
    NO_CREDENTIALS = "no credentials"
    NOT_PUBLISHED = "not published"
    DEFERRED = "deferred"
    RATE_LIMITED = "rate limited"
    CIRCUIT_OPEN = "circuit open"
    OUT_OF_BUDGET = "out of budget"
    FAILED = "failed"


class EtHeatmapError(Exception):
    """Base of every error that is shown to a person as it is, without a stack trace."""

    state: SourceState = SourceState.FAILED


class ConfigError(EtHeatmapError):
    """A setting or a file in configs/ is wrong; the message names file, line, field and what was expected."""


class DatabaseUnavailableError(EtHeatmapError):
    """No database could be reached or started."""


class DisabledError(EtHeatmapError):
    """The source is switched off; the message names the switch."""

    state = SourceState.DISABLED


class NoCredentialsError(EtHeatmapError):
    """The source needs keys that are not set; the message names the variables."""

    state = SourceState.NO_CREDENTIALS


class NotPublishedYetError(EtHeatmapError):
    """The upstream has nothing for this partition yet: a state of its own, no failure and no alarm."""

    state = SourceState.NOT_PUBLISHED


class DeferredError(EtHeatmapError):
    """Our own limit is used up: not sent, asked again later. ``next_at`` is when there is room."""

    state = SourceState.DEFERRED

    def __init__(self, message: str, next_at: datetime | None = None) -> None:
        super().__init__(message)
        self.next_at = next_at


class PacedError(DeferredError):
    """The budget's pace leaves no room yet: not sent, asked again from ``next_at`` on. Held by the budget, like one
    that is used up."""

    state = SourceState.OUT_OF_BUDGET


class RateLimitedError(EtHeatmapError):
    """The upstream says "not so fast", still after all retries; ``next_at`` is when it will answer, if it said so."""

    state = SourceState.RATE_LIMITED

    def __init__(self, message: str, next_at: datetime | None = None) -> None:
        super().__init__(message)
        self.next_at = next_at


class CircuitOpenError(EtHeatmapError):
    """The source failed so often that nobody asks it until ``open_until``: not sent."""

    state = SourceState.CIRCUIT_OPEN

    def __init__(self, message: str, open_until: datetime | None = None) -> None:
        super().__init__(message)
        self.open_until = open_until


class OutOfBudgetError(EtHeatmapError):
    """There is no money left for this call: not sent."""

    state = SourceState.OUT_OF_BUDGET


class BudgetExhaustedError(OutOfBudgetError):
    """A limit of the ledger leaves no room for this call, or its provider is closed: not sent.

    ``provider`` is the account that refused (the total's, where that did), amounts are in its unit; all None where a
    reservation ended before its call was sent.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        limit_units: int | None = None,
        used_units: int | None = None,
        period_end: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.limit_units = limit_units
        self.used_units = used_units
        self.period_end = period_end


class UpstreamUnreachableError(EtHeatmapError):
    """The upstream could not be asked: no network, a refused connection, a timeout, a 5xx after all retries."""


class UpstreamRefusedError(EtHeatmapError):
    """The upstream does not answer this (a 4xx), or we do not go where it leads: asking again would change nothing.

    ``status_code`` is None where the refusal is ours (an address that is not allowed).
    """

    def __init__(self, message: str, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


class UpstreamBudgetError(UpstreamRefusedError):
    """The upstream's own account has nothing left, whatever our books say: sent, and refused by it."""

    state = SourceState.OUT_OF_BUDGET


class CorruptCaptureError(EtHeatmapError):
    """The upstream's answer is not what it claims to be (cut short, bad CRC, unreadable): quarantined, asked again."""


class NotRecollectableError(EtHeatmapError):
    """The source only knows "now", and this past hour was never captured: it stays a gap."""


class ChecksFailedError(EtHeatmapError):
    """A check before COMMIT failed: nothing was written.

    ``results`` holds the outcome of every check of the write, the failed ones among them.
    """

    def __init__(self, message: str, results: "tuple[object, ...]" = ()) -> None:
        super().__init__(message)
        self.results = results
