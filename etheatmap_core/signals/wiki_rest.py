"""Wikimedia's REST figures: views of one article a day, for the days before the hourly dumps were collected.

Asked: ``/metrics/pageviews/per-article/{project}/all-access/user/{title}/daily/{first}/{last}``, both days included.
Comes back: an item a day that has a figure, or a 404 where none has. Becomes: ``views_daily``. The figures are of
people (``user``, no known bots) at one title, without its redirects: another measure than the dumps' ``views``.
https://doc.wikimedia.org/generated-data-platform/aqs/analytics-api/reference/page-views.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.wiki_views import page_title

SOURCE = "wiki_history"
METRIC = "views_daily"
DAY = timedelta(days=1)
NO_DATA = 404  # an answer like others: the title has no figure in those days
_WHAT = "Wikimedia's answer about daily views"
_AS_ASKED = {"granularity": "daily", "access": "all-access", "agent": "user"}


def daily_views_url(base_url: str, wiki: str, title: str, first: datetime, last: datetime) -> str:
    """``first`` and ``last`` are starts of days, UTC. A slash in a title is part of its name: HIV%2FAIDS."""
    article = quote(page_title(title).replace(" ", "_"), safe="")
    metric = "api/rest_v1/metrics/pageviews/per-article"
    days = f"{first:%Y%m%d}00/{last:%Y%m%d}00"
    return f"{base_url}/{metric}/{wiki}.wikipedia/all-access/user/{article}/daily/{days}"


def parse_daily_views(body: bytes) -> dict[datetime, int]:
    """Views by start of day, none where there are no data.

    Raises CorruptCaptureError, which names the field, for anything but such an answer.
    """
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise CorruptCaptureError(f"{_WHAT} is no JSON ({error}).") from error
    if isinstance(answer, dict) and answer.get("status") == NO_DATA and "not have data" in str(answer.get("detail")):
        return {}
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise CorruptCaptureError(f"{_WHAT} has no list 'items': {_shown(answer)}.")
    return dict(_day(item) for item in items)


def _day(item: Any) -> tuple[datetime, int]:
    if not isinstance(item, dict):
        raise CorruptCaptureError(f"{_WHAT} has an item that is no object: {_shown(item)}.")
    for name, expected in _AS_ASKED.items():
        if item.get(name) != expected:
            raise CorruptCaptureError(f"{_WHAT} has '{name}' {item.get(name)!r}, asked was {expected!r}.")
    stamp, views = item.get("timestamp"), item.get("views")
    if not isinstance(views, int) or isinstance(views, bool) or views < 0:
        raise CorruptCaptureError(f"{_WHAT} has no number 'views': {_shown(item)}.")
    try:
        day = datetime.strptime(f"{stamp} +0000", "%Y%m%d%H %z").astimezone(UTC)
    except ValueError as error:
        raise CorruptCaptureError(f"{_WHAT} has no 'timestamp' like 2025081500: {stamp!r}.") from error
    if day.hour:
        raise CorruptCaptureError(f"{_WHAT} has a 'timestamp' within a day: {stamp!r}.")
    return day, views


def summed(histories: Mapping[str, Mapping[datetime, int]]) -> dict[datetime, int]:
    """The views of an article that has had several titles, by day: where it is now and where it was."""
    days = sorted({day for history in histories.values() for day in history})
    return {day: sum(history.get(day, 0) for history in histories.values()) for day in days}


def _shown(value: Any) -> str:
    return f"only {', '.join(map(str, value))[:100]}" if isinstance(value, dict) else f"{str(value)[:100]!r}"
