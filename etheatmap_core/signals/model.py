"""The row that every source writes."""

from datetime import datetime
from typing import NamedTuple


class SignalRow(NamedTuple):
    """One metric of one entity in one hour, in the column order of the table ``signals``."""

    entity_id: int
    source: str
    ts: datetime  # start of the hour, UTC
    metric: str
    value: float
    is_censored: bool  # below what the upstream file shows: an upper bound, not a count
