"""The simulator as an ASGI application: every upstream behind the fault layer, and ``/sim`` to see and steer it."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from etheatmap_sim.clock import SimClock
from etheatmap_sim.control import control_routes
from etheatmap_sim.faults import FaultBoard, FaultMiddleware
from etheatmap_sim.items import Items
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.slack import SlackRoom
from etheatmap_sim.upstream import Upstream


def create_app(
    scenario: Scenario,
    items: Items,
    upstreams: Sequence[Upstream],
    clock: SimClock,
    board: FaultBoard,
    room: SlackRoom,
) -> Starlette:
    mounts: list[BaseRoute] = [
        Mount(upstream.prefix, routes=upstream.routes, middleware=[_fault_layer(upstream, clock, board)])
        for upstream in upstreams
    ]
    names = list(dict.fromkeys(upstream.name for upstream in upstreams))
    return Starlette(routes=[Mount("/sim", routes=control_routes(scenario, items, names, clock, board, room)), *mounts])


def _fault_layer(upstream: Upstream, clock: SimClock, board: FaultBoard) -> Middleware:
    return Middleware(FaultMiddleware, board=board, upstream=upstream.name, hour_of=upstream.hour_of, clock=clock)
