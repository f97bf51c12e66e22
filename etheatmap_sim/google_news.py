"""Google News by RSS: the entertainment topic and searches, over the trades' articles and those of general newsrooms.

Format as the public feeds have it: the outlet behind each title, links to Google, ``source``, GMT dates, 100 at most.
No recording was at hand; the fields are those that readers of these feeds document.
"""

import base64
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Items
from etheatmap_sim.newsstand import Entry, Newsstand, matcher
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


def google_news_upstream(items: Items, clock: Clock) -> Upstream:
    site = _Site(items, clock)
    routes = [
        Route("/rss/search", site.send_search),
        Route("/rss/headlines/section/topic/{topic}", site.send_topic),
    ]
    return Upstream(NAME, "/news.google.com", routes)


class _Site:
    def __init__(self, items: Items, clock: Clock) -> None:
        self._stand = Newsstand(items)
        self._clock = clock

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
        fits = matcher(_WHEN.sub("", query))
        found = [one for one in self._published(min(reaches, _SEARCH_REACHES)) if fits(one)]
        # By what Google takes for relevance, which is not by time.
        found.sort(key=lambda one: (one.shown_at.date(), hash_of(one.item.id)), reverse=True)
        return self._send(request, f'"{query}" - Google News', found[:_MOST_ITEMS])

    def _published(self, reaches: timedelta) -> list[Entry]:
        now = self._clock()
        return self._stand.between(now - reaches, now - _INDEXED_AFTER)

    def _send(self, request: Request, title: str, found: Sequence[Entry]) -> Response:
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


def _spelled(entry: Entry, now: datetime, skew: timedelta) -> str:
    item, place, outlet = entry.item, entry.place, entry.outlet
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
