"""What goes to an upstream and what it means when nothing new comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from etheatmap_core.budget.model import Entry, Reservation
from etheatmap_core.errors import EtHeatmapError


@dataclass(frozen=True)
class Charge:
    """What a call may cost, in its provider's unit, and whom it is for. ``is_paced``: automation, which keeps the pace.

    ``cost`` reads the real cost from an answer's status and headers; None where it does not say: then all of ``units``.
    ``begins``: the call only begins what is charged when it ends. Once it has, whoever waits for the end is handed the
    reservation, to settle it then; such a call is sent once, for each that arrives begins another.
    ``admit`` is asked before each attempt, and raises where whoever asks has planned no more than was used already.
    """

    units: int
    entry: Entry
    is_paced: bool = False
    cost: Callable[[int, Mapping[str, str]], int | None] | None = None
    begins: Callable[[Reservation], None] | None = None
    admit: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Refused:
    """An answer whose status is a refusal, and as much of its body as an explanation takes. ``shown``: its address,
    without secrets."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes
    shown: str


# What an upstream's own words make of a refusal, as the error of the state it is; None: what the status says.
Refusal = Callable[[Refused], EtHeatmapError | None]


@dataclass(frozen=True)
class Call:
    """One question to an upstream."""

    source: str  # whose limits, breaker and audit it counts for
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    is_secret: bool = False  # OAuth: neither archived nor logged beyond host and path
    cost: int = 1  # tokens of the source's bucket
    charge: Charge | None = None  # None: free, where the source is
    is_free: bool = False  # it costs nothing, though other calls of its source do
    is_read: bool = False  # whoever asks reads the answer at once, and tells ``Gateway.has_read`` what it was
    also_answers: frozenset[int] = frozenset()  # statuses that refuse elsewhere, and here come with what was asked for
    refusal: Refusal | None = None  # None: only the status is looked at


@dataclass(frozen=True)
class Validators:
    """What an earlier answer said it is recognised by (RFC 9110, 8.8)."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True)
class NotModified:
    """The upstream says that the earlier answer still holds. ``validators`` are those to compare with next time."""

    url: str
    validators: Validators
