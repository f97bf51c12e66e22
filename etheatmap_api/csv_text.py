"""Trends as CSV: RFC 4180, and safe to open in a spreadsheet."""

import csv
import io
import math
import re
from collections.abc import Iterable

from etheatmap_api.shapes import Trend

TREND_COLUMNS = (
    "rank",
    "entity",
    "category",
    "heat",
    "velocity",
    "acceleration",
    "cross_platform",
    "tentpole",
    "reasons",
)
REASON_SEPARATOR = "; "

# What spreadsheets take for the start of a formula (OWASP, "CSV Injection"), also behind leading space; the full-width
# forms are read as formulas by Japanese and Chinese editions.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|\s*[\t\r\n]")


def safe_cell(text: str) -> str:
    """``text``, with an apostrophe in front when a spreadsheet would otherwise run it."""
    return f"'{text}" if _FORMULA.match(text) else text


def trends_csv(trends: Iterable[Trend]) -> str:
    """Header and one line a trend. Null is empty, 0 is 0; only text is guarded, so that −0.4 stays a number."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(TREND_COLUMNS)
    for item in trends:
        parts = item["components"]
        names = (safe_cell(item["entity"]), safe_cell(item["category"]))
        terms = (parts["velocity"], parts["acceleration"], parts["cross_platform"], parts["tentpole"])
        numbers = map(_number, (item["heat"], *terms))
        writer.writerow((item["rank"], *names, *numbers, safe_cell(REASON_SEPARATOR.join(item["reasons"]))))
    return lines.getvalue()


def _number(value: object) -> object:
    return "" if value is None or (isinstance(value, float) and not math.isfinite(value)) else value
