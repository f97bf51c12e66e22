"""When two articles are one story, and what the stories of an entity and hour add up to."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.hours import HOUR
from etheatmap_core.signals.item_store import CountedMention
from etheatmap_core.signals.news import AUTHORITY, Printing, Story, deduplicated, news_metrics, printing, signal_rows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MAYA, KEVIN = 1, 2
TIERS = {"variety": 1, "deadline": 1, "people": 2}


def mention(
    title: str,
    hours: int = 0,
    *,
    entity: int = MAYA,
    url: str | None = None,
    outlet: str = "Variety",
    author: str | None = None,
    affect: float = 0.0,
) -> CountedMention:
    link = url or f"https://example.org/{outlet}/{hours}/{title}"
    return CountedMention(entity, NOON + hours * HOUR, link, outlet, link, title, author, None, {}, affect)


def stories(*mentions: CountedMention, feeder: str = "trade_rss") -> list[Story]:
    return deduplicated(printing(feeder, one, TIERS) for one in mentions)


def hours_of(found: Sequence[Story]) -> list[int]:
    return [(story.ts - NOON) // HOUR for story in found]


def test_the_same_headline_elsewhere_is_the_same_story() -> None:
    found = stories(mention("Maya Sings!"), mention("“Maya sings”", 3, outlet="Deadline"))
    assert hours_of(found) == [0]


def test_the_same_link_under_another_headline_is_the_same_story() -> None:
    found = stories(
        mention("Maya Sings", url="https://variety.com/a"), mention("Maya Sang", 2, url="http://www.variety.com/a/")
    )
    assert hours_of(found) == [0]


def test_another_link_and_headline_is_another_story() -> None:
    assert hours_of(stories(mention("Maya Sings"), mention("Maya Dances"))) == [0, 0]


def test_a_story_is_counted_for_each_of_those_it_names() -> None:
    found = stories(mention("Maya and Kevin Sing"), mention("Maya and Kevin Sing", entity=KEVIN))
    assert [story.entity_id for story in found] == [MAYA, KEVIN]


def test_after_a_day_of_silence_a_headline_is_news_again() -> None:
    assert hours_of(stories(mention("Box Office"), mention("Box Office", 24))) == [0]
    assert hours_of(stories(mention("Box Office"), mention("Box Office", 25))) == [0, 25]


def test_a_story_told_again_and_again_stays_one() -> None:
    assert hours_of(stories(*(mention("Box Office", hours) for hours in (0, 20, 40, 60)))) == [0]


def test_a_headline_without_words_is_like_no_other() -> None:
    assert len(stories(mention("🎬"), mention("🎬🎬", outlet="Deadline"))) == 2


def test_an_aggregators_outlet_is_its_author_and_goes_from_the_headline() -> None:
    googles = mention("Maya Sings - Variety", outlet="search/Maya", author="Variety")
    trades = mention("Maya Sings", outlet="Variety", author="Joe Otterson")
    from_google, from_trades = printing("google_news", googles, TIERS), printing("trade_rss", trades, TIERS)
    assert (from_google.outlet, from_google.headline) == (from_trades.outlet, from_trades.headline)
    assert from_google.tier == from_trades.tier == 1
    assert printing("google_news", googles._replace(author=None), TIERS).outlet == "search/maya"


def test_an_outlet_nobody_knows_has_the_lowest_tier() -> None:
    assert printing("trade_rss", mention("Maya Sings", outlet="Gazette"), TIERS).tier == 3


def test_what_printings_of_one_hour_say_belongs_to_the_story() -> None:
    (story,) = stories(
        mention("Maya Sings", outlet="Gazette", affect=0.5, url="https://shared.org/a"),
        mention("Breaking: Maya Sings", outlet="Variety", affect=-0.1, url="https://shared.org/a"),
        mention("Maya Sings", 1, outlet="Deadline", affect=0.9),
    )
    assert (story.tier, story.is_breaking, story.affect) == (1, True, pytest.approx(0.2))
    assert {one.outlet for one in story.printings} == {"gazette", "variety"}


def test_metrics_of_an_hour() -> None:
    found = stories(
        mention("BREAKING: Maya Sings", outlet="Variety", affect=0.5),
        mention("Maya Dances", outlet="People", affect=-0.25),
        mention("Maya Rests", outlet="Gazette"),
        mention("Maya Rests!", outlet="Herald"),
    )
    assert news_metrics(found) == {
        "headline_count": 3,
        "tier1_hits": 1,
        "tier2_hits": 1,
        "tier3_hits": 1,
        "breaking_count": 1,
        "source_count": 4,
        "authority_score": pytest.approx((1.0 + 0.6 + 0.3) / 3),
        "affect_sum": 0.25,
    }


def test_rows_are_of_entities_and_hours_with_stories() -> None:
    rows = signal_rows(stories(mention("Maya Sings"), mention("Kevin Sings", 2, entity=KEVIN)))
    assert {(row.entity_id, row.source, row.ts) for row in rows} == {
        (MAYA, "news", NOON),
        (KEVIN, "news", NOON + 2 * HOUR),
    }
    assert len(rows) == 16


PRINTINGS = st.lists(
    st.builds(
        Printing,
        entity_id=st.sampled_from([MAYA, KEVIN]),
        ts=st.integers(0, 60).map(lambda hours: NOON + hours * HOUR),
        feeder=st.sampled_from(["trade_rss", "google_news"]),
        item_id=st.uuids().map(str),
        link=st.sampled_from("abcdef"),
        headline=st.sampled_from(["", "x", "y", "z"]),
        outlet=st.sampled_from(["variety", "people"]),
        tier=st.sampled_from([1, 2, 3]),
        is_breaking=st.booleans(),
        affect=st.floats(-1, 1),
    ),
    max_size=20,
)


@given(PRINTINGS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(printings: list[Printing], luck: object) -> None:
    shuffled = sorted(printings, key=lambda _: luck.random())  # type: ignore[attr-defined]
    assert deduplicated(shuffled) == deduplicated(printings)


@given(PRINTINGS, st.integers(0, 60))
def test_one_day_before_an_hour_says_all_about_it(printings: list[Printing], start: int) -> None:
    """So that an hour may be counted again without reading everything from the beginning."""
    first = NOON + start * HOUR
    near = [one for one in printings if one.ts >= first - 24 * HOUR]
    whole = [story for story in deduplicated(printings) if story.ts >= first]
    assert [story for story in deduplicated(near) if story.ts >= first] == whole


@given(PRINTINGS)
def test_no_story_is_lost_or_counted_twice(printings: list[Printing]) -> None:
    found = deduplicated(printings)
    told = [one.item_id for story in found for one in story.printings]
    assert len(told) == len(set(told))
    first_told = {
        (entity, min(one.ts for one in printings if one.entity_id == entity))
        for entity in {one.entity_id for one in printings}
    }
    assert first_told <= {(story.entity_id, story.ts) for story in found}


@given(PRINTINGS)
def test_tiers_add_up_to_headlines(printings: list[Printing]) -> None:
    values = {(row.entity_id, row.ts, row.metric): row.value for row in signal_rows(deduplicated(printings))}
    for (entity, ts, metric), value in values.items():
        if metric == "headline_count":
            assert value == sum(values[entity, ts, f"tier{tier}_hits"] for tier in AUTHORITY)
            assert 0.3 <= values[entity, ts, "authority_score"] <= 1.0
            assert values[entity, ts, "source_count"] >= 1
