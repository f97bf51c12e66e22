"""What every stood-in upstream is made of. A new one is one module with a function that returns this."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.routing import Route

# Where a fault of kind ``skew`` leaves the seconds by which the upstream's own clock is wrong.
SKEW_EXTENSION = "etheatmap_sim.skew"


def no_hour(_: str) -> datetime | None:
    """Of upstreams that are not asked for an hour but for what there is now."""
    return None


@dataclass(frozen=True)
class Upstream:
    """``name`` is what faults call it; ``hour_of`` tells from a path which hour is asked for (None: not about one).

    One upstream may be mounted several times, at several hosts: faults and counts go by the name.
    """

    name: str
    prefix: str
    routes: Sequence[Route]
    hour_of: Callable[[str], datetime | None] = no_hour


def skew_of(request: Request) -> timedelta:
    """By how much the times in the answer are to be wrong."""
    return timedelta(seconds=request.scope.get(SKEW_EXTENSION, 0.0))
