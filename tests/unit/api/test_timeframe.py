"""The grammar of timeframe, and which bound counts."""

import pytest

from etheatmap_api.timeframe import checked_timeframe, lookback_hours, parse_timeframe


@pytest.mark.parametrize(
    ("text", "hours"), [("now", None), ("1h", 1), ("24h", 24), ("7d", 168), ("90d", 2160), ("366d", 8784)]
)
def test_spellings(text: str, hours: int | None) -> None:
    assert parse_timeframe(text) == hours


def test_case_does_not_matter() -> None:
    assert checked_timeframe("24H") == "24h"


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1.5h", "24", "1w", "24 h", "367d", "99999h", "٣h", "now "])
def test_other_spellings_are_refused_with_the_accepted_ones(text: str) -> None:
    with pytest.raises(ValueError, match=r"now, .* 1h, 24h, 7d"):
        checked_timeframe(text)


@pytest.mark.parametrize(
    ("timeframe", "hours", "lookback"),
    [("now", None, 72), ("now", 200, 200), ("7d", None, 168), ("7d", 5, 5), ("1h", 72, 1)],
)
def test_the_narrower_bound_counts(timeframe: str, hours: int | None, lookback: int) -> None:
    assert lookback_hours(timeframe, hours) == lookback
