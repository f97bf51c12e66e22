"""Squarified treemap (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000): areas in, rectangles out, no drawing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class Rectangle:
    """Upper left corner and size, in the unit of the frame."""

    x: float
    y: float
    width: float
    height: float


def squarify(areas: Iterable[tuple[str, float]], frame: Rectangle) -> dict[str, Rectangle]:
    """A rectangle for every key, its area in proportion; together they cover ``frame`` without overlap.

    Largest first, equal areas by key: the same input always gives the same picture. An area of 0 is left out.
    Raises ValueError for an area that is negative or not a number.
    """
    given = list(areas)
    if any(not math.isfinite(area) or area < 0 for _, area in given):
        raise ValueError("an area must be a number of at least 0")
    ordered = sorted(((key, area) for key, area in given if area > 0), key=lambda item: (-item[1], item[0]))
    placed: dict[str, Rectangle] = {}
    while ordered:
        # The rest is scaled to what is left of the frame at each strip, so that rounding cannot add up to a gap.
        rest = math.fsum(area for _, area in ordered)
        sizes = [area / rest for _, area in ordered]
        count = _strip_length(sizes, frame)
        strip = [(key, size) for (key, _), size in zip(ordered[:count], sizes, strict=False)]
        frame = _place_strip(strip, frame, placed, is_last=count == len(ordered))
        ordered = ordered[count:]
    return placed


def _strip_length(sizes: Sequence[float], frame: Rectangle) -> int:
    """How many of ``sizes`` (shares of the frame) go into the next strip: as long as the worst tile gets squarer."""
    side, other = sorted((frame.width, frame.height))
    aspect = other / side if side else 1.0
    total, worst, count = 0.0, math.inf, 0
    for size in sizes:
        total += size
        # A tile of the strip is `total` thick and `size / total` long, in shares of the longer and the shorter side.
        with_this = max(_aspect(total * aspect, share / total) for share in (sizes[0], size))
        if with_this > worst:
            break
        worst, count = with_this, count + 1
    return count


def _aspect(width: float, height: float) -> float:
    shorter, longer = sorted((width, height))
    return longer / shorter if shorter else math.inf


def _place_strip(
    strip: Sequence[tuple[str, float]], frame: Rectangle, placed: dict[str, Rectangle], *, is_last: bool
) -> Rectangle:
    """Lays the strip (key and share of the frame) along the shorter side; returns what is left of the frame."""
    is_upright = frame.width >= frame.height
    length, other = (frame.height, frame.width) if is_upright else (frame.width, frame.height)
    sums = list(accumulate(size for _, size in strip))
    thickness = other if is_last else other * sums[-1]
    ends = [length * (done / sums[-1]) for done in sums]
    for (key, _), begin, end in zip(strip, [0.0, *ends], ends, strict=False):
        if is_upright:
            placed[key] = Rectangle(frame.x, frame.y + begin, thickness, end - begin)
        else:
            placed[key] = Rectangle(frame.x + begin, frame.y, end - begin, thickness)
    if is_upright:
        return Rectangle(frame.x + thickness, frame.y, frame.width - thickness, frame.height)
    return Rectangle(frame.x, frame.y + thickness, frame.width, frame.height - thickness)
