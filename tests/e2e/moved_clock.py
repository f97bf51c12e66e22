"""A clock that runs ahead by what a file says: one for all processes of a test, moved while they run."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

CLOCK_AHEAD = "TEST_CLOCK_AHEAD"  # the variable that names the file


def clock() -> datetime:
    """Now, as the file has it."""
    return datetime.now(UTC) + timedelta(seconds=float(_file().read_text()))


def move(seconds: float) -> None:
    """On, in one step."""
    written = _file().with_suffix(".new")
    written.write_text(str((float(_file().read_text()) if _file().exists() else 0) + seconds))
    written.replace(_file())


def _file() -> Path:
    return Path(os.environ[CLOCK_AHEAD])
