"""The table that a measurement prints."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class BenchRow:
    """One line: what was measured, its floor and ours in seconds (medians), the aim in words, and a remark."""

    what: str
    floor_s: float | None
    ours_s: float
    aim: str
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.floor_s is None else self.ours_s / self.floor_s


def print_table(rows: Sequence[BenchRow]) -> None:
    """Aligned columns on standard output."""
    cells = [("what", "floor", "ours", "ratio", "aim", "note")]
    for row in rows:
        floor = "–" if row.floor_s is None else f"{row.floor_s:.2f} s"
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}×"
        cells.append((row.what, floor, f"{row.ours_s:.2f} s", ratio, row.aim, row.note))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
