"""The trade press: seven RSS feeds as WordPress writes them, newest first, with validators.

Here: feeds by host and path. Not here: which articles there are (``items``).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etheatmap_sim.conditional import answer
from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import TRADES, TradeOutlet
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "feeds"
# Long enough for the slowest outlet to fill its feed; a young world's feed is shorter.
_LOOK_BACK = timedelta(days=5)
_TYPOGRAPHIC = {ord(sign): f"&#{ord(sign)};" for sign in "‘’“”—"}
_MEDIA_TYPE = "application/rss+xml; charset=UTF-8"


def feed_upstreams(items: Items, clock: Clock) -> list[Upstream]:
    """One mount a host; faults call all of them ``feeds`` and tell them apart by path."""
    return [Upstream(NAME, f"/{outlet.host}", [_Feed(outlet, items, clock).route]) for outlet in TRADES]


class _Feed:
    def __init__(self, outlet: TradeOutlet, items: Items, clock: Clock) -> None:
        self._outlet = outlet
        self._items = items
        self._clock = clock

    @property
    def route(self) -> Route:
        return Route(self._outlet.path, self.send)

    def send(self, request: Request) -> Response:
        now = self._clock()
        newest = self._newest(now)
        changed_at = max((_changed_at(item, at, now) for at, item in newest), default=now.replace(microsecond=0))
        body = _document(self._outlet, newest, now, changed_at, skew_of(request)).encode()
        return answer(request, body, _MEDIA_TYPE, changed_at, {"Cache-Control": "max-age=300, must-revalidate"})

    def _newest(self, now: datetime) -> list[tuple[datetime, Item]]:
        """With the instant at which each appeared in this feed."""
        recent = self._items.between(Channel.TRADE, now - _LOOK_BACK, now + timedelta(microseconds=1))
        seen = [(at, item) for item in recent if (at := item.shown_in(self._outlet.host)) and at <= now]
        return sorted(seen, key=lambda pair: (pair[0], pair[1].serial), reverse=True)[: self._outlet.newest]


def _changed_at(item: Item, shown_at: datetime, now: datetime) -> datetime:
    return item.edited_at if item.edited_at and shown_at < item.edited_at <= now else shown_at


def _document(
    outlet: TradeOutlet,
    newest: Sequence[tuple[datetime, Item]],
    now: datetime,
    changed_at: datetime,
    skew: timedelta,
) -> str:
    entries = "".join(_entry(outlet, item, at, now, skew) for at, item in newest)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n'
        '\txmlns:content="http://purl.org/rss/1.0/modules/content/"\n'
        '\txmlns:dc="http://purl.org/dc/elements/1.1/"\n'
        '\txmlns:atom="http://www.w3.org/2005/Atom"\n'
        '\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"\n>\n\n'
        f"<channel>\n\t<title>{outlet.name}</title>\n"
        f'\t<atom:link href="https://{outlet.host}{outlet.path}" rel="self" type="application/rss+xml" />\n'
        f"\t<link>https://{outlet.host}/</link>\n\t<description>Entertainment news</description>\n"
        f"\t<lastBuildDate>{_spelled(changed_at + skew)}</lastBuildDate>\n\t<language>en-US</language>\n"
        "\t<sy:updatePeriod>hourly</sy:updatePeriod>\n\t<sy:updateFrequency>1</sy:updateFrequency>\n"
        f"\t<generator>https://wordpress.org/?v=6.9</generator>\n{entries}</channel>\n</rss>\n"
    )


def _entry(outlet: TradeOutlet, item: Item, shown_at: datetime, now: datetime, skew: timedelta) -> str:
    title = item.title_at(now)
    link = item.link_in(outlet.host)
    host = item.place if item.shares_link else outlet.host
    dated = f"\t\t<pubDate>{_spelled(shown_at + item.dated_ahead + skew)}</pubDate>\n"
    categories = "".join(f"\t\t<category><![CDATA[{word}]]></category>\n" for word in _categories(item))
    return (
        f"\t<item>\n\t\t<title>{_encoded(title)}</title>\n\t\t<link>{link}</link>\n"
        f"\t\t<comments>{link}#respond</comments>\n"
        f"\t\t<dc:creator><![CDATA[{item.author}]]></dc:creator>\n{'' if item.is_undated else dated}{categories}"
        f'\t\t<guid isPermaLink="false">https://{host}/?p={item.serial}</guid>\n'
        f"\t\t<description><![CDATA[<p>{_encoded(title)}. A person with knowledge of the matter said so &#8230;</p>"
        f'<p>The post <a href="{link}">{_encoded(title)}</a> appeared first on {outlet.name}.</p>]]></description>\n'
        "\t</item>\n"
    )


def _categories(item: Item) -> list[str]:
    """An article's sections, and the names of whom it is about as tags."""
    return ["News", *(named.name for named in (*item.entities, *item.unlisted))]


def _encoded(text: str) -> str:
    """As WordPress does: typographic quotes as numbers."""
    typographic: dict[str, str | int | None] = {
        "‘": "&#8216;",
        "’": "&#8217;",
        "“": "&#8220;",
        "”": "&#8221;",
        "—": "&#8212;",
    }
    return escape(text, quote=False).translate(str.maketrans(typographic))


def _spelled(instant: datetime) -> str:
    return format_datetime(instant)
