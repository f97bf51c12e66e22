"""Reddit's API: application-only OAuth, listings of subreddits with paging, rate-limit headers.

Format as recorded from oauth.reddit.com (2016 to 2025); praw 8 works against it. Comments and searches are not here.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import PRIVATE_SUBREDDIT, SUBREDDITS
from etheatmap_sim.reddit_posts import is_listed, ordered, thing
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "reddit"
CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"  # noqa: S105  (of nobody: the simulator's own)
_TOKEN_SECONDS = 86_400
_LISTINGS = ("hot", "new", "top", "rising")
_OLDEST = timedelta(hours=72)  # no listing reaches further back here
_LONGEST = 1_000  # nor further down, as on Reddit
_TOP_OF = {"hour": 1, "day": 24, "week": 168, "month": 720, "year": 8_760, "all": 24_000}
_RATE_WINDOW_SECONDS = 600
_REQUESTS_A_WINDOW = 10_000  # as a recorded answer of 2025 has it
# Windows begin at 2½ minutes past a tenth minute: praw paces itself by what is left of one, and a clock that is pinned
# to the first second of a window would make it wait longer with every request.
_WINDOW_OFFSET_SECONDS = 150


def reddit_upstreams(items: Items, clock: Clock) -> list[Upstream]:
    """The site that gives tokens, and the API that wants them."""
    api = _Api(items, clock)
    listings = [
        Route("/r/{subreddit}/{listing}", api.send_listing),
        Route("/r/{subreddit}/", api.send_listing),
        Route("/{listing}", api.send_listing),
        Route("/{anything:path}", api.send_not_found),
    ]
    return [
        Upstream(NAME, "/www.reddit.com", [Route("/api/v1/access_token", api.send_token, methods=["POST"])]),
        Upstream(NAME, "/oauth.reddit.com", listings),
    ]


class _Api:
    def __init__(self, items: Items, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._limits = _RateLimits(clock)

    async def send_token(self, request: Request) -> Response:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization", "").partition(" ")[2] != expected:
            return _refused(401, "Unauthorized")
        if "grant_type=client_credentials" not in (await request.body()).decode("utf-8", "replace"):
            return JSONResponse({"error": "unsupported_grant_type"})  # with 200, as Reddit does
        token = _token(int(self._clock().timestamp()))
        return _json({"access_token": token, "token_type": "bearer", "expires_in": _TOKEN_SECONDS, "scope": "*"})

    def send_listing(self, request: Request) -> Response:
        now = self._clock()
        refusal = self._refusal(request, now)
        if refusal:
            return refusal
        listing = request.path_params.get("listing", "hot")
        if listing not in _LISTINGS:
            return _refused(404, "Not Found", self._limits.headers())
        places = _places(request.path_params.get("subreddit", "all"))
        if PRIVATE_SUBREDDIT in places:
            return _json({"reason": "private", "message": "Forbidden", "error": 403}, 403, self._limits.headers())
        unknown = [place for place in places if place not in SUBREDDITS]
        if unknown:  # Reddit looks for what it does not know
            location = f"https://oauth.reddit.com/subreddits/search?q={unknown[0]}"
            return Response(status_code=302, headers={"Location": location, **self._limits.headers()})
        found = ordered(self._recent(places, listing, request, now), listing, now)[:_LONGEST]
        return _json(_listing(request, found, now), 200, self._limits.take())

    def send_not_found(self, request: Request) -> Response:
        return self._refusal(request, self._clock()) or _refused(404, "Not Found", self._limits.take())

    def _refusal(self, request: Request, now: datetime) -> Response | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not _is_valid(token, now):
            return _refused(401, "Unauthorized")
        if self._limits.is_used_up:
            return _refused(429, "Too Many Requests", self._limits.headers())
        return None

    def _recent(self, places: Sequence[str], listing: str, request: Request, now: datetime) -> list[Item]:
        oldest = _OLDEST
        if listing == "top":
            oldest = min(oldest, timedelta(hours=_TOP_OF.get(request.query_params.get("t", "day"), 24)))
        posts = self._items.between(Channel.REDDIT, now - oldest, now + timedelta(microseconds=1))
        return [post for post in posts if post.place in places and is_listed(post, now)]


def _listing(request: Request, found: Sequence[Item], now: datetime) -> dict[str, object]:
    """One page. ``after`` and ``before`` name a post; one that is gone pages from the top, as an empty ``after``."""
    asked = request.query_params
    limit = min(100, max(1, int(asked["limit"]))) if asked.get("limit", "").isdigit() else 25
    positions = {post.id: position for position, post in enumerate(found)}
    begin = positions[asked["after"]] + 1 if asked.get("after") in positions else 0
    end = begin + limit
    if asked.get("before") in positions:
        end = positions[asked["before"]]
        begin = max(0, end - limit)
    page = found[begin:end]
    skew, is_raw = skew_of(request), asked.get("raw_json") == "1"
    return {
        "kind": "Listing",
        "data": {
            "after": page[-1].id if page and end < len(found) else None,
            "before": page[0].id if page and begin > 0 else None,
            "children": [thing(post, now, skew, is_raw=is_raw) for post in page],
            "dist": len(page),
            "geo_filter": None,
            "modhash": "",
        },
    }


class _RateLimits:
    """Ten-minute windows by the simulator's clock. Counts belong to the process, not to the scenario."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._window = -1
        self._used = 0

    @property
    def is_used_up(self) -> bool:
        self._turn()
        return self._used >= _REQUESTS_A_WINDOW

    def take(self) -> dict[str, str]:
        """Counts one request."""
        with self._lock:
            self._turn()
            self._used += 1
        return self.headers()

    def headers(self) -> dict[str, str]:
        seconds = int(self._clock().timestamp()) - _WINDOW_OFFSET_SECONDS
        return {
            "x-ratelimit-remaining": f"{max(0, _REQUESTS_A_WINDOW - self._used)}.0",
            "x-ratelimit-reset": str(_RATE_WINDOW_SECONDS - seconds % _RATE_WINDOW_SECONDS),
            "x-ratelimit-used": str(self._used),
        }

    def _turn(self) -> None:
        window = (int(self._clock().timestamp()) - _WINDOW_OFFSET_SECONDS) // _RATE_WINDOW_SECONDS
        if window != self._window:
            self._window, self._used = window, 0


def _places(spelled: str) -> list[str]:
    """``movies+television``; names are found whatever their case, as on Reddit."""
    if spelled.lower() in ("all", "popular"):
        return list(SUBREDDITS)
    known = {name.lower(): name for name in (*SUBREDDITS, PRIVATE_SUBREDDIT)}
    return [known.get(name.lower(), name) for name in spelled.split("+")]


def _token(issued_at: int) -> str:
    digest = hashlib.sha256(f"{CLIENT_SECRET} {issued_at}".encode()).hexdigest()[:24]
    return f"{issued_at}.{digest}"


def _is_valid(token: str, now: datetime) -> bool:
    issued_at = token.partition(".")[0]
    if not issued_at.isascii() or not issued_at.isdigit() or _token(int(issued_at)) != token:
        return False
    return now.timestamp() - int(issued_at) < _TOKEN_SECONDS


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json({"message": message, "error": status}, status, headers)


def _json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    fixed = {"cache-control": "private, s-maxage=0, max-age=0, must-revalidate, no-store", "server": "snooserv"}
    return JSONResponse(content, status, {**fixed, **(headers or {})}, media_type="application/json; charset=UTF-8")
