"""Hours of the scenario: UTC instants at minute 0 that name the hour they start."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from etheatmap_sim.errors import SimulatorError

HOUR = timedelta(hours=1)
FORTNIGHT_HOURS = 336
Clock = Callable[[], datetime]


def parse_hour(text: str) -> datetime:
    """``2026-11-20T15`` as an instant; raises SimulatorError."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError as error:
        raise SimulatorError(f"'{text}' is not an hour: write it as 2026-11-20T15 (UTC).") from error


def spell_hour(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%H}"


def hour_number(hour: datetime) -> int:
    """Hours since 1970."""
    return int(hour.timestamp()) // 3600
