"""The sites of the trades as browsers see them: front pages and articles in three layouts, with all that stands around.

Menus, lists of other stories and footers name entities whom the article does not: whoever reads pages must tell them
apart. Pages follow what newsrooms' software (WordPress, others) writes in public; none is a copy. Here: HTML. Not
here: which articles there are (``items``), who fetches the pages (``scraperapi``).
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR, Clock
from etheatmap_sim.items import Item, Items
from etheatmap_sim.outlets import TRADE_OF, TradeOutlet
from etheatmap_sim.randomness import hash_of

_LOOK_BACK = timedelta(days=5)
_SERIAL = re.compile(r"-(\d+)/?$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_HAS = 1_000  # numbers of an hour's items
_OTHERS = 4
_MOST_READ = 3
_FILLER = (
    "The announcement was made on the lot late in the afternoon, after weeks of talks that both sides called friendly.",
    "Financing is in place, and a first cut is expected by the end of the summer, according to two people involved.",
    "Nobody would say what it costs; a spokesperson declined to comment on figures that had been going around.",
    "Whether audiences will follow is another matter, and the next weekend will tell more than any survey has.",
    "The guild was told beforehand, and has no objection as long as the usual terms are kept.",
)


class Newsrooms:
    """The trades' sites by host."""

    def __init__(self, items: Items, clock: Clock) -> None:
        self._items = items
        self._clock = clock

    def page(self, host: str, path: str, skew: timedelta) -> str | None:
        """The front page at ``/``, else the article at this path; None where there is none (yet)."""
        outlet = TRADE_OF[host]
        now = self._clock()
        if path in ("", "/"):
            return self._front(outlet, now)
        item = self._at(host, path, now)
        return None if item is None else self._article(outlet, item, now, skew)

    def _front(self, outlet: TradeOutlet, now: datetime) -> str:
        shown = self._shown(outlet.host, now)
        cards = "".join(
            f'<article class="card"><a href="{item.link_in(outlet.host)}"><img src="/i/{item.serial}.jpg" alt=""></a>'
            f'<h3><a href="{item.link_in(outlet.host)}">{_text(item.title_at(now))}</a></h3>'
            f"<p>By {_text(item.author)}</p></article>"
            for _, item in shown[: outlet.newest]
        )
        body = f"<main><h1>{outlet.name}</h1><section>{cards}</section></main>{self._most_read(shown, outlet, now)}"
        head = f'<link rel="canonical" href="https://{outlet.host}/"><meta property="og:type" content="website">'
        return self._document(outlet, outlet.name, head, body, None)

    def _article(self, outlet: TradeOutlet, item: Item, now: datetime, skew: timedelta) -> str:
        title, at = item.title_at(now), item.shown_in(outlet.host)
        told = None if at is None or item.is_undated else (at + item.dated_ahead + skew).replace(microsecond=0)
        paragraphs = "".join(f"<p>{_text(sentences)}</p>" for sentences in _paragraphs(item, title))
        around = self._most_read(self._shown(outlet.host, now), outlet, now)
        in_head, body = _LAYOUTS[hash_of(outlet.host) % len(_LAYOUTS)](
            item, title, told, paragraphs, self._related(item)
        )
        told_of = {"og:title": title, "og:site_name": outlet.name, "og:type": "article"}
        marks = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in told_of.items())
        head = f'<link rel="canonical" href="{item.link_in(outlet.host)}">{marks}{in_head}'
        return self._document(outlet, f"{title} - {outlet.name}", head, f"<main>{body}</main>{around}", item)

    def _document(self, outlet: TradeOutlet, title: str, head: str, body: str, item: Item | None) -> str:
        others = self._others(item)
        menu = "".join(f'<li><a href="/t/{_slug(name)}/">{escape(name)}</a></li>' for name in others)
        sections = "".join(f'<li><a href="/v/{name.lower()}/">{name}</a></li>' for name in ("Film", "TV", "Music"))
        return (
            f'<!DOCTYPE html><html lang="en-US"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>'
            f'<body><header><nav class="menu"><ul>{sections}</ul><p>Trending</p><ul class="trending">{menu}</ul></nav>'
            f'</header>{body}<footer class="site-footer"><nav><ul>{menu}</ul></nav><p>Sign up for our newsletter. '
            f'Copyright {outlet.name}. <a href="/about/">About us</a></p></footer></body></html>\n'
        )

    def _most_read(self, shown: Sequence[tuple[datetime, Item]], outlet: TradeOutlet, now: datetime) -> str:
        """The oldest that are there: their addresses stand beside every article."""
        links = "".join(
            f'<li><a href="{item.link_in(outlet.host)}">{_text(item.title_at(now))}</a></li>'
            for _, item in shown[-_MOST_READ:]
        )
        return f'<aside class="sidebar"><h2>Most Popular</h2><ol class="most-popular">{links}</ol></aside>'

    def _related(self, item: Item) -> str:
        named = ", ".join(self._others(item))
        return (
            f'<div class="related-stories"><h4>Related Stories</h4><ul><li><a href="/t/{item.serial}/">'
            f"What {escape(named)} Did Next</a></li></ul></div>"
        )

    def _others(self, item: Item | None) -> list[str]:
        """Entities whom the item does not name, in any sense."""
        known = {named.name for named in item.entities} | set(item.not_meant) if item else set()
        text = item.title if item else ""
        names = [one.name for one in self._items.listed if one.name not in known and one.name not in text]
        start = hash_of(item.id if item else "front") % max(1, len(names))
        return (names[start:] + names[:start])[:_OTHERS]

    def _shown(self, host: str, now: datetime) -> list[tuple[datetime, Item]]:
        """What the site shows, newest first, with the instant at which each appeared there."""
        recent = self._items.between(Channel.TRADE, now - _LOOK_BACK, now + timedelta(microseconds=1))
        seen = [(at, item) for item in recent if (at := item.shown_in(host)) and at <= now]
        return sorted(seen, key=lambda pair: (pair[0], pair[1].serial), reverse=True)

    def _at(self, host: str, path: str, now: datetime) -> Item | None:
        serial = _SERIAL.search(path)
        if serial is None:
            return None
        hour = _EPOCH + int(serial[1]) // _HOUR_HAS * HOUR
        for item in self._items.of(Channel.TRADE, hour) if hour <= now else ():
            at = item.shown_in(host)
            if str(item.serial) == serial[1] and at is not None and at <= now and _path(item, host) == path:
                return item
        return None


