"""Wikimedia's REST API: daily views of one article, for the time before the hourly dumps and beside them.

Format as recorded in 2025. A day that the dumps cover whole has their sum to the view; it appears six hours after its
end. Access and agent divide it as the dumps do: desktop and mobile web, people (with what passes for them) and spiders.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, unquote

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.hours import HOUR, Clock, hour_number
from etheatmap_sim.randomness import Counts, Purpose, stream
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.upstream import Upstream

NAME = "pageviews_rest"
_PATH = "/api/rest_v1/metrics/pageviews/per-article"
_DAY = timedelta(days=1)
_PUBLISHED_AFTER = timedelta(hours=6)
_OLDEST = datetime(2015, 7, 1, tzinfo=UTC)  # as upstream
_SPIDER_SHARE = 0.1
_AGENTS = ("all-agents", "user", "spider", "automated")
_ACCESSES = ("all-access", "desktop", "mobile-web", "mobile-app")
_DAYS_IN_MEMORY = 4_000


def pageviews_upstream(scenario: Scenario, clock: Clock) -> Upstream:
    return Upstream(NAME, "/wikimedia.org", [Route(f"{_PATH}/{{rest:path}}", _Site(scenario, clock).send)])


class _Site:
    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        self._scenario = scenario
        self._clock = clock
        # The unlisted after all others: of two with one title the roster's is it.
        titles = [*(entity.title for entity in scenario.entities), *scenario.coverage.unlisted_titles]
        self._positions = {title.replace(" ", "_"): i for i, title in reversed(list(enumerate(titles)))}
        self._day = lru_cache(maxsize=_DAYS_IN_MEMORY)(self._views)

    def send(self, request: Request) -> Response:
        # A slash in a title is encoded, so the path is taken apart before it is decoded.
        raw = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        parts = [unquote(part) for part in raw.partition(f"{_PATH}/")[2].split("/")]
        if len(parts) != 7 or parts[4] != "daily":
            return _problem(404, "Not Found", "Invalid route", raw)
        project, access, agent, article, _, first, last = parts
        if access not in _ACCESSES or agent not in _AGENTS:
            return _problem(400, "Bad Request", "access or agent should be equal to one of the allowed values", raw)
        days = _day(first), _day(last)
        if days[0] is None or days[1] is None:
            return _problem(
                400, "Bad Request", "start timestamp is invalid, must be a valid date in YYYYMMDD format", raw
            )
        if days[0] > days[1]:
            return _problem(400, "Bad Request", "start timestamp should be before the end timestamp", raw)
        title = article.replace(" ", "_")
        position = self._positions.get(title) if project.removesuffix(".org") == "en.wikipedia" else None
        views = [] if position is None else self._series(position, days[0], days[1], access, agent)
        if not views:
            detail = (
                "The date(s) you used are valid, but we either do not have data for those date(s), or the project you "
                "asked for is not loaded yet. Please check documentation for more information"
            )
            return _problem(404, "Not Found", detail, raw)
        fixed = {"project": "en.wikipedia", "article": title, "granularity": "daily"}
        items = [
            {**fixed, "timestamp": f"{day:%Y%m%d}00", "access": access, "agent": agent, "views": count}
            for day, count in views
        ]
        return JSONResponse({"items": items}, headers={"Cache-Control": "s-maxage=14400, max-age=14400"})

    def _series(
        self, position: int, first: datetime, last: datetime, access: str, agent: str
    ) -> list[tuple[datetime, int]]:
        """Days with views; upstream leaves out those without."""
        newest = self._clock() - _DAY - _PUBLISHED_AFTER
        day, found = max(first, _OLDEST), []
        while day <= min(last, newest):
            desktop, mobile = self._day(day)[:, position].tolist()
            count = {"all-access": desktop + mobile, "desktop": desktop, "mobile-web": mobile, "mobile-app": 0}[access]
            spiders = round(_SPIDER_SHARE * count)
            count = {"all-agents": count + spiders, "user": count, "spider": spiders, "automated": 0}[agent]
            if count:
                found.append((day, count))
            day += _DAY
        return found

    def _views(self, day: datetime) -> Counts:
        """[desktop or mobile, entities and unlisted]; before the dumps there are no episodes, nor hours to add up."""
        scenario = self._scenario
        if day + _DAY > scenario.first_hour:
            hours = [day + turn * HOUR for turn in range(24)]
            listed: Counts = np.sum([scenario.views(hour) for hour in hours], axis=0)
            unlisted: Counts = np.sum([scenario.unlisted_views(hour) for hour in hours], axis=0)
            return np.hstack([listed, unlisted])
        dice = stream(scenario.seed, Purpose.DAILY_VIEWS, hour_number(day))
        views = dice.poisson(24 * scenario.usual_views * dice.gamma(400, 1 / 400, len(scenario.entities)))
        mobile = dice.binomial(views, scenario.mobile_shares)
        usual = scenario.coverage.usual_views[len(scenario.entities) :]
        others = dice.poisson(24 * usual)
        mobile_others = dice.binomial(others, float(np.mean(scenario.mobile_shares)))
        return np.stack([np.append(views - mobile, others - mobile_others), np.append(mobile, mobile_others)])


def _day(spelled: str) -> datetime | None:
    """``20250815`` or ``2025081500``."""
    match = re.fullmatch(r"(\d{8})(?:[01]\d|2[0-3])?", spelled)
    try:
        return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC) if match else None
    except ValueError:
        return None  # the 31st of February


def _problem(status: int, title: str, detail: str, raw: str) -> Response:
    uri = raw[raw.find("/metrics/") :] if "/metrics/" in raw else quote(raw)
    problem = {"detail": detail, "method": "get", "status": status, "title": title, "type": "about:blank", "uri": uri}
    return JSONResponse(problem, status, media_type="application/problem+json")
