"""Numbers and times as people read them. Pure text; the unknown is always a dash, never a zero."""

import re
from datetime import UTC, datetime, timedelta

from rich.emoji import Emoji

from etheatmap_core import wording

DASH = "—"
_MINUS = "\N{MINUS SIGN}"
_FIRST_SIGN = re.compile(r"^:[a-z_]+:")


def signed(value: float | None, unit: str = "") -> str:
    """+3.4σ, −0.4σ, 0.0σ."""
    if value is None:
        return DASH
    text = f"{value:+.1f}".replace("-", _MINUS)
    return f"{'0.0' if text[1:] == '0.0' else text}{unit}"


def heat_text(value: float) -> str:
    """1.83, −0.40: two decimals, as neighbours in the list often differ by less than a tenth."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", _MINUS)


def times_usual(ratio: float | None) -> str:
    """The ratio as the reasons say it; a dash where there is none."""
    return DASH if ratio is None else wording.times_usual(ratio)


def compact(count: float) -> str:
    """950, 4.8k, 48k, 1.2M."""
    for limit, divisor, unit in ((999.5, 1, ""), (999_500, 1_000, "k"), (float("inf"), 1_000_000, "M")):
        if count < limit:
            scaled = count / divisor
            return f"{scaled:.1f}{unit}" if unit and scaled < 9.95 else f"{scaled:,.0f}{unit}"
    return DASH


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def hour_span(hour: datetime) -> str:
    """14:00–15:00 UTC on Fri 20 Nov 2026."""
    start = hour.astimezone(UTC)
    end = start + timedelta(hours=1)
    return f"{start:%H:%M}–{end:%H:%M} UTC on {start:%a} {start.day} {start:%b %Y}"


def ago(instant: datetime, now: datetime) -> str:
    """just now, 25 min ago, 3 h ago, 12 days ago; a moment of the future is just now, for clocks differ."""
    minutes = int((now - instant).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60):,} days ago"


def drawn(message: str) -> str:
    """A message to Slack, elsewhere: its first sign (``:warning:``) as Slack draws it."""
    return _FIRST_SIGN.sub(lambda sign: Emoji.replace(sign.group()), message)
