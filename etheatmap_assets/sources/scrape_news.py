"""Pages of news sites through ScraperAPI: what the newsrooms of news_sources.csv write, each page once for everybody.

Asked: each front page, key ``front/<address>``; then, of the newest articles each leads to, those that no hour has
asked before, key ``article/<link key>``, one for all spellings of an address. The articles are asked in the hour whose
front page shows them: from an archived one they would come a cadence late, when they are no news. Each page is a
question of its own, paid once and archived by itself, so that a run that ends in the middle has lost nothing it has
paid for. Credits are those of the page's options (prices.yml), and are sent along as ``max_cost``: what costs more is
refused, not paid.
Comes back: the page. Becomes: an item an article, known by the link key of its canonical address; the text is told from
menus, lists of other stories and footers before names are looked for. A page without an article is named in the hour's
reason. An article counts in the hour that asked for it if it is not older than ``COVERS``; without a time, when it was
first seen. https://docs.scraperapi.com: the key goes in a header, 200 and 404 are charged, nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import chain, zip_longest
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from etheatmap_assets.resources.http import Gateway, NotModified, Refused, Validators
from etheatmap_assets.sources.source import Answer, Ask, Parsed, Plan, Question, Source, over_http
from etheatmap_core.archive import Received
from etheatmap_core.budget.prices import prices_on, scraperapi_credits
from etheatmap_core.config.model import NewsSource
from etheatmap_core.errors import CorruptCaptureError, EtHeatmapError, OutOfBudgetError, UpstreamRefusedError
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.articles import Article, NoArticle, is_over, read_article
from etheatmap_core.signals.item_store import CountedMention
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.links import domain_of, link_key
from etheatmap_core.signals.pages import article_links, day_of, is_same_site, read_page

API = "https://api.scraperapi.com"
ARTICLES_A_PAGE = 40  # the newest of a front page; what half a day of a busy newsroom brings
COVERS = timedelta(hours=12)
_FRONT, _ARTICLE = "front/", "article/"
_CHARGED = frozenset({200, 404})
_DIGITS = 6  # more are no cost of a page
_MARKS_OF_PRICE = frozenset({"protected"})  # options that only say what a page costs


def questions(plan: Plan) -> Sequence[Question]:
    """The front pages, in the file's order."""
    return [_question(plan, page, f"{_FRONT}{page.url}", page.url) for page in plan.config.news_sources]


def follow(plan: Plan, answers: Sequence[Parsed]) -> Sequence[Question]:
    """The newest articles of each newsroom, one of each in turn: where money ends, it ends for all alike. Nothing is
    paid for what its address says is old: lists of what is read most are full of it."""
    fresh = [[link for link in answer.links if not is_over(day_of(link), _since(plan.hour))] for answer in answers]
    in_turn = chain.from_iterable(zip_longest(*(links[:ARTICLES_A_PAGE] for links in fresh)))
    newsrooms = plan.config.news_sources
    pages: dict[str, str] = {}
    for link in in_turn:
        if link is not None:
            pages.setdefault(link_key(link), link)
    return [
        _question(plan, newsroom, f"{_ARTICLE}{key}", link)
        for key, link in pages.items()
        # Who has left the file since is not followed.
        for newsroom in [one for one in newsrooms if is_same_site(one.url, link)][:1]
    ]


def parse(answer: Answer) -> Parsed:
    """The links of a front page, or the article."""
    is_front = answer.question.key.startswith(_FRONT)
    url = _page_in(answer.question.url)  # the key of an article is no address
    page = read_page(answer.body, answer.content_type, url)
    found = article_links(page) if is_front else read_article(page)
    if isinstance(found, Article):
        return Parsed([_item(found, url, answer)])
    if page.is_wall and not (is_front and found):
        raise CorruptCaptureError(
            f"{url} shows a wall against robots ({page.name!r}): it may need options in news_sources.csv."
        )
    if isinstance(found, NoArticle):
        return Parsed(lacks=f"{url} could not be read: {found.reason}")
    if not found:
        raise CorruptCaptureError(f"{url} ({page.name!r}) leads to no article: its addresses may have changed.")
    return Parsed(links=found)


def metrics(mentions: Sequence[CountedMention]) -> Mapping[str, float]:
    """How many articles name the entity."""
    return {"mentions": len(mentions)}


