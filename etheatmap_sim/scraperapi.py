"""ScraperAPI's account: ``GET /account`` tells what a key has used, ``GET /?url=`` takes a credit and answers a page.

The page is a plain one; what is scraped is nobody's. Any key but ``wrong`` is right.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from etheatmap_sim.upstream import Upstream

NAME = "scraperapi"
HOST = "api.scraperapi.com"
_CREDITS_A_CYCLE = 100_000


def scraperapi_upstream() -> Upstream:
    """Every simulator starts at nothing."""
    account = _Account()
    return Upstream(NAME, f"/{HOST}", [Route("/account", account.tell), Route("/", account.scrape)])


class _Account:
    def __init__(self) -> None:
        self._credits_used = 0

    def tell(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        return JSONResponse(
            {
                "burst": 5,
                "concurrencyLimit": 20,
                "concurrentRequests": 0,
                "failedRequestCount": 0,
                "requestCount": self._credits_used,
                "requestLimit": _CREDITS_A_CYCLE,
            }
        )

    def scrape(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        self._credits_used += 1
        return PlainTextResponse(
            "<html><body>A page.</body></html>", media_type="text/html", headers={"sa-credit-cost": "1"}
        )


def _refused(request: Request) -> Response | None:
    is_right = request.query_params.get("api_key", "wrong") != "wrong"
    return None if is_right else PlainTextResponse("Unauthorized request, make sure the API key is valid.", 401)
