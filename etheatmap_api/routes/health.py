"""Is the service able to answer?"""

from fastapi import APIRouter, Response

from etheatmap_api import queries
from etheatmap_api.answers import json_answer
from etheatmap_api.deps import CurrentServices
from etheatmap_api.shapes import Health
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
