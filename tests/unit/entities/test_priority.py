"""Whom money is spent on first."""

from etheatmap_core.entities.priority import SPENT_ON_FIRST, Tracked, by_worth


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
