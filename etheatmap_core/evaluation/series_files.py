"""Labelled series as files: what `etheatmap evaluate` reads.

Series are rows ``series_id,ts,value`` (optional ``entity``, ``source``), events are rows ``series_id,ts`` (optional
``kind``). Here: reading them onto one grid of steps, and one sentence with file, line and column for what is wrong.
Not here: what a detector makes of them, what counts as found.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring.series import Grid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GAPS = frozenset({"", "null", "na"})
_OTHER_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}  # of those who did not choose commas
_SHOWN_HEADING = 100  # characters: a file that is no CSV may be one line
MOST_CELLS = 100_000_000  # 800 MB of numbers: beyond it a ts is more likely wrong than meant


class EvaluationInputError(EtHeatmapError):
    """A file of series or events is wrong; the message names file, line and column and what was expected."""


@dataclass(frozen=True)
class SeriesSet:
    """Values [series, steps] from ``start`` on; NaN is a gap: a step nobody told us about."""

    step: Step
    start: datetime
    series_ids: tuple[str, ...]
    entities: tuple[str, ...]  # of each series; its own id where the file names none
    sources: tuple[str, ...]  # of each series; "" where the file names none
    values: Grid
    censored_below: float | None = None  # the upstream shows nothing below it: such values are upper bounds

    def __post_init__(self) -> None:
        lengths = {len(self.series_ids), len(self.entities), len(self.sources), len(self.values)}
        if len(lengths) != 1 or np.isinf(self.values).any():
            raise ValueError(f"{lengths} ids, entities, sources and series, or a value that is infinite")

    @property
    def entity_names(self) -> tuple[str, ...]:
        """Each once, in the order of their first series."""
        return tuple(dict.fromkeys(self.entities))

    @property
    def entity_of_series(self) -> tuple[int, ...]:
        """The position of each series' entity in ``entity_names``."""
        positions = {name: i for i, name in enumerate(self.entity_names)}
        return tuple(positions[name] for name in self.entities)

    @property
    def gaps(self) -> int:
        """Steps without a value between a series' first and last one."""
        known = ~np.isnan(self.values)
        reached = np.logical_or.accumulate(known, axis=1) & np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
        return int((reached & ~known).sum())

    def censored(self, below: float) -> "SeriesSet":
        """Where some series has a value, those that have none were below what the upstream shows."""
        is_told = ~np.isnan(self.values).all(axis=0)
        values = np.where(np.isnan(self.values) & is_told, below, self.values)
        return replace(self, values=values, censored_below=below)

    def position(self, instant: datetime) -> int:
        """The step that holds ``instant``, counted from ``start``; it may lie outside the grid."""
        return _number(instant, self.step) - _number(self.start, self.step)

    def instant(self, position: int) -> datetime:
        return self.start + position * self.step.length


@dataclass(frozen=True)
class Event:
    """When something really happened to the entity of a series."""

    series_id: str
    at: datetime
    kind: str = ""


def read_series(path: Path, step: Step) -> SeriesSet:
    """The rows of a file on one grid. Rows of a series stand in the order of time, others may stand between them."""
    rows = _SeriesRows(step)
    for line, row in _rows(path, ("series_id", "ts", "value")):
        rows.add(row, f"{path}, line {line}")
    return rows.on_a_grid(path)


