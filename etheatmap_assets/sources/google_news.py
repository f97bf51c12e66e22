"""Google News: its entertainment page and a search for each entity, by RSS.

Asked: the page first, key ``topic/entertainment``; then a search for the last day a tracked entity, key
``search/<name>``, the hottest always and the others in turn, as many as the limits let through. The feeds are public
and documented by use only (/rss/headlines/section/topic/..., /rss/search?q=, hl, gl and ceid for the edition).
Comes back: RSS with up to 100 articles. Becomes: an item an article, known by Google's id, so that what the page and
several searches show counts once. Its link is a redirect of Google's, which is kept and never followed; " - Outlet" at
the title's end goes, the outlet stands as author, by the name and tier of trade_feeds.yml where its domain is there.
Its description only repeats titles, its own and those of stories beside it, and is not read. That a search for a name
has found an article is no evidence that it names it: titles are matched like all texts, and only those that name
somebody are stored. The signals are those of ``news``.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question, Source
from etheatmap_core.config import UNKNOWN_TIER, Config
from etheatmap_core.entities.priority import in_turn
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.feeds import FeedEntry, read_feed
from etheatmap_core.signals.headlines import is_breaking, without_outlet
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.links import domain_of

_URL = "https://news.google.com"
_EDITION = {"hl": "en-US", "gl": "US", "ceid": "US:en"}
_TOPICS = {"topic/entertainment": "ENTERTAINMENT"}
_SEVERAL = 3  # what so many articles may lack, more of them do not by chance
_ALWAYS_SEARCHED = 20  # hottest entities; of a hundred requests an hour the rest goes round


def questions(plan: Plan) -> Sequence[Question]:
    """The pages, then a search an entity in the order of need."""
    base, edition = plan.base_url(_URL), urlencode(_EDITION)
    pages = [Question(key, f"{base}/rss/headlines/section/topic/{topic}?{edition}") for key, topic in _TOPICS.items()]
    entities = in_turn(plan.entities, plan.last_asked, always_first=_ALWAYS_SEARCHED)
    return pages + [_search(base, entity.name) for entity in entities]


def parse(answer: Answer) -> Parsed:
    """The articles of one page or search."""
    feed = read_feed(answer.body, f"Google News' answer to {answer.question.key}")
    several = feed.entries[_SEVERAL:]
    for field, values in (
        ("<source>", [entry.outlet for entry in feed.entries]),
        ("url in a <source>", [entry.outlet_url for entry in feed.entries if several]),
        ("<guid>", [entry.guid for entry in feed.entries if several]),
        ("<pubDate>", [entry.published_at for entry in feed.entries if several]),
    ):
        if values and not any(values):
            raise CorruptCaptureError(
                f"Google News' answer to {answer.question.key} has no {field} in any <item>: it may have been renamed."
            )
    topics = tuple(key.removeprefix("topic/") for key in _TOPICS if key == answer.question.key)
    entries = [entry for entry in feed.entries if entry.title and entry.link]
    return Parsed([_item(entry, answer.question.key, topics, answer.config) for entry in entries])


def _search(base: str, name: str) -> Question:
    words = f'"{name.replace(chr(34), " ")}" when:1d'
    return Question(f"search/{name}", f"{base}/rss/search?{urlencode({'q': words, **_EDITION})}", (name,))


def _item(entry: FeedEntry, channel: str, topics: tuple[str, ...], config: Config | None) -> Item:
    known = config.outlet_of(domain_of(entry.outlet_url or "")) if config else None
    title = without_outlet(entry.title, entry.outlet)
    return Item(
        item_id=entry.guid or str(entry.link),
        channel=channel,
        url=str(entry.link),
        title=title,
        author=known.name if known else entry.outlet,
        topics=topics,
        published_at=entry.published_at,
        numbers={"tier": float(known.tier if known else UNKNOWN_TIER), "is_breaking": float(is_breaking(title))},
    )


SOURCE = Source(
    name="google_news",
    description="Articles that Google News shows under entertainment, and for each entity in turn.",
    kinds=frozenset({"google", "rss", "postgres"}),
    questions=questions,
    parse=parse,
    keeps="named",
)
