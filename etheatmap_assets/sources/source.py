"""What a source is made of. A source file fills in one ``Source``: what it is asked, and what an answer becomes.

Here: the parts. Not here: how an hour is collected (collector), how Dagster sees it (asset), one source's own rules.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import sqlalchemy as sa

from etheatmap_assets.checks import NamedCheck
from etheatmap_assets.resources.http import Call, Charge, Gateway, NotModified, Refusal, Validators
from etheatmap_core.archive import Received
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.config import Config
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.hours import HOUR
from etheatmap_core.settings import Settings
from etheatmap_core.signals.item_store import Metrics
from etheatmap_core.signals.items import Item


@dataclass(frozen=True)
class Question:
    """One thing an upstream is asked for an hour.

    ``key`` names it in the archive, the same every hour; ``entities`` are the names it is about, kept with the answer:
    a source that cannot ask about everybody each hour sees from them whose turn it is.
    """

    key: str
    url: str
    entities: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # keys, where the upstream takes them there
    units: int | None = None  # the most it may cost, of a source that costs; None: a_request of budgets.yml


@dataclass(frozen=True)
class Answer:
    """What came back, now or from the archive. ``config``: where reading it needs more than its bytes (who an outlet
    is); ``captured_at``: since when it holds, as the archive has it. Both None only in tests."""

    question: Question
    body: bytes
    content_type: str | None
    hour: datetime
    config: Config | None = None
    captured_at: datetime | None = None


class EntityReading(NamedTuple):
    """A final value of an entity in an hour, by the entity's name."""

    entity: str
    ts: datetime
    metric: str
    value: float


# The entities an item names, by their names.
Names = Callable[[Item], Collection[str]]


class Sample(Protocol):
    """Items that are a number together: of whom, is known only where names are looked for."""

    def readings(self, names: Names) -> Iterable[tuple[str, str, float]]:
        """Entity, metric and value, of the partition that asked."""


@dataclass(frozen=True)
class Parsed:
    """What an answer says. A parser raises CorruptCaptureError where it is not what it claims to be."""

    items: Sequence[Item] = ()
    readings: Sequence[EntityReading] = ()
    samples: Sequence[Sample] = ()
    links: Sequence[str] = ()  # addresses it leads to, of a source that follows them
    lacks: str = ""  # what the upstream has and did not give, for the hour's reason: the answer is whole without it


@dataclass(frozen=True)
class Plan:
    """What questions are made from. ``entities``: all that are tracked, the most important first."""

    source: str
    hour: datetime
    settings: Settings
    config: Config
    entities: Sequence[Tracked]
    last_asked: Mapping[str, datetime] = field(default_factory=dict)  # entity → newest partition it was asked for
    is_past: bool = False  # the next hour has ended too: what only tells "now" no longer speaks of this one
    charge: Callable[[Question], Charge | None] = lambda _question: None  # what a call for it may cost, and whom
    refusal: Refusal | None = None  # the source's own
    watched: Sequence[str] = ()  # the items that are asked about again, the most important first
    ledger: Ledger | None = None  # of an asker whose calls begin what is paid when it ends; None only in tests
    must_ask: bool = False  # a new answer is wanted, whatever there is

    def base_url(self, default: str) -> str:
        """``base_url`` of sources.yml, without a slash at its end."""
        configured = self.config.sources[self.source].base_url if self.source in self.config.sources else None
        return (configured or default).rstrip("/")


# Brings an answer to a file. Raises the errors of ``etheatmap_core.errors``, each a state.
Ask = Callable[[Question, Path, Validators | None], Received | NotModified]


@contextmanager
def over_http(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
    """The plain way: a GET of the question's address."""

    def ask(question: Question, to: Path, validators: Validators | None) -> Received | NotModified:
        call = Call(
            plan.source, question.url, headers=question.headers, charge=plan.charge(question), is_read=True,
            refusal=plan.refusal,
        )  # fmt: skip
        return gateway.fetch(call, to, validators=validators)

    yield ask


# From all answers of an hour to the questions that they lead to, the most important first.
Follow = Callable[[Plan, Sequence[Parsed]], Sequence[Question]]


@dataclass(frozen=True)
class Watch:
    """Of a source whose signals come from seeing the same items again and again.

    ``which``: the items to ask about in an hour, the most important first, from what was known before it. ``write``:
    the signals of all hours that the hour's capture says something about, in the transaction that stored its items.
    """

    which: Callable[[sa.Connection, datetime, Sequence[Tracked]], Sequence[str]]
    write: Callable[[sa.Connection, datetime], tuple[CheckResult, ...]]
    checks: Sequence[NamedCheck]


@dataclass(frozen=True)
class Source:
    """One upstream."""

    name: str
    description: str
    kinds: frozenset[str]
    questions: Callable[[Plan], Sequence[Question]]  # in the order of their importance
    parse: Callable[[Answer], Parsed]
    # From the mentions of an entity and hour to signals; None: another asset counts them.
    metrics: Metrics | None = None
    watch: Watch | None = None
    open_asker: Callable[[Gateway, Plan], AbstractContextManager[Ask]] = over_http
    # An upstream that only knows "now" can be asked for an hour until the next one has ended.
    is_now_only: bool = True
    # "named": only items that name somebody are stored; the others stay in the raw archive.
    keeps: Literal["all", "named"] = "all"
    # An answer is about many hours, and what it lacks of the newest comes with the next: it may serve two of them.
    outlives_its_hour: bool = False
    # What an answer really cost, from its status and headers, of a source that costs; None: all that was set aside.
    cost: Callable[[int, Mapping[str, str]], int | None] | None = None
    # What is asked after the questions, about what their answers hold; each such question once, whatever the hour.
    follow: Follow | None = None
    # Of a source that is asked every few hours: what was published within so much time before it counts in the hour.
    covers: timedelta = HOUR
    # What the upstream's own words make of a refusal.
    refusal: Refusal | None = None
    # What people should know of an hour beside what is missing of it, from all its items; None: nothing.
    remark: Callable[[datetime, Sequence[Item]], str | None] | None = None
    raw_suffix: str = ""  # the kind of file, for people who look into the archive
