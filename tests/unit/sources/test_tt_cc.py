"""TikTok Creative Center: whom a rising hashtag names, and its two numbers. No recording exists of it: the answers are
built from the public documentation of its fields (tiktok_answers)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plans import plan_of
from test_tiktok_searches import names
from tiktok_answers import CAP, COST, HOUR, body, hashtag

from etheatmap_assets.sources.source import Answer, Parsed, Question
from etheatmap_assets.sources.tt_cc import SOURCE, task
from etheatmap_core.config import load_config
from etheatmap_core.errors import CorruptCaptureError

CONFIG = load_config(Path(__file__).parents[3] / "configs")


def listed(*items: Any, cost: int | None = COST) -> Parsed:
    question = Question("hashtags", "https://api.apify.com/v2/actors/a~b/runs")
    run_input = {"countryCode": "US", "period": 7, "maxItems": 100}
    return SOURCE.parse(Answer(question, body(list(items), run_input, cost), None, HOUR))


def numbers(parsed: Parsed) -> dict[tuple[str, str], float]:
    return {(entity, metric): value for sample in parsed.samples for entity, metric, value in sample.readings(names)}


def test_a_hashtag_names_the_entity_whose_name_it_is_in_one_word() -> None:
    parsed = listed(hashtag("fyp", 1), hashtag("TaylorSwift", 2), hashtag("zendaya", 51))
    assert numbers(parsed) == {
        ("Taylor Swift", "hashtag_score"): 0.99,
        ("Taylor Swift", "momentum"): pytest.approx(0.6),
        ("Zendaya", "hashtag_score"): 0.5,
        ("Zendaya", "momentum"): pytest.approx(0.6),
    }
    assert [item.title for item in parsed.items] == ["#fyp", "#TaylorSwift", "#zendaya"]
    assert parsed.items[1].url == "https://www.tiktok.com/tag/TaylorSwift"


def test_a_part_of_a_longer_hashtag_names_nobody() -> None:
    assert numbers(listed(hashtag("zendayaedits", 1), hashtag("taylorswiftfan", 2))) == {}


def test_of_several_hashtags_of_one_entity_the_one_further_up_counts() -> None:
    told = numbers(listed(hashtag("tswift", 9), hashtag("taylorswift", 30, curve=(0.9, 0.1))))
    assert told["Taylor Swift", "hashtag_score"] == 0.92
    assert told["Taylor Swift", "momentum"] > 0


def test_who_falls_has_a_momentum_below_zero_and_one_point_has_none() -> None:
    assert numbers(listed(hashtag("zendaya", 1, curve=(0.8, 0.6, 0.1))))["Zendaya", "momentum"] == pytest.approx(-0.6)
    assert ("Zendaya", "momentum") not in numbers(listed(hashtag("zendaya", 1, curve=(0.8,))))


def test_a_curve_that_ended_days_ago_tells_nothing_of_today() -> None:
    assert listed(hashtag("zendaya", 1, days_ago=3)) == listed()
    assert listed(hashtag("zendaya", 1, curve=())).items == []
    assert listed(hashtag("zendaya", 1, days_ago=2)).items


def test_a_list_that_the_cost_cap_ended_says_so() -> None:
    parsed = listed(hashtag("zendaya", 2), cost=CAP)
    assert parsed.lacks == "1 of 100 hashtags: the cost cap of the run ended it early"
    assert numbers(parsed)["Zendaya", "hashtag_score"] == 0.99, "the scale does not follow the length of the list"
    whole = [hashtag(f"tag{rank}", rank) for rank in range(1, 101)]
    assert listed(*whole, cost=CAP).lacks == "", "all there are"


def test_a_list_that_the_cost_cap_may_have_ended_says_so() -> None:
    parsed = listed(hashtag("zendaya", 2), cost=None)
    assert parsed.lacks == "1 of 100 hashtags: nobody knows whether the cost cap of the run ended it early"


def test_the_spelling_of_usual_actors_is_read_too() -> None:
    told = {"hashtag_name": ..., "hashtagName": "Zendaya", "publish_cnt": ..., "publishCount": 3, "video_views": ...}
    assert numbers(listed(hashtag("x", 1, **told, videoViews=9)))["Zendaya", "hashtag_score"] == 1


@pytest.mark.parametrize("name", list(hashtag("a", 1)))
def test_a_renamed_field_is_an_error_that_names_it(name: str) -> None:
    renamed = {key if key != name else f"new_{key}": value for key, value in hashtag("zendaya", 1).items()}
    with pytest.raises(CorruptCaptureError, match=f"a hashtag without '{name}': it may have been renamed"):
        listed(hashtag("a", 1), renamed)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"rank": 0}, "a 'rank' of 0"),
        ({"rank": "first"}, "in 'rank' no number"),
        ({"trend": {"time": 1}}, "a 'trend' that is no list of points"),
        ({"trend": [{"value": 1}]}, "a point of 'trend' without 'time'"),
        ({"trend": [{"time": 1}]}, "a point of 'trend' without 'value'"),
        ({"trend": [{"time": 1e18, "value": 1}]}, "in 'trend.time' no instant"),
        ({"hashtag_name": " # "}, "a hashtag without a name in 'hashtag_name'"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_field(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(CorruptCaptureError, match=told):
        listed(hashtag("zendaya", 1) | fields)


def test_a_list_of_nothing_but_errors_is_none() -> None:
    with pytest.raises(CorruptCaptureError, match="nothing but errors: Blocked by TikTok"):
        listed({"error": "Blocked by TikTok"})


def test_one_run_asks_for_the_list_of_the_country() -> None:
    plan = replace(plan_of("tt_cc", apify_cc_actor="somebody/creative-center", trends_region="GB"), config=CONFIG)
    [question] = SOURCE.questions(plan)
    assert (question.key, question.entities) == ("hashtags", ())
    asked = task(plan, question)
    assert (asked.actor, asked.most_items) == ("somebody/creative-center", 100)
    assert asked.run_input == {"countryCode": "GB", "period": 7, "maxItems": 100}
