"""Google Trends' own API, as its page and pytrends use it: a cookie, widgets with tokens, interest over time.

Format as recorded in 2023 and 2026: JSON behind ``)]}'``; values 0 to 100 by the highest of the request. Interest by
region and related searches are offered as widgets, as they are there, and not answered.
"""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from etheatmap_sim.hours import HOUR, Clock, floor_hour
from etheatmap_sim.searches import Searches, scaled
from etheatmap_sim.trends_widgets import Question
from etheatmap_sim.upstream import Upstream

NAME = "trends"
_COOKIE = "NID"
_MOST_KEYWORDS = 5
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_STEPS = {"HOUR": HOUR, "DAY": _DAY, "WEEK": _WEEK}
_NAMED_RANGES = {
    "now 1-d": _DAY,
    "now 7-d": _WEEK,
    "today 1-m": timedelta(days=30),
    "today 3-m": timedelta(days=90),
    "today 12-m": timedelta(days=365),
    "today 5-y": timedelta(days=5 * 365),
}
_HOURLY_UP_TO, _DAILY_UP_TO = timedelta(days=8), timedelta(days=269)
# Google's own page answers 404 at this address with a slash at its end, and sets the cookie all the same.
_PAGE = "<html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> <ins>That’s an error.</ins></html>"
_TOO_MANY = "<html lang=en><title>Error 429 (Too Many Requests)!!1</title><p><b>429.</b> That’s an error.</html>"


class Range(NamedTuple):
    start: datetime
    end: datetime

    @property
    def resolution(self) -> str:
        length = self.end - self.start
        return "HOUR" if length <= _HOURLY_UP_TO else "DAY" if length <= _DAILY_UP_TO else "WEEK"


def trends_upstream(searches: Searches, clock: Clock) -> Upstream:
    api = _Api(searches, clock)
    routes = [
        Route("/explore/", api.send_page),
        Route("/explore", api.send_page),
        Route("/api/explore", api.send_widgets, methods=["GET", "POST"]),
        Route("/api/widgetdata/multiline", api.send_lines),
    ]
    return Upstream(NAME, "/trends.google.com/trends", routes)


