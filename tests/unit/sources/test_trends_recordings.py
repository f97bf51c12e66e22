"""Every recorded answer of Google Trends: lines and feed into rows read from the files by hand, the rest refused by
what it is. The recordings hold days and weeks, none of the hours that are asked for; those are made from them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from trends_recordings import cassette, current, hourly

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.trends import Interest, Point, hourly_interest, timeline, trending

pytestmark = pytest.mark.realdata

PAGE = "is a web page"  # the page that sets the cookie
WIDGETS = "it is the widgets of an explore page"
REGIONS = "it is interest by region"
RELATED = "it is related searches or topics"
RANGES = "compares several ranges of time"
LOOKUP = "it is an autocompletion"

# What every call of every file is: so many points, or why it is refused.
CASSETTES: dict[str, list[int | str]] = {
    "build_payload": [PAGE, WIDGETS],
    "initial_data": [PAGE],
    "interest_by_region_city_resolution": [PAGE, WIDGETS, REGIONS],
    "interest_by_region_ok": [PAGE, WIDGETS, REGIONS],
    "interest_over_time_bad_gprop": [PAGE],
    "interest_over_time_froogle": [PAGE, WIDGETS, 5],
    "interest_over_time_images": [PAGE, WIDGETS, 5],
    "interest_over_time_multiple_regions": [PAGE, WIDGETS, 261],
    "interest_over_time_news": [PAGE, WIDGETS, 5],
    "interest_over_time_ok": [PAGE, WIDGETS, 5],
    "interest_over_time_partial": [PAGE, WIDGETS, 260],
    "interest_over_time_youtube": [PAGE, WIDGETS, 5],
    "multirange_interest_over_time_ok": [PAGE, WIDGETS, RANGES],
    "multirange_interest_over_time_same_keyword_ok": [PAGE, WIDGETS, RANGES],
    "realtime_trending_searches_ok": [PAGE, "it is the stories of the closed realtime trends"],
    "related_queries_result_keys": [PAGE, WIDGETS, RELATED, RELATED],
    "related_queries_result_rising": [PAGE, WIDGETS, RELATED, RELATED],
    "related_queries_result_top": [PAGE, WIDGETS, RELATED, RELATED],
    "related_topics_result_keys": [PAGE, WIDGETS, RELATED],
    "related_topics_result_rising": [PAGE, WIDGETS, RELATED],
    "related_topics_result_top": [PAGE, WIDGETS, RELATED],
    "suggestions_ok": [PAGE, LOOKUP],
    "tokens": [PAGE, WIDGETS],
    "top_charts_ok": [PAGE, "it is the top charts of a year"],
    "trending_searches_ok": [PAGE, "it is the hot searches of a closed address"],
}
CURRENT: dict[str, int | str] = {
    "autocomplete.json": LOOKUP,
    "category.json": "it is a list of categories or places",
    "comparedgeo_one.json": REGIONS,
    "comparedgeo_two.json": REGIONS,
    "explore_one.json": WIDGETS,
    "explore_ranges.json": WIDGETS,
    "explore_two.json": WIDGETS,
    "geo.json": "it is a list of categories or places",
    "multiline_one.json": 53,
    "multiline_two.json": 53,
    "multirange.json": RANGES,
    "related_queries.json": RELATED,
    "related_topics.json": RELATED,
    "trend_news.txt": "it is a batch of the trending page",
    "trending_now.txt": "it is a batch of the trending page",
    "trending_rss.xml": "is a web page or a feed",
}
NO_ANSWERS = {"LICENSE", "manifest.json"}


def test_the_tables_name_every_file(realdata: Path) -> None:
    folder = realdata / "api_google_trends"
    cassettes = {path.name for path in (folder / "pytrends_cassettes").iterdir()}
    assert cassettes == {f"test_{name}.yaml" for name in CASSETTES} | {"LICENSE"}
    assert {path.name for path in (folder / "gtrends_mcp_full_0.1.2").iterdir()} == {*CURRENT, *NO_ANSWERS}


def check(body: bytes, outcome: int | str) -> None:
    if isinstance(outcome, int):
        assert len(timeline(body)) == outcome
    else:
        with pytest.raises(CorruptCaptureError, match=outcome):
            timeline(body)


@pytest.mark.parametrize("name", CASSETTES)
def test_every_answer_of_2023(realdata: Path, name: str) -> None:
    calls = cassette(realdata, name)
    assert len(calls) == len(CASSETTES[name])
    for call, outcome in zip(calls, CASSETTES[name], strict=True):
        check(call.body, outcome)


@pytest.mark.parametrize("name", CURRENT)
def test_every_answer_of_2026(realdata: Path, name: str) -> None:
    check(current(realdata, name), CURRENT[name])


def day(number: int) -> datetime:
    return datetime(2021, 1, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ok", [(100, 2), (83, 2), (78, 2), (49, 1), (50, 1)]),
        ("images", [(85, 3), (100, 2), (93, 9), (93, 4), (93, 4)]),
        ("youtube", [(88, 1), (100, 1), (100, 1), (92, 2), (95, 1)]),
        ("news", [(100, None), (67, None), (78, None), (32, 20), (75, None)]),
        ("froogle", [(94, None), (99, None), (94, None), (62, None), (100, 8)]),
    ],
)
def test_five_days_of_pizza_and_bagel(realdata: Path, name: str, values: list[tuple[int | None, ...]]) -> None:
    """hasData is false where Google shows a 0 that it has not counted."""
    points = timeline(cassette(realdata, f"interest_over_time_{name}")[2].body)
    assert points == [Point(day(number), pair, False) for number, pair in enumerate(values, start=1)]


def test_a_time_is_the_start_of_its_period_and_the_last_one_is_partial(realdata: Path) -> None:
    """Shown as "Mar 19 - 25, 2023"; recorded on the 26th."""
    points = timeline(cassette(realdata, "interest_over_time_partial")[2].body)
    assert points[0] == Point(datetime(2018, 4, 1, tzinfo=UTC), (81, 1), False)
    assert points[195] == Point(datetime(2021, 12, 26, tzinfo=UTC), (94, 2), False)
    assert points[258] == Point(datetime(2023, 3, 12, tzinfo=UTC), (65, 2), False)
    assert points[259] == Point(datetime(2023, 3, 19, tzinfo=UTC), (58, 2), True)
    assert [point.time for point in points if point.is_partial] == [points[-1].time]


def test_four_keywords_are_four_values(realdata: Path) -> None:
    points = timeline(cassette(realdata, "interest_over_time_multiple_regions")[2].body)
    assert points[0] == Point(datetime(2018, 4, 22, tzinfo=UTC), (67, 69, 5, 2), False)
    assert points[260] == Point(datetime(2023, 4, 16, tzinfo=UTC), (50, 60, 6, 3), True)


def test_coffee_and_tea_in_2026(realdata: Path) -> None:
    one, two = (timeline(current(realdata, f"multiline_{name}.json")) for name in ("one", "two"))
    assert [two[number] for number in (0, 10, 51, 52)] == [
        Point(datetime(2025, 9, 28, tzinfo=UTC), (70, 31), False),
        Point(datetime(2025, 12, 7, tzinfo=UTC), (69, 37), False),
        Point(datetime(2026, 9, 20, tzinfo=UTC), (72, 33), False),
        Point(datetime(2026, 9, 27, tzinfo=UTC), (74, 31), True),
    ]
    assert [point.values for point in one] == [point.values[:1] for point in two]


@pytest.mark.parametrize(
    ("name", "step"),
    [("interest_over_time_ok", "24 hours from 2021-01-01 00:00"), ("interest_over_time_partial", "168 hours")],
)
def test_days_and_weeks_are_not_taken_for_hours(realdata: Path, name: str, step: str) -> None:
    with pytest.raises(CorruptCaptureError, match=f"comes in steps of {step}.*whole hours were asked for"):
        hourly_interest(cassette(realdata, name)[2].body, ["bagel"])


def test_a_recorded_answer_as_hours_on_the_scale_of_its_anchor(realdata: Path) -> None:
    """Pizza as anchor: its mean over the 259 final points is what 100 stands for."""
    body = cassette(realdata, "interest_over_time_partial")[2].body
    first = datetime(2026, 11, 13, 15, tzinfo=UTC)
    hours = hourly_interest(hourly(body, int(first.timestamp())), ["bagel"])
    pizza = [point["value"][0] for point in json.loads(body[5:])["default"]["timelineData"]][:-1]
    mean = sum(pizza) / 259
    assert round(mean) == 77  # as Google's own "averages" has it
    assert len(hours) == 259
    assert hours[0] == Interest("bagel", first, 100 * 1 / mean)
    assert hours[-1] == Interest("bagel", first + timedelta(hours=258), 100 * 2 / mean)


def test_what_google_has_no_data_for_is_a_gap(realdata: Path) -> None:
    body = hourly(cassette(realdata, "interest_over_time_news")[2].body, 1_790_002_800)
    (only,) = hourly_interest(body, ["bagel"])
    mean = (100 + 67 + 78 + 32 + 75) / 5
    assert only == Interest("bagel", datetime.fromtimestamp(1_790_002_800 + 3 * 3600, UTC), 100 * 20 / mean)


def test_the_trending_feed(realdata: Path) -> None:
    items = trending(current(realdata, "trending_rss.xml"), "https://trends.google.com/trending/rss?geo=US")
    assert [(item.title, item.numbers["approx_traffic"]) for item in items] == [
        ("david hearn reflecting pool case dismissed", 2000.0),
        ("amazon ftc settlement payouts", 2000.0),
        ("jim justice", 1000.0),
        ("emirates", 2000.0),
        ("ray kerr", 2000.0),
        ("detention", 2000.0),
        ("kylie kelce", 5000.0),
        ("cronos venom", 2000.0),
        ("petrol station", 1000.0),
        ("renee good", 10000.0),
    ]
    assert items[6] == Item(
        item_id="trending/US/2026-10-01/kylie kelce",
        channel="trending US",
        url="https://trends.google.com/trends/explore?q=kylie+kelce&date=now+7-d&geo=US",
        title="kylie kelce",
        summary="Kylie Kelce Apologizes to Kate Middleton Over How She Addressed Her: ‘Now I Know’\n"
        "Kylie Kelce issues apology to Kate Middleton for ‘offensive’ comment\n"
        "Kylie Kelce invites Princess Kate to 'chitchat' about common interests",
        topics=("trending",),
        published_at=datetime(2026, 10, 1, 15, 40, tzinfo=UTC),
        numbers={"approx_traffic": 5000.0},
    )
    assert items[9].published_at == datetime(2026, 10, 1, 15, 20, tzinfo=UTC)


def test_a_line_is_not_taken_for_the_feed(realdata: Path) -> None:
    with pytest.raises(CorruptCaptureError, match="trending of trends is not intact XML"):
        trending(current(realdata, "multiline_one.json"), "https://trends.google.com/trending/rss?geo=US")
