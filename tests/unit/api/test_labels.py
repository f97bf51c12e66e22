"""Labels: what is written fits, and what does not fit is left out rather than squeezed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_api.labels import fit_label, shorten, text_em, wrap

SIZES_PX = {"l": {"name": 18, "heat": 30, "note": 12}, "m": {"name": 14, "heat": 20, "note": 12}}
SIZES_PX["s"] = {"name": 12, "heat": 13, "note": 12, "lone": 13}
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


@given(NAMES, st.floats(0, 600), st.floats(0, 400))
def test_every_line_fits_its_tile(name: str, width_px: float, height_px: float) -> None:
    label = fit_label(name, "−0.40", "5.9× usual", width_px, height_px)
    for line in label.lines:
        assert text_em(line.text) * SIZES_PX[label.size][line.kind] <= width_px
        assert 0 < line.y_px <= height_px


def test_a_large_tile_says_everything() -> None:
    label = fit_label("Whitney Houston", "2.10", "5.9× usual", 300, 200)
    assert [(line.kind, line.text) for line in label.lines] == [
        ("name", "Whitney Houston"),
        ("heat", "2.10"),
        ("note", "5.9× usual"),
    ]
    assert label.size == "l"


def test_a_long_name_is_broken_at_spaces_before_it_is_cut() -> None:
    label = fit_label("One Battle After Another", "0.15", "", 120, 120)
    assert [line.text for line in label.lines if line.kind == "name"] == ["One Battle", "After", "Another"]


def test_a_name_that_cannot_be_broken_is_cut_with_an_ellipsis() -> None:
    label = fit_label("Supercalifragilisticexpialidocious", "0.15", "", 90, 60)
    (name,) = (line.text for line in label.lines if line.kind == "name")
    assert name.endswith("…")
    assert "Supercalifragilisticexpialidocious".startswith(name[:-1])


def test_a_small_tile_keeps_the_number() -> None:
    label = fit_label("Whitney Houston", "2.10", "5.9× usual", 48, 30)
    assert [(line.kind, line.text) for line in label.lines] == [("lone", "2.10")]
    assert not label.has_name


def test_a_tiny_tile_says_nothing() -> None:
    assert fit_label("Whitney Houston", "2.10", "5.9× usual", 12, 12).lines == ()


@pytest.mark.parametrize(("text", "width_em"), [("블랙핑크", 4.0), ("👩‍🎤", 2.5), ("WWW", 3.15)])
def test_wide_characters_count_as_wide(text: str, width_em: float) -> None:
    assert text_em(text) == pytest.approx(width_em, rel=0.01)


@given(NAMES, st.floats(2, 30))
def test_shortened_text_fits(text: str, width_em: float) -> None:
    assert text_em(shorten(text, width_em)) <= width_em


@given(NAMES, st.floats(1, 40))
def test_wrapping_loses_no_word(text: str, width_em: float) -> None:
    lines = wrap(text, width_em, max_lines=3)
    assert not lines or " ".join(lines).split() == text.split()
