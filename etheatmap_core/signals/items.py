"""Items: what sources of texts find (an article, a post), and the one hour each counts in. Pure.

Here: the item, the rule of its hour, what is matched in it. Not here: storing them (item_store), matching (entities).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from etheatmap_core.hours import HOUR, floor_hour

# A capture of hour H holds items of earlier hours too. Older ones than this were missed when they happened: counting
# them now would let yesterday's news look like a rise today.
COUNTS_FOR = timedelta(hours=6)


class Item(NamedTuple):
    """One item as an upstream shows it. ``item_id`` is unique within the source, and the same in every capture."""

    item_id: str
    channel: str  # which feed, listing or search of the source
    url: str
    title: str
    summary: str = ""
    author: str | None = None
    names: tuple[str, ...] = ()  # names the upstream itself has found in the item
    topics: tuple[str, ...] = ()  # what its channel is about: evidence for ambiguous names
    published_at: datetime | None = None  # as the upstream says, UTC
    numbers: Mapping[str, float] = {}  # what the upstream counts: score, comments, tone

    @property
    def prose(self) -> str:
        """What the item says: title and summary."""
        return f"{self.title}\n{self.summary}" if self.summary else self.title

    @property
    def text(self) -> str:
        """What names are looked for in: the prose, which it starts with, and the names the upstream has found."""
        return "\n".join((self.prose, *self.names))


def counted_hour(published_at: datetime | None, first_ts: datetime, covers: timedelta = HOUR) -> datetime | None:
    """The one hour an item counts in; None for an item that was seen too late to count.

    first_ts: the earliest partition whose capture holds it, so that the order in which captures come does not matter.
    An undated item counts when it was first seen, and so does one dated into the future: by more than the hour after
    its partition, in which the capture is made, its clock is wrong.

    ``covers``: of a source that is asked every few hours only. What was published since the end of an hour less
    ``covers`` counts in it: its own hour was never captured, and is a gap for ever.
    """
    if published_at is None:
        return first_ts
    hour = floor_hour(published_at)
    if hour > first_ts + HOUR:
        return first_ts
    if covers > HOUR:
        return first_ts if first_ts - hour < covers else None
    return hour if first_ts - hour <= COUNTS_FOR else None
