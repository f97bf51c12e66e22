"""Who uses a data folder now: the last one out stops its database, and nobody empties a folder that is in use."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "in-use.lock"


@contextmanager
def in_use(home: Path) -> Iterator[None]:
    """Marks the folder as used by this process, until the block ends or the process dies."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def is_in_use(home: Path) -> bool:
    """Whether any process has the folder marked."""
    if not (home / _LOCK).exists():
        return False
    with (home / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
