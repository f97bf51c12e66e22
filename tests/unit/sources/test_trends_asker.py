"""What pytrends sends for a question, and what becomes of it when it does not get an answer."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from plans import HOUR, plan_of
from scripted_gateway import Reply, ScriptedGateway
from trends_recordings import cassette

from etheatmap_assets.resources.http import Call
from etheatmap_assets.sources.source import Answer, Question
from etheatmap_assets.sources.trends import SOURCE, open_asker, parse, questions
from etheatmap_core.archive import Received
from etheatmap_core.errors import (
    ConfigError,
    CorruptCaptureError,
    DeferredError,
    EtHeatmapError,
    RateLimitedError,
    UpstreamRefusedError,
)

NAMES = [f"Name {letter}" for letter in "ABCDEFGHIJKLMN"]
HTML = {"content-type": "text/html; charset=utf-8"}
COOKIE_PAGE = Reply(b"<html>404</html>", 404, {**HTML, "set-cookie": "NID=511=abc; path=/; domain=.google.com"})
COOKIE_CALL = "GET https://trends.google.com/trends/explore/?geo=US"


def widgets(keywords: Sequence[str], **changes: object) -> Reply:
    items = [{"complexKeywordsRestriction": {"keyword": [{"type": "BROAD", "value": word}]}} for word in keywords]
    request = {"time": "2026-11-13T15 2026-11-20T15", "resolution": "HOUR", "comparisonItem": items}
    lines = {"id": "TIMESERIES", "token": "APP6_abc", "request": request, **changes}
    return Reply(b")]}'\n" + json.dumps({"widgets": [lines, {"id": "GEO_MAP", "token": "x", "request": {}}]}).encode())


def lines(*values: int) -> Reply:
    time = int((HOUR - timedelta(hours=1)).timestamp())
    point = {"time": str(time), "value": list(values), "hasData": [True] * len(values)}
    return Reply(b")]}',\n" + json.dumps({"default": {"timelineData": [point], "averages": []}}).encode())


def asked_keywords(call: Call) -> list[str]:
    payload = json.loads(parse_qs(urlsplit(call.url).query)["req"][0])
    items = payload["comparisonItem"]
    if "keyword" in items[0]:
        return [item["keyword"] for item in items]
    return [item["complexKeywordsRestriction"]["keyword"][0]["value"] for item in items]


def google(
    explore: Callable[[Call], Reply] = lambda call: widgets(asked_keywords(call)),
    multiline: Callable[[Call], Reply] = lambda call: lines(*[50] * len(asked_keywords(call))),
) -> ScriptedGateway:
    def script(call: Call) -> Reply:
        path = urlsplit(call.url).path
        if path == "/trends/explore/":
            return COOKIE_PAGE
        return explore(call) if path == "/trends/api/explore" else multiline(call)

    return ScriptedGateway(script)


def interest(*names: str) -> Question:
    return Question("interest/" + "|".join(names), "https://trends.google.com/trends/explore", names)


def test_the_feed_first_then_everybody_four_at_a_time() -> None:
    asked = questions(plan_of("trends", NAMES))
    assert [question.entities for question in asked] == [
        (), tuple(NAMES[0:4]), tuple(NAMES[4:8]), tuple(NAMES[8:12]), tuple(NAMES[12:]),
    ]  # fmt: skip
    assert asked[0] == Question("trending", "https://trends.google.com/trending/rss?geo=US")
    assert asked[1].key == "interest/Name A|Name B|Name C|Name D"
    assert asked[1].url == (
        "https://trends.google.com/trends/explore"
        "?q=Rotten+Tomatoes%2CName+A%2CName+B%2CName+C%2CName+D&date=now+7-d&geo=US"
    )
    assert SOURCE.is_now_only


def test_the_eight_hottest_always_lead_and_the_others_take_turns() -> None:
    last_asked = {name: HOUR - timedelta(hours=1) for name in NAMES[:12]}
    asked = questions(plan_of("trends", NAMES, last_asked=last_asked))
    assert [question.entities for question in asked[1:]] == [
        tuple(NAMES[0:4]), tuple(NAMES[4:8]), (NAMES[12], NAMES[13], NAMES[8], NAMES[9]), (NAMES[10], NAMES[11]),
    ]  # fmt: skip


def test_an_anchor_that_is_tracked_is_no_scale() -> None:
    with pytest.raises(ConfigError, match="TRENDS_ANCHOR=name c is tracked itself"):
        questions(plan_of("trends", NAMES, trends_anchor="name c"))


def test_nobody_tracked_leaves_the_feed() -> None:
    assert [question.key for question in questions(plan_of("trends"))] == ["trending"]


def test_a_cookie_once_and_two_requests_a_question(tmp_path: Path) -> None:
    gateway = google()
    with open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask:
        for names in (["Zendaya", "Dune"], ["Disney+"]):
            received = ask(interest(*names), tmp_path / names[0], None)
            assert isinstance(received, Received)
            assert received.url.startswith("https://trends.google.com/trends/api/widgetdata/multiline?")
    assert [one.partition("?")[0] for one in gateway.asked] == [
        "GET https://trends.google.com/trends/explore/",
        "POST https://trends.google.com/trends/api/explore",
        "GET https://trends.google.com/trends/api/widgetdata/multiline",
        "POST https://trends.google.com/trends/api/explore",
        "GET https://trends.google.com/trends/api/widgetdata/multiline",
    ]
    assert asked_keywords(gateway.calls[1]) == ["Rotten Tomatoes", "Zendaya", "Dune"]
    assert asked_keywords(gateway.calls[3]) == ["Rotten Tomatoes", "Disney"]
    body = (tmp_path / "Disney+").read_bytes()
    assert body == lines(50, 50).body
    parsed = parse(Answer(interest("Disney+"), body, None, HOUR))
    assert parsed.readings == [("Disney+", HOUR - timedelta(hours=1), "interest", 100.0)]


def test_the_question_says_where_what_and_how_long(tmp_path: Path) -> None:
    gateway = google()
    plan = plan_of("trends", NAMES, trends_region="GB", trends_category=3, trends_anchor="IMDb")
    with open_asker(gateway.as_gateway(), plan) as ask:
        ask(interest("Zendaya"), tmp_path / "answer", None)
    assert json.loads(parse_qs(urlsplit(gateway.calls[1].url).query)["req"][0]) == {
        "comparisonItem": [
            {"keyword": "IMDb", "time": "now 7-d", "geo": "GB"},
            {"keyword": "Zendaya", "time": "now 7-d", "geo": "GB"},
        ],
        "category": 3,
        "property": "",
    }


def test_the_cookie_comes_with_a_404_and_goes_along(tmp_path: Path) -> None:
    gateway = google()
    with open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask:
        ask(interest("Zendaya"), tmp_path / "answer", None)
    assert gateway.asked[0] == COOKIE_CALL
    assert [call.headers.get("Cookie") for call in gateway.calls] == [None, "NID=511=abc", "NID=511=abc"]
    assert all(404 in call.also_answers for call in gateway.calls)


def test_the_feed_needs_neither_cookie_nor_pytrends(tmp_path: Path) -> None:
    gateway = ScriptedGateway(lambda _: Reply(b"<rss/>"))
    (feed,) = questions(plan_of("trends"))
    with open_asker(gateway.as_gateway(), plan_of("trends")) as ask:
        ask(feed, tmp_path / "answer", None)
    assert gateway.asked == ["GET https://trends.google.com/trending/rss?geo=US"]
    assert (tmp_path / "answer").read_bytes() == b"<rss/>"


@pytest.mark.parametrize("refused", ["explore", "multiline"])
@pytest.mark.parametrize(
    "error", [RateLimitedError("trends.google.com limits us."), DeferredError("trends: 20 requests an hour are used.")]
)
def test_one_429_is_that_questions_alone(tmp_path: Path, refused: str, error: EtHeatmapError) -> None:
    """The next question gets its own widget, never the one of the question before."""

    def refuse_dune(call: Call) -> Reply:
        if "Dune" in asked_keywords(call):
            raise error
        return widgets(asked_keywords(call)) if "/api/explore" in call.url else lines(40, 20)

    gateway = google(**{refused: refuse_dune})
    with open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask:
        ask(interest("Zendaya"), tmp_path / "first", None)
        with pytest.raises(type(error)) as raised:
            ask(interest("Dune"), tmp_path / "second", None)
        ask(interest("Wicked"), tmp_path / "third", None)
    assert raised.value is error
    assert not (tmp_path / "second").exists()
    assert asked_keywords(gateway.calls[-1]) == ["Rotten Tomatoes", "Wicked"]


def test_a_cookie_that_is_refused_is_asked_for_again_by_the_next_question(tmp_path: Path) -> None:
    refusals = [RateLimitedError("trends.google.com limits us.")]

    def script(call: Call) -> Reply:
        if "/trends/explore/" in call.url and refusals:
            raise refusals.pop()
        return google()._script(call)

    gateway = ScriptedGateway(script)
    with open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask:
        with pytest.raises(RateLimitedError):
            ask(interest("Zendaya"), tmp_path / "first", None)
        ask(interest("Dune"), tmp_path / "second", None)
    assert len(gateway.calls) == 1 + 3


@pytest.mark.parametrize(
    ("explore", "reason"),
    [
        (Reply(b")]}'\n{}"), "no list 'widgets'"),
        (Reply(b')]}\'\n{"widgets": [{}]}'), "no list 'widgets' with an 'id'"),
        (Reply(b')]}\'\n{"widgets": ['), "explore of trends is not whole JSON"),
        (Reply(b"<html>Sorry</html>", 200, HTML), "explore of trends is not whole JSON"),
        (Reply(b')]}\'\n{"widgets": []}'), "no widget 'TIMESERIES'"),
        (widgets(["Rotten Tomatoes", "Dune"], id="LINES"), "no widget 'TIMESERIES'"),
        (widgets(["Rotten Tomatoes", "Dune"], token=None), "explore of trends is about"),
        (widgets(["Rotten Tomatoes", "Dune"], request={}), "no widget 'TIMESERIES'"),
        (widgets(["Rotten Tomatoes", "Zendaya"]), r"is about \['Rotten Tomatoes', 'Zendaya'\]"),
        (widgets(["Dune", "Rotten Tomatoes"]), r"is about \['Dune', 'Rotten Tomatoes'\]"),
        (widgets(["Rotten Tomatoes"]), r"is about \['Rotten Tomatoes'\]"),
    ],
)
def test_widgets_that_are_not_ours_are_not_asked_with(tmp_path: Path, explore: Reply, reason: str) -> None:
    """After a question that went well: pytrends would go on with the widget it has."""
    answers = {"Zendaya": widgets(["Rotten Tomatoes", "Zendaya"]), "Dune": explore}
    gateway = google(explore=lambda call: answers[asked_keywords(call)[1]])
    with open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask:
        ask(interest("Zendaya"), tmp_path / "first", None)
        with pytest.raises(CorruptCaptureError, match=reason):
            ask(interest("Dune"), tmp_path / "second", None)
    assert len(gateway.calls) == 4  # no lines were asked for


def test_an_address_that_has_moved_is_a_refusal(tmp_path: Path) -> None:
    gateway = google(explore=lambda _: Reply(b"<html>404</html>", 404, HTML))
    with (
        open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask,
        pytest.raises(
            UpstreamRefusedError, match="trends/api/explore was refused with status 404: Google has moved it"
        ),
    ):
        ask(interest("Dune"), tmp_path / "answer", None)


def test_lines_that_cannot_be_read_are_handed_over_as_evidence(tmp_path: Path) -> None:
    """pytrends would stumble over them in its own way: it never sees them."""
    gateway = google(multiline=lambda _: Reply(b')]}\',\n{"default": {"timelineDa'))
    with open_asker(gateway.as_gateway(), plan_of("trends", NAMES)) as ask:
        ask(interest("Dune"), tmp_path / "answer", None)
    with pytest.raises(CorruptCaptureError, match="is not whole JSON"):
        parse(Answer(interest("Dune"), (tmp_path / "answer").read_bytes(), None, HOUR))


@pytest.mark.realdata
def test_pytrends_with_the_recorded_answers(realdata: Path, tmp_path: Path) -> None:
    """The recorded conversation, as it stands: page, widgets, lines; but for the cookie's expiry in 2023."""
    page, explore, multiline = cassette(realdata, "interest_over_time_ok")
    replies = [
        Reply(
            one.body, one.status, {name: values[0].replace("expires=", "was=") for name, values in one.headers.items()}
        )
        for one in (page, explore, multiline)
    ]
    gateway = ScriptedGateway(lambda _: replies[len(gateway.calls) - 1])
    with open_asker(gateway.as_gateway(), plan_of("trends", ["bagel"], trends_anchor="pizza")) as ask:
        ask(interest("bagel"), tmp_path / "answer", None)
    assert gateway.calls[1].headers["Cookie"].startswith("NID=511=")
    assert json.loads(parse_qs(urlsplit(gateway.calls[2].url).query)["req"][0]) == json.loads(
        parse_qs(urlsplit(multiline.url).query)["req"][0]
    )
    assert (tmp_path / "answer").read_bytes() == multiline.body
