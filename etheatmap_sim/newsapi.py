"""NewsAPI, v2: ``everything`` and ``top-headlines``, over the articles of newsrooms and trades; its codes and quotas.

The key says what is simulated: ``wrong``, ``disabled`` and ``exhausted`` are refused as such; ``quota-5`` may ask five
times a day; ``revoked-5`` is unknown after five requests; ``developer`` is the free plan: searches a day behind, a
hundred requests a day, a hundred articles a search, a month back. Any other key may ask 500 times a day.
Format as recorded (2019) and documented. Only what the platform asks for is known: phrases and OR, English.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Items
from etheatmap_sim.newsstand import Entry, Newsstand, matcher
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "newsapi"
HOST = "newsapi.org"
_REQUESTS_A_DAY = 500
_USUAL_PAGE, _LARGEST_PAGE = 20, 100
_HEADLINES, _HEADLINES_REACH = 70, timedelta(hours=24)
_INDEXED_AFTER = timedelta(minutes=4)
_OLDEST = timedelta(days=14)  # the world is no older
_REFUSED_KEYS = {
    "wrong": (401, "apiKeyInvalid", "Your API key is invalid or incorrect."),
    "disabled": (401, "apiKeyDisabled", "Your API key has been disabled."),
    "exhausted": (429, "apiKeyExhausted", "Your API key has no more requests available."),
}
_NUMBERED = re.compile(r"(quota|revoked)-(\d+)")


def newsapi_upstream(items: Items, clock: Clock) -> Upstream:
    """Every simulator starts with nothing asked."""
    desk = _Desk(items, clock)
    routes = [Route("/v2/everything", desk.send_everything), Route("/v2/top-headlines", desk.send_headlines)]
    return Upstream(NAME, f"/{HOST}", routes)


@dataclass(frozen=True)
class _Plan:
    """What a key may do; ``most_articles`` of one search, None: all."""

    requests_a_day: int = _REQUESTS_A_DAY
    delay: timedelta = _INDEXED_AFTER
    most_articles: int | None = None
    oldest: timedelta = _OLDEST


_DEVELOPER = _Plan(100, timedelta(hours=24), 100, timedelta(days=30))


class _RefusedError(Exception):
    """A request that ends in one of NewsAPI's errors."""

    def __init__(self, status_code: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status_code, self.code = status_code, code


class _Desk:
    """Counts belong to the process, not to the scenario: by key and day."""

    def __init__(self, items: Items, clock: Clock) -> None:
        self._stand = Newsstand(items)
        self._clock = clock
        self._asked: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def send_everything(self, request: Request) -> Response:
        try:
            return self._everything(request)
        except _RefusedError as refused:
            return _said(refused)

    def send_headlines(self, request: Request) -> Response:
        try:
            return self._headlines(request)
        except _RefusedError as refused:
            return _said(refused)

    def _everything(self, request: Request) -> Response:
        plan, asked, now = self._admit(request), request.query_params, self._clock()
        if not asked.get("q", "").strip():
            raise _RefusedError(400, "parametersMissing", "Required parameters are missing: q, sources or domains.")
        since, until = _instant(asked.get("from"), now - plan.oldest), _instant(asked.get("to"), now)
        if since < now - plan.oldest and plan.most_articles is not None:
            raise _RefusedError(
                426, "parameterInvalid", "You are trying to request results too far in the past for your plan."
            )
        fits = matcher(asked["q"])
        found = [one for one in self._stand.between(since, min(until, now - plan.delay)) if fits(one)]
        if asked.get("language", "en") != "en":
            found = []
        return self._send(request, found, plan)

    def _headlines(self, request: Request) -> Response:
        plan, asked, now = self._admit(request), request.query_params, self._clock()
        if not {"country", "category", "sources", "q"} & asked.keys():
            raise _RefusedError(400, "parametersMissing", "Required parameters are missing: country or category.")
        found = self._stand.between(now - _HEADLINES_REACH, now - _INDEXED_AFTER)[:_HEADLINES]
        return self._send(request, found if asked.get("country", "us") == "us" else [], plan, is_headlines=True)

    def _admit(self, request: Request) -> _Plan:
        """What the key may do; each request of a key that is known counts."""
        key = request.headers.get("x-api-key") or request.query_params.get("apiKey")
        if not key:
            raise _RefusedError(401, "apiKeyMissing", "Your API key is missing.")
        if key in _REFUSED_KEYS:
            raise _RefusedError(*_REFUSED_KEYS[key])
        kind, number = found.groups() if (found := _NUMBERED.fullmatch(key)) else ("", "")
        plan = _DEVELOPER if key == "developer" else _Plan(int(number)) if kind == "quota" else _Plan()
        with self._lock:
            day = (key, f"{self._clock():%Y-%m-%d}")
            if kind == "revoked" and self._asked[day] >= int(number):
                raise _RefusedError(*_REFUSED_KEYS["wrong"])
            if self._asked[day] >= plan.requests_a_day:
                raise _RefusedError(
                    429,
                    "rateLimited",
                    f"You have made too many requests recently. Your plan is limited to {plan.requests_a_day} requests "
                    "over a 24 hour period.",
                )
            self._asked[day] += 1
        return plan

    def _send(self, request: Request, found: Sequence[Entry], plan: _Plan, *, is_headlines: bool = False) -> Response:
        size = _number(request, "pageSize", _USUAL_PAGE)
        page = _number(request, "page", 1)
        if size > _LARGEST_PAGE:
            raise _RefusedError(400, "parameterInvalid", f"The pageSize is larger than {_LARGEST_PAGE}.")
        if plan.most_articles is not None and page * size > plan.most_articles:
            raise _RefusedError(
                426,
                "maximumResultsReached",
                f"You have requested too many results. Developer accounts are limited to a max of {plan.most_articles} "
                f"results. You are trying to request results {(page - 1) * size} to {page * size}.",
            )
        shown = found[(page - 1) * size : page * size]
        skew, now = skew_of(request), self._clock()
        told = [_article(one, now, skew, is_headlines=is_headlines) for one in shown]
        return JSONResponse({"status": "ok", "totalResults": len(found), "articles": told})


def _article(entry: Entry, now: datetime, skew: timedelta, *, is_headlines: bool) -> dict[str, object]:
    """Headlines come with the outlet behind the title, as most outlets write their pages' titles."""
    item, number = entry.item, abs(hash_of(entry.item.id))
    title = item.title_at(now)
    return {
        "source": {"id": None, "name": entry.outlet},
        "author": item.author if number % 4 else None,
        "title": f"{title} - {entry.outlet}" if is_headlines else title,
        "description": f"What is known so far, and what comes next, by the reporters of {entry.outlet}.",
        "url": item.link_in(entry.place),
        "urlToImage": None,
        "publishedAt": f"{(entry.shown_at + skew).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "content": f"The rest of the article stands where it was published.\r\n… [+{number % 9_000 + 100} chars]",
    }


def _instant(spelled: str | None, default: datetime) -> datetime:
    if not spelled:
        return default
    try:
        at = datetime.fromisoformat(spelled)
    except ValueError:
        raise _RefusedError(400, "parameterInvalid", f"'{spelled}' is no date as 2026-11-20T15:00:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _number(request: Request, name: str, default: int) -> int:
    spelled = request.query_params.get(name, str(default))
    if not (spelled.isascii() and spelled.isdigit() and int(spelled) > 0):
        raise _RefusedError(400, "parameterInvalid", f"The {name} is no number.")
    return int(spelled)


def _said(refused: _RefusedError) -> Response:
    told = {"status": "error", "code": refused.code, "message": str(refused)}
    return JSONResponse(told, status_code=refused.status_code)
