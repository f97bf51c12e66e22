"""box_office.csv: the figures of weekends, which the operator drops in; nobody needs it.

Not read with the other files when something starts, but by the run that stores it: a slip of the pen in a file that is
changed every week stops imdb_box_office, and nothing else.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from etheatmap_core.config.csv_rows import date_cell, require_unique, rows, text_cell
from etheatmap_core.config.problems import Problems
from etheatmap_core.signals.box_office import COLUMNS, FILE, WeekendFigures

_COUNT, _POSITIVE = "a whole number like 3120, or nothing", "a whole number of at least 1"
_DOLLARS = "US dollars like 12400000, without signs"


def read_box_office(directory: Path) -> tuple[WeekendFigures, ...] | None:
    """None where there is no such file. Raises ConfigError: a line a problem, with file, line, field, expectation."""
    path = directory / FILE
    if not path.is_file():
        return None
    problems = Problems(path)
    seen: dict[str, int] = {}
    figures = []
    for line, row in rows(path, problems, COLUMNS):
        found = _figures(line, row, problems)
        key = f"{found.title.casefold()} {row['weekend_end']}"
        require_unique(problems, line, "title", found.title, seen, key=key)
        total = found.total_gross_usd
        if total is not None and total < found.weekend_gross_usd:
            problems.add(line, "total_gross_usd", "at least weekend_gross_usd", row["total_gross_usd"])
        figures.append(found)
    problems.raise_if_any()
    return tuple(figures)


def _figures(line: int, row: Mapping[str, str], problems: Problems) -> WeekendFigures:
    weekend_gross = _dollars(line, row, "weekend_gross_usd", problems)
    if weekend_gross is None and not row["weekend_gross_usd"]:
        problems.add(line, "weekend_gross_usd", _DOLLARS)
    rank = _count(line, row, "rank", problems, least=1)
    if rank is None and not row["rank"]:
        problems.add(line, "rank", _POSITIVE)
    return WeekendFigures(
        title=text_cell(line, row, "title", problems),
        weekend_end=date_cell(line, row, "weekend_end", problems),
        rank=rank or 0,
        weekend_gross_usd=weekend_gross or 0.0,
        total_gross_usd=_dollars(line, row, "total_gross_usd", problems),
        theaters=_count(line, row, "theaters", problems, least=0),
        weeks=_count(line, row, "weeks", problems, least=1),
    )


def _count(line: int, row: Mapping[str, str], name: str, problems: Problems, *, least: int) -> int | None:
    cell = row[name]
    if not cell:
        return None
    if cell.isascii() and cell.isdigit() and int(cell) >= least:
        return int(cell)
    problems.add(line, name, _POSITIVE if least else _COUNT, cell)
    return None


def _dollars(line: int, row: Mapping[str, str], name: str, problems: Problems) -> float | None:
    cell = row[name]
    if not cell:
        return None
    try:
        dollars = float(cell)
    except ValueError:
        dollars = math.nan
    if math.isfinite(dollars) and dollars >= 0:
        return dollars
    problems.add(line, name, _DOLLARS, cell)
    return None
