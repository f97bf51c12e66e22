"""``/sim``: the simulator's own address. Labels, items, faults, requests, the clock."""

import json
from collections.abc import Sequence
from datetime import timedelta

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.articles import Encyclopedia
from etheatmap_sim.clock import SimClock
from etheatmap_sim.coverage import Channel
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.faults import Fault, FaultBoard
from etheatmap_sim.hours import HOUR, parse_hour, parse_instant, spell_hour
from etheatmap_sim.items import Items
from etheatmap_sim.labels import item_label
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.slack import SlackRoom

_OF_TRADE_ARTICLES = ("id", "title", "place", "published_at", "kind", "cause_start_hour")
_LONGEST = timedelta(days=31)  # of one request for items


def parsed_fault(text: str | bytes, upstreams: Sequence[str]) -> Fault:
    """Raises SimulatorError with one line a mistake."""
    try:
        fault = Fault.model_validate_json(text)
    except ValidationError as error:
        raise SimulatorError("\n".join(_sentence(one["loc"], one["msg"]) for one in error.errors())) from error
    if fault.upstream not in upstreams:
        known = ", ".join(upstreams)
        raise SimulatorError(f"upstream: '{fault.upstream}' is unknown; there are: {known}.")
    return fault


def control_routes(
    scenario: Scenario, items: Items, upstreams: Sequence[str], clock: SimClock, board: FaultBoard, room: SlackRoom
) -> list[Route]:
    desk = _Desk(scenario, items, upstreams, clock, board, room)
    return [
        Route("/health", desk.health),
        Route("/labels.json", desk.labels),
        Route("/items.json", desk.items),
        Route("/trade-articles.json", desk.trade_articles),
        Route("/articles.json", desk.articles),
        Route("/faults", desk.list_faults, methods=["GET"]),
        Route("/faults", desk.post_fault, methods=["POST"]),
        Route("/faults", desk.clear_faults, methods=["DELETE"]),
        Route("/requests.json", desk.requests, methods=["GET"]),
        Route("/requests.json", desk.forget_requests, methods=["DELETE"]),
        Route("/slack.json", desk.slack, methods=["GET"]),
        Route("/clock", desk.read_clock, methods=["GET"]),
        Route("/clock", desk.pin_clock, methods=["POST"]),
        Route("/clock", desk.let_clock_run, methods=["DELETE"]),
    ]


class _Desk:
    def __init__(
        self,
        scenario: Scenario,
        items: Items,
        upstreams: Sequence[str],
        clock: SimClock,
        board: FaultBoard,
        room: SlackRoom,
    ) -> None:
        self._scenario = scenario
        self._items = items
        self._upstreams = upstreams
        self._clock = clock
        self._board = board
        self._room = room

    async def health(self, _: Request) -> Response:
        hours = {"first_hour": self._scenario.first_hour, "last_scripted_hour": self._scenario.last_scripted_hour}
        told = {name: spell_hour(hour) for name, hour in hours.items()}
        seed = self._scenario.seed
        return JSONResponse({"status": "ok", "seed": seed, **told, "upstreams": list(self._upstreams)})

    def labels(self, _: Request) -> Response:
        return JSONResponse(self._scenario.labels())

    def items(self, request: Request) -> Response:
        """What was said in the hours from ``from`` up to and without ``to``, with whom it truly names."""
        asked = request.query_params
        try:
            channel = Channel(asked.get("source", ""))
        except ValueError:
            return _mistakes(f"source: name one of {', '.join(c for c in Channel if c is not Channel.TRENDS)}.")
        try:
            start, end = parse_hour(asked.get("from", "")), parse_hour(asked.get("to", ""))
        except SimulatorError as error:
            return _mistakes(f"from and to: {error}")
        if channel is Channel.TRENDS or end - start > _LONGEST:
            return _mistakes("Searches have no items, and one answer holds at most 31 days of them.")
        hours = [start + turn * HOUR for turn in range(max(0, (end - start) // HOUR))]
        by_hour = {spell_hour(hour): [item_label(item) for item in self._items.of(channel, hour)] for hour in hours}
        return JSONResponse({"source": channel, "hours": by_hour})

    def trade_articles(self, _: Request) -> Response:
        """Of everybody whom the trades have written about by now, oldest first: what an alert has to come before."""
        told: dict[str, list[object]] = {}
        now = self._clock()
        for item in self._items.between(Channel.TRADE, self._scenario.first_hour, now):
            article = {key: value for key, value in item_label(item).items() if key in _OF_TRADE_ARTICLES}
            for named in (*item.entities, *item.unlisted):
                told.setdefault(named.name, []).append(article)
        return JSONResponse(told)

    def articles(self, _: Request) -> Response:
        """Of each entity: where its article is now, what redirects to it, its Wikidata item."""
        told = [
            {
                "name": article.entity.name,
                "title": article.title,
                "redirects": list(article.redirects),
                "item_id": article.item_id,
                "instance_of": list(article.instance_of),
            }
            for article in Encyclopedia(self._scenario).articles
        ]
        return JSONResponse(told)

    async def list_faults(self, _: Request) -> Response:
        return JSONResponse([fault.spelled() for fault in self._board.faults])

    async def post_fault(self, request: Request) -> Response:
        try:
            fault = parsed_fault(await request.body(), self._upstreams)
        except SimulatorError as error:
            return _mistakes(*str(error).splitlines())
        self._board.post(fault)
        return JSONResponse(fault.spelled(), 201)

    async def clear_faults(self, _: Request) -> Response:
        self._board.clear()
        return Response(status_code=204)

    async def requests(self, _: Request) -> Response:
        """How many each upstream had, refused ones and faults included."""
        return JSONResponse({name: self._board.requests[name] for name in self._upstreams})

    async def forget_requests(self, _: Request) -> Response:
        self._board.requests.clear()
        return Response(status_code=204)

    async def slack(self, _: Request) -> Response:
        """What was posted to Slack, oldest first."""
        return JSONResponse({"count": len(self._room.messages), "messages": self._room.messages})

    async def read_clock(self, _: Request) -> Response:
        return JSONResponse({"now": self._clock().isoformat(), "is_pinned": self._clock.is_pinned})

    async def pin_clock(self, request: Request) -> Response:
        try:
            posted = json.loads(await request.body())
            self._clock.pin(parse_instant(str(posted["now"])))
        except (ValueError, KeyError, TypeError):
            return _mistakes('now: post an object like {"now": "2026-11-20T15:05"}.')
        except SimulatorError as error:
            return _mistakes(f"now: {error}")
        return await self.read_clock(request)

    async def let_clock_run(self, request: Request) -> Response:
        self._clock.let_run()
        return await self.read_clock(request)


def _mistakes(*sentences: str) -> Response:
    return JSONResponse({"errors": list(sentences)}, 422)


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, place)) or 'fault'}: {message}"
