"""Wikimedia's daily figures: every recorded file under api_wikimedia is either parsed or accounted for here."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.wiki_rest import daily_views_url, parse_daily_views, summed

FIRST, LAST = datetime(2025, 8, 15, tzinfo=UTC), datetime(2025, 8, 19, tzinfo=UTC)
PER_ARTICLE, NOT_FOUND = "wikiedu_vcr_pageviews_per_article_2025.yml", "wikiedu_vcr_pageviews_404_2025.yml"
# Views of 15 to 19 August 2025, as read in the file, by the address asked for.
RECORDED = {
    "en.wikipedia/all-access/user/Facebook": [19225, 19328, 18155, 20395, 22844],
    "en.wikipedia/all-access/user/HIV%2FAIDS": [2097, 2016, 2071, 2255, 2303],
    "en.wikipedia/all-access/user/Broussard's": [9, 6, 6, 7, 11],
    "en.wikipedia/all-access/user/%22Weird_Al%22_Yankovic": [5572, 37991, 49374, 6691, 4869],
    "en.wikipedia/all-access/user/Andr%C3%A9_the_Giant": [6162, 6543, 6329, 5632, 4988],
    "wikidata/all-access/user/Q42": [71, 78, 80, 87, 129],
    "en.wikipedia/all-access/user/THIS_IS_NOT_A_REAL_ARTICLE": [],  # a 404: no data in those days
}
# Other answers of Wikimedia: not asked for, and refused should one come.
NO_DAILY_VIEWS = {
    "android_featured_2016_11_07.json": "the summary of one page",
    "android_mostread_2016_11_07.json": "the most read pages of a day",
    "android_rb_page_summary_geo.json": "the summary of one page",
    "android_rb_page_summary_valid.json": "the summary of one page",
}
COVERED_ELSEWHERE = {"pageviews-20240803-060000.gz"}  # lines of a dump: test_wiki_realdata


class _Loader(yaml.SafeLoader):
    """The recorder writes bodies with letters beyond ASCII as binary."""


_Loader.add_constructor("!binary", lambda loader, node: base64.b64decode(loader.construct_scalar(node)))


def interactions(path: Path) -> Iterator[tuple[str, int, bytes]]:
    """Address, status and body of each recorded exchange."""
    for one in yaml.load(path.read_text(encoding="utf-8"), _Loader)["http_interactions"]:  # noqa: S506  a safe loader
        body: str | bytes = one["response"]["body"]["string"]
        yield (
            one["request"]["uri"],
            one["response"]["status"]["code"],
            body if isinstance(body, bytes) else body.encode(),
        )


def test_every_recorded_file_is_accounted_for(realdata: Path) -> None:
    recorded = {path.name for path in (realdata / "api_wikimedia").iterdir()}
    assert recorded == {PER_ARTICLE, NOT_FOUND, *NO_DAILY_VIEWS, *COVERED_ELSEWHERE}


def test_the_recorded_answers_give_the_views_read_in_them(realdata: Path) -> None:
    found = {}
    for url, _, body in interactions(realdata / "api_wikimedia" / PER_ARTICLE):
        address = url.removeprefix("https://wikimedia.org/api/rest_v1/metrics/pageviews/per-article/")
        found[address.removesuffix("/daily/2025081500/2025081900")] = parse_daily_views(body)
    days = [datetime(2025, 8, day, tzinfo=UTC) for day in range(15, 20)]
    assert found == {address: dict(zip(days, views, strict=False)) for address, views in RECORDED.items()}


def test_we_ask_for_the_addresses_that_were_recorded(realdata: Path) -> None:
    titles = ["Facebook", "HIV/AIDS", '"Weird Al" Yankovic', "André the Giant", "THIS IS NOT A REAL ARTICLE"]
    recorded = {url for url, _, _ in interactions(realdata / "api_wikimedia" / PER_ARTICLE)}
    assert {daily_views_url("https://wikimedia.org", "en", title, FIRST, LAST) for title in titles} < recorded


def test_the_other_recording_is_of_another_question(realdata: Path) -> None:
    """Named after a 404, it holds what a wiki says about itself."""
    [(url, status, body)] = interactions(realdata / "api_wikimedia" / NOT_FOUND)
    assert (url.partition("?")[0], status) == ("https://fr.wikisource.org/w/api.php", 200)
    with pytest.raises(CorruptCaptureError, match=r"has no list 'items': only batchcomplete, query\."):
        parse_daily_views(body)


@pytest.mark.parametrize("name", sorted(NO_DAILY_VIEWS))
def test_other_answers_of_wikimedia_are_refused(name: str, realdata: Path) -> None:
    with pytest.raises(CorruptCaptureError, match="Wikimedia's answer about daily views has no list 'items': only"):
        parse_daily_views((realdata / "api_wikimedia" / name).read_bytes())


def item(**changed: Any) -> dict[str, Any]:
    asked = {"project": "en.wikipedia", "granularity": "daily", "access": "all-access", "agent": "user"}
    return {**asked, "article": "Maya_Rudolph", "timestamp": "2025081500", "views": 7, **changed}


def answer(*items: Any) -> bytes:
    return json.dumps({"items": items}).encode()


def renamed(name: str) -> dict[str, Any]:
    return {f"{key}_v2" if key == name else key: value for key, value in item().items()}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is no JSON"),
        (answer(item())[:-9], "is no JSON"),
        (b"<html><body>Our servers are experiencing a technical problem.</body></html>", "is no JSON"),
        ("{“items”: []}".encode("cp1252"), "is no JSON"),
        (b"[]", "has no list 'items': '\\[\\]'"),
        (b'{"Items": []}', "has no list 'items': only Items"),
        (b'{"items": {}}', "has no list 'items': only items"),
        (answer("x"), "an item that is no object: 'x'"),
        (answer(renamed("views")), "has no number 'views': only project, granularity"),
        (answer(item(views="7")), "has no number 'views'"),
        (answer(item(views=-1)), "has no number 'views'"),
        (answer(renamed("timestamp")), "has no 'timestamp' like 2025081500: None"),
        (answer(item(timestamp="2025023000")), "has no 'timestamp' like 2025081500: '2025023000'"),
        (answer(item(timestamp="2025081513")), "has a 'timestamp' within a day: '2025081513'"),
        (answer(item(agent="spider")), "has 'agent' 'spider', asked was 'user'"),
        (answer(renamed("granularity")), "has 'granularity' None, asked was 'daily'"),
        (b'{"status": 404, "title": "Not Found", "detail": "Invalid route"}', "has no list 'items': only status"),
    ],
)
def test_an_answer_that_is_not_what_it_claims_to_be_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(CorruptCaptureError, match=told):
        parse_daily_views(body)


def test_a_day_without_a_figure_is_a_gap() -> None:
    found = parse_daily_views(answer(item(), item(timestamp="2025081700", views=0)))
    assert found == {FIRST: 7, datetime(2025, 8, 17, tzinfo=UTC): 0}
    assert parse_daily_views(answer()) == {}


@given(views=st.dictionaries(st.dates(date(2015, 7, 1), date(2030, 1, 1)), st.integers(0, 10**9), max_size=70))
def test_every_day_and_number_survives(views: dict[date, int]) -> None:
    body = answer(*(item(timestamp=f"{day:%Y%m%d}00", views=count) for day, count in views.items()))
    assert parse_daily_views(body) == {
        datetime(day.year, day.month, day.day, tzinfo=UTC): count for day, count in views.items()
    }


def test_an_article_that_has_moved_has_the_views_of_both_titles() -> None:
    second, third = datetime(2025, 8, 16, tzinfo=UTC), datetime(2025, 8, 17, tzinfo=UTC)
    assert summed({"old": {FIRST: 50, second: 30}, "new": {second: 25, third: 60}}) == {
        FIRST: 50,
        second: 55,
        third: 60,
    }
    assert summed({}) == {}
