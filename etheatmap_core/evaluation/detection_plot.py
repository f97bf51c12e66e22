"""A report as a drawing: recall against the false-alert rate, a line a horizon, as SVG without scripts.

Here: axes, lines and words of one picture. Not here: figures.
"""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from etheatmap_core.evaluation.detection import Figures
from etheatmap_core.evaluation.detection_report import Report

_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 54, 52
# Dark on light for the shortest horizon; dashes tell the lines apart without colour.
_LINES = (("#b2182b", ""), ("#d6604d", "8 3"), ("#4393c3", "3 3"), ("#2166ac", "10 3 2 3"), ("#053061", "1 3"))


def drawing(told: Report) -> str:
    """The curve of a report as an SVG document; with a false alarm or none anywhere it has axes only."""
    points = [point for point in told.curve if point.rate]
    rates = [point.rate for point in points if point.rate]
    low, high = _decades(rates)
    parts = [_frame(told), *_rate_axis(low, high), *_recall_axis()]
    for turn, horizon in enumerate(told.rules.horizons):
        colour, dashes = _LINES[turn % len(_LINES)]
        parts.append(_line(points, horizon, low, high, colour, dashes))
        y = _TOP + 16 + 22 * turn
        x = _WIDTH - _RIGHT + 16
        parts.append(
            f'<path d="M{x} {y}h28" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>'
            f'<text x="{x + 36}" y="{y + 4}">within {horizon}</text>'
        )
    own = told.own.measured.figures
    if own.rate:
        recall = own.recall(told.rules.horizons[-1]) or 0.0
        parts.append(
            f'<circle cx="{_x(own.rate, low, high):.1f}" cy="{_y(recall):.1f}" r="5" fill="none" stroke="#222" '
            'stroke-width="2"><title>its own threshold</title></circle>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _frame(told: Report) -> str:
    title = f"Model {told.model}: {told.events} events in {len(told.series.entity_names)} entities"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="#222">\n<title>{escape(title)}</title>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n'
        f'<text x="{_LEFT}" y="22" font-size="16" font-weight="600">{escape(title)}</text>\n'
        f'<text x="{_LEFT}" y="42">Share of events found, by how many steps of one {told.series.step} after them; '
        "circle: its own threshold</text>"
    )


def _rate_axis(low: int, high: int) -> list[str]:
    bottom = _HEIGHT - _BOTTOM
    parts = []
    for decade in range(low, high + 1):
        x = _x(10.0**decade, low, high)
        parts.append(
            f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{10.0**decade:g}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [
        *parts,
        f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle">false alerts in 1,000 entity-days</text>',
    ]


def _recall_axis() -> list[str]:
    return [
        f'<path d="M{_LEFT} {_y(share):.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:g}</text>'
        for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]


def _line(points: Sequence[Figures], horizon: int, low: int, high: int, colour: str, dashes: str) -> str:
    places = [f"{_x(point.rate or 0.0, low, high):.1f} {_y(point.recall(horizon) or 0.0):.1f}" for point in points]
    if not places:
        return ""
    return (
        f'<path d="M{" L".join(places)}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>'
    )


def _decades(rates: Sequence[float]) -> tuple[int, int]:
    if not rates:
        return 0, 1
    low = math.floor(math.log10(min(rates)))
    return low, max(low + 1, math.ceil(math.log10(max(rates))))


def _x(rate: float, low: int, high: int) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * (math.log10(rate) - low) / (high - low)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * share
