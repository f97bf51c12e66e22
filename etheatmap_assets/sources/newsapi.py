"""NewsAPI (newsapi.org, v2): the entertainment headlines, and searches for all entities, many names in one.

Asked, with the key in a header: the page of headlines, key ``headlines``; then ``everything`` published up to the end
of the hour, newest first, key ``search/<name> and 4 more``: the twenty hottest five by five, the others in turn, as
many names as 500 characters hold. Names that are common words are searched for in titles and apart, for they would
fill the hundred articles of an answer by themselves. A search whose hundred do not reach back to the beginning of the
hour is read on where the plan of the hour has requests left; what is not had then is told. A past hour can be asked
for too, without the headlines, which only tell what is now.
Comes back: JSON, and where NewsAPI refuses a code and a message; its free plan knows only what is a day old, and then
all of it is late (signals.items) and the hour says so. https://newsapi.org/docs/endpoints/everything
Becomes: an item an article, known by its link; the outlet stands as author, by the name and tier of trade_feeds.yml
where its domain is there. Texts are matched like all others, and only what names somebody is stored. The signals are
those of ``news``.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from etheatmap_assets.resources.http import Gateway, NotModified, Refused, Validators
from etheatmap_assets.resources.http.retry_after import retry_at
from etheatmap_assets.sources.source import Answer, Ask, Parsed, Plan, Question, Source, over_http
from etheatmap_core.archive import Received
from etheatmap_core.archive.raw_archive import content_hash
from etheatmap_core.entities.names import CommonWords
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.entities.priority import in_turn
from etheatmap_core.errors import (
    CorruptCaptureError,
    DeferredError,
    EtHeatmapError,
    NoCredentialsError,
    OutOfBudgetError,
    RateLimitedError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.feeds import shortened
from etheatmap_core.signals.items import COUNTS_FOR, Item
from etheatmap_core.signals.newsapi import PAGE_ARTICLES, articles, cut_off_at, read_page

_URL = "https://newsapi.org"
_HEADLINES = "headlines"
QUERY_CHARACTERS = 500  # of q, before it is encoded
_MOST_PAGES = 3  # of one search
_ALWAYS_SEARCHED, _HOTTEST_TOGETHER = 20, 5
# Back to what may still count, and a day more: the free plan tells nothing younger, and would look like silence.
_REACHES = COUNTS_FOR + timedelta(days=1)
# The free plan is a day behind: asked within two hours of the hour's beginning it has nothing younger than this.
_A_DAY_BEHIND = timedelta(hours=22)
_BETWEEN_PAGES = b"\x1e"  # no JSON has it (RFC 7464)
_MESSAGE_CHARACTERS = 200
_UNAUTHORISED, _GONE = 401, 410
_LOG = logging.getLogger(__name__)


def questions(plan: Plan) -> Sequence[Question]:
    """The headlines, the hottest, then the others, whoever was searched for longest ago first."""
    base, key = plan.base_url(_URL), plan.settings.news_api_key
    if key is None:
        raise NoCredentialsError("newsapi needs NEWS_API_KEY: set it in .env.")
    headers = {"X-Api-Key": key.get_secret_value()}
    asked = {"country": "us", "category": "entertainment", "pageSize": PAGE_ARTICLES}
    headlines = Question(_HEADLINES, f"{base}/v2/top-headlines?{urlencode(asked)}", headers=headers)
    names = [entity.name for entity in in_turn(plan.entities, plan.last_asked, always_first=_ALWAYS_SEARCHED)]
    common = CommonWords(plan.config.common_words)
    groups = [
        *_together(names[:_ALWAYS_SEARCHED], common, most=_HOTTEST_TOGETHER),
        *_together(names[_ALWAYS_SEARCHED:], common),
    ]
    return [headlines, *(_search(base, group, plan.hour, common, headers) for group in groups)]


def parse(answer: Answer) -> Parsed:
    """The articles of the headlines, or of all pages of a search."""
    key, hour = answer.question.key, answer.hour
    pages = [read_page(page, key) for page in answer.body.split(_BETWEEN_PAGES)]
    topics = ("entertainment",) if key == _HEADLINES else ()
    reach = None if key == _HEADLINES else cut_off_at(pages, key, hour)
    lacks = reach and f"{key}: more articles than NewsAPI gave, whose newest reach back to {reach:%H:%M} only"
    return Parsed(articles(pages, key, topics, answer.config), lacks=lacks or "")


def refusal(refused: Refused) -> EtHeatmapError | None:
    """NewsAPI's own words. None where it has none, or where asking again may help: then the status stands."""
    try:
        told = orjson.loads(refused.body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or told.get("status") != "error" or refused.status_code >= 500:
        return None
    return _error(told, refused.status_code, _next_at(refused.headers))


def cost(status_code: int, _headers: Mapping[str, str]) -> int | None:
    """Who is not known is not charged: a wrong key must not use up the day of the right one."""
    return 0 if status_code == _UNAUTHORISED else None


def remark(hour: datetime, items: Sequence[Item]) -> str | None:
    """That everything found is a day old: it counts nowhere, which must not look like silence."""
    dates = {item.item_id: item.published_at for item in items if item.published_at and item.channel != _HEADLINES}
    if not dates or max(dates.values()) > hour - _A_DAY_BEHIND:
        return None
    return (
        f"All that the searches found ({len(dates)} articles) is a day old and counts as late, as it is on NewsAPI's "
        "free plan: take one without delay."
    )


@contextmanager
def open_asker(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
    """Pages are read on while the hour's plan has requests left."""
    with over_http(gateway, plan) as ask:
        yield _Asker(plan, ask).ask


class _Asker:
    """Asks the questions of one hour. What NewsAPI says of the key, or of its quota, holds for all that are left."""

    def __init__(self, plan: Plan, ask: Ask) -> None:
        self._plan, self._ask = plan, ask
        self._refused: EtHeatmapError | None = None
        self._is_over = False  # no further page of any search is to be had
        keys = [question.key for question in questions(plan)]
        self._left = {key: len(keys) - number for number, key in enumerate(keys, start=1)}  # questions after this one

    def ask(self, question: Question, to: Path, validators: Validators | None) -> Received | NotModified:
        hour = self._plan.hour
        if question.key == _HEADLINES and self._plan.is_past:
            raise UpstreamRefusedError(
                f"NewsAPI's headlines only tell what is now: those of {hour:%Y-%m-%d %H:00} are gone.", _GONE
            )
        first = self._one(question, to, validators)
        if isinstance(first, NotModified):
            return first
        pages = [to.read_bytes()]
        most = 1 if question.key == _HEADLINES else _MOST_PAGES
        while len(pages) < most and _is_cut_off(pages, question.key, hour) and self._has_spare(question):
            if (page := self._next(question, len(pages) + 1, to)) is None:
                break
            pages.append(page)
        if len(pages) == 1:
            return first
        to.write_bytes(_BETWEEN_PAGES.join(pages))
        return replace(first, size_bytes=to.stat().st_size, content_hash=content_hash(to))

    def _has_spare(self, question: Question) -> bool:
        """Whether the plan of the hour has a request beside those that all attempts at it have used, and those for the
        questions after this one."""
        plan, use = self._plan, self._plan.config.budgets.uses.get(self._plan.source)
        if self._is_over or use is None or plan.ledger is None:
            return False
        used = plan.ledger.used_for_hour(use.provider, plan.source, plan.hour)
        return used + (self._left[question.key] + 1) * use.units_a_request <= use.units_a_partition

    def _one(self, question: Question, to: Path, validators: Validators | None) -> Received | NotModified:
        if self._refused is not None:
            raise self._refused
        try:
            received = self._ask(question, to, validators)
            if isinstance(received, Received):
                _require_no_error(to.read_bytes())
        except (_KeyRefusedError, RateLimitedError) as error:
            self._refused = error
            raise
        return received

    def _next(self, question: Question, number: int, to: Path) -> bytes | None:
        """One more page; None where there is none to be had. What was answered before it counts, and the hour says
        that the rest is missing; the gateway has written down why."""
        further = replace(question, key=f"{question.key}, page {number}", url=f"{question.url}&page={number}")
        path = to.with_name(f"{to.name}.page")
        try:
            self._one(further, path, None)
            return path.read_bytes()
        except EtHeatmapError as error:
            self._is_over |= isinstance(error, (_NoMoreResultsError, OutOfBudgetError, DeferredError))
            _LOG.info("%s is not read on: %s", question.key, error)
            return None
        finally:
            path.unlink(missing_ok=True)


def _together(names: Sequence[str], common: CommonWords, *, most: int = QUERY_CHARACTERS) -> list[list[str]]:
    """Names that share a search, common words apart from the others, in the order of the first of each."""
    groups: list[list[str]] = []
    being_filled: dict[bool, list[str]] = {}
    for name in names:
        kind = _is_common(name, common)
        group = being_filled.get(kind)
        if group is None or len(group) == most or len(_query([*group, name])) > QUERY_CHARACTERS:
            group = being_filled[kind] = []
            groups.append(group)
        group.append(name)
    return groups


def _is_common(name: str, common: CommonWords) -> bool:
    return common.is_common(normalise(name).text.strip())


def _query(names: Sequence[str]) -> str:
    return " OR ".join(f'"{name.replace(chr(34), " ")}"' for name in names)


def _search(
    base: str, names: Sequence[str], hour: datetime, common: CommonWords, headers: Mapping[str, str]
) -> Question:
    asked = {
        "q": _query(names),
        **({"searchIn": "title"} if _is_common(names[0], common) else {}),
        "from": f"{hour - _REACHES:%Y-%m-%dT%H:%M:%S}",
        "to": f"{hour + HOUR:%Y-%m-%dT%H:%M:%S}",
        "language": "en",
        "sortBy": "publishedAt",
        "pageSize": PAGE_ARTICLES,
    }
    key = f"search/{names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    return Question(key, f"{base}/v2/everything?{urlencode(asked)}", tuple(names), headers)


def _is_cut_off(pages: Sequence[bytes], key: str, hour: datetime) -> bool:
    """Of pages that cannot be read the parser says what is wrong with them."""
    try:
        return cut_off_at([read_page(page, key) for page in pages], key, hour) is not None
    except CorruptCaptureError:
        return False


class _KeyRefusedError(UpstreamRefusedError):
    """NewsAPI does not take our key."""


class _NoMoreResultsError(UpstreamRefusedError):
    """Our plan gives no further articles of one search."""


_KEY_REFUSED = {
    "apiKeyInvalid": "does not know our key",
    "apiKeyMissing": "got no key with our request",
    "apiKeyDisabled": "has disabled our key",
}
_QUOTA = {"apiKeyExhausted": "our key has no requests left", "rateLimited": "our key asks more than its plan allows"}
_PARAMETERS = frozenset({"parameterInvalid", "parametersMissing", "sourcesTooMany", "sourceDoesNotExist"})


def _error(told: Mapping[str, Any], status_code: int, next_at: datetime | None = None) -> EtHeatmapError | None:
    """Each code as the state it is, with what to do; None for a code nobody has documented."""
    code = str(told.get("code"))
    message = shortened(" ".join(str(told.get("message") or "no message").split()), _MESSAGE_CHARACTERS)
    if code in _KEY_REFUSED:
        return _KeyRefusedError(
            f"NewsAPI {_KEY_REFUSED[code]} ({code}): check NEWS_API_KEY, and the account at newsapi.org.", status_code
        )
    if code in _QUOTA:
        when = f"answers again at {next_at:%Y-%m-%d %H:%M} UTC" if next_at else "does not say when it answers again"
        return RateLimitedError(
            f"NewsAPI says that {_QUOTA[code]} ({code}) and {when}: set NEWS_API_DAILY_LIMIT, and a_partition in "
            "budgets.yml, to what the plan gives.",
            next_at,
        )
    if code == "maximumResultsReached":
        return _NoMoreResultsError(
            f"NewsAPI gives no further articles of one search on our plan ({code}): the newest count, a larger plan "
            "has the rest.",
            status_code,
        )
    if code in _PARAMETERS:
        return UpstreamRefusedError(
            f"NewsAPI does not take what it was asked ({code}: {message}): our plan may not reach back so far, else "
            "NewsAPI has changed.",
            status_code,
        )
    if code == "unexpectedError":
        return UpstreamUnreachableError(f"NewsAPI failed ({code}: {message}): ask again later.")
    return None


def _require_no_error(body: bytes) -> None:
    """An error that comes with the status of success is one nevertheless; what is no JSON is the parser's affair."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    if isinstance(told, dict) and told.get("status") == "error":
        raise _error(told, 200) or UpstreamUnreachableError(
            f"NewsAPI failed ({str(told.get('code'))[:40]}), with the status of success: ask again later."
        )


def _next_at(headers: Mapping[str, str]) -> datetime | None:
    """By NewsAPI's own clock."""
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return retry_at(headers.get("retry-after"), now.astimezone(UTC))


SOURCE = Source(
    name="newsapi",
    description="Articles that NewsAPI has under entertainment, and of searches for every entity. Its free plan is a "
    "day behind, and licensed for development only.",
    kinds=frozenset({"rest", "postgres"}),
    questions=questions,
    parse=parse,
    open_asker=open_asker,
    is_now_only=False,
    keeps="named",
    cost=cost,
    refusal=refusal,
    remark=remark,
    raw_suffix=".json",
)