def read_events(path: Path, series: SeriesSet, series_path: Path) -> tuple[Event, ...]:
    """By time, at least one. Each names a series (or an entity) of ``series`` and lies within what that has."""
    spans = _spans(series)
    events: dict[tuple[str, int], Event] = {}
    taken_for_series = (
        f"{path}, line 1: a column value is for series, and those are read from {series_path}: name a file of events "
        "(series_id,ts and optional kind), or take the column out."
    )
    for line, row in _rows(path, ("series_id", "ts"), {"value": taken_for_series}):
        where = f"{path}, line {line}"
        event = Event(_required(row, "series_id", where), _instant(row, "ts", where), (row.get("kind") or "").strip())
        if event.series_id not in spans:
            raise EvaluationInputError(
                f"{where}, column series_id: '{event.series_id}' is none of the {len(series.series_ids)} series: "
                "spell it as there."
            )
        first, last = spans[event.series_id]
        if last < first:
            raise EvaluationInputError(f"{where}, column series_id: series '{event.series_id}' has no values at all.")
        if not first <= series.position(event.at) <= last:
            raise EvaluationInputError(
                f"{where}, column ts: {row['ts']} lies outside series '{event.series_id}', which has values from "
                f"{series.instant(first):%Y-%m-%dT%H:%M} to {series.instant(last):%Y-%m-%dT%H:%M} (UTC)."
            )
        key = (event.series_id, series.position(event.at))
        if key in events:
            raise EvaluationInputError(
                f"{where}, column ts: series '{event.series_id}' has an event in this {series.step} already: keep one."
            )
        events[key] = event
    if not events:
        raise EvaluationInputError(f"{path} has no rows: write series_id,ts below the heading, one row an event.")
    return tuple(sorted(events.values(), key=lambda event: (event.at, event.series_id)))


def read_columns(path: Path, time_column: str, value_column: str) -> tuple[tuple[datetime, ...], Grid]:
    """The rows of a file with one series in it, as they stand: NAB's form."""
    instants: list[datetime] = []
    values: list[float] = []
    for line, row in _rows(path, (time_column, value_column)):
        where = f"{path}, line {line}"
        instants.append(_instant(row, time_column, where))
        if len(instants) > 1 and instants[-1] <= instants[-2]:
            raise EvaluationInputError(
                f"{where}, column {time_column}: {row[time_column]} does not come after the row before: sort the rows, "
                "and keep one an instant."
            )
        values.append(_value(row, where, value_column))
    if not values:
        raise EvaluationInputError(f"{path} has no rows: write {time_column},{value_column} below the heading.")
    return tuple(instants), np.array(values)


def parse_instant(text: str, where: str) -> datetime:
    """In UTC; without an offset it is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise EvaluationInputError(
            f"{where}: '{text}' is not an instant: write 2012-02-18T17, 2012-02-18 17:05:00 or a date (UTC unless it "
            "has an offset)."
        ) from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


class _SeriesRows:
    """What was read so far: of each series its entity and source, the numbers of its steps and their values."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._named: dict[str, tuple[str, str]] = {}
        self.numbers: dict[str, list[int]] = {}
        self._values: dict[str, list[float]] = {}
        self._numbers_of_ts: dict[str, int] = {}  # series share their instants: each spelling is read once
        self._first: tuple[int, str] | None = None  # the earliest step and where it stands
        self._last: tuple[int, str] | None = None

    def add(self, row: Mapping[str, str], where: str) -> None:
        series_id = _required(row, "series_id", where)
        number = self._numbers_of_ts.get(row["ts"])
        if number is None:
            number = self._numbers_of_ts[row["ts"]] = _number(_instant(row, "ts", where), self._step)
        named = ((row.get("entity") or "").strip() or series_id, (row.get("source") or "").strip())
        if series_id not in self.numbers:
            self._named[series_id], self.numbers[series_id], self._values[series_id] = named, [], []
        elif named != self._named[series_id]:
            raise EvaluationInputError(
                f"{where}, columns entity and source: series '{series_id}' was of {self._named[series_id]} before, "
                f"here of {named}: a series has one of each."
            )
        numbers = self.numbers[series_id]
        if numbers and number <= numbers[-1]:
            raise EvaluationInputError(f"{where}, column ts: {self._out_of_order(series_id, number, row['ts'])}")
        numbers.append(number)
        self._values[series_id].append(_value(row, where))
        if self._first is None or number < self._first[0]:
            self._first = (number, where)
        if self._last is None or number > self._last[0]:
            self._last = (number, where)

    def on_a_grid(self, path: Path) -> SeriesSet:
        if self._first is None or self._last is None:
            raise EvaluationInputError(f"{path} has no rows: write series_id,ts,value below the heading.")
        first, length = self._first[0], self._last[0] - self._first[0] + 1
        if length * len(self.numbers) > MOST_CELLS:
            raise EvaluationInputError(
                f"{self._last[1]}, column ts: it is {length - 1} steps of one {self._step} after the earliest "
                f"({self._first[1].rpartition(', ')[2]}), for {len(self.numbers)} series more than fit: correct the "
                "ts, or split the file."
            )
        values = np.full((len(self.numbers), length), np.nan)
        for position, (series_id, numbers) in enumerate(self.numbers.items()):
            values[position, np.array(numbers) - first] = self._values[series_id]
        entities, sources = zip(*self._named.values(), strict=True)
        start = _EPOCH + first * self._step.length
        return SeriesSet(self._step, start, tuple(self.numbers), entities, sources, values)

    def _out_of_order(self, series_id: str, number: int, told: str) -> str:
        if number in self.numbers[series_id]:
            return f"series '{series_id}' has the {self._step} of {told} already: keep one row a step."
        return f"{told} of series '{series_id}' comes after a later one: sort the rows of a series by ts."


