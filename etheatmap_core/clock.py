"""The one place that reads the clock. Logic takes a ``Clock`` or an instant; only the outer shells pass this one."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The current instant, UTC."""
    return datetime.now(UTC)
