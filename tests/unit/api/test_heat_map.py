"""Tiles: colour steps, the smallest targets, honest counts, and colours a person can read."""

import re
from pathlib import Path

import pytest

import etheatmap_api
from etheatmap_api.heat_map import LAYOUTS, STEP_EDGES, Layout, Mapped, heat_map, heat_step, legend

CSS = (Path(etheatmap_api.__file__).parent / "static" / "dashboard.css").read_text()
WIDE = Layout("wide", 1000, 500)


def mapped(name: str, attention: float, heat: float = 0.3) -> Mapped:
    return Mapped(f"entity-{name}", name, heat, attention, "1.1× usual", f"{name}, heat {heat}")


@pytest.mark.parametrize(
    ("heat", "step"),
    [(-2.0, 0), (-1.0, 1), (-0.5001, 1), (-0.5, 2), (-1e-9, 2), (0.0, 3), (1.0, 5), (2.0, 7), (9.0, 7)],
)
def test_colour_steps(heat: float, step: int) -> None:
    assert heat_step(heat) == step


def test_the_legend_names_every_step() -> None:
    assert legend()[0] == (0, "below −1.0")
    assert legend()[3] == (3, "0.0 to 0.5")
    assert legend()[-1] == (7, "2.0 and more")
    assert len(legend()) == len(STEP_EDGES) + 1


def test_area_is_attention() -> None:
    drawing = heat_map([mapped("a", 300), mapped("b", 100)], WIDE)
    big, small = drawing.tiles
    assert big.width * big.height == pytest.approx(3 * small.width * small.height, rel=1e-3)


def test_an_entity_without_attention_has_no_tile() -> None:
    assert [tile.anchor for tile in heat_map([mapped("a", 0), mapped("b", 5)], WIDE).tiles] == ["entity-b"]


def test_tiles_too_small_for_a_name_keep_their_size_and_are_counted() -> None:
    drawing = heat_map([mapped("Giant", 1_000_000), mapped("Dwarf", 1)], WIDE)
    dwarf = drawing.tiles[1]
    assert drawing.unlabelled == 1
    assert dwarf.width * dwarf.height == pytest.approx(10_000 / 1_000_001, rel=0.1)
    assert not dwarf.is_target
    assert drawing.tiles[0].is_target


def test_few_tiles_get_a_lower_drawing() -> None:
    assert heat_map([mapped("a", 1)], LAYOUTS[2]).layout.height_px < LAYOUTS[2].height_px
    many = [mapped(f"{i}", 1) for i in range(20)]
    assert heat_map(many, LAYOUTS[2]).layout.height_px == LAYOUTS[2].height_px


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def themes() -> dict[str, dict[str, str]]:
    light, dark = CSS.split("prefers-color-scheme: dark", 1)
    pattern = r"--([\w-]+): (#[0-9a-f]{6});"
    return {"light": dict(re.findall(pattern, light)), "dark": dict(re.findall(pattern, dark))}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast_of_4_5_on_every_step_and_surface(theme: str) -> None:
    colours = themes()[theme]
    for step in range(len(STEP_EDGES) + 1):
        assert contrast(colours[f"heat-{step}"], colours[f"heat-{step}-ink"]) >= 4.5, step
    for ink in ("ink", "muted", "link"):
        for surface in ("page", "card", "target"):
            assert contrast(colours[ink], colours[surface]) >= 4.5, (ink, surface)
    for surface in ("banner", "bad"):
        assert contrast(colours[surface], colours[f"{surface}-ink"]) >= 4.5
    assert contrast(colours["focus"], colours["card"]) >= 3


@pytest.mark.parametrize(("theme", "sign"), [("light", -1), ("dark", 1)])
def test_the_scale_can_be_read_without_seeing_hue(theme: str, sign: int) -> None:
    """Luminance moves one way from zero outwards, on both sides."""
    colours = themes()[theme]
    steps = [sign * luminance(colours[f"heat-{step}"]) for step in range(len(STEP_EDGES) + 1)]
    warm, cool = steps[3:], steps[2::-1]
    assert warm == sorted(warm)
    assert cool == sorted(cool)
