"""NewsAPI: what an article becomes, what a changed answer is called, and what an answer says that it lacks."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from newsapi_answers import HOUR, SEARCH, article, full_page, page, parsed, refused

from etheatmap_assets.sources.newsapi import remark
from etheatmap_core.config import load_config
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.items import Item

CONFIG = load_config(Path(__file__).parents[3] / "configs")
RECORDED = "api_newsapi/everything_2019-05-19_22701results.json"


def items(*articles: dict[str, Any], key: str = SEARCH) -> list[Item]:
    return list(parsed(page(*articles), key, CONFIG).items)


def test_the_recorded_answer_is_read_whole(realdata: Path) -> None:
    body = (realdata / RECORDED).read_bytes()
    hour = datetime(2019, 5, 19, 12, tzinfo=UTC)
    found = parsed(body, config=CONFIG, hour=hour)
    sent = orjson.loads(body)["articles"]
    assert len(found.items) == len(sent) == 100
    assert len({item.item_id for item in found.items}) == 100
    assert found.lacks == "", "a hundred of 22,701, but they reach back beyond the hour"
    first = found.items[0]
    assert (first.author, first.numbers, first.published_at) == (
        "ABC News", {"tier": 2.0, "is_breaking": 0.0}, datetime(2019, 5, 19, 12, 57, 27, tzinfo=UTC),
    )  # fmt: skip
    assert first.url == sent[0]["url"]
    assert {item.author for item in found.items} == {"ABC News", "BBC News", "CNN", "The New York Times"}
    assert not [item.item_id for item in found.items if "chars]" in item.summary or "\r" in item.summary]
    assert all(item.published_at and item.title and item.channel == SEARCH for item in found.items)


def test_an_article_is_known_by_its_link_and_its_outlet_is_its_author() -> None:
    url = "https://www.variety.com/2026/tv/news/maya-rudolph-1/?utm_source=newsapi"
    assert items(article("BREAKING: Maya Rudolph Exits ‘Loot’ - Variety", url=url)) == [
        Item(
            item_id="variety.com/2026/tv/news/maya-rudolph-1",
            channel=SEARCH,
            url="https://www.variety.com/2026/tv/news/maya-rudolph-1/",
            title="BREAKING: Maya Rudolph Exits ‘Loot’",
            summary="She leaves. Nobody knows why",
            author="Variety",
            published_at=datetime(2026, 11, 20, 14, 5, 10, tzinfo=UTC),
            numbers={"tier": 1.0, "is_breaking": 1.0},
        )
    ]


@pytest.mark.parametrize(
    ("name", "url", "author", "tier"),
    [
        ("Yahoo Entertainment", "https://www.yahoo.com/a", "Yahoo Entertainment", 3.0),
        ("BBC News", "https://www.bbc.co.uk/news/1", "BBC News", 1.0),
        ("Bbc.com", "https://www.bbc.com/news/1", "BBC", 1.0),
        (None, "https://somewhere.example/a", None, 3.0),
    ],
)
def test_the_tier_is_that_of_the_articles_domain(name: str | None, url: str, author: str | None, tier: float) -> None:
    (found,) = items(article(source={"id": None, "name": name}, url=url))
    assert (found.author, found.numbers["tier"]) == (author, tier)


@pytest.mark.parametrize(
    ("description", "content", "summary"),
    [
        ("A story.", None, "A story."),
        (None, "The beginning of it… [+99 chars]", "The beginning of it"),
        ("The beginning", "The beginning of it… [+1 chars]", "The beginning of it"),
        ("A story.", "<ul><li>Maya\r\n Rudolph</li></ul> left... [+5 chars]", "A story. Maya Rudolph left"),
        ("A long story told.", "A long story", "A long story told."),
        (None, None, ""),
    ],
)
def test_the_summary_is_the_description_and_what_the_text_says_beyond_it(
    description: str | None, content: str | None, summary: str
) -> None:
    (found,) = items(article(description=description, content=content))
    assert found.summary == summary


def test_what_was_withdrawn_or_cannot_be_linked_to_is_no_article() -> None:
    withdrawn = article(
        "[Removed]", source={"id": None, "name": "[Removed]"}, description="[Removed]", content="[Removed]",
        url="https://removed.com", publishedAt="1970-01-01T00:00:00Z",
    )  # fmt: skip
    assert items(withdrawn, article(None), article(url=None), article(url="javascript:x")) == []  # type: ignore[arg-type]


def test_only_the_headlines_are_about_something() -> None:
    assert items(article(), key="headlines")[0].topics == ("entertainment",)
    assert items(article())[0].topics == ()


def test_no_hits_are_an_answer() -> None:
    assert items() == []


@pytest.mark.parametrize("field", ["source", "title", "description", "url", "publishedAt", "content"])
def test_a_field_of_articles_that_is_renamed_is_named(field: str) -> None:
    body = page(article(), article()).replace(f'"{field}"'.encode(), b'"another"')
    with pytest.raises(
        CorruptCaptureError, match=rf"answer to {SEARCH} has 2 articles, none with '{field}': it may be"
    ):
        parsed(body)


@pytest.mark.parametrize("field", ["status", "totalResults", "articles"])
def test_a_field_of_the_answer_that_is_renamed_is_named(field: str) -> None:
    body = page(article()).replace(f'"{field}"'.encode(), b'"another"')
    with pytest.raises(CorruptCaptureError, match=rf"answer to {SEARCH} has no '{field}'"):
        parsed(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"<!doctype html><html>", "is not whole JSON"),
        (page(article())[:-30], "is not whole JSON"),
        (page(article()).replace(b"Maya", b"May\xe9"), "is not UTF-8"),
        (b"[]", "is no JSON object"),
        (page(article()).replace(b'"name"', b'"label"'), "none with 'source.name'"),
        (page(article(publishedAt="yesterday")), "has the 'publishedAt' 'yesterday', which is no instant"),
        (page(article(publishedAt=1_700_000_000)), "'1700000000', which is no instant"),
        (json.dumps({"status": "ok", "totalResults": 1, "articles": ["x"]}).encode(), "not all of them JSON objects"),
        (page(article(), status="partial"), "has the status 'partial', and not 'ok'"),
        (refused("unexpectedError"), "has no 'totalResults'"),
    ],
)
def test_what_is_no_answer_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(CorruptCaptureError, match=f"NewsAPI's answer to {SEARCH} .*{reason}"):
        parsed(body)


def test_a_search_that_does_not_reach_back_to_its_hour_says_so() -> None:
    newest = HOUR + timedelta(minutes=59)
    found = parsed(full_page(newest))
    assert len(found.items) == 100
    assert found.lacks == f"{SEARCH}: more articles than NewsAPI gave, whose newest reach back to 14:42 only"
    assert parsed(full_page(newest, every=timedelta(minutes=1))).lacks == "", "older ones were asked for before"
    assert parsed(full_page(newest, total=100)).lacks == "", "these are all"
    assert parsed(full_page(newest), "headlines").lacks == ""


def test_pages_of_a_search_are_one_answer() -> None:
    newest = HOUR + timedelta(minutes=59)
    further = newest - timedelta(seconds=1000)
    found = parsed(full_page(newest) + b"\x1e" + full_page(further))
    assert len(found.items) == 200
    assert found.lacks.endswith("back to 14:25 only")
    last = page(article(url="https://variety.com/last/"), total=201)
    assert parsed(b"\x1e".join([full_page(newest, total=201), full_page(further, total=201), last])).lacks == ""


def found_at(*ages: timedelta, channel: str = SEARCH) -> list[Item]:
    return [Item(f"{n}", channel, "https://a.example", "A", published_at=HOUR - age) for n, age in enumerate(ages)]


def test_an_hour_in_which_everything_found_is_a_day_old_says_why() -> None:
    day = timedelta(hours=23)
    told = remark(HOUR, [*found_at(day, day), *found_at(timedelta(0), channel="headlines")])
    assert told == (
        "All that the searches found (2 articles) is a day old and counts as late, as it is on NewsAPI's free plan: "
        "take one without delay."
    )
    assert remark(HOUR, found_at(day, timedelta(hours=7))) is None
    assert remark(HOUR, []) is None
