"""What routes ask for: the services of this process, and the parameters that several routes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import AfterValidator

from etheatmap_api.database import Database
from etheatmap_api.timeframe import MAX_HOURS, checked_timeframe
from etheatmap_core.budget.model import Budgets
from etheatmap_core.budget.month import NO_BUDGETS
from etheatmap_core.signals.known_sources import KnownSource

MAX_LIMIT = 1_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
MAX_NAME = 200
_MAX_OFFSET = 1_000_000_000  # fits PostgreSQL's bigint many times over; beyond any list


@dataclass(frozen=True)
class Services:
    """What every request shares. ``now`` only says how old the data is; it never decides what is listed.

    ``sources`` and ``budgets`` are those of configs/ as they were when the process started.
    """

    database: Database
    now: Callable[[], datetime]
    dagster_port: int
    sources: Sequence[KnownSource] = ()
    budgets: Budgets = NO_BUDGETS
    started_at: datetime = _LONG_AGO


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def without_nul(text: str) -> str:
    """``text``, unless it holds what PostgreSQL cannot: then ValueError."""
    if "\x00" in text:
        raise ValueError("a text must not hold a NUL character")
    return text


def _checked_category(category: str | None) -> str | None:
    return without_nul(category) if category else None  # a form sends an empty text for "all"


CurrentServices = Annotated[Services, Depends(_services)]
Category = Annotated[
    str | None,
    Query(max_length=MAX_NAME, description="Only this category, in any case; `unknown` for entities without one."),
    AfterValidator(_checked_category),
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many entities.")]
Offset = Annotated[int, Query(ge=0, le=_MAX_OFFSET, description="Leave out so many; ranks go on counting.")]
Timeframe = Annotated[
    str,
    Query(
        max_length=10,
        description="How old an entity's newest score may be, counted back from the newest scored hour: "
        "`now` (as `hours` says), or hours or days such as `1h`, `24h`, `7d`.",
    ),
    AfterValidator(checked_timeframe),
]
Hours = Annotated[
    int | None,
    Query(ge=1, le=MAX_HOURS, description="The same in hours, 72 with `timeframe=now`; the narrower of both counts."),
]
