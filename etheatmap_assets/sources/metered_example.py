"""A source that costs, to see budgets at work: the articles of an hour, for one credit. The simulator answers it.

Asked: ``/v1/articles?hour=2026-11-20T15``, also of past hours. Comes back: JSON, and in ``X-Credits-Used`` what the
answer cost. Becomes: items, and no signals. Only where FEATURE_METERED_EXAMPLE is on (etheatmap_core.config.example).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question, Source
from etheatmap_core.config.example import EXAMPLE, HOST
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.items import Item

_DIGITS = 10  # more are no cost of a call


def questions(plan: Plan) -> Sequence[Question]:
    """The one of the hour."""
    return [Question("articles", f"{plan.base_url(f'https://{HOST}')}/v1/articles?hour={plan.hour:%Y-%m-%dT%H}")]


def parse(answer: Answer) -> Parsed:
    """The articles. CorruptCaptureError where it is not the JSON it should be, naming what is missing."""
    try:
        return Parsed([_item(article) for article in orjson.loads(answer.body)["articles"]])
    except KeyError as error:
        raise CorruptCaptureError(f"The answer of {HOST} has no {error}.") from error
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise CorruptCaptureError(f"The answer of {HOST} is not the JSON it should be: {error}.") from error


def cost(_status_code: int, headers: Mapping[str, str]) -> int | None:
    """What it says of itself; an answer that does not say has cost what was set aside."""
    told = headers.get("x-credits-used", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < _DIGITS else None


def _item(article: Mapping[str, Any]) -> Item:
    published_at = datetime.fromisoformat(article["published_at"])
    url = str(article["url"])
    return Item(item_id=url, channel=HOST, url=url, title=str(article["title"]), published_at=published_at)


SOURCE = Source(
    name=EXAMPLE,
    description="Articles of an hour, for one credit: an example of a source that costs.",
    kinds=frozenset({"rest", "postgres"}),
    questions=questions,
    parse=parse,
    is_now_only=False,
    keeps="named",
    cost=cost,
    raw_suffix=".json",
)
