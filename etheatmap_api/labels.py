"""What text fits into a tile. The server cannot measure glyphs: it assumes a wide typeface (DejaVu Sans Bold)."""

import unicodedata
from dataclasses import dataclass

_NARROW = frozenset("iIjl.,:;'|!()[] ft-")
_BROAD = frozenset("mwMWQO@%&—")
_PADDING_PX = 8
_LINE_HEIGHT = 1.2
_ELLIPSIS = "…"


@dataclass(frozen=True)
class TypeSize:
    """A tile's type: ``name`` and ``heat`` in px; tiles under ``min_width_px`` take the next smaller one."""

    key: str
    name_px: int
    heat_px: int
    min_width_px: int
    max_lines: int


_SIZES = (TypeSize("l", 18, 30, 190, 3), TypeSize("m", 14, 20, 96, 3), TypeSize("s", 12, 13, 56, 4))
_SMALLEST = _SIZES[-1]
_NOTE_PX = 12


@dataclass(frozen=True)
class Line:
    """A line of text in a tile; ``y_px`` is its baseline below the tile's upper edge."""

    kind: str  # name | heat | note
    text: str
    y_px: float


@dataclass(frozen=True)
class Label:
    """The text of a tile, top down; ``size`` names its type. Without lines the tile is too small for any."""

    size: str
    lines: tuple[Line, ...]

    @property
    def has_name(self) -> bool:
        return any(line.kind == "name" for line in self.lines)


def fit_label(name: str, heat: str, note: str, width_px: float, height_px: float) -> Label:
    """The largest type in which ``name`` and ``heat`` fit; then a shortened name; then the heat alone; then nothing."""
    inner_width, inner_height = width_px - 2 * _PADDING_PX, height_px - 2 * _PADDING_PX
    for size in _SIZES:
        lines = wrap(name, inner_width / size.name_px, size.max_lines)
        if width_px >= size.min_width_px and lines and _stack_px(size, len(lines)) <= inner_height:
            label = _stacked(size, lines, heat)
            return _with_note(label, note, inner_width, height_px - _PADDING_PX)
    if width_px >= _SMALLEST.min_width_px and _stack_px(_SMALLEST, 1) <= inner_height:
        return _stacked(_SMALLEST, [shorten(name, inner_width / _SMALLEST.name_px)], heat)
    if text_em(heat) * _SMALLEST.heat_px <= width_px - 6 and height_px >= _SMALLEST.heat_px + 4:
        # Alone, the number may use the padding; centred by the stylesheet.
        return Label("s", (Line("lone", heat, round(height_px / 2 + _SMALLEST.heat_px * 0.36, 1)),))
    return Label("s", ())


def _stack_px(size: TypeSize, name_lines: int) -> float:
    return (name_lines * size.name_px + size.heat_px) * _LINE_HEIGHT


def _stacked(size: TypeSize, names: list[str], heat: str) -> Label:
    y, lines = float(_PADDING_PX), []
    for kind, text, px in [*(("name", text, size.name_px) for text in names), ("heat", heat, size.heat_px)]:
        y += px * _LINE_HEIGHT
        lines.append(Line(kind, text, round(y - px * 0.25, 1)))
    return Label(size.key, tuple(lines))


def _with_note(label: Label, note: str, width_px: float, bottom_px: float) -> Label:
    """``label`` with ``note`` below it where there is room."""
    y_px = label.lines[-1].y_px + _NOTE_PX * 1.6
    if not note or y_px > bottom_px or text_em(note) * _NOTE_PX > width_px:
        return label
    return Label(label.size, (*label.lines, Line("note", note, round(y_px, 1))))


def text_em(text: str) -> float:
    """The estimated width of ``text`` in multiples of its type size."""
    return sum(_character_em(character) for character in text)


def _character_em(character: str) -> float:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or unicodedata.category(character) == "So":
        return 1.25 if unicodedata.category(character) == "So" else 1.0
    if character in _NARROW:
        return 0.42
    if character in _BROAD:
        return 1.05
    return 0.78 if character.isupper() else 0.69


def wrap(text: str, width_em: float, max_lines: int) -> list[str]:
    """``text`` broken at spaces into at most ``max_lines`` lines; empty when it does not fit."""
    lines: list[str] = []
    for word in text.split():
        if text_em(word) > width_em:
            return []
        if lines and text_em(f"{lines[-1]} {word}") <= width_em:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines if len(lines) <= max_lines else []


def shorten(text: str, width_em: float) -> str:
    """``text``, cut so that it fits with an ellipsis."""
    if text_em(text) <= width_em:
        return text
    kept, room = "", width_em - text_em(_ELLIPSIS)
    for character in text:
        room -= _character_em(character)
        if room < 0:
            break
        kept += character
    return f"{kept.rstrip()}{_ELLIPSIS}"
