"""The heat map of the dashboard: tiles with place, colour step and label, for three widths of screen.

Here: which tile goes where. Not here: the layout method (``treemap.py``), colours (``static/dashboard.css``).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from etheatmap_api.labels import Label, fit_label
from etheatmap_api.treemap import Rectangle, squarify
from etheatmap_api.wording import heat_text

# Lower ends of the colour steps 1…7; below the first is step 0. Zero is an edge: blue always means below zero.
STEP_EDGES = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
_MIN_TARGET_PX = 24  # WCAG 2.5.8; the row of a smaller tile is reached through the table


@dataclass(frozen=True)
class Layout:
    """A drawing for a range of screens; ``width_px`` is the narrowest it is shown in, and so decides what text fits."""

    key: str
    width_px: int
    height_px: int


LAYOUTS = (Layout("narrow", 264, 620), Layout("medium", 640, 560), Layout("wide", 1080, 600))


@dataclass(frozen=True)
class Mapped:
    """What the map needs to know of an entity. ``attention`` ≥ 0 decides the area."""

    anchor: str
    entity: str
    heat: float
    attention: float
    usual: str
    summary: str


@dataclass(frozen=True)
class Tile:
    """A tile in percent of the drawing, so that it stretches while its type keeps its size."""

    anchor: str
    summary: str
    step: int
    x: float
    y: float
    width: float
    height: float
    label: Label
    is_target: bool


@dataclass(frozen=True)
class HeatMap:
    """One drawing. ``unlabelled`` tiles are there, to scale, but too small for a name."""

    layout: Layout
    tiles: tuple[Tile, ...]

    @property
    def unlabelled(self) -> int:
        return sum(not tile.label.has_name for tile in self.tiles)


def heat_step(heat: float) -> int:
    """The colour step of a heat, 0 (coolest) to 7."""
    return bisect_right(STEP_EDGES, heat)


def heat_map(entities: Sequence[Mapped], layout: Layout) -> HeatMap:
    """The drawing of ``entities``; one without attention has no area and no tile. Few tiles get a lower drawing."""
    layout = replace(layout, height_px=min(layout.height_px, 200 + 40 * len(entities)))
    frame = Rectangle(0, 0, layout.width_px, layout.height_px)
    places = squarify(((entity.entity, entity.attention) for entity in entities), frame)
    by_name = {entity.entity: entity for entity in entities}
    return HeatMap(layout, tuple(_tile(by_name[name], place, layout) for name, place in places.items()))


def _tile(entity: Mapped, place: Rectangle, layout: Layout) -> Tile:
    return Tile(
        anchor=entity.anchor,
        summary=entity.summary,
        step=heat_step(entity.heat),
        x=round(100 * place.x / layout.width_px, 4),
        y=round(100 * place.y / layout.height_px, 4),
        width=round(100 * place.width / layout.width_px, 4),
        height=round(100 * place.height / layout.height_px, 4),
        label=fit_label(entity.entity, heat_text(entity.heat), entity.usual, place.width, place.height),
        is_target=min(place.width, place.height) >= _MIN_TARGET_PX,
    )


def legend() -> list[tuple[int, str]]:
    """Each colour step with the heat it stands for."""
    edges = [heat_text(edge).removesuffix("0") for edge in STEP_EDGES]
    spans = [f"{low} to {high}" for low, high in pairwise(edges)]
    return list(enumerate([f"below {edges[0]}", *spans, f"{edges[-1]} and more"]))
