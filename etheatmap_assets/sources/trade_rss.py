"""The film trades: the feeds of trade_feeds.yml.

Asked: each feed once, key ``feed/<outlet>``. Comes back: RSS or Atom, the newest 10 to 50 articles.
Becomes: an item an article, known by its link, so that what two feeds share counts once; a link is the outlet's own
address without tracking. Sections and tags that the outlet has put on it are names it has found. An undated article
counts when it was first seen. The signals are those of ``news``, which reads these mentions with other feeders'; so
does ``trade_mentions``, by which an alert knows whether the trades had it first.
"""

from collections.abc import Sequence
from dataclasses import replace

from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question, Source
from etheatmap_core.config import UNKNOWN_TIER, Config, TradeFeed
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.settings import Settings
from etheatmap_core.signals.feeds import TITLE_CHARACTERS, Feed, FeedEntry, read_feed, shortened
from etheatmap_core.signals.headlines import headline_key, is_breaking
from etheatmap_core.signals.items import Item

# Variables of the earlier system that name a feed's address; set, they win over the file.
_VARIABLES = {"Variety": "variety_rss", "The Hollywood Reporter": "thr_rss"}


def trade_feeds(settings: Settings, config: Config) -> tuple[TradeFeed, ...]:
    """The feeds as they are asked: with VARIETY_RSS and THR_RSS in place of the file's addresses, where set."""
    set_by_hand = {
        name: str(getattr(settings, field)) for name, field in _VARIABLES.items() if field in settings.model_fields_set
    }
    return tuple(replace(feed, url=set_by_hand.get(feed.name, feed.url)) for feed in config.trade_feeds)


def questions(plan: Plan) -> Sequence[Question]:
    """Each feed once, in the file's order."""
    return [Question(f"feed/{feed.name}", feed.url) for feed in trade_feeds(plan.settings, plan.config)]


def parse(answer: Answer) -> Parsed:
    """The articles of one feed."""
    outlet = _outlet(answer)
    feed = read_feed(answer.body, f"The feed of {outlet.name}")
    return Parsed(items=[_item(entry, feed, outlet) for entry in feed.entries if entry.title or entry.summary])


def _outlet(answer: Answer) -> TradeFeed:
    """Whose feed it is. An outlet that has left the file since keeps its name, and has the weight of the unknown."""
    name = answer.question.key.removeprefix("feed/")
    known = answer.config.trade_feeds if answer.config else ()
    return next((feed for feed in known if feed.name == name), TradeFeed(name, answer.question.url, UNKNOWN_TIER, ()))


def _item(entry: FeedEntry, feed: Feed, outlet: TradeFeed) -> Item:
    """An article without a link is known by its guid, and leads to the outlet's own page."""
    url = entry.link or feed.home
    if url is None:
        raise CorruptCaptureError(f"The feed of {outlet.name} has an entry without <link>, and no <link> of its own.")
    title = entry.title or shortened(entry.summary, TITLE_CHARACTERS)
    return Item(
        item_id=entry.link or entry.guid or f"{url}#{headline_key(title)}",
        channel=outlet.name,
        url=url,
        title=title,
        summary=entry.summary,
        author=entry.author,
        names=entry.categories,
        topics=outlet.topics,
        published_at=entry.published_at,
        numbers={"tier": float(outlet.tier), "is_breaking": float(is_breaking(title))},
    )


SOURCE = Source(
    name="trade_rss",
    description="Articles of the film trades, from their feeds: what they name, and since when.",
    kinds=frozenset({"rss", "postgres"}),
    questions=questions,
    parse=parse,
)
