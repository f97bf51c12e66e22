"""Google News by RSS: the entertainment topic and searches, over the trades' articles and those of general newsrooms.

Format as the public feeds have it: the outlet behind each title, links to Google, ``source``, GMT dates, 100 at most.
No recording was at hand; the fields are those that readers of these feeds document.
"""

import base64
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR, Clock, floor_hour
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import NEWSROOMS, TRADE_OF
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "google_news"
_MEDIA_TYPE = "application/xml; charset=utf-8"
_MOST_ITEMS = 100
_TOPIC_ITEMS = 70
_TOPIC_REACHES = timedelta(hours=24)
_SEARCH_REACHES = timedelta(days=7)
_WHEN = re.compile(r"\bwhen:(\d+)([hd])\b")
_INDEXED_AFTER = timedelta(minutes=4)
_COPIED_WITHIN = timedelta(hours=2)
_HOURS_IN_MEMORY = 500


def google_news_upstream(items: Items, clock: Clock) -> Upstream:
    site = _Site(items, clock)
    routes = [
        Route("/rss/search", site.send_search),
        Route("/rss/headlines/section/topic/{topic}", site.send_topic),
    ]
    return Upstream(NAME, "/news.google.com", routes)


class _Entry(NamedTuple):
    """``words``: of the title, in lower case between single spaces, to be searched."""

    shown_at: datetime
    item: Item
    place: str
    words: str


class _Site:
    def __init__(self, items: Items, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._of_hour = lru_cache(maxsize=_HOURS_IN_MEMORY)(self._drawn)

    def send_topic(self, request: Request) -> Response:
        if request.path_params["topic"] != "ENTERTAINMENT":
            return Response("Not found", 404)
        found = self._published(_TOPIC_REACHES)
        return self._send(request, "Entertainment - Latest - Google News", found[:_TOPIC_ITEMS])

    def send_search(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        if not query.strip():
            return Response("Bad request", 400)
        when = _WHEN.search(query)
        reaches = timedelta(hours=int(when[1]) * (24 if when[2] == "d" else 1)) if when else _SEARCH_REACHES
        fits = _matcher(_WHEN.sub("", query))
        found = [one for one in self._published(min(reaches, _SEARCH_REACHES)) if fits(one)]
        # By what Google takes for relevance, which is not by time.
        found.sort(key=lambda one: (one.shown_at.date(), hash_of(one.item.id)), reverse=True)
        return self._send(request, f'"{query}" - Google News', found[:_MOST_ITEMS])

    def _published(self, reaches: timedelta) -> list[_Entry]:
        """Newest first: an agency's story is there once an outlet."""
        now = self._clock()
        hour, seen = floor_hour(now - reaches - _COPIED_WITHIN), []
        while hour <= now:
            seen += [one for one in self._of_hour(hour) if now - reaches <= one.shown_at <= now - _INDEXED_AFTER]
            hour += HOUR
        return sorted(seen, key=lambda one: (one.shown_at, one.item.serial, one.place), reverse=True)

    def _drawn(self, hour: datetime) -> list[_Entry]:
        """Of the articles of an hour, with the copies that come later."""
        found = []
        for item in (*self._items.of(Channel.NEWS, hour), *self._items.of(Channel.TRADE, hour)):
            for place in (item.place, None if item.shares_link else item.also_in):
                shown_at = item.shown_in(place) if place else None
                if place and shown_at:
                    found.append(_Entry(shown_at, item, place, f" {' '.join(_words(item.title))} "))
        return found

    def _send(self, request: Request, title: str, found: Sequence[_Entry]) -> Response:
        skew, now = skew_of(request), self._clock()
        changed_at = max((one.shown_at for one in found), default=now.replace(microsecond=0))
        entries = "".join(_spelled(one, now, skew) for one in found)
        link = escape(f"https://news.google.com{request.scope['path'].partition('/news.google.com')[2]}")
        body = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><rss version="2.0" '
            'xmlns:media="http://search.yahoo.com/mrss/"><channel><generator>NFE/5.0</generator>'
            f"<title>{escape(title)}</title><link>{link}</link><language>en-US</language>"
            "<webMaster>news-webmaster@google.com</webMaster><copyright>Simulated</copyright>"
            f"<lastBuildDate>{format_datetime(changed_at + skew, usegmt=True)}</lastBuildDate>"
            f"<description>Google News</description>{entries}</channel></rss>"
        )
        # Google sends no validators: every answer is a new one.
        return Response(body, media_type=_MEDIA_TYPE, headers={"Cache-Control": "no-cache, no-store, max-age=0"})


def _spelled(entry: _Entry, now: datetime, skew: timedelta) -> str:
    item, place = entry.item, entry.place
    outlet = TRADE_OF[place].name if place in TRADE_OF else NEWSROOMS[place]
    number = base64.urlsafe_b64encode(item.link_in(place).encode()).decode().rstrip("=")
    link = f"https://news.google.com/rss/articles/CBMi{number}?oc=5"
    title = escape(item.title_at(now), quote=False)
    text = f'<a href="{link}" target="_blank">{title}</a>&nbsp;&nbsp;<font color="#6f6f6f">{outlet}</font>'
    return (
        f"<item><title>{title} - {outlet}</title><link>{link}</link>"
        f'<guid isPermaLink="false">CBMi{number}</guid>'
        f"<pubDate>{format_datetime(entry.shown_at + skew, usegmt=True)}</pubDate>"
        f'<description>{escape(text)}</description><source url="https://{place}">{outlet}</source></item>'
    )


def _matcher(query: str) -> Callable[[_Entry], bool]:
    """``"A Name" OR other words site:variety.com``: a phrase as it stands, words in any order, whatever the case."""
    sites = [site.removeprefix("www.") for site in re.findall(r"\bsite:(\S+)", query)]
    branches = re.split(r"\s+OR\s+|\|", re.sub(r"\bsite:\S+|[()]", " ", query))
    terms = [re.findall(r'"([^"]+)"|(\S+)', branch) for branch in branches]
    wanted = [[f" {' '.join(_words(one or other))} " for one, other in branch] for branch in terms if branch]

    def fits(entry: _Entry) -> bool:
        if sites and entry.place.removeprefix("www.") not in sites:
            return False
        return any(all(term in entry.words for term in branch) for branch in wanted) if wanted else bool(sites)

    return fits


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
