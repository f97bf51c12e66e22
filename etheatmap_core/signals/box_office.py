"""The box office of weekends, from a file that the operator keeps, as metrics of a day.

Here: which weekend a day goes by, whose film a title is, the metrics. Not here: reading the file (config.box_office).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from etheatmap_core.entities.normalise import normalise

SOURCE = "box_office"
FILE = "box_office.csv"
COLUMNS = ("title", "weekend_end", "rank", "weekend_gross_usd", "total_gross_usd", "theaters", "weeks")
# A weekend is the newest one until the next is in the file, and no longer than this: then nobody knows.
VALID_FOR = timedelta(days=8)
# A weekend with a holiday ends a day later than others.
_A_WEEK = (timedelta(days=6), timedelta(days=8))


@dataclass(frozen=True)
class WeekendFigures:
    """A row of the file: a film on one weekend. None where the file says nothing."""

    title: str
    weekend_end: date
    rank: int
    weekend_gross_usd: float
    total_gross_usd: float | None = None
    theaters: int | None = None
    weeks: int | None = None


@dataclass(frozen=True)
class Named:
    """Who may be meant by a title."""

    entity_id: int
    names: Sequence[str]


@dataclass(frozen=True)
class Charts:
    """What a day goes by. ``weekend_end`` None: the file has no weekend for it. ``unmatched`` are titles that are
    nobody's, or several's."""

    weekend_end: date | None
    metrics: Mapping[int, Mapping[str, float]]  # by entity
    unmatched: tuple[str, ...]


def charts_of(figures: Sequence[WeekendFigures], day: date, entities: Iterable[Named]) -> Charts:
    """The newest weekend that had ended on the day, at most eight days before."""
    weekend = max((row.weekend_end for row in figures if day - VALID_FOR < row.weekend_end <= day), default=None)
    if weekend is None:
        return Charts(None, {}, ())
    owners = _owners(entities)
    by_title = {(form_of(row.title), row.weekend_end): row for row in figures}
    metrics: dict[int, Mapping[str, float]] = {}
    unmatched = []
    for row in sorted((row for row in figures if row.weekend_end == weekend), key=lambda row: row.rank):
        owner = owners.get(form_of(row.title), set())
        if len(owner) != 1 or not owner.isdisjoint(metrics):
            unmatched.append(row.title)
            continue
        metrics[next(iter(owner))] = _metrics(row, _before(row, by_title))
    return Charts(weekend, metrics, tuple(unmatched))


def form_of(title: str) -> str:
    """What two spellings of a title have in common."""
    return normalise(title).text.strip()


def _owners(entities: Iterable[Named]) -> Mapping[str, set[int]]:
    owners: dict[str, set[int]] = defaultdict(set)
    for entity in entities:
        for name in entity.names:
            owners[form_of(name)].add(entity.entity_id)
    return owners


def _before(row: WeekendFigures, by_title: Mapping[tuple[str, date], WeekendFigures]) -> WeekendFigures | None:
    """The same film a week earlier."""
    shortest, longest = (length.days for length in _A_WEEK)
    earlier = (row.weekend_end - timedelta(days=days) for days in range(shortest, longest + 1))
    return next((found for end in earlier if (found := by_title.get((form_of(row.title), end)))), None)


def _metrics(row: WeekendFigures, before: WeekendFigures | None) -> Mapping[str, float]:
    """What is not known is left out. The change is a share of the weekend before: −0.4 is 40 % less."""
    gross_before = before.weekend_gross_usd if before is not None else 0.0
    told = {
        "box_office_rank": row.rank,
        "box_office_weeks": row.weeks,
        "weekend_gross": row.weekend_gross_usd,
        "total_gross": row.total_gross_usd,
        "theater_count": row.theaters,
        "box_office_change": row.weekend_gross_usd / gross_before - 1.0 if gross_before else None,
    }
    return {metric: float(value) for metric, value in told.items() if value is not None}
