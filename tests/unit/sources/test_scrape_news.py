"""Pages through ScraperAPI: what is asked for how many credits, what leads to what, and what its refusals mean.

No recording of ScraperAPI exists here: statuses, words and headers are those of its public documentation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from etheatmap_assets.resources.http import Refused
from etheatmap_assets.sources.scrape_news import ARTICLES_A_PAGE, SOURCE, cost, follow, open_asker, parse, refusal
from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question
from etheatmap_core.budget.prices import prices_on
from etheatmap_core.config import Config, load_config
from etheatmap_core.config.access import refusal as access_refusal
from etheatmap_core.config.model import NewsSource
from etheatmap_core.errors import (
    ConfigError,
    CorruptCaptureError,
    DisabledError,
    NoCredentialsError,
    OutOfBudgetError,
    UpstreamRefusedError,
)
from etheatmap_core.settings import Settings

CONFIG = load_config(Path(__file__).parents[3] / "configs")
KEY = "a-key-that-nobody-has"
HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
ARTICLE = "https://variety.com/2026/film/news/ada-lovelace-signs-on-1236580001/"
SHOWN = "https://api.scraperapi.com/?url=https%3A%2F%2Fvariety.com%2Fa-b-c-d%2F&max_cost=1"
PARAGRAPH = "<p>Ada Lovelace will star in the thriller, the studio said on Friday after a week of rumors about it.</p>"


def plan(*newsrooms: NewsSource, config: Config = CONFIG) -> Plan:
    settings = Settings(_env_file=None, scraperapi_key=SecretStr(KEY))
    return Plan("scrape_news", HOUR, settings, replace(config, news_sources=newsrooms or config.news_sources), ())


def asked(question: Question) -> dict[str, list[str]]:
    return parse_qs(urlsplit(question.url).query)


def read(key: str, body: str, head: str = "", title: str = "Page") -> Parsed:
    text = f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    shown = f"https://api.scraperapi.com/?{urlencode({'url': key.partition('/')[2], 'max_cost': 1})}"
    return parse(Answer(Question(key, shown), text.encode(), "text/html; charset=utf-8", HOUR, CONFIG))


def test_every_front_page_of_the_file_is_asked_plain() -> None:
    found = SOURCE.questions(plan())
    assert [question.key for question in found] == [f"front/{one.url}" for one in CONFIG.news_sources]
    assert found[0].url == "https://api.scraperapi.com/?url=https%3A%2F%2Fvariety.com%2F&max_cost=1"
    assert {question.units for question in found} == {1}


def test_the_key_goes_in_a_header_and_never_in_an_address() -> None:
    for question in SOURCE.questions(plan()):
        assert question.headers == {"x-sapi-api_key": KEY}
        assert KEY not in question.url + question.key + repr(question)


@pytest.mark.parametrize(
    ("options", "units", "sent"),
    [
        (set(), 1, {}),
        ({"render"}, 10, {"render": ["true"]}),
        ({"premium", "render"}, 25, {"premium": ["true"], "render": ["true"]}),
        ({"ultra_premium"}, 30, {"ultra_premium": ["true"]}),
        ({"protected"}, 11, {}),
    ],
)
def test_a_page_costs_what_its_options_cost_and_may_not_cost_more(
    options: set[str], units: int, sent: Mapping[str, list[str]]
) -> None:
    (question,) = SOURCE.questions(plan(NewsSource("https://variety.com/", frozenset(options))))
    assert question.units == units
    assert asked(question) == {"url": ["https://variety.com/"], "max_cost": [str(units)], **sent}


def test_options_without_a_price_are_not_asked() -> None:
    with pytest.raises(ConfigError, match=r"no price of ScraperAPI's premium\+ultra_premium"):
        SOURCE.questions(plan(NewsSource("https://variety.com/", frozenset({"premium", "ultra_premium"}))))


def test_a_partition_of_all_newsrooms_with_plain_pages_fits_its_plan() -> None:
    pages = len(CONFIG.news_sources) * (1 + ARTICLES_A_PAGE)
    plain = prices_on(CONFIG.prices, HOUR.date()).scraperapi[frozenset({"plain"})]
    assert pages * plain <= CONFIG.budgets.uses["scrape_news"].units_a_partition


def links(host: str, count: int) -> Parsed:
    return Parsed(links=[f"https://{host}/a-story-of-today-{10_000 + number}/" for number in range(count)])


def test_the_articles_of_each_newsroom_are_asked_in_turn_with_its_options() -> None:
    newsrooms = (NewsSource("https://a.example/"), NewsSource("https://www.b.example/", frozenset({"render"})))
    found = follow(plan(*newsrooms), [links("a.example", 3), links("b.example", 1), Parsed()])
    assert [question.key.split("/")[1] for question in found] == ["a.example", "b.example", "a.example", "a.example"]
    assert [question.units for question in found] == [1, 10, 1, 1]
    assert found[0].key == "article/a.example/a-story-of-today-10000"
    assert asked(found[0])["url"] == ["https://a.example/a-story-of-today-10000/"], "asked as the front page has it"


def test_one_page_under_two_spellings_of_its_address_is_paid_once() -> None:
    page = "https://a.example/film/a-film-opens-to-great-applause-1236580001"
    spellings = [page, f"{page}/", page.replace("a.example", "www.a.example")]
    found = follow(plan(NewsSource("https://a.example/")), [Parsed(links=spellings)])
    assert len(found) == 1


SPELLINGS = (
    "https://variety.com/2026/film/news/ada-lovelace-signs-on-1236580001/",
    "https://www.variety.com/2026/film/news/ada-lovelace-signs-on-1236580001",
    "http://variety.com/2026/film/news/ada-lovelace-signs-on-1236580001/?utm_source=front&fbclid=1",
)


def test_another_spelling_in_another_partition_is_the_same_question_and_the_same_item() -> None:
    keys, items = set(), set()
    for spelling in SPELLINGS:
        front = read("front/https://variety.com/", f'<a href="{spelling}">Ada</a>')
        (question,) = follow(plan(NewsSource("https://variety.com/")), [front])
        keys.add(question.key)
        head = f'<link rel="canonical" href="{spelling}">'
        (item,) = read(f"article/{spelling}", f"<article><h1>Ada Signs On</h1>{PARAGRAPH}</article>", head).items
        items.add(item.item_id)
    page = "variety.com/2026/film/news/ada-lovelace-signs-on-1236580001"
    assert (keys, items) == ({f"article/{page}"}, {page}), "no hour asks what another has asked, by its key"


def test_only_the_newest_of_a_page_are_followed_each_once_and_of_nobody_who_left_the_file() -> None:
    front = links("a.example", ARTICLES_A_PAGE + 5)
    found = follow(plan(NewsSource("https://a.example/")), [front, front, links("gone.example", 2)])
    assert [asked(question)["url"][0] for question in found] == list(front.links[:ARTICLES_A_PAGE])


def test_what_is_old_by_its_address_is_not_paid_for() -> None:
    found = follow(plan(NewsSource("https://a.example/")), [Parsed(links=[
        f"https://a.example/2026/11/{day}/a-story-of-today/" for day in (20, 19, 18, 17)
    ])])  # fmt: skip
    assert [question.key.split("/")[4] for question in found] == ["20", "19"], "19 was not over everywhere"


def test_a_front_page_leads_to_its_articles_and_is_no_item() -> None:
    assert read("front/https://variety.com/", f'<a href="{ARTICLE}">Ada</a><a href="/v/film/">Film</a>') == Parsed(
        links=(ARTICLE,)
    )


def test_a_front_page_that_leads_to_nothing_is_an_error_that_names_it() -> None:
    with pytest.raises(CorruptCaptureError, match=r"https://variety.com/ \('Page'\) leads to no article"):
        read("front/https://variety.com/", '<a href="/v/film/">Film</a>')


@pytest.mark.parametrize("key", ["front/https://variety.com/", f"article/{ARTICLE}"])
def test_a_wall_in_place_of_a_page_is_an_error_and_is_asked_again(key: str) -> None:
    with pytest.raises(CorruptCaptureError, match="shows a wall against robots"):
        read(key, "<h1>Checking your browser</h1>", title="Just a moment...")


def test_a_headline_about_captchas_is_no_wall() -> None:
    (item,) = read(f"article/{ARTICLE}", f"<article><h1>Access Denied</h1>{PARAGRAPH * 2}</article>").items
    assert item.title == "Access Denied"


def test_an_article_becomes_an_item_of_its_outlet() -> None:
    head = (
        f'<link rel="canonical" href="{ARTICLE}"><meta name="author" content="Jane Doe">'
        '<meta property="article:published_time" content="2026-11-20T13:05:00Z">'
    )
    (item,) = read(f"article/{ARTICLE}?amp=1", f"<article><h1>Ada Signs On</h1>{PARAGRAPH}</article>", head).items
    assert (item.url, item.channel, item.author) == (ARTICLE, "Variety", "Jane Doe")
    assert (item.title, item.published_at) == ("Ada Signs On", datetime(2026, 11, 20, 13, 5, tzinfo=UTC))
    assert item.summary.startswith("Ada Lovelace will star")
    assert item.topics == next(outlet.topics for outlet in CONFIG.outlets if outlet.name == "Variety")


@pytest.mark.parametrize(
    ("day", "told"), [("2026-11-20", None), ("2026-11-19", None), ("2026-11-17", datetime(2026, 11, 17, tzinfo=UTC))]
)
def test_an_article_with_a_day_alone_counts_when_first_seen_unless_it_is_older_for_certain(
    day: str, told: datetime | None
) -> None:
    head = f'<meta property="article:published_time" content="{day}">'
    (item,) = read(f"article/{ARTICLE}", f"<article><h1>Ada</h1>{PARAGRAPH}</article>", head).items
    assert item.published_at == told


def test_a_page_without_an_article_is_no_item_and_is_named() -> None:
    found = read(f"article/{ARTICLE}", "<h1>Subscribe to read</h1>")
    assert found.items == ()
    assert found.lacks == f"{ARTICLE} could not be read: the page ('Subscribe to read') is for subscribers"


@pytest.mark.parametrize(
    ("status", "told", "units"),
    [(200, "10", 10), (200, None, None), (404, None, None), (500, None, 0), (403, None, 0), (401, None, 0),
     (429, None, 0), (200, "ten", None), (200, "9999999", None), (500, "1", 1)],
)  # fmt: skip
def test_what_an_answer_cost(status: int, told: str | None, units: int | None) -> None:
    assert cost(status, httpx2.Headers({} if told is None else {"sa-credit-cost": told})) == units


@pytest.mark.parametrize(
    ("status", "words", "kind", "told"),
    [
        (401, "Unauthorized request", UpstreamRefusedError, "check SCRAPERAPI_KEY"),
        (403, "You have exhausted the API Credits available", OutOfBudgetError, "credits of its own cycle are used up"),
        (403, "This request exceeds your max_cost.", UpstreamRefusedError, "https://variety.com/a-b-c-d/ costs more"),
        (404, "", UpstreamRefusedError, "https://variety.com/a-b-c-d/ is not there any more (status 404)."),
        (500, "Request failed. You will not be charged for this", UpstreamRefusedError, "could not fetch https://var"),
    ],
)
def test_refusals_are_told_apart(status: int, words: str, kind: type[Exception], told: str) -> None:
    error = refusal(Refused(status, {}, words.encode(), SHOWN))
    assert isinstance(error, kind)
    assert told in str(error)
    assert getattr(error, "status_code", status) == status


@pytest.mark.parametrize(("status", "words"), [(403, "no"), (429, "credits"), (500, "Internal error"), (503, "")])
def test_what_scraperapi_does_not_explain_is_told_by_its_status(status: int, words: str) -> None:
    assert refusal(Refused(status, {}, words.encode(), SHOWN)) is None


class _Gateway:
    """Refuses every call with this status."""

    def __init__(self, status: int) -> None:
        self.status, self.calls = status, 0

    def fetch(self, *_: object, **__: object) -> None:
        self.calls += 1
        raise UpstreamRefusedError("no", self.status)


@pytest.mark.parametrize(("status", "calls"), [(401, 1), (404, 3)])
def test_a_key_that_is_refused_is_not_tried_with_the_next_page(tmp_path: Path, status: int, calls: int) -> None:
    gateway, questions = _Gateway(status), SOURCE.questions(plan())[:3]
    with open_asker(gateway, plan()) as ask:  # type: ignore[arg-type]  the part of it that is used
        for question in questions:
            with pytest.raises(UpstreamRefusedError):
                ask(question, tmp_path / "answer", None)
    assert gateway.calls == calls


def _why(**settings: object) -> Exception | None:
    return access_refusal("scrape_news", CONFIG, Settings(_env_file=None, **settings))  # type: ignore[arg-type]


def test_without_its_switch_or_its_key_it_is_not_asked_and_says_which() -> None:
    off, keyless = _why(scraperapi_key=SecretStr(KEY)), _why(feature_scraperapi=True)
    assert isinstance(off, DisabledError)
    assert "FEATURE_SCRAPERAPI=true" in str(off)
    assert isinstance(keyless, NoCredentialsError)
    assert "SCRAPERAPI_KEY" in str(keyless)
    assert _why(feature_scraperapi=True, scraperapi_key=SecretStr(KEY)) is None


def test_mentions_are_articles() -> None:
    assert SOURCE.metrics is not None
    mentions: Sequence[object] = [object(), object()]
    assert SOURCE.metrics(mentions) == {"mentions": 2}  # type: ignore[arg-type]  only their number
