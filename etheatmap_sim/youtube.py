"""YouTube's Data API v3: the most popular videos, a search, videos by their ids, and the units they cost.

Format as recorded from www.googleapis.com in 2019; statistics and errors as Google documents them. The key comes in
``X-Goog-Api-Key`` or ``?key=``: any is right but ``wrong`` (400), ``disabled`` (its project has no such API) and none
(403). Each key has 10,000 units a day of Pacific time, then it is refused; ``unmetered`` has no end of them. What
``fields`` leaves out is sent all the same. Categories, channels and comments are not here.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.hours import Clock, parse_instant
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.upstream import Upstream, skew_of
from etheatmap_sim.videos import Video, Videos

NAME = "youtube"
WRONG, DISABLED, UNMETERED = "wrong", "disabled", "unmetered"
UNITS_A_DAY = 10_000
_UNITS = {"videos": 1, "search": 100}
_PACIFIC = ZoneInfo("America/Los_Angeles")
_CHART_LENGTH = 200
_CHART_OF = timedelta(hours=24)  # what was watched most within it
_REACHES = timedelta(days=7)
_MOST_A_PAGE = 50
_WORD = re.compile(r"\w+")


def youtube_upstream(scenario: Scenario, clock: Clock) -> Upstream:
    """Its books are its own: every simulator starts with nothing used."""
    api = _Api(Videos(scenario), clock)
    routes = [Route("/youtube/v3/videos", api.send_videos), Route("/youtube/v3/search", api.send_search)]
    return Upstream(NAME, "/www.googleapis.com", routes)


class _Api:
    def __init__(self, videos: Videos, clock: Clock) -> None:
        self._videos = videos
        self._clock = clock
        self._used: Counter[tuple[str, date]] = Counter()
        self._chart = lru_cache(maxsize=8)(self._most_watched)

    def send_videos(self, request: Request) -> Response:
        now, asked = self._clock(), request.query_params
        if refused := self._refused(request, "videos", now):
            return refused
        if ids := asked.get("id"):
            wanted = [self._videos.by_id(video_id) for video_id in ids.split(",")]
            found = [video for video in wanted if video is not None and video.published_at <= now]
            return _sent(_listing("youtube#videoListResponse", [self._video(one, request, now) for one in found]))
        if asked.get("chart") != "mostPopular":
            return _missing("No filter selected. Expected one of: chart, id, myRating")
        chart = self._chart(now)
        start = _offset(asked.get("pageToken"))
        if start is None or start > len(chart):
            return _error(400, "The request specifies an invalid page token.", "youtube.parameter", "invalidPageToken")
        length = _page_length(request)
        page = [self._video(one, request, now) for one in chart[start : start + length]]
        tokens = {"nextPageToken": _token(start + length)} if start + length < len(chart) else {}
        return _sent({**_listing("youtube#videoListResponse", page, len(chart)), **tokens})

    def send_search(self, request: Request) -> Response:
        now, asked = self._clock(), request.query_params
        if refused := self._refused(request, "search", now):
            return refused
        try:
            after = parse_instant(asked["publishedAfter"]) if "publishedAfter" in asked else now - _REACHES
        except SimulatorError:
            return _error(400, "Invalid value at 'publishedAfter'.", "global", "badRequest")
        words, by_views = _words(asked.get("q", "")), asked.get("order") == "viewCount"

        def rank(video: Video) -> tuple[float, str]:
            return self._videos.views(video, now) if by_views else video.luck("relevance"), video.id

        recent = self._videos.between(max(after, now - 2 * _REACHES), now)
        found = sorted((video for video in recent if words in _words(video.title)), key=rank, reverse=True)
        page = [
            {
                "kind": "youtube#searchResult",
                "etag": _etag(video.id),
                "id": {"kind": "youtube#video", "videoId": video.id},
                "snippet": _snippet(video, request) | {"description": video.description[:150] + " ..."},
            }
            for video in found[: _page_length(request)]
        ]
        return _sent({**_listing("youtube#searchListResponse", page, len(found)), "regionCode": "US"})

    def _refused(self, request: Request, method: str, now: datetime) -> Response | None:
        """Google looks at the key, at the question, and then at what the key has left."""
        key = request.headers.get("x-goog-api-key") or request.query_params.get("key", "")
        if not key:
            words = (
                "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity."
            )
            return _error(403, words, "global", "forbidden", "PERMISSION_DENIED")
        if key == WRONG:
            words = "API key not valid. Please pass a valid API key."
            return _error(400, words, "global", "badRequest", "INVALID_ARGUMENT", detail="API_KEY_INVALID")
        if key == DISABLED:
            words = "YouTube Data API v3 has not been used in project 7 before or it is disabled."
            return _error(
                403, words, "usageLimits", "accessNotConfigured", "PERMISSION_DENIED", detail="SERVICE_DISABLED"
            )
        if "part" not in request.query_params:
            return _missing("Required parameter: part")
        purse = (key, now.astimezone(_PACIFIC).date())
        if key != UNMETERED and self._used[purse] + _UNITS[method] > UNITS_A_DAY:
            words = 'The request cannot be completed because you have exceeded your <a href="/youtube/v3">quota</a>.'
            return _error(403, words, "youtube.quota", "quotaExceeded")
        self._used[purse] += _UNITS[method]
        return None

    def _video(self, video: Video, request: Request, now: datetime) -> dict[str, Any]:
        """Hidden counters are not there. A video without tags has no list of them."""
        views = self._videos.views(video, now)
        statistics = {"viewCount": str(views), "favoriteCount": "0"}
        if not video.hides_likes:
            statistics["likeCount"] = str(int(views * (0.01 + 0.05 * video.luck("liking"))))
        if video.takes_comments:
            statistics["commentCount"] = str(int(views * (0.001 + 0.006 * video.luck("talking"))))
        told = _snippet(video, request) | {"categoryId": video.category} | ({"tags": video.tags} if video.tags else {})
        etag = _etag(f"{video.id} {views}")
        return {"kind": "youtube#video", "etag": etag, "id": video.id, "snippet": told, "statistics": statistics}

    def _most_watched(self, now: datetime) -> list[Video]:
        recent = self._videos.between(now - _REACHES, now)
        watched = [
            (self._videos.views(video, now) - self._videos.views(video, now - _CHART_OF), video) for video in recent
        ]
        watched.sort(key=lambda entry: (-entry[0], entry[1].id))
        return [video for _, video in watched[:_CHART_LENGTH]]


def _sent(content: Mapping[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), media_type="application/json; charset=UTF-8")


def _listing(kind: str, items: Sequence[Mapping[str, Any]], total: int | None = None) -> dict[str, Any]:
    counted = {"totalResults": len(items) if total is None else total, "resultsPerPage": len(items)}
    return {"kind": kind, "etag": _etag(f"{kind}{len(items)}"), "pageInfo": counted, "items": items}


def _snippet(video: Video, request: Request) -> dict[str, Any]:
    picture = {"url": f"https://i.ytimg.com/vi/{video.id}/default.jpg", "width": 120, "height": 90}
    return {
        "publishedAt": f"{video.published_at + skew_of(request):%Y-%m-%dT%H:%M:%SZ}",
        "channelId": video.channel_id,
        "title": video.title,
        "description": video.description,
        "thumbnails": {"default": picture},
        "channelTitle": video.channel,
        "liveBroadcastContent": "none",
    }


def _error(status: int, words: str, domain: str, reason: str, named: str = "", *, detail: str = "") -> Response:
    """As Google has it; ``named``: the status in words, ``detail``: the reason as other parts of Google give it."""
    error: dict[str, Any] = {
        "code": status,
        "message": words,
        "errors": [{"message": words, "domain": domain, "reason": reason}],
    }
    if named:
        error["status"] = named
    if detail:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail, "domain": "googleapis.com"}
        error["details"] = [info]
    return Response(json.dumps({"error": error}), status, media_type="application/json; charset=UTF-8")


def _missing(words: str) -> Response:
    return _error(400, words, "youtube.parameter", "missingRequiredParameter")


def _page_length(request: Request) -> int:
    spelled = request.query_params.get("maxResults", "5")
    return min(_MOST_A_PAGE, max(1, int(spelled))) if spelled.isdigit() else 5


def _token(offset: int) -> str:
    """As Google spells an offset: two numbers of a protocol buffer, the second always 0."""
    digits, rest = [], offset
    while rest > 127:
        digits.append(rest & 127 | 128)
        rest >>= 7
    return base64.urlsafe_b64encode(bytes([8, *digits, rest, 16, 0])).decode().rstrip("=")


def _offset(token: str | None) -> int | None:
    """None where it is no token of ours."""
    if token is None:
        return 0
    return next((offset for offset in range(_CHART_LENGTH + 1) if _token(offset) == token), None)


def _words(text: str) -> str:
    """In small letters between single spaces, to be searched."""
    return f" {' '.join(re.findall(_WORD, text.casefold()))} "


def _etag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:27]
