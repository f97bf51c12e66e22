"""The one place that reads the machine's clock. Logic takes a ``Clock`` or an instant; only the outermost shells pass this one."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The current instant, UTC."""
    return datetime.now(UTC)