def _rows(
    path: Path, required: Sequence[str], refused: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a CSV file with a heading that has the required columns. ``refused``: what to say of others."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in required if name not in (rows.fieldnames or ())]
            if missing:
                raise EvaluationInputError(
                    f"{path}, line 1: there is no column {' and no '.join(missing)}; expected {','.join(required)}, "
                    f"{_found(rows.fieldnames or ())}."
                )
            for name, why in (refused or {}).items():
                if name in (rows.fieldnames or ()):
                    raise EvaluationInputError(why)
            for row in rows:
                if None in row or None in row.values():
                    raise EvaluationInputError(
                        f"{path}, line {rows.line_num}: {'more' if None in row else 'fewer'} cells than the heading's "
                        f"{len(rows.fieldnames or ())}."
                    )
                yield rows.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise EvaluationInputError(f"{path} cannot be read ({reason}): name a CSV file in UTF-8.") from error


def _found(heading: Sequence[str]) -> str:
    """The heading that is there instead of the expected one, and what to do about it."""
    text = ",".join(heading)
    if not text:
        return "found nothing: write that heading"
    shown = text if len(text) <= _SHOWN_HEADING else f"{text[:_SHOWN_HEADING]}…"
    for separator, words in _OTHER_SEPARATORS.items():
        if separator in text:
            return f"found '{shown}': separate the cells by commas, not by {words}"
    return f"found '{shown}': name the columns as expected"


def _required(row: Mapping[str, str], column: str, where: str) -> str:
    text = row[column].strip()
    if not text:
        raise EvaluationInputError(f"{where}, column {column}: the cell is empty.")
    return text


def _instant(row: Mapping[str, str], column: str, where: str) -> datetime:
    return parse_instant(_required(row, column, where), f"{where}, column {column}")


def _value(row: Mapping[str, str], where: str, column: str = "value") -> float:
    """NaN for an empty cell."""
    text = row[column].strip()
    if text.lower() in _GAPS:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 <= value < np.inf:
        raise EvaluationInputError(
            f"{where}, column {column}: '{text}' is not a count: write a number of 0 or more, or leave the cell empty "
            "where no value is known."
        )
    return value


def _number(instant: datetime, step: Step) -> int:
    """Steps since 1970: a day is a UTC day, an hour a whole hour."""
    return (instant - _EPOCH) // step.length


def _spans(series: SeriesSet) -> dict[str, tuple[int, int]]:
    """The first and last known step of each series and entity; a name of both means the series."""
    spans: dict[str, tuple[int, int]] = {}
    for series_id, entity, values in zip(series.series_ids, series.entities, series.values, strict=True):
        known = np.flatnonzero(~np.isnan(values))
        span = (int(known[0]), int(known[-1])) if len(known) else (0, -1)
        for name in {series_id, entity}:
            before = spans.get(name, span) if name == entity and name not in series.series_ids else span
            spans[name] = (min(before[0], span[0]), max(before[1], span[1]))
    return spans
