"""What is told of one score, and everything it rests on. Here: shapes. Not here: where they come from, words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.scoring.gates import Gates, MissedGate
from etheatmap_core.scoring.standing import Standing

MODELS = ("mvp", "robust", "advanced")
ASSETS = {"mvp": "heat_scores", "robust": "robust_scores", "advanced": "advanced_scores"}
WINDOW_HOURS = 12  # whose signals, captures and receipts are shown one by one


class UnknownNameError(EtHeatmapError):
    """Nobody is called so, or several are; the message names who is meant perhaps."""


class NotScoredError(EtHeatmapError):
    """The entity has no score of that hour and model; the message says which there are, and how to make it."""


class Entity(NamedTuple):
    """Whom the question is about. ``titles``: of its Wikipedia article, the one it is looked up by first."""

    id: int
    name: str
    category: str
    titles: tuple[str, ...]


class Score(NamedTuple):
    """The row as it is stored."""

    ts: datetime
    state: str
    heat: float | None
    velocity_z: float | None
    velocity_raw: float | None
    accel: float | None
    xplat: float | None
    affect: float | None
    decay: float | None
    confidence: float
    reasons: Sequence[str]
    evidence: Mapping[str, Any]
    inputs_hash: str
    params_hash: str
    scored_at: datetime


class Revision(NamedTuple):
    """What the hour said before."""

    scored_at: datetime
    replaced_at: datetime
    heat: float | None
    velocity_raw: float | None
    inputs_hash: str
    params_hash: str


class Signal(NamedTuple):
    """One number of the window. ``capture_ts``: the hour whose captures hold it."""

    source: str
    metric: str
    ts: datetime
    value: float
    is_censored: bool
    capture_ts: datetime


class Known(NamedTuple):
    """How much of a metric's past the row could rest on."""

    source: str
    metric: str
    hours: int
    first: datetime
    last: datetime


class Stored(NamedTuple):
    """A capture as its row tells it. ``raw_path`` is None where retention has removed the bytes."""

    source: str
    ts: datetime
    key: str
    request_url: str
    content_hash: str
    size_bytes: int
    captured_at: datetime
    raw_path: str | None
    extract: Mapping[str, Any] | None


class Receipt(NamedTuple):
    """An item that names the entity and counted in the window."""

    source: str
    channel: str
    title: str
    url: str
    author: str | None
    item_id: str
    published_at: datetime | None
    first_ts: datetime
    counted_ts: datetime


class Record(NamedTuple):
    """The very place that holds a number. ``where``: ``line 17``, or ``extract`` for what is kept of it for ever."""

    where: str
    text: str


@dataclass(frozen=True)
class Capture:
    """A capture, what its bytes are now (``state``), and the records in it that speak of the entity."""

    stored: Stored
    state: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Confidence:
    value: float | None
    basis: str


@dataclass(frozen=True)
class Found:
    """All that the database says of a score."""

    model: str
    entity: Entity
    score: Score
    gates: Gates
    missed: tuple[MissedGate, ...]
    standing: Standing
    confidence: Confidence
    revisions: tuple[Revision, ...]
    known: tuple[Known, ...]
    signals: tuple[Signal, ...]
    captures: tuple[Stored, ...]
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class Explanation:
    """The same, down to the bytes."""

    found: Found
    captures: tuple[Capture, ...]