class _Api:
    def __init__(self, searches: Searches, clock: Clock) -> None:
        self._searches = searches
        self._clock = clock

    def send_page(self, request: Request) -> Response:
        page = HTMLResponse(_PAGE, 404)
        visitor = hashlib.sha256(str(request.query_params.get("geo", "")).encode()).hexdigest()
        page.set_cookie(_COOKIE, f"511={visitor}", max_age=183 * 86_400, httponly=True)
        return page

    def send_widgets(self, request: Request) -> Response:
        if _COOKIE not in request.cookies:
            return HTMLResponse(_TOO_MANY, 429)  # so Google answers those who never opened its page
        try:
            asked = json.loads(request.query_params["req"])
            items = [(str(item["keyword"]), str(item["time"]), str(item["geo"])) for item in asked["comparisonItem"]]
            ranges = [_range(time, self._clock()) for _, time, _ in items]
        except (ValueError, KeyError, TypeError):
            return _bad_request()
        if not 0 < len(items) <= _MOST_KEYWORDS or len(set(ranges)) > 1 or not all(keyword for keyword, *_ in items):
            return _bad_request()
        question = Question(
            keywords=[keyword for keyword, *_ in items],
            geo=items[0][2],
            spelled_range=items[0][1],
            time=_spelled(ranges[0]),
            resolution=ranges[0].resolution,
            request_options={
                "property": asked.get("property", ""),
                "backend": "CM" if ranges[0].resolution == "HOUR" else "IZG",
                "category": asked.get("category", 0),
            },
            token_of=token_of,
        )
        return _json(")]}'\n", question.widgets())

    def send_lines(self, request: Request) -> Response:
        try:
            asked = json.loads(request.query_params["req"])
            between = _read_range(asked["time"])
            step = _STEPS[asked["resolution"]]
            restrictions = [item["complexKeywordsRestriction"]["keyword"] for item in asked["comparisonItem"]]
            terms = [str(keyword[0]["value"]) for keyword in restrictions]
        except (ValueError, KeyError, TypeError, IndexError):
            return _bad_request()
        if request.query_params.get("token") != token_of(asked):
            return HTMLResponse("<html><title>Error 401 (Unauthorized)!!1</title></html>", 401)
        offset = timedelta(minutes=-int(request.query_params.get("tz", "0")))
        return _json(")]}',\n", {"default": self._lines(terms, between, step, offset)})

    def _lines(self, terms: list[str], between: Range, step: timedelta, offset: timedelta) -> dict[str, object]:
        end = min(between.end, self._clock())
        starts = _starts(Range(between.start, end), step)
        series = [[self._value(term, start, step, end) for start in starts] for term in terms]
        values = scaled(series)
        points = []
        for turn, start in enumerate(starts):
            of_point = [value[turn] for value in values]
            counts = [one[turn] for one in series]
            texts = ["<1" if count and not value else str(value) for value, count in zip(of_point, counts, strict=True)]
            local = start + offset
            point = {
                "time": str(int(start.timestamp())),
                "formattedTime": _read_as(local, step),
                "formattedAxisTime": _read_as(local, step, axis=True),
                "value": of_point,
                "hasData": [count > 0 for count in counts],
                "formattedValue": texts,
            }
            points.append(point | ({"isPartial": True} if start + step > end else {}))
        averages = [round(sum(value) / len(value)) if value else 0 for value in values] if len(terms) > 1 else []
        return {"timelineData": points, "averages": averages}

    def _value(self, term: str, start: datetime, step: timedelta, end: datetime) -> float:
        """Searches an hour; of a step that is not over only what has been searched for so far."""
        gone_by = min(step, max(HOUR, (end - start) // HOUR * HOUR))
        return self._searches.mean(term, start, gone_by) * min(1.0, (end - start) / step)


def token_of(asked: object) -> str:
    """Of one widget's request: another request with it is refused."""
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return f"APP6_UEAAAAA{digest[:40]}"


def _range(spelled: str, now: datetime) -> Range:
    """As pytrends spells time frames; raises ValueError."""
    if spelled in _NAMED_RANGES:
        end = now.replace(microsecond=0)
        if spelled.startswith("today"):
            end = end.replace(hour=0, minute=0, second=0) + _DAY
        return Range(end - _NAMED_RANGES[spelled], end)
    first, last = spelled.split(" ")
    if "T" in first:
        start, end = (datetime.strptime(one, "%Y-%m-%dT%H").replace(tzinfo=UTC) for one in (first, last))
        return Range(start, min(end, now.replace(microsecond=0)))
    start, end = (datetime.strptime(one, "%Y-%m-%d").replace(tzinfo=UTC) for one in (first, last))
    if start >= end:
        raise ValueError(spelled)
    return Range(start, end + _DAY)


def _spelled(between: Range) -> str:
    """As widgets carry a range: with escaped colons where it is to the second."""
    if between.resolution == "HOUR":
        return " ".join(f"{instant:%Y-%m-%dT%H\\:%M\\:%S}" for instant in between)
    return f"{between.start:%Y-%m-%d} {between.end - _DAY:%Y-%m-%d}"


def _read_range(spelled: str) -> Range:
    first, last = str(spelled).replace("\\:", ":").split(" ")
    start, end = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (first, last))
    return Range(start, end) if "T" in first else Range(start, end + _DAY)


def _starts(between: Range, step: timedelta) -> list[datetime]:
    start = floor_hour(between.start)
    if step == HOUR and start < between.start:
        start += HOUR
    if step == _WEEK:
        start -= timedelta(days=(start.weekday() + 1) % 7)  # Google's weeks begin on Sunday
    return [start + turn * step for turn in range(-(-(between.end - start) // step))]


def _read_as(local: datetime, step: timedelta, *, axis: bool = False) -> str:
    day = f"{local:%b} {local.day}"
    if step == HOUR:
        clock = f"{local.hour % 12 or 12}:00\u202f{'AM' if local.hour < 12 else 'PM'}"
        return f"{day} at {clock}" if axis else f"{day}, {local.year} at {clock}"
    if step == _DAY or axis:
        return f"{day}, {local.year}"
    last = local + timedelta(days=6)
    ending = str(last.day) if last.month == local.month else f"{last:%b} {last.day}"
    return re.sub(r" – ", "\u2009–\u2009", f"{day} – {ending}, {last.year}")


def _json(prefix: str, content: object) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="json.txt"', "Cache-Control": "private, max-age=0"}
    body = prefix + json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return Response(body, media_type="application/json; charset=utf-8", headers=headers)


def _bad_request() -> Response:
    return HTMLResponse("<html><title>Error 400 (Bad Request)!!1</title></html>", 400)
