"""Whom money is spent on first."""

from etheatmap_core.discovery.lifecycle import Outcome
from etheatmap_core.entities.priority import SPENT_ON_FIRST, Tracked, awake, by_worth


def entity(name: str, category: str, heat: float | None) -> Tracked:
    return Tracked(len(name), name, "person", category, heat)


def test_the_categories_that_come_first_then_the_hottest() -> None:
    hottest_first = [
        entity("Senator", "politics", 2.0),
        entity("Singer", "music", 1.5),
        entity("Striker", "sports", 1.0),
        entity("Unknown", "unknown", 0.5),
        entity("Meme", "viral", None),
    ]
    assert [one.name for one in by_worth(hottest_first)] == ["Singer", "Striker", "Meme", "Senator", "Unknown"]


def test_the_published_categories_are_among_them() -> None:
    assert {"music", "entertainment", "sports", "viral"} <= SPENT_ON_FIRST


def test_within_them_the_category_whose_discoveries_trend_more_often() -> None:
    hottest_first = [entity("Film", "film", 9.0), entity("Singer", "music", 2.0), entity("Senator", "politics", 1.0)]
    trended: dict[str, dict[Outcome, int]] = {"music": {"trending": 9, "failed": 1}, "politics": {"trending": 99}}
    assert [one.name for one in by_worth(hottest_first, trended)] == ["Singer", "Film", "Senator"]
    assert [one.name for one in by_worth(hottest_first, {"film": {"trending": 1}})] == ["Film", "Singer", "Senator"]


def test_who_sleeps_is_not_paid_for() -> None:
    asleep = Tracked(1, "Calm", "person", "music", 0.1, is_asleep=True)
    assert awake([entity("Singer", "music", 2.0), asleep]) == [entity("Singer", "music", 2.0)]
