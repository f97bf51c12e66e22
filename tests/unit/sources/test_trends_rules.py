"""Which hours of interest are final, on what scale, and what is refused."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.trends import hourly_interest, search_term, timeline, trending

START = datetime(2026, 11, 13, 15, tzinfo=UTC)
URL = "https://trends.google.com/trending/rss?geo=US"


def point(number: int, *values: int, **marks: Any) -> dict[str, Any]:
    time = str(int((START + timedelta(hours=number)).timestamp()))
    return {"time": time, "value": list(values), "hasData": [True] * len(values), **marks}


def answer(points: Sequence[Any], prefix: str = ")]}',\n") -> bytes:
    return (prefix + json.dumps({"default": {"timelineData": points, "averages": []}})).encode()


def test_a_hundred_is_the_mean_of_the_anchor() -> None:
    body = answer([point(0, 20, 10, 0), point(1, 40, 60, 30), point(2, 30, 15, 3)])
    assert hourly_interest(body, ["Zendaya", "Dune"]) == [
        ("Zendaya", START, 10 / 0.3),
        ("Zendaya", START + timedelta(hours=1), 200.0),
        ("Zendaya", START + timedelta(hours=2), 50.0),
        ("Dune", START, 0.0),
        ("Dune", START + timedelta(hours=1), 100.0),
        ("Dune", START + timedelta(hours=2), 10.0),
    ]


def test_the_hour_that_is_not_over_is_neither_stored_nor_part_of_the_scale() -> None:
    body = answer([point(0, 50, 10), point(1, 1, 100, isPartial=True)])
    assert hourly_interest(body, ["Zendaya"]) == [("Zendaya", START, 20.0)]


@pytest.mark.parametrize("points", [[], [point(0, 50, 10, isPartial=True)]])
def test_nothing_final_is_nothing(points: list[dict[str, Any]]) -> None:
    assert hourly_interest(answer(points), ["Zendaya"]) == []


def test_hours_that_are_left_out_are_gaps() -> None:
    body = answer([point(0, 50, 10), point(1, 50, 10), point(5, 50, 10)])
    assert [hour.ts for hour in hourly_interest(body, ["Zendaya"])] == [
        START, START + timedelta(hours=1), START + timedelta(hours=5),
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", ")]}'\n", ")]}',\n"])
def test_with_and_without_its_guard(prefix: str) -> None:
    assert hourly_interest(answer([point(0, 50, 10)], prefix), ["Zendaya"])[0].value == 20.0


def test_an_anchor_that_nobody_searches_for_is_no_scale() -> None:
    no_data = point(1, 0, 100, hasData=[False, True])
    with pytest.raises(CorruptCaptureError, match=r"anchor has no interest .* choose another TRENDS_ANCHOR"):
        hourly_interest(answer([point(0, 0, 100), no_data]), ["Zendaya"])


@pytest.mark.parametrize("entities", [["Zendaya"], ["Zendaya", "Dune", "Wicked"]])
def test_a_value_too_few_or_too_many_is_refused(entities: list[str]) -> None:
    with pytest.raises(CorruptCaptureError, match=f"has 3 values for {len(entities) + 1} keywords"):
        hourly_interest(answer([point(0, 50, 10, 5)]), entities)


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [
        ([0, 8, 16], "steps of 0.133333 hours"),  # now 1-d
        ([0, 1], "steps of 0.0166667 hours"),  # now 1-H
        ([30, 90, 150], "from 2026-11-13 15:30 on"),
        ([0, 120, 240], "steps of 2 hours"),
    ],
)
def test_other_steps_than_hours_are_refused(minutes: list[int], reason: str) -> None:
    points = [point(0, 50, 10, time=str(int(START.timestamp()) + 60 * minute)) for minute in minutes]
    with pytest.raises(CorruptCaptureError, match=reason):
        hourly_interest(answer(points), ["Zendaya"])


@pytest.mark.parametrize("hours", [[1, 0], [0, 0]])
def test_points_are_in_the_order_of_time(hours: list[int]) -> None:
    with pytest.raises(CorruptCaptureError, match="not in the order of their time"):
        hourly_interest(answer([point(hour, 50, 10) for hour in hours]), ["Zendaya"])


@pytest.mark.parametrize("field", ["time", "value", "hasData"])
def test_a_field_that_was_renamed_is_named(field: str) -> None:
    renamed = {("was_" + key if key == field else key): value for key, value in point(0, 50, 10).items()}
    with pytest.raises(CorruptCaptureError, match=f"has a point without '{field}', only .*was_{field}"):
        timeline(answer([renamed]))


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        ({"value": [50, 101]}, "the 'value' 101"),
        ({"value": [50, -1]}, "the 'value' -1"),
        ({"value": [50, "10"]}, "the 'value' '10'"),
        ({"value": [50, True]}, "the 'value' True"),
        ({"value": 50}, "no 'hasData' for each 'value'"),
        ({"hasData": [True]}, "no 'hasData' for each 'value'"),
        ({"time": "yesterday"}, "a 'time' that is no instant: 'yesterday'"),
        ({"time": None}, "a 'time' that is no instant"),
        ({"time": "99999999999999999"}, "a 'time' that is no instant"),
    ],
)
def test_a_value_that_is_none_is_refused(marks: dict[str, Any], reason: str) -> None:
    with pytest.raises(CorruptCaptureError, match=reason):
        timeline(answer([point(0, 50, 10) | marks]))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is not whole JSON"),
        (b")]}',\n", "is not whole JSON"),
        (answer([point(0, 50, 10)])[:60], "is not whole JSON"),
        (b"<html><title>Error 429 (Too Many Requests)!!1</title></html>", "is a web page"),
        (b'{"default": {}}', "has no list 'timelineData'"),
        (b'{"default": {"lines": []}}', "has no list 'timelineData'"),
        (b'{"default": {"timelineData": {}}}', "has no list 'timelineData'"),
        (b'{"default": {"timelineData": [1]}}', "has a point that is no object"),
        (b"null", "has no list 'timelineData'"),
        (b"7", "has no list 'timelineData'"),
        (answer([point(0, 50, 10)]).decode().encode("utf-16"), "is not whole JSON"),
        (b"[" * 100_000, "is not whole JSON"),
    ],
)
def test_what_is_no_line_is_never_taken_for_silence(body: bytes, reason: str) -> None:
    with pytest.raises(CorruptCaptureError, match=reason):
        timeline(body)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100)), min_size=1, max_size=168), st.integers(1, 20))
def test_the_scale_does_not_depend_on_how_google_has_scaled(pairs: list[tuple[int, int]], factor: int) -> None:
    """The same hours, told in a scale that is finer by a factor, mean the same."""
    told = [pair for pair in pairs if max(pair) * factor <= 100]
    coarse = [point(number, *pair) for number, pair in enumerate(told)]
    fine = [one | {"value": [value * factor for value in one["value"]]} for one in coarse]
    if coarse:
        values = [hour.value for hour in hourly_interest(answer(coarse), ["Zendaya"])]
        assert [hour.value for hour in hourly_interest(answer(fine), ["Zendaya"])] == pytest.approx(values)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=168))
def test_the_anchor_itself_has_a_mean_of_a_hundred(values: list[int]) -> None:
    if sum(values):
        twins = answer([point(n, value, value) for n, value in enumerate(values)])
        hours = hourly_interest(twins, ["the same"])
        assert sum(hour.value for hour in hours) / len(hours) == pytest.approx(100)


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Zendaya", "Zendaya"),
        ("Disney+", "Disney"),
        ("Romeo + Juliet", "Romeo Juliet"),
        ('"Weird Al" Yankovic', "Weird Al Yankovic"),
        ("Spider-Man", "Spider-Man"),
        ("Mission: Impossible -Fallout", "Mission: Impossible Fallout"),
        ("+", "+"),
    ],
)
def test_a_name_is_searched_for_without_operators(name: str, term: str) -> None:
    assert search_term(name) == term


def feed(*items: str, root: str = "rss") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns:ht="https://trends.google.com/trending/rss">'
        f"<channel><title>Daily Search Trends</title>{''.join(items)}</channel></{root}>"
    ).encode()


def search(title: str = "zendaya", traffic: str = "200+", date: str = "Thu, 1 Oct 2026 23:40:00 -0700") -> str:
    return (
        f"<item><title>{title}</title><ht:approx_traffic>{traffic}</ht:approx_traffic><pubDate>{date}</pubDate></item>"
    )


def test_an_empty_feed_is_empty() -> None:
    assert trending(feed(), URL) == []


@pytest.mark.parametrize(
    ("traffic", "number"), [("200+", 200), ("10,000+", 10_000), ("200K+", 200_000), ("1.5M+", 1_500_000), ("20", 20)]
)
def test_traffic_however_google_spells_it(traffic: str, number: int) -> None:
    assert trending(feed(search(traffic=traffic)), URL)[0].numbers == {"approx_traffic": number}


def test_a_search_is_the_same_item_while_its_traffic_grows() -> None:
    before, later = (trending(feed(search(traffic=traffic)), URL)[0] for traffic in ("200+", "50,000+"))
    assert before.item_id == later.item_id == "trending/US/2026-10-02/zendaya"


def test_a_search_without_headlines_stands_alone() -> None:
    (item,) = trending(feed(search()), URL)
    assert (item.title, item.summary, item.text) == ("zendaya", "", "zendaya")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (feed(search(title="")), "has an entry without 'title'"),
        (feed(search().replace("approx_traffic", "traffic")), "has 'zendaya' without 'approx_traffic'"),
        (feed(search().replace("pubDate", "date")), "has 'zendaya' without 'pubDate'"),
        (feed(search(traffic="many")), "an 'approx_traffic' that is no number: 'many'"),
        (feed(search(traffic=".,")), "an 'approx_traffic' that is no number"),
        (feed(search(date="today")), "a 'pubDate' that is no time: 'today'"),
        (feed(search())[:-30], "is not intact XML"),
        (b"", "is not intact XML"),
        (b"<html><body>Sorry</body></html>", "is no RSS: it begins with <html>"),
        (feed(search(), root="feed"), "is no RSS"),
        (b"<rss/>", "is no RSS"),
        (feed(search(title="caf\u00e9")).decode().encode("latin-1"), "is not intact XML"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>', "is not intact XML"),
    ],
)
def test_what_is_no_feed_is_never_taken_for_silence(body: bytes, reason: str) -> None:
    with pytest.raises(CorruptCaptureError, match=f"trending of trends .*{reason}|trending of trends {reason}"):
        trending(body, URL)


@given(st.integers(0, 10**6))
def test_an_answer_that_was_cut_short_anywhere_is_refused(cut: int) -> None:
    lines, searches = answer([point(0, 50, 10), point(1, 40, 20)]), feed(search(), search("dune"))
    with pytest.raises(CorruptCaptureError):
        timeline(lines[: cut % len(lines)])
    with pytest.raises(CorruptCaptureError):
        trending(searches[: cut % len(searches)], URL)
