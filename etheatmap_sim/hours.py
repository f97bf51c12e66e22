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


def parse_instant(text: str) -> datetime:
    """``2026-11-20T15:05`` (or any ISO 8601 instant; without an offset: UTC); raises SimulatorError."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise SimulatorError(f"'{text}' is not an instant: write it as 2026-11-20T15:05 (UTC).") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def floor_hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def spell_hour(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%H}"


def hour_number(hour: datetime) -> int:
    """Hours since 1970."""
    return int(hour.timestamp()) // 3600
