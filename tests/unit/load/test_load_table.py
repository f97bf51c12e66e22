"""What a day of load is judged by."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etheatmap_core.config.model import RequestRate
from load import moved_clock
from load.figures import Figures, ProviderDay, SourceDay, busiest
from load.memory import Peak
from load.table import shortcomings, table

WELL = SourceDay(
    "reddit",
    due=24,
    made=24,
    whole=24,
    states=Counter(ok=24),
    requests=312,
    busiest=13,
    limit=RequestRate(60, 60),
    most=90,
)
BOOKS = ProviderDay("newsapi", "requests", "day", spent=400, reserved=0, planned=432, limit=500, is_passed=False)


def figures(source: SourceDay = WELL, books: ProviderDay = BOOKS, *, failures: int = 0, scored: int = 24) -> Figures:
    return Figures(
        24, 500, (source,), (books,), {"reddit": 312}, 30, {"reddit": failures} if failures else {}, scored, 24
    )


def test_a_day_within_everything_has_nothing_to_say() -> None:
    assert shortcomings(figures(), Peak(pss=1200)) == []
    told = table(figures(), Peak(pss=1200), 500, 1800)
    assert "| `reddit` | 24 of 24 | 24 |" in told
    assert "| 13 of 60 requests a minute + 30 |" in told
    assert "| newsapi | 400 requests | 432 requests (93% of it) | 500 requests a day |" in told


@pytest.mark.parametrize(
    ("found", "peak", "said"),
    [
        (
            figures(SourceDay("reddit", due=24, made=23, missing=["2026-11-20 03:00: failed, x"])),
            1,
            "1 of 24 partitions",
        ),
        (
            figures(books=ProviderDay("newsapi", "requests", "day", 501, 0, 432, 500, is_passed=True)),
            1,
            "more than 500",
        ),
        (figures(books=ProviderDay("newsapi", "requests", "day", 400, 2, 432, 500, is_passed=False)), 1, "set aside"),
        (figures(replace(WELL, busiest=91)), 1, "91 requests in one period, by 60 requests a minute at most 90"),
        (figures(failures=2), 1, "2 runs of reddit failed"),
        (figures(scored=23), 1, "1 of 24 hours have no score"),
        (figures(), 4096, "All processes held 4,096 MiB"),
    ],
)
def test_what_is_not_within_is_told_and_makes_it_a_failure(found: Figures, peak: float, said: str) -> None:
    [told] = shortcomings(found, Peak(pss=peak))
    assert said in told


def test_the_busiest_period_is_one_of_the_clock() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    sent = [noon + timedelta(seconds=seconds) for seconds in (0, 59, 60, 61, 119, 3600)]
    assert [busiest(sent, seconds) for seconds in (60, 3600)] == [3, 5]
    assert busiest([], 60) == 0


def test_the_clock_is_moved_on_and_never_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(moved_clock.CLOCK_FILE, str(tmp_path / "clock"))
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    moved_clock.start_at(midnight)
    moved_clock.move(3600)
    moved_clock.go_to(midnight)
    assert timedelta(hours=1) <= moved_clock.clock() - midnight < timedelta(hours=1, minutes=1)
    moved_clock.go_to(midnight + timedelta(hours=5))
    assert moved_clock.clock() >= midnight + timedelta(hours=5)
