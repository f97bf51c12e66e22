"""The simulator as an ASGI application: every upstream behind the fault layer, and ``/sim`` for labels and faults."""

from collections.abc import Sequence

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from etheatmap_sim.faults import Fault, FaultBoard, FaultMiddleware
from etheatmap_sim.hours import spell_hour
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.upstream import Upstream


def create_app(scenario: Scenario, upstreams: Sequence[Upstream]) -> Starlette:
    board = FaultBoard()
    mounts: list[BaseRoute] = [
        Mount(
            upstream.prefix,
            routes=upstream.routes,
            middleware=[Middleware(FaultMiddleware, board=board, upstream=upstream.name, hour_of=upstream.hour_of)],
        )
        for upstream in upstreams
    ]
    return Starlette(routes=[Mount("/sim", routes=_sim_routes(scenario, board, [u.name for u in upstreams])), *mounts])


def _sim_routes(scenario: Scenario, board: FaultBoard, upstreams: Sequence[str]) -> list[Route]:
    async def health(_: Request) -> Response:
        hours = {"first_hour": scenario.first_hour, "last_scripted_hour": scenario.last_scripted_hour}
        told = {name: spell_hour(hour) for name, hour in hours.items()}
        return JSONResponse({"status": "ok", "seed": scenario.seed, **told, "upstreams": list(upstreams)})

    async def labels(_: Request) -> Response:
        return JSONResponse(scenario.labels())

    async def list_faults(_: Request) -> Response:
        return JSONResponse([fault.spelled() for fault in board.faults])

    async def post_fault(request: Request) -> Response:
        try:
            fault = Fault.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"errors": [_sentence(one["loc"], one["msg"]) for one in error.errors()]}, 422)
        if fault.upstream not in upstreams:
            known = ", ".join(upstreams)
            return JSONResponse({"errors": [f"upstream: '{fault.upstream}' is unknown; there are: {known}."]}, 422)
        board.faults.append(fault)
        return JSONResponse(fault.spelled(), 201)

    async def clear_faults(_: Request) -> Response:
        board.faults.clear()
        return Response(status_code=204)

    return [
        Route("/health", health),
        Route("/labels.json", labels),
        Route("/faults", list_faults, methods=["GET"]),
        Route("/faults", post_fault, methods=["POST"]),
        Route("/faults", clear_faults, methods=["DELETE"]),
    ]


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, place)) or 'fault'}: {message}"
