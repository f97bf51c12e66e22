"""Google Trends: how much each entity is searched for, an hour, on one scale; and what all search for now.

Asked: first the feed of rising searches, ``trending``; then, through pytrends, interest over the last seven days of the
anchor (TRENDS_ANCHOR) and four entities, key ``interest/<name>|<name>|...``: the eight hottest in every hour, the
others in turn. All are listed; the limit of 20 requests an hour lets nine questions through (two requests each, one for
the feed, one for a cookie). An answer holds a week of hours: whose turn comes within a week misses none.
Comes back: hourly points, 0 to 100 by the highest of that answer. Becomes: ``interest``, in hundredths of the anchor's
mean over the week; and rising searches as items, matched like all texts, for discovery. No signal is made of them.

The anchor is a search that goes on all year and makes no news itself, about as frequent as those for a well-known star:
beside a giant (Netflix) every entity would round to 0, and a small one would round away when an entity rises. With
another anchor the scale is another: earlier hours keep the old one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from etheatmap_assets.resources.http import Call, Gateway, NotModified, Validators
from etheatmap_assets.sources.source import Answer, Ask, EntityReading, Parsed, Plan, Question, Source
from etheatmap_core.archive import Received
from etheatmap_core.entities.priority import in_turn
from etheatmap_core.errors import ConfigError
from etheatmap_core.settings import Settings
from etheatmap_core.signals.trends import SITE, explore_url, hourly_interest, search_term, trending

KEYWORDS = 5  # Google compares no more; one of them is the anchor
_ALWAYS_ASKED = 8  # of nine questions two are for the hottest, seven go round
_TRENDING = "trending"


def questions(plan: Plan) -> Sequence[Question]:
    """The rising searches, then everybody, four at a time, in the order of need."""
    base, settings = plan.base_url(SITE), plan.settings
    rising = Question(_TRENDING, f"{base}/trending/rss?{urlencode({'geo': settings.trends_region})}")
    names = [entity.name for entity in in_turn(plan.entities, plan.last_asked, always_first=_ALWAYS_ASKED)]
    if settings.trends_anchor.casefold() in {name.casefold() for name in names}:
        raise ConfigError(
            f"TRENDS_ANCHOR={settings.trends_anchor} is tracked itself, and no scale for others: choose another search."
        )
    groups = [tuple(names[first : first + KEYWORDS - 1]) for first in range(0, len(names), KEYWORDS - 1)]
    return [rising, *(_interest(base, settings, group) for group in groups)]


def parse(answer: Answer) -> Parsed:
    """Rising searches as items; of interest the final hours."""
    if answer.question.key == _TRENDING:
        return Parsed(items=trending(answer.body, answer.question.url))
    hours = hourly_interest(answer.body, answer.question.entities)
    return Parsed(readings=[EntityReading(entity, ts, "interest", value) for entity, ts, value in hours])


@contextmanager
def open_asker(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
    """pytrends is loaded only here: it brings pandas, which takes a second."""
    from etheatmap_assets.resources.pytrends_client import InterestClient  # noqa: PLC0415

    settings = plan.settings
    with InterestClient(gateway, plan.source, plan.base_url(SITE)) as client:

        def ask(question: Question, to: Path, validators: Validators | None) -> Received | NotModified:
            if question.key == _TRENDING:
                return gateway.fetch(Call(plan.source, question.url, is_read=True), to, validators=validators)
            keywords = _keywords(settings, question.entities)
            received, body = client.interest(keywords, settings.trends_region, settings.trends_category)
            to.write_bytes(body)
            return received

        yield ask


def _interest(base: str, settings: Settings, names: tuple[str, ...]) -> Question:
    url = explore_url(base, _keywords(settings, names), settings.trends_region)
    return Question("interest/" + "|".join(names), url, names)


def _keywords(settings: Settings, names: Sequence[str]) -> list[str]:
    """The anchor is the first: the parser relies on it."""
    return [settings.trends_anchor, *(search_term(name) for name in names)]


SOURCE = Source(
    name="trends",
    description="Google Trends: searches for each entity, hourly, on one scale; and the searches that rise.",
    kinds=frozenset({"googletrends", "postgres"}),
    questions=questions,
    parse=parse,
    open_asker=open_asker,
    outlives_its_hour=True,
)
