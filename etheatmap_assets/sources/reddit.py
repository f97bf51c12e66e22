"""Reddit: posts of r/all and of the target subreddits, as they come and as they rise.

Asked, through praw: ``hot`` and ``new`` of each, a page of REDDIT_FETCH_LIMIT posts. ``new`` of a target subreddit is
read on until its posts are older than REDDIT_LOOKBACK_MINUTES before the end of the hour, five pages at most. That is
all the setting does: when a post counts is the rule of items, and older posts on a page are read, for their scores.
r/all gets tens of posts a second: one page of its ``new`` is a sample, and no number of pages would be more.
Comes back: listings; the pages of one are kept one after the other. A listing is answered whole or not at all.
Becomes: items (a post is one, by its id, wherever it is seen), and from those that name somebody mention_count,
score_sum, comment_sum, upvote_ratio, subreddit_count, engagement_rate and affect_sum.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from etheatmap_assets.resources.http import Gateway, NotModified, Validators
from etheatmap_assets.sources.source import Answer, Ask, Parsed, Plan, Question, Source
from etheatmap_core.archive import Received
from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.reddit import page_end, posts, reddit_metrics

if TYPE_CHECKING:
    from etheatmap_assets.resources.praw_client import ListingClient

API = "https://oauth.reddit.com"
PAGE_POSTS = 100  # Reddit gives no more
MOST_PAGES = 5
_ALL = "all"
_SUBREDDIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,20}")


def questions(plan: Plan) -> Sequence[Question]:
    """``hot`` and ``new``, r/all first, then the target subreddits as they are listed."""
    base = plan.base_url(API)
    listings = [f"r/{name}/{order}" for name in (_ALL, *_targets(plan)) for order in ("hot", "new")]
    return [Question(listing, f"{base}/{listing}?limit={_page_posts(plan)}") for listing in listings]


def parse(answer: Answer) -> Parsed:
    """Every post that people can read."""
    return Parsed(items=posts(answer.body, answer.question.key))


@contextmanager
def open_asker(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
    """praw is loaded only here: to import it takes longer than the rest of this code."""
    from etheatmap_assets.resources.praw_client import ListingClient  # noqa: PLC0415

    since = plan.hour + HOUR - timedelta(minutes=plan.settings.reddit_lookback_minutes)
    with ListingClient(gateway, plan.source, plan.settings, plan.base_url(API)) as client:

        def ask(question: Question, to: Path, _validators: Validators | None) -> Received | NotModified:
            is_read_on = question.key.endswith("/new") and question.key != f"r/{_ALL}/new"
            most = MOST_PAGES if is_read_on else 1
            return _joined(list(_pages(client, question.key, _page_posts(plan), since, most)), to)

        yield ask


def _pages(
    client: "ListingClient", listing: str, limit: int, since: datetime, most: int
) -> Iterator[tuple[Received, bytes]]:
    """Pages until one ends before ``since``, the listing ends, or there are ``most``."""
    after = None
    for _ in range(most):
        received, body = client.page(listing, limit, after)
        yield received, body
        after, oldest = _end_of(body)
        if after is None or oldest is None or oldest < since:
            return


def _end_of(body: bytes) -> tuple[str | None, datetime | None]:
    """Nothing follows a page that cannot be read; the parser says what is wrong with it."""
    try:
        return page_end(json.loads(body))
    except ValueError:
        return None, None


def _joined(pages: Sequence[tuple[Received, bytes]], to: Path) -> Received:
    first, body = pages[0][0], b"\n".join(page for _, page in pages)
    to.write_bytes(body)
    return Received(first.url, first.status_code, len(body), hashlib.sha256(body).hexdigest(), first.content_type)


def _page_posts(plan: Plan) -> int:
    return min(plan.settings.reddit_fetch_limit, PAGE_POSTS)


def _targets(plan: Plan) -> Sequence[str]:
    """The target subreddits, each once, whatever its case."""
    names: dict[str, str] = {}
    for spelled in plan.settings.reddit_target_subs:
        name = spelled.strip("/").removeprefix("r/")
        if not _SUBREDDIT.fullmatch(name):
            raise ConfigError(f"REDDIT_TARGET_SUBS: {spelled!r} is no name of a subreddit, as movies or television.")
        names.setdefault(name.lower(), name)
    return [name for lower, name in names.items() if lower != _ALL]


SOURCE = Source(
    name="reddit",
    description="Posts of r/all and chosen subreddits that name an entity: how many, how liked, how discussed.",
    kinds=frozenset({"reddit", "postgres"}),
    questions=questions,
    parse=parse,
    metrics=reddit_metrics,
    open_asker=open_asker,
    raw_suffix=".jsonl",
)
