"""An upstream that costs: the trade articles of any past hour, a credit each, counted as a provider would.

``GET /v1/articles?hour=2026-11-20T15`` answers JSON and says in ``X-Credits-Used`` what it took; ``GET /v1/account``
tells what has been taken so far. An hour that has not ended is 404 and free.
"""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.coverage import Channel
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.hours import HOUR, Clock, parse_instant
from etheatmap_sim.items import Items
from etheatmap_sim.upstream import Upstream

NAME = "metered"
HOST = "metered.example"
_CREDITS_AN_ANSWER = 1


def metered_upstream(items: Items, clock: Clock) -> Upstream:
    """Its account is its own: every simulator starts at nothing."""
    meter = _Meter(items, clock)
    routes = [Route("/v1/articles", meter.send_articles), Route("/v1/account", meter.send_account)]
    return Upstream(NAME, f"/{HOST}", routes)


class _Meter:
    def __init__(self, items: Items, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._credits_used = 0

    def send_articles(self, request: Request) -> Response:
        try:
            hour = parse_instant(request.query_params.get("hour", ""))
        except SimulatorError:
            return _said(400, "hour: expected an hour like 2026-11-20T15")
        if hour + HOUR > self._clock():
            return _said(404, "that hour has not ended")
        self._credits_used += _CREDITS_AN_ANSWER
        return JSONResponse(
            {"hour": hour.isoformat(), "articles": self._articles(hour)},
            headers={"X-Credits-Used": str(_CREDITS_AN_ANSWER)},
        )

    def send_account(self, _request: Request) -> Response:
        return JSONResponse({"credits_used": self._credits_used})

    def _articles(self, hour: datetime) -> list[dict[str, str]]:
        found = self._items.between(Channel.TRADE, hour, hour + HOUR)
        return [
            {"url": item.link, "title": item.title, "published_at": item.published_at.isoformat()} for item in found
        ]


def _said(status_code: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status_code, headers={"X-Credits-Used": "0"})
