"""ScraperAPI: ``GET /?url=`` fetches a page for credits, ``GET /account`` tells what a key has used.

The key comes in ``x-sapi-api_key`` or as ``api_key``. Pages are those of the trades (``newsroom_pages``), and a plain
one for any other address. Credits are those of the options, as the provider publishes them, and stand in
``sa-credit-cost``; ``max_cost`` refuses what costs more. Any key but ``wrong`` is right; ``limited-12`` has 12 credits.
What cannot be fetched costs nothing: an address of a trade's host without a page is the site's own 404, which costs.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Items
from etheatmap_sim.newsroom_pages import Newsrooms
from etheatmap_sim.outlets import TRADE_OF
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "scraperapi"
HOST = "api.scraperapi.com"
_CREDITS_A_CYCLE = 100_000
_LIMITED = "limited-"
_OPTIONS = ("premium", "ultra_premium", "render")
_CREDITS = {
    "": 1, "premium": 10, "render": 10, "premium+render": 25, "ultra_premium": 30, "render+ultra_premium": 75,
}  # fmt: skip


def scraperapi_upstream(items: Items, clock: Clock) -> Upstream:
    """Every simulator starts at nothing."""
    account = _Account(Newsrooms(items, clock))
    return Upstream(NAME, f"/{HOST}", [Route("/account", account.tell), Route("/", account.scrape)])


class _Account:
    def __init__(self, newsrooms: Newsrooms) -> None:
        self._newsrooms = newsrooms
        self._credits_used = 0
        self._failed = 0

    def tell(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        return JSONResponse(
            {
                "burst": 5,
                "concurrencyLimit": 20,
                "concurrentRequests": 0,
                "failedRequestCount": self._failed,
                "requestCount": self._credits_used,
                "requestLimit": _limit(request),
            }
        )

    def scrape(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        asked = request.query_params
        units = _CREDITS.get("+".join(sorted(name for name in _OPTIONS if asked.get(name) == "true")))
        if units is None or not asked.get("url"):
            return PlainTextResponse("Bad request, either your url or your parameters may be malformed.", 400)
        if self._credits_used + units > _limit(request):
            return PlainTextResponse("You have exhausted the API Credits available in this monthly cycle.", 403)
        if asked.get("max_cost", "").isdigit() and int(asked["max_cost"]) < units:
            return PlainTextResponse("This request exceeds your max_cost.", 403)
        return self._fetched(asked["url"], units, request)

    def _fetched(self, url: str, units: int, request: Request) -> Response:
        address = urlsplit(url)
        if address.hostname not in TRADE_OF:
            page: str | None = "<html><body>A page.</body></html>"
        else:
            page = self._newsrooms.page(address.hostname, address.path, skew_of(request))
        self._credits_used += units
        headers = {"sa-credit-cost": str(units), "sa-final-url": url, "sa-statuscode": "200" if page else "404"}
        if page is None:
            self._failed += 1
            return PlainTextResponse("Page not found", 404, headers)
        return HTMLResponse(page, headers=headers)


def _key(request: Request) -> str:
    return request.headers.get("x-sapi-api_key") or request.query_params.get("api_key", "wrong")


def _limit(request: Request) -> int:
    key = _key(request)
    digits = key.removeprefix(_LIMITED)
    return int(digits) if key.startswith(_LIMITED) and digits.isdigit() else _CREDITS_A_CYCLE


def _refused(request: Request) -> Response | None:
    is_right = _key(request) != "wrong"
    return None if is_right else PlainTextResponse("Unauthorized request, make sure the API key is valid.", 401)
