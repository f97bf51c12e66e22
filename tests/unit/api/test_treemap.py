"""The treemap: areas in proportion, inside the frame, no overlap, nothing left over, always the same picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_api.treemap import Rectangle, squarify

FRAME = Rectangle(0, 0, 1200, 600)
AREAS = st.dictionaries(st.text(max_size=5), st.floats(min_value=0.01, max_value=1e7), min_size=1, max_size=60)
FRAMES = st.builds(Rectangle, st.just(0.0), st.just(0.0), st.floats(1, 4000), st.floats(1, 4000))


def area(rectangle: Rectangle) -> float:
    return rectangle.width * rectangle.height


def overlap(a: Rectangle, b: Rectangle) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(width, 0) * max(height, 0)


@given(AREAS, FRAMES)
def test_areas_are_proportional(areas: dict[str, float], frame: Rectangle) -> None:
    placed = squarify(areas.items(), frame)
    share = area(frame) / sum(areas.values())
    assert placed.keys() == areas.keys()
    for key, wanted in areas.items():
        assert area(placed[key]) == pytest.approx(wanted * share, rel=1e-6, abs=1e-9 * area(frame))


@given(AREAS, FRAMES)
def test_tiles_stay_inside_and_do_not_overlap(areas: dict[str, float], frame: Rectangle) -> None:
    tiles = list(squarify(areas.items(), frame).values())
    slack = 1e-9 * (frame.width + frame.height)
    for tile in tiles:
        assert tile.width >= 0
        assert tile.height >= 0
        assert tile.x >= -slack
        assert tile.y >= -slack
        assert tile.x + tile.width <= frame.width + slack
        assert tile.y + tile.height <= frame.height + slack
    for i, tile in enumerate(tiles):
        assert sum(overlap(tile, other) for other in tiles[i + 1 :]) <= 1e-6 * area(frame)


@given(AREAS, FRAMES)
def test_tiles_cover_the_frame(areas: dict[str, float], frame: Rectangle) -> None:
    # Inside and without overlap (above), so a sum of areas equal to the frame's leaves no hole.
    covered = sum(area(tile) for tile in squarify(areas.items(), frame).values())
    assert covered == pytest.approx(area(frame), rel=1e-9)


@given(AREAS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(areas: dict[str, float], random: object) -> None:
    shuffled = list(areas.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(squarify(shuffled, FRAME).items()) == list(squarify(areas.items(), FRAME).items())


def test_equal_areas_are_ordered_by_name() -> None:
    placed = squarify([("c", 1), ("a", 1), ("b", 1)], FRAME)
    assert list(placed) == ["a", "b", "c"]


def test_the_example_of_the_paper() -> None:
    """Bruls et al., figure 3: 6 × 4 with areas 6, 6, 4, 3, 2, 2, 1 begins with a column of two 3 × 2 tiles."""
    placed = squarify(zip("abcdefg", (6, 6, 4, 3, 2, 2, 1), strict=True), Rectangle(0, 0, 6, 4))
    first, second, third = placed["a"], placed["b"], placed["c"]
    assert (first.x, first.width, first.height) == pytest.approx((0, 3, 2))
    assert (second.x, second.y, second.width, second.height) == pytest.approx((0, 2, 3, 2))
    assert (third.x, third.width, third.height) == pytest.approx((3, 12 / 7, 7 / 3))


def test_like_sizes_give_tiles_near_square() -> None:
    placed = squarify([(f"{i:02}", 1.0) for i in range(32)], FRAME)
    assert all(0.5 <= tile.width / tile.height <= 2 for tile in placed.values())


def test_nothing_gives_nothing() -> None:
    assert squarify([], FRAME) == {}
    assert squarify([("a", 0.0)], FRAME) == {}


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_an_area_must_be_a_number(bad: float) -> None:
    with pytest.raises(ValueError, match="area must be a number"):
        squarify([("a", bad)], FRAME)
