"""The grammar of ``timeframe``: ``now``, or a number of hours or days such as ``1h``, ``24h``, ``7d``."""

import re

NOW = "now"
DEFAULT_HOURS = 72
MAX_HOURS = 366 * 24
_SPELLING = re.compile(r"([1-9][0-9]{0,3})([hd])")


def parse_timeframe(text: str) -> int | None:
    """Hours that ``text`` spans; None for ``now``, which sets no bound. ValueError names what is accepted."""
    if text == NOW:
        return None
    match = _SPELLING.fullmatch(text)
    hours = int(match[1]) * (24 if match[2] == "d" else 1) if match else 0
    if not 1 <= hours <= MAX_HOURS:
        raise ValueError("timeframe must be now, or hours or days up to 366d, such as 1h, 24h, 7d")
    return hours


def checked_timeframe(text: str) -> str:
    """``text`` in lower case when it is a timeframe, else ValueError."""
    parse_timeframe(text.lower())
    return text.lower()


def lookback_hours(timeframe: str, hours: int | None) -> int:
    """How old an entity's newest score may be: the narrower of both bounds, 72 h when neither was given."""
    bounds = [bound for bound in (parse_timeframe(timeframe), hours) if bound is not None]
    return min(bounds, default=DEFAULT_HOURS)
