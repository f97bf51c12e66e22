"""TikTok by search and by hashtag: what is counted, what is only estimated, and what nobody knows.

No recording exists of the actors' answers: they are built from public documentation (tiktok_answers).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from plans import plan_of
from tiktok_answers import CAP, MOST, searched, video

from etheatmap_assets.sources import apify_tiktok, tt_search
from etheatmap_assets.sources.source import Parsed, Source
from etheatmap_core.budget.model import SourceUse
from etheatmap_core.config import load_config
from etheatmap_core.entities.matcher import MatchEntity, Matcher
from etheatmap_core.errors import CorruptCaptureError, NoCredentialsError
from etheatmap_core.signals.items import Item

SEARCH, HASHTAG = tt_search.SOURCE, apify_tiktok.SOURCE
CONFIG = load_config(Path(__file__).parents[3] / "configs")
ROSTER = [
    MatchEntity(1, "Zendaya", "person", "film", ()),
    MatchEntity(2, "Taylor Swift", "person", "music", ("T-Swift",)),
]
MATCHER = Matcher(ROSTER, ())


def names(item: Item) -> frozenset[str]:
    """Through the one matcher."""
    return frozenset(ROSTER[match.entity_id - 1].name for match in MATCHER.match(item.text).matches)


def numbers(parsed: Parsed, entity: str = "Zendaya") -> dict[str, float]:
    told = [reading for sample in parsed.samples for reading in sample.readings(names)]
    return {metric: value for name, metric, value in told if name == entity}


def test_what_is_older_than_a_day_never_counts_and_is_kept_nowhere() -> None:
    parsed = searched(SEARCH, [video(1), video(23.9), video(24), video(700)])
    assert len(parsed.items) == 2
    assert numbers(parsed)["hits_24h"] == 2


def test_a_video_that_a_search_shows_twice_counts_once() -> None:
    first, second = video(1), video(2)
    parsed = searched(SEARCH, [first, first, second])
    assert (len(parsed.items), numbers(parsed)["hits_24h"]) == (2, 2)
    full = searched(SEARCH, [video(1)] * MOST)
    assert len(full.items) == 1
    assert "hits_24h" not in numbers(full), "as many as a search may show: nobody knows how many there are"


def test_an_error_that_does_not_say_of_which_search_is_no_empty_search() -> None:
    with pytest.raises(CorruptCaptureError, match=r"tell of an error \(blocked\), and not of which search"):
        searched(SEARCH, [{"error": "blocked"}])


def test_nothing_recent_is_none_and_not_all() -> None:
    parsed = searched(SEARCH, [video(30), video(500)])
    assert (parsed.items, numbers(parsed), parsed.lacks) == ([], {}, "")
    assert searched(SEARCH, []).items == []


def test_that_a_search_has_found_a_video_is_no_evidence_that_it_names_the_entity() -> None:
    parsed = searched(SEARCH, [video(1), video(2, text="somebody else entirely")])
    assert numbers(parsed)["hits_24h"] == 1


@pytest.mark.parametrize("text", ["the eras tour #TaylorSwift", "Taylor Swift tonight", "T-Swift again"])
def test_a_hashtag_names_as_the_name_does(text: str) -> None:
    parsed = searched(SEARCH, [video(1, "Taylor Swift", text)], ["Taylor Swift"])
    assert numbers(parsed, "Taylor Swift")["hits_24h"] == 1


def test_a_hashtag_that_is_only_in_the_list_of_hashtags_names_too() -> None:
    parsed = searched(
        SEARCH, [video(1, "Taylor Swift", "so loud", hashtags=[{"name": "TaylorSwift"}])], ["Taylor Swift"]
    )
    assert numbers(parsed, "Taylor Swift")["hits_24h"] == 1


def test_the_numbers_of_a_whole_day() -> None:
    one = video(0.5, authorMeta={"name": "a"}, playCount=3_000, diggCount=200, commentCount=90, shareCount=10)
    parsed = searched(SEARCH, [one, video(10, authorMeta={"name": "a"}), video(20, authorMeta={"name": "b"})])
    assert numbers(parsed) == {
        "hits_24h": 3,
        "unique_authors_24h": 2,
        # Half an hour old counts as an hour: 3,000, 100 and 50 views an hour.
        "view_vel_median": pytest.approx(100),
        "eng_ratio_median": pytest.approx(0.1),
    }


def test_views_that_tiktok_hides_are_no_zero() -> None:
    assert set(numbers(searched(SEARCH, [video(1, playCount=None)]))) == {"hits_24h", "unique_authors_24h"}
    assert "eng_ratio_median" not in numbers(searched(SEARCH, [video(1, diggCount=None)]))
    assert "eng_ratio_median" not in numbers(searched(SEARCH, [video(1, playCount=0)]))


# --- A search that gave all it may give


def test_ten_results_in_three_hours_are_not_ten_a_day() -> None:
    parsed = searched(SEARCH, [video(0.3 * (position + 1)) for position in range(MOST)])
    told = numbers(parsed)
    assert told["hits_24h"] == pytest.approx(9 / 3 * 24)  # ten results span nine gaps
    assert "unique_authors_24h" not in told, "of a part nobody knows how many authors the whole has"
    assert told["view_vel_median"] > 0
    assert parsed.lacks == ""


def test_of_a_full_search_the_share_that_names_the_entity_counts() -> None:
    texts = ["Zendaya", "nobody"] * 5
    parsed = searched(SEARCH, [video(0.3 * (place + 1), text=text) for place, text in enumerate(texts)])
    assert numbers(parsed)["hits_24h"] == pytest.approx(9 / 3 * 24 / 2)


def test_a_full_search_that_goes_on_to_older_ones_shows_the_whole_day() -> None:
    parsed = searched(SEARCH, [*(video(float(hours)) for hours in range(1, MOST)), video(30)])
    assert numbers(parsed)["hits_24h"] == MOST - 1
    assert numbers(parsed)["unique_authors_24h"] == MOST - 1


def test_of_a_full_search_that_is_not_in_the_order_of_time_nobody_knows_how_many_there_are() -> None:
    parsed = searched(SEARCH, [video(hours) for hours in (3, 20, 1, 9, 14, 2, 30, 8, 5, 11)])
    assert set(numbers(parsed)) == {"view_vel_median", "eng_ratio_median"}
    assert parsed.lacks == (
        "no number of hits of Zendaya: all 10 results that a search may give came, and not in the order of time"
    )


def test_a_little_disorder_is_latest_first_as_tiktok_has_it() -> None:
    hours = [0.5, 0.3, 1, 1.6, 1.2, 2, 2.5, 3, 2.9, 3]
    assert numbers(searched(SEARCH, [video(at, number=place) for place, at in enumerate(hours)]))["hits_24h"] > MOST


def test_ten_at_one_instant_tell_no_rate() -> None:
    parsed = searched(SEARCH, [video(0, number=place) for place in range(MOST)])
    assert "hits_24h" not in numbers(parsed)
    assert "no number of hits of Zendaya" in parsed.lacks


def test_a_burst_of_a_minute_is_not_taken_for_the_pace_of_a_day() -> None:
    parsed = searched(SEARCH, [video(place / 600, number=place) for place in range(MOST)])
    assert numbers(parsed)["hits_24h"] == pytest.approx(9 * 6 * 24)


def test_an_estimate_is_never_below_what_was_seen() -> None:
    parsed = searched(SEARCH, [video(23.5 + place / 100) for place in range(MOST)])
    assert numbers(parsed)["hits_24h"] == MOST


@pytest.mark.parametrize("a_day", [15.0, 60.0, 400.0])
def test_the_estimate_is_right_on_average(a_day: float) -> None:
    """Of posts that come by chance at a known rate."""
    dice = np.random.default_rng(3)
    found = []
    for _ in range(300):
        ages = np.cumsum(dice.exponential(24 / a_day, 400)).tolist()
        shown = [video(age, number=place) for place, age in enumerate(ages[:MOST])]
        found.append(numbers(searched(SEARCH, shown)).get("hits_24h", 0.0))
    # Never below what was seen: near the cap that lifts the mean a little.
    assert fmean(found) == pytest.approx(a_day, rel=0.12)


def test_where_the_money_ended_the_run_no_search_is_known_to_be_whole() -> None:
    parsed = searched(SEARCH, [video(3, number=1), video(1, number=2)], cost=CAP)
    assert numbers(parsed).keys() == {"hits_24h", "view_vel_median", "eng_ratio_median"} - {"hits_24h"}
    assert parsed.lacks == "no number of hits of Zendaya: the cost cap of the run ended it early"


def test_where_nobody_knows_what_the_run_has_cost_no_search_is_known_to_be_whole() -> None:
    parsed = searched(SEARCH, [video(3, number=1), video(1, number=2)], ["Zendaya", "Taylor Swift"], cost=None)
    assert numbers(parsed).keys() == {"view_vel_median", "eng_ratio_median"}
    told = "no number of hits of Zendaya, Taylor Swift: nobody knows whether the cost cap of the run ended it early"
    assert parsed.lacks == told


def shown_by(search: str, count: int, minutes: float = 5) -> list[dict[str, Any]]:
    """The newest first."""
    first = 1_000 * len(search)
    return [video(place * minutes / 60, search, search, number=first + place) for place in range(count)]


def test_where_one_search_shows_what_is_another_s_the_other_is_no_whole_day() -> None:
    """Asked for ten of each, the actor gave fourteen of the first: of the twenty that the run may give six are left."""
    both = ["Taylor Swift", "Zendaya"]
    parsed = searched(SEARCH, shown_by("Taylor Swift", 14) + shown_by("Zendaya", 6), both)
    assert numbers(parsed, "Taylor Swift")["hits_24h"] == pytest.approx(13 / 65 * 60 * 24)
    assert numbers(parsed)["hits_24h"] == pytest.approx(5 / 25 * 60 * 24), "their pace"
    assert "unique_authors_24h" not in numbers(parsed)
    assert parsed.lacks == ""


@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_search_that_is_left_few_results_or_none_is_named(left: int) -> None:
    both = ["Taylor Swift", "Zendaya"]
    parsed = searched(SEARCH, shown_by("Taylor Swift", 20 - left) + shown_by("Zendaya", left), both)
    assert "hits_24h" not in numbers(parsed)
    told = "no number of hits of Zendaya: all 20 results that the run may give came before it had its 10"
    assert parsed.lacks == told


def test_of_an_actor_that_shows_more_than_it_may_nobody_knows_where_it_ends_a_search() -> None:
    both = ["Taylor Swift", "Zendaya"]
    parsed = searched(SEARCH, shown_by("Taylor Swift", 11) + shown_by("Zendaya", 1), both)
    told = "no number of hits of Zendaya: the actor does not keep to the 10 results that a search may give"
    assert parsed.lacks == told


def test_searches_that_all_show_what_they_may_are_full_and_no_more() -> None:
    both = ["Taylor Swift", "Zendaya"]
    disorder = shown_by("Zendaya", 10, minutes=90)[::-1]
    parsed = searched(SEARCH, shown_by("Taylor Swift", 10) + disorder, both)
    told = "no number of hits of Zendaya: all 10 results that a search may give came, and not in the order of time"
    assert parsed.lacks == told


def test_a_search_that_failed_in_its_midst_is_no_whole_day() -> None:
    failed = {"error": "Search failed.", "errorCode": "TIMEOUT", "searchQuery": "Zendaya"}
    parsed = searched(SEARCH, [video(1), failed, *shown_by("Taylor Swift", 2)], ["Zendaya", "Taylor Swift"])
    assert "hits_24h" not in numbers(parsed)
    assert numbers(parsed, "Taylor Swift")["hits_24h"] == 2
    assert (
        parsed.lacks == "no number of hits of Zendaya: it failed in its midst; searches that failed: Zendaya (TIMEOUT)"
    )


def test_a_hashtag_page_gives_hits_alone() -> None:
    tagged = [
        video(hours, search=..., searchHashtag={"name": "taylorswift"}, text="#TaylorSwift") for hours in (2, 1, 9)
    ]
    parsed = searched(
        HASHTAG, [{k: v for k, v in one.items() if k != "searchQuery"} for one in tagged], ["Taylor Swift"]
    )
    assert numbers(parsed, "Taylor Swift") == {"hits": 3}


# --- What is not what it should be


def test_a_search_the_actor_could_not_make_is_told_and_no_zero() -> None:
    failed = {"error": "Search failed.", "errorCode": "TIMEOUT", "searchQuery": "Taylor Swift"}
    parsed = searched(SEARCH, [video(1), failed], ["Zendaya", "Taylor Swift"])
    assert parsed.lacks == "searches that failed: Taylor Swift (TIMEOUT)"
    assert numbers(parsed, "Taylor Swift") == {}
    with pytest.raises(CorruptCaptureError, match=r"could make no search: Taylor Swift \(TIMEOUT\)"):
        searched(SEARCH, [failed], ["Taylor Swift"])


def test_an_item_of_a_search_that_nobody_made_is_an_error() -> None:
    with pytest.raises(CorruptCaptureError, match="of a search that nobody made: 'Someone'"):
        searched(SEARCH, [video(1, search="Someone")])


FIELDS = [name for name in video(1) if name != "authorMeta"]


@pytest.mark.parametrize("name", FIELDS)
def test_a_renamed_field_is_an_error_that_names_it(name: str) -> None:
    renamed = {key if key != name else f"{key}_v2": value for key, value in video(1).items()}
    with pytest.raises(CorruptCaptureError, match=f"{name}"):
        searched(SEARCH, [video(2), renamed])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"authorMeta": {"nickName": "a"}}, "'authorMeta.name'"),
        ({"authorMeta": None}, "'authorMeta'"),
        ({"hashtags": [{"title": "a"}]}, "'hashtags.name'"),
        ({"hashtags": "fyp"}, "'hashtags'"),
        ({"playCount": "12K"}, "in 'playCount' no number, but '12K'"),
        ({"createTimeISO": "yesterday"}, "no instant in 'createTimeISO'"),
        ({"createTimeISO": "2026-11-20T10:00:00"}, "without a time zone"),
        ({"id": " "}, "with nothing in 'id'"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_field(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(CorruptCaptureError, match="^The items of tt_search .*" + told):
        searched(SEARCH, [video(1, **fields)])


@pytest.mark.parametrize("items", [{"error": "x"}, ["a"], None, 3])
def test_what_is_no_list_of_objects_is_an_error(items: object) -> None:
    with pytest.raises(CorruptCaptureError, match="The items of tt_search are no list of objects"):
        searched(SEARCH, items)


def test_what_no_text_column_takes_is_taken_out() -> None:
    [item] = searched(SEARCH, [video(1, text="Zendaya\0 \ud83d live", authorMeta={"name": "a\0"})]).items
    assert "\0" not in item.title + str(item.author)
    item.title.encode()


def test_a_video_that_two_searches_show_is_one_item_and_counts_for_both() -> None:
    both = "Zendaya and Taylor Swift"
    shown = [video(1, search, both, number=7) for search in ("Zendaya", "Taylor Swift")]
    parsed = searched(SEARCH, shown, ["Zendaya", "Taylor Swift"])
    assert len(parsed.items) == 1
    assert [numbers(parsed, name)["hits_24h"] for name in ("Zendaya", "Taylor Swift")] == [1, 1]


# --- What is asked


def questions(source: Source, wanted: int, use: SourceUse, **last_asked: Any) -> Sequence[tuple[str, ...]]:
    plan = plan_of(
        source.name, [f"Star {n}" for n in range(wanted)], apify_tiktok_actor="somebody/tiktok", **last_asked
    )
    budgets = replace(CONFIG.budgets, uses={**CONFIG.budgets.uses, source.name: use})
    plan = replace(plan, config=replace(CONFIG, budgets=budgets))
    return [question.entities for question in source.questions(plan)]


def test_the_money_of_a_run_says_how_many_are_searched_for() -> None:
    assert [len(run) for run in questions(SEARCH, 40, SourceUse("apify", 150_000, 150_000))] == [5]
    assert [len(run) for run in questions(SEARCH, 40, SourceUse("apify", 150_000, 75_000))] == [2, 2]
    assert [len(run) for run in questions(SEARCH, 40, SourceUse("apify", 1, 1))] == [1]
    assert [len(run) for run in questions(SEARCH, 3, SourceUse("apify", 150_000, 150_000))] == [3]


def test_the_hottest_are_always_searched_for_and_the_others_in_turn() -> None:
    [first] = questions(SEARCH, 8, SourceUse("apify", 150_000, 150_000))
    assert first == ("Star 0", "Star 1", "Star 2", "Star 3", "Star 4")
    now = plan_of("tt_search").hour
    [then] = questions(SEARCH, 8, SourceUse("apify", 150_000, 150_000), last_asked=dict.fromkeys(first, now))
    assert then == ("Star 0", "Star 1", "Star 2", "Star 5", "Star 6")


@pytest.mark.parametrize(
    ("source", "asked"),
    [(SEARCH, {"searchQueries": ["Taylor Swift"], "searchSorting": "3", "searchDatePosted": "1"}),
     (HASHTAG, {"hashtags": ["taylorswift"]})],
)  # fmt: skip
def test_the_actor_is_asked_for_the_latest(source: Source, asked: dict[str, Any]) -> None:
    plan = replace(plan_of(source.name, ["Taylor Swift"], apify_tiktok_actor="somebody/tiktok"), config=CONFIG)
    [question] = source.questions(plan)
    assert question.url.startswith("https://api.apify.com/v2/actors/somebody~tiktok/runs?")
    task_of: Callable[..., Any] = (tt_search if source is SEARCH else apify_tiktok)._SEARCHES.task
    task = task_of(plan, question)
    assert (task.actor, task.most_items) == ("somebody/tiktok", MOST)
    assert asked.items() <= task.run_input.items()


@pytest.mark.parametrize(("source", "by"), [(SEARCH, "searchQueries"), (HASHTAG, "hashtags")])
def test_two_names_that_are_spelled_alike_share_a_search_and_both_have_its_numbers(source: Source, by: str) -> None:
    alike = ["T-Swift", "Zendaya", "tswift"]
    plan = replace(plan_of(source.name, alike, apify_tiktok_actor="somebody/tiktok"), config=CONFIG)
    [question] = source.questions(plan)
    task_of: Callable[..., Any] = (tt_search if source is SEARCH else apify_tiktok)._SEARCHES.task
    assert len(task_of(plan, question).run_input[by]) == 2, "paid once"
    found = [video(1, search="tswift", text="both of them", number=1, input="tswift")]
    parsed = searched(source, found, question.entities)
    told = [reading for sample in parsed.samples for reading in sample.readings(lambda _: {"T-Swift", "tswift"})]
    assert {name for name, _, _ in told} == {"T-Swift", "tswift"}


def test_without_an_actor_the_variable_is_named() -> None:
    with pytest.raises(NoCredentialsError, match="tt_search needs APIFY_TIKTOK_ACTOR"):
        SEARCH.questions(replace(plan_of("tt_search", ["A"]), config=CONFIG))