def _wordpress(item: Item, title: str, told: datetime | None, paragraphs: str, related: str) -> tuple[str, str]:
    dated = f'<meta property="article:published_time" content="{told.isoformat()}">' if told else ""
    shown = f'<time class="entry-date published" datetime="{told.isoformat()}">{told:%b %d, %Y}</time>' if told else ""
    return (
        f'{dated}<meta name="author" content="{escape(item.author)}">',
        f'<article class="post"><header class="entry-header"><h1 class="entry-title">{_text(title)}</h1>'
        f'<p class="byline">By {_text(item.author)} {shown}</p></header>'
        f'<div class="entry-content">{paragraphs}{related}</div></article>',
    )


def _with_data(item: Item, title: str, told: datetime | None, paragraphs: str, related: str) -> tuple[str, str]:
    """The site's own name is the first heading; what the article is stands in JSON-LD alone."""
    node = {"@type": "NewsArticle", "headline": title, "author": [{"@type": "Person", "name": item.author}]}
    dated = {"datePublished": told.isoformat()} if told else {}
    data = json.dumps({"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, {**node, **dated}]})
    return (
        f'<script type="application/ld+json">{data}</script>',
        f'<div class="story"><h2 class="story-headline">{_text(title)}</h2>'
        f'<div class="story-body" itemprop="articleBody">{paragraphs}</div>{related}</div>',
    )


def _with_marks(item: Item, title: str, told: datetime | None, paragraphs: str, related: str) -> tuple[str, str]:
    shown = f'<time itemprop="datePublished" datetime="{told.isoformat()}">{told:%d %B %Y}</time>' if told else ""
    return (
        "",
        f'<article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">'
        f'{_text(title)}</h1><span itemprop="author">{_text(item.author)}</span>{shown}'
        f'<section itemprop="articleBody">{paragraphs}</section>{related}</article>',
    )


def _paragraphs(item: Item, title: str) -> list[str]:
    """The title's news in sentences, with the names it is about; nobody else is named."""
    start = hash_of(item.id) % len(_FILLER)
    filler = (_FILLER[start:] + _FILLER[:start])[:3]
    named = [f"{one.surface} did not want to say more about it on {item.published_at:%A}." for one in item.entities]
    named += [f"{one.surface} was not available for comment." for one in item.unlisted]
    return [f"{title}. {filler[0]}", *(f"{sentence} {filler[1]}" for sentence in named), filler[2]]


_LAYOUTS = (_wordpress, _with_data, _with_marks)


def _text(text: str) -> str:
    return escape(text, quote=False)


def _path(item: Item, host: str) -> str:
    return "/" + item.link_in(host).split("/", 3)[3]


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))
