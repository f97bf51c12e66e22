"""Rows and cells of a CSV file of configs/, as spreadsheets write them: BOM and CRLF are fine.

Here: reading, and the checks that several files share. Not here: what a file's columns mean.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from etheatmap_core.config.problems import Problems, one_of, read_text


def rows(
    path: Path, problems: Problems, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """First line and cells of each row that is not blank. A wrong header or broken quotes end the reading."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    line = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        _require_columns(path, header, required, optional)
        line = reader.line_num + 1  # where the row starts: a quoted cell may hold line ends
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) == len(header):
                    yield line, {name: clean(cell) for name, cell in zip(header, cells, strict=True)}
                else:
                    problems.add(line, "row", f"{len(header)} columns", len(cells))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(line, "row", f"CSV ({error})")
        problems.raise_if_any()


def clean(cell: str) -> str:
    """Single spaces, and one spelling of é: some editors write it as e and an accent, which would match nothing."""
    return " ".join(unicodedata.normalize("NFC", cell).split())


def _require_columns(path: Path, header: list[str], required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    problems = Problems(path)
    for position, name in enumerate(header):
        if name not in required + optional:
            problems.add(1, "header", one_of(required + optional, name), name)
        elif name in header[:position]:
            problems.add(1, "header", "each column once", name)
    for name in required:
        if name not in header:
            problems.add(1, "header", f"the column '{name}'", ",".join(header))
    problems.raise_if_any()


def text_cell(line: int, row: Mapping[str, str], name: str, problems: Problems) -> str:
    if not row[name]:
        problems.add(line, name, "a text")
    return row[name]


def date_cell(line: int, row: Mapping[str, str], name: str, problems: Problems) -> date:
    try:
        return date.fromisoformat(row[name])
    except ValueError:
        problems.add(line, name, "a date like 2026-11-20", row[name])
        return date.min if name == "start_date" else date.max


def require_unique(problems: Problems, line: int, where: str, value: str, seen: dict[str, int], *, key: str) -> None:
    first = seen.setdefault(key, line)
    if first != line and value:
        problems.add(line, where, f"each {where} once (line {first} has it too)", value)
