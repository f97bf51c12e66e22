"""Google's trending-now feed: what is searched for far more than usual, with the news about it.

Format as recorded in 2026: ``ht:approx_traffic``, ``ht:news_item``; dates in Pacific time; newest first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from typing import NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR, Clock, floor_hour
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import NEWSROOMS
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.searches import Searches
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "trends_rss"
_PACIFIC = timezone(timedelta(hours=-7))
_MOST_ITEMS = 10
_REACHES_HOURS = 24
_TIMES_THE_USUAL = 3.0
_NEWS_ITEMS = 3
_TRAFFIC = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
# Searched for by half the country and nobody's name; each for a day.
_OTHER_SEARCHES = ("powerball numbers", "eclipse time tonight", "snow day", "home team score", "gas prices near me")


class Trend(NamedTuple):
    term: str
    began_at: datetime
    searches: float


def trends_rss_upstream(searches: Searches, items: Items, clock: Clock) -> Upstream:
    return Upstream(NAME, "/trends.google.com/trending", [Route("/rss", _Feed(searches, items, clock).send)])


class _Feed:
    def __init__(self, searches: Searches, items: Items, clock: Clock) -> None:
        self._searches = searches
        self._items = items
        self._clock = clock

    def send(self, request: Request) -> Response:
        if request.query_params.get("geo") != "US":
            return Response("Not found", 404)
        now, skew = self._clock(), skew_of(request)
        news = self._items.between(Channel.NEWS, now - timedelta(hours=_REACHES_HOURS), now)
        entries = "".join(_entry(trend, _about(trend.term, news), now, skew) for trend in self._trending(now))
        body = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<rss xmlns:atom="http://www.w3.org/2005/Atom" xmlns:ht="https://trends.google.com/trending/rss" '
            'version="2.0">\n\t<channel>\n\t\t<title>Daily Search Trends</title>\n'
            "\t\t<description>Recent searches</description>\n"
            "\t\t<link>https://trends.google.com/trending/rss?geo=US</link>\n"
            '\t\t<atom:link href="https://trends.google.com/trending/rss?geo=US" rel="self" '
            f'type="application/rss+xml"/>\n{entries}\t</channel>\n</rss>\n'
        )
        return Response(body, media_type="application/xml; charset=utf-8", headers={"Cache-Control": "private"})

    def _trending(self, now: datetime) -> list[Trend]:
        """The most searched-for of those that broke out within a day; then other things, to be told apart."""
        newest = floor_hour(now) - HOUR
        hours = [newest - turn * HOUR for turn in reversed(range(_REACHES_HOURS))]
        counts = np.array([self._searches.at(hour) for hour in hours])
        broke_out = counts > _TIMES_THE_USUAL * self._searches.usual
        # A start within the day: what has been high for longer is no news.
        begins = [int(np.argmax(column)) for column in broke_out.T]
        trends = [
            Trend(name, hours[begins[i]] + timedelta(minutes=hash_of(name) % 60), float(counts[:, i].sum()))
            for i, name in enumerate(self._searches.names)
            if broke_out[:, i].any() and begins[i] > 0
        ]
        trends = sorted(trends, key=lambda trend: trend.searches, reverse=True)[: _MOST_ITEMS - 2]
        for turn in range(2):
            day = newest.replace(hour=0) - turn * timedelta(days=1)
            term = _OTHER_SEARCHES[(day.toordinal()) % len(_OTHER_SEARCHES)]
            trends.append(Trend(term, day + timedelta(minutes=hash_of(term) % 60), 5_000.0))
        return sorted(trends, key=lambda trend: (trend.began_at, trend.term), reverse=True)


def _about(name: str, news: Sequence[Item]) -> list[Item]:
    """The newest that really name it: Google finds the right ones."""
    found = [item for item in news if any(named.name == name for named in (*item.entities, *item.unlisted))]
    return found[-_NEWS_ITEMS:]


def _entry(trend: Trend, news: Sequence[Item], now: datetime, skew: timedelta) -> str:
    began_at = (trend.began_at + skew).astimezone(_PACIFIC)
    traffic = max((level for level in _TRAFFIC if level <= trend.searches), default=_TRAFFIC[0])
    source = NEWSROOMS[news[0].place] if news else "Unknown"
    picture = f"https://encrypted-tbn0.gstatic.example/images?q={hash_of(trend.term):x}"
    return (
        f"\t\t<item>\n\t\t\t<title>{escape(trend.term.lower(), quote=False)}</title>\n"
        f"\t\t\t<ht:approx_traffic>{traffic}+</ht:approx_traffic>\n\t\t\t<description/>\n"
        "\t\t\t<link>https://trends.google.com/trending/rss?geo=US</link>\n"
        f"\t\t\t<pubDate>{format_datetime(began_at)}</pubDate>\n"
        f"\t\t\t<ht:picture>{picture}</ht:picture>\n\t\t\t<ht:picture_source>{source}</ht:picture_source>\n"
        f"{''.join(_news_item(item, now) for item in news)}\t\t</item>\n"
    )


def _news_item(item: Item, now: datetime) -> str:
    return (
        "\t\t\t<ht:news_item>\n"
        f"\t\t\t\t<ht:news_item_title>{escape(item.title_at(now), quote=False)}</ht:news_item_title>\n"
        "\t\t\t\t<ht:news_item_snippet/>\n"
        f"\t\t\t\t<ht:news_item_url>{item.link}</ht:news_item_url>\n"
        f"\t\t\t\t<ht:news_item_picture>https://{item.place}/images/{item.serial}.jpg</ht:news_item_picture>\n"
        f"\t\t\t\t<ht:news_item_source>{NEWSROOMS[item.place]}</ht:news_item_source>\n"
        "\t\t\t</ht:news_item>\n"
    )
