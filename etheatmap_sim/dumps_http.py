"""Serves the dumps as the upstream does: a month's index, files with validators, nothing before it is published."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from etheatmap_sim.dumps import Dumps, file_name, hour_of
from etheatmap_sim.hours import HOUR, Clock
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.upstream import Upstream

PREFIX = "/other/pageviews"
_FILES_IN_MEMORY = 8  # a HEAD and its GET, or a repeated GET, make the file once


def dumps_upstream(scenario: Scenario, clock: Clock, publish_delay: timedelta) -> Upstream:
    """A file exists from the end of its hour plus ``publish_delay``; none exists from before the fortnight."""
    site = _Site(scenario, clock, publish_delay)
    return Upstream(
        name="dumps",
        prefix=PREFIX,
        routes=[Route("/{month:path}/", site.send_index), Route("/{month:path}/{name}", site.send_file)],
        hour_of=lambda path: hour_of(path.rsplit("/", 1)[-1]),
    )


class _Site:
    def __init__(self, scenario: Scenario, clock: Clock, publish_delay: timedelta) -> None:
        self._first_hour = scenario.first_hour
        self._clock = clock
        self._publish_delay = publish_delay
        self._file = lru_cache(maxsize=_FILES_IN_MEMORY)(Dumps(scenario).file)

    def send_file(self, request: Request) -> Response:
        hour = hour_of(request.path_params["name"])
        if hour is None or not self._is_published(hour) or request.path_params["month"] != _month(hour):
            return _not_found()
        body = self._file(hour)
        headers = {
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            "Last-Modified": format_datetime(self._published_at(hour), usegmt=True),
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/octet-stream")

    def send_index(self, request: Request) -> Response:
        month = request.path_params["month"]
        hours = (hour for hour in self._published_hours() if _month(hour) == month)
        files = "".join(_index_line(file_name(hour), self._published_at(hour)) for hour in hours)
        return HTMLResponse(_index(f"{PREFIX}/{month}/", files)) if files else _not_found()

    def _published_at(self, hour: datetime) -> datetime:
        return hour + HOUR + self._publish_delay

    def _is_published(self, hour: datetime) -> bool:
        return self._first_hour <= hour and self._published_at(hour) <= self._clock()

    def _published_hours(self) -> Iterator[datetime]:
        hour = self._first_hour
        while self._is_published(hour):
            yield hour
            hour += HOUR


def _month(hour: datetime) -> str:
    """The folder of the hour's file: that of its stamp, hence of the next month for a month's last hour."""
    return f"{hour + HOUR:%Y/%Y-%m}"


def _index(path: str, lines: str) -> str:
    title = f"Index of {path}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1><hr><pre>"
        f'<a href="../">../</a>\r\n{lines}</pre><hr></body>\r\n</html>\r\n'
    )


def _index_line(name: str, published_at: datetime) -> str:
    """As nginx writes it, but without the size: to know it would take making every file of the month."""
    return f'<a href="{name}">{name}</a>{"":{51 - len(name)}}{published_at:%d-%b-%Y %H:%M}{"-":>20}\r\n'


def _not_found() -> Response:
    return PlainTextResponse("404 Not Found\n", status_code=404)
