"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from etheatmap_api import wording

HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"), [(3.44, "+3.4σ"), (-0.4, "−0.4σ"), (0.04, "0.0σ"), (-0.04, "0.0σ"), (None, "—")]
)
def test_signed(value: float | None, text: str) -> None:
    assert wording.signed(value, "σ") == text


@pytest.mark.parametrize(("value", "text"), [(1.825, "1.82"), (-0.4, "−0.40"), (-0.001, "0.00"), (0.0, "0.00")])
def test_heat(value: float, text: str) -> None:
    assert wording.heat_text(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(5.94, "5.9×"), (9.94, "9.9×"), (9.96, "10×"), (1204.2, "1,204×"), (0.0, "0.0×"), (0.031, "0.03×"), (None, "—")],
)
def test_times_usual(ratio: float | None, text: str) -> None:
    assert wording.times_usual(ratio) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (950, "950"), (999.7, "1.0k"), (4_800, "4.8k"), (48_100, "48k"), (999_600, "1.0M"), (12_300_000, "12M")],
)
def test_compact(count: float, text: str) -> None:
    assert wording.compact(count) == text


def test_an_hour_is_named_with_its_end_and_day() -> None:
    assert wording.hour_span(HOUR) == "14:00–15:00 UTC on Fri 20 Nov 2026"
    assert wording.hour_span(HOUR.astimezone(timezone(timedelta(hours=-8)))) == "14:00–15:00 UTC on Fri 20 Nov 2026"
    assert wording.hour_span(HOUR.replace(hour=23)) == "23:00–00:00 UTC on Fri 20 Nov 2026"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (-30, "just now"),
        (0.5, "just now"),
        (25, "25 min ago"),
        (119, "119 min ago"),
        (120, "2 h ago"),
        (47 * 60 + 59, "47 h ago"),
        (48 * 60, "2 days ago"),
        (5_400 * 24 * 60, "5,400 days ago"),
    ],
)
def test_ago(minutes: float, text: str) -> None:
    assert wording.ago(HOUR, HOUR + timedelta(minutes=minutes)) == text


def test_percent() -> None:
    assert wording.percent(1 / 3) == "33 %"


def test_the_sign_of_a_message_is_drawn_and_nothing_else_is_touched() -> None:
    assert wording.drawn(":warning: Scores stale: last=a:b:c") == "\N{WARNING SIGN} Scores stale: last=a:b:c"
    assert wording.drawn(":no_such_sign: at 12:30:00") == ":no_such_sign: at 12:30:00"
