"""Is the service able to answer?"""

from fastapi import APIRouter, Response

from etheatmap_api import queries
from etheatmap_api.answers import json_answer
from etheatmap_api.deps import CurrentServices
from etheatmap_api.operations import daemon, last_heard
from etheatmap_api.shapes import ExtendedHealth, Health
from etheatmap_core.errors import DatabaseUnavailableError

router = APIRouter(tags=["health"])
_WITHIN_SECONDS = 3.0  # shorter than the timeouts of the load balancers and supervisors that ask


@router.get("/health", responses={200: {"model": Health}, 503: {"model": Health}})
async def health(services: CurrentServices) -> Response:
    """`ok` when the database answers, within three seconds."""
    try:
        await services.database.read(queries.ping, within_seconds=_WITHIN_SECONDS)
    except DatabaseUnavailableError as error:
        return json_answer(Health(status="error", detail=str(error)), status_code=503)
    return json_answer(Health(status="ok"))


@router.get("/health/extended", responses={200: {"model": ExtendedHealth}, 503: {"model": ExtendedHealth}})
async def extended_health(services: CurrentServices) -> Response:
    """The database, the cache and Dagster's daemon. `degraded` where the daemon has been silent for three minutes.

    The API keeps no cache yet, so its figures are zeros, and there is no rate.
    """
    now = services.now()
    body: ExtendedHealth = {
        "status": "ok",
        "db": {"ok": True, "error": None},
        "cache": {"entries": 0, "hits": 0, "misses": 0, "hit_rate": None},
        "time": now.isoformat(),
        "daemon": None,
    }
    try:
        found = await services.database.read(last_heard, within_seconds=_WITHIN_SECONDS)
    except DatabaseUnavailableError as error:
        body |= {"status": "error", "db": {"ok": False, "error": str(error)}}
        return json_answer(body, status_code=503)
    body["daemon"] = heard = daemon(found, services.started_at, now)
    body["status"] = "degraded" if heard["status"] == "silent" or heard["quiet_sensors"] else "ok"
    return json_answer(body)
