"""TikTok Creative Center: the hundred hashtags that rise in a country this week, through Apify.

Asked: one run of APIFY_CC_ACTOR, key ``hashtags``. Comes back: hashtags with rank, posts, views and a curve of daily
popularity, in Creative Center's own names (hashtag_name, rank, publish_cnt, video_views, trend) or as usual actors
spell them. Becomes: an item a hashtag; where it names an entity (#taylorswift), its hashtag_score, from 1 for the first
of the list down to a hundredth for the last, and momentum: how far the last day of its curve (0 to 1) is above the mean
of the days before. A hashtag whose curve ended more than three days ago tells nothing of today, and is left out.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from etheatmap_assets.sources.apify_runs import API, Task, asker, cost
from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question, Source
from etheatmap_assets.sources.tiktok_searches import actor_of
from etheatmap_core.signals.actor_runs import read_run
from etheatmap_core.signals.tiktok import RECENT, TrendingHashtags, read_hashtags

_NAME = "tt_cc"
_ACTOR = "APIFY_CC_ACTOR"
_LISTED = 100  # Creative Center lists no more
_DAYS = 7


def questions(plan: Plan) -> Sequence[Question]:
    """The list of the country of TRENDS_REGION."""
    actor = quote(actor_of(plan, _ACTOR).replace("/", "~"))
    return [Question("hashtags", f"{plan.base_url(API)}/v2/actors/{actor}/runs?{urlencode(_run_input(plan))}")]


def task(plan: Plan, _question: Question) -> Task:
    return Task(actor_of(plan, _ACTOR), _run_input(plan), _LISTED)


def parse(answer: Answer) -> Parsed:
    """The hashtags that rise now."""
    run = read_run(answer.body, _NAME)
    hashtags = read_hashtags(run, _LISTED, _NAME)
    is_short = run.cut and len(run.items) < _LISTED
    lacks = f"{len(run.items)} of {_LISTED} hashtags: {run.cut}" if is_short else ""
    return Parsed(items=[hashtag.item for hashtag in hashtags], samples=[TrendingHashtags(hashtags)], lacks=lacks)


def _run_input(plan: Plan) -> dict[str, Any]:
    return {"countryCode": plan.settings.trends_region, "period": _DAYS, "maxItems": _LISTED}


SOURCE = Source(
    name=_NAME,
    description="Hashtags that rise on TikTok, by Creative Center's list, where they name an entity.",
    kinds=frozenset({"tiktok", "apify", "postgres"}),
    questions=questions,
    parse=parse,
    open_asker=asker(task),
    cost=cost,
    covers=RECENT,
    raw_suffix=".jsonl",
)