def cost(status_code: int, headers: Mapping[str, str]) -> int | None:
    """What the answer says; without a word all that was set aside, or nothing where ScraperAPI charges nothing."""
    told = headers.get("sa-credit-cost", "")
    if told.isascii() and told.isdigit() and len(told) < _DIGITS:
        return int(told)
    return None if status_code in _CHARGED else 0


def refusal(refused: Refused) -> EtHeatmapError | None:
    """ScraperAPI's own words. What it does not explain is told by its status; so is 429, too many calls at once."""
    status, page, words = refused.status_code, _page_in(refused.shown), refused.body.decode(errors="replace").lower()
    match status:
        case 401:
            return UpstreamRefusedError("ScraperAPI does not take our key (status 401): check SCRAPERAPI_KEY.", status)
        case 403 if "max_cost" in words or "max\\_cost" in words:
            told = f"{page} costs more than its options in news_sources.csv do: add protected or premium to them, or "
            return UpstreamRefusedError(f"{told}leave it out (ScraperAPI, status 403; nothing was charged).", status)
        case 403 if "credits" in words:
            return OutOfBudgetError(
                "ScraperAPI says that the credits of its own cycle are used up (status 403): wait for its next cycle, "
                "or raise the plan there."
            )
        case 404:
            return UpstreamRefusedError(f"{page} is not there any more (status 404).", status)
        case 500 if "not be charged" in words:
            told = f"ScraperAPI could not fetch {page} and charges nothing (status 500): it is asked again"
            return UpstreamRefusedError(
                f"{told}; if it stays so, add premium to its options in news_sources.csv.", status
            )
    return None


@contextmanager
def open_asker(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
    """A key that is refused does not become right by asking for the next page."""
    key_refused: list[UpstreamRefusedError] = []
    with over_http(gateway, plan) as ask:

        def ask_with_key(question: Question, to: Path, validators: Validators | None) -> Received | NotModified:
            if key_refused:
                raise UpstreamRefusedError(str(key_refused[0]), key_refused[0].status_code)
            try:
                return ask(question, to, validators)
            except UpstreamRefusedError as error:
                if error.status_code == 401:
                    key_refused.append(error)
                raise

        yield ask_with_key


def _question(plan: Plan, newsroom: NewsSource, key: str, url: str) -> Question:
    units = scraperapi_credits(prices_on(plan.config.prices, plan.hour.date()), newsroom.options)
    told = dict.fromkeys(sorted(newsroom.options - _MARKS_OF_PRICE), "true")
    address = f"{plan.base_url(API)}/?{urlencode({'url': url, **told, 'max_cost': units})}"
    secret = plan.settings.scraperapi_key
    headers = {"x-sapi-api_key": secret.get_secret_value()} if secret is not None else {}
    return Question(key, address, headers=headers, units=units)


def _item(article: Article, url: str, answer: Answer) -> Item:
    newsroom = domain_of(url) or url
    known = answer.config.outlet_of(newsroom) if answer.config else None
    published_at = article.published_at
    if published_at is None and article.published_on and is_over(article.published_on, _since(answer.hour)):
        published_at = datetime.combine(article.published_on, time(), UTC)  # older for certain: no news of today
    return Item(
        item_id=link_key(article.url),
        channel=known.name if known else newsroom,
        url=article.url,
        title=article.title,
        summary=article.text,
        author=article.author,
        topics=known.topics if known else (),
        published_at=published_at,
    )


def _since(hour: datetime) -> datetime:
    """What was published before counts no more."""
    return hour + HOUR - COVERS


def _page_in(shown: str) -> str:
    """The page that a call, as it is sent, shown or archived, is about."""
    return next(iter(parse_qs(urlsplit(shown).query).get("url", [])), shown)


SOURCE = Source(
    name="scrape_news",
    description="Articles of chosen newsrooms, read page by page through ScraperAPI: who is named in their text.",
    kinds=frozenset({"rest", "html", "postgres"}),
    questions=questions,
    parse=parse,
    metrics=metrics,
    open_asker=open_asker,
    keeps="named",
    follow=follow,
    covers=COVERS,
    cost=cost,
    refusal=refusal,
    raw_suffix=".html",
)
