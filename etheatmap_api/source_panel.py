"""What the dashboard says of the sources and of receipts, as plain data: the template only places it.

Here: from verdicts and receipt rows to texts. Not here: SQL, HTML, the verdict itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from etheatmap_api.mention_queries import Receipt
from etheatmap_api.wording import ago, hour_span
from etheatmap_core.config.addresses import is_address
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.source_status import SourceStatus, Standing, by_standing

# A sign beside the word and the colour: whoever sees no colour sees which line asks for them.
_SIGNS = {Standing.FAILING: "✕", Standing.WARNING: "!", Standing.NEVER_RUN: "○", Standing.HEALTHY: "✓"}
_WORDS = {Standing.FAILING: "failing", Standing.WARNING: "to look at", Standing.NEVER_RUN: "not run yet"}


@dataclass(frozen=True)
class SourceLine:
    """One source. ``age`` is since the end of its newest hour."""

    title: str
    name: str
    standing: str
    sign: str
    state: str
    reason: str
    hour: str
    age: str
    cadence: str  # how often it is due, in words; '' where nobody can ask it


@dataclass(frozen=True)
class SourcePanel:
    """``on``: those that are switched on, what asks for a person first; ``off``: those that somebody wants silent."""

    summary: str
    needs_attention: bool
    on: tuple[SourceLine, ...]
    off: tuple[SourceLine, ...]


@dataclass(frozen=True)
class ReceiptLink:
    """An item that counted. ``url`` is empty where the upstream's link is none a browser should follow."""

    title: str
    url: str
    channel: str
    iso: str
    time: str


def source_panel(statuses: Iterable[SourceStatus], now: datetime) -> SourcePanel:
    """The panel of these verdicts, read at ``now``."""
    ordered = by_standing(statuses)
    on = [status for status in ordered if not status.source.is_switched_off]
    return SourcePanel(
        summary=_summary(on),
        needs_attention=any(status.standing in (Standing.FAILING, Standing.WARNING) for status in on),
        on=tuple(_line(status, now) for status in on),
        off=tuple(_line(status, now) for status in ordered if status.source.is_switched_off),
    )


def receipt_links(receipts: Mapping[int, Sequence[Receipt]]) -> dict[int, tuple[ReceiptLink, ...]]:
    """The links of each entity, by its id."""
    return {entity_id: tuple(map(_link, rows)) for entity_id, rows in receipts.items()}


def _summary(on: Sequence[SourceStatus]) -> str:
    """5 of 7 sources healthy, 1 failing (GDELT), 1 to look at (Reddit)."""
    count = Counter(status.standing for status in on)
    parts = [f"{count[Standing.HEALTHY]} of {len(on)} sources healthy"]
    for standing, word in _WORDS.items():
        names = [status.source.title for status in on if status.standing is standing]
        if names:
            parts.append(f"{len(names)} {word} ({', '.join(names)})")
    return ", ".join(parts)


def _line(status: SourceStatus, now: datetime) -> SourceLine:
    source, hour = status.source, status.newest_hour
    return SourceLine(
        title=source.title,
        name=source.name,
        standing=status.standing,
        sign=_SIGNS[status.standing],
        state=status.state,
        reason=status.reason or "",
        hour="" if hour is None else _partition(hour, source.partition),
        age="" if hour is None else ago(hour + source.partition, now),
        cadence=source.expected_interval or "",
    )


def _partition(start: datetime, length: timedelta) -> str:
    return hour_span(start) if length == HOUR else f"{start:%a} {start.day} {start:%b %Y}"


def _link(receipt: Receipt) -> ReceiptLink:
    instant = (receipt.published_at or receipt.first_ts).astimezone(UTC)
    return ReceiptLink(
        title=receipt.title,
        url=receipt.url if is_address(receipt.url, "http", "https") else "",
        channel=receipt.channel,
        iso=instant.isoformat(),
        time=f"{instant:%a} {instant.day} {instant:%b %H:%M} UTC",
    )
