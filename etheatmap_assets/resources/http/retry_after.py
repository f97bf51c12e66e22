"""``Retry-After`` in either of its spellings (RFC 9110, 10.2.3)."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST_SECONDS = 10 * 365 * 86400.0  # what is longer is a mistake, and would not fit into a date


def retry_at(spelled: str | None, now: datetime) -> datetime | None:
    """When the upstream wants to be asked again; None where it does not say, or nothing that makes sense."""
    if spelled is None:
        return None
    try:
        seconds = float(spelled)
    except ValueError:
        try:
            at = parsedate_to_datetime(spelled)
        except ValueError:
            return None
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    if math.isnan(seconds):
        return None
    return now + timedelta(seconds=min(max(seconds, 0.0), _LONGEST_SECONDS))
