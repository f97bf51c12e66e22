"""What every stood-in upstream is made of. A new one is one module with a function that returns this."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.routing import Route


@dataclass(frozen=True)
class Upstream:
    """``name`` is what faults call it; ``hour_of`` tells from a path which hour is asked for (None: not about one)."""

    name: str
    prefix: str
    routes: Sequence[Route]
    hour_of: Callable[[str], datetime | None]
