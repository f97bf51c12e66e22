"""Answers of TikTok's actors, written by hand: no recording was at hand. Videos as clockworks/tiktok-scraper documents
its items, hashtags as TikTok's Creative Center names their fields."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from etheatmap_assets.sources.source import Answer, Parsed, Question, Source
from etheatmap_core.signals.actor_runs import head_of

HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
ASKED_AT = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
MOST = 10
CAP, COST = 150_000, 31_000  # of a run, in micro-dollars


def video(
    hours_ago: float,
    search: str = "Zendaya",
    text: str = "Zendaya on the carpet",
    number: int | None = None,
    **fields: Any,
) -> dict[str, Any]:
    published_at = ASKED_AT - timedelta(hours=hours_ago)
    number = round(hours_ago * 1000) if number is None else number
    plain = {
        "id": f"7{number:018}",
        "text": text,
        "createTimeISO": published_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "authorMeta": {"name": f"fan{number}"},
        "webVideoUrl": f"https://www.tiktok.com/@fan{number}/video/7{number:018}",
        "playCount": 1000,
        "diggCount": 80,
        "commentCount": 15,
        "shareCount": 5,
        "hashtags": [{"name": "fyp"}],
        "searchQuery": search,
    }
    return {name: value for name, value in (plain | fields).items() if value is not ...}


def hashtag(
    name: str, rank: int, curve: Sequence[float] = (0.2, 0.4, 0.9), days_ago: int = 1, **fields: Any
) -> dict[str, Any]:
    last = ASKED_AT.replace(hour=0, minute=0) - timedelta(days=days_ago)
    days = [last - timedelta(days=len(curve) - 1 - position) for position in range(len(curve))]
    plain = {
        "hashtag_name": name,
        "rank": rank,
        "publish_cnt": 4_000,
        "video_views": 9_000_000,
        "trend": [{"time": int(day.timestamp()), "value": value} for day, value in zip(days, curve, strict=True)],
    }
    return {key: value for key, value in (plain | fields).items() if value is not ...}


def body(items: object, run_input: Mapping[str, Any], cost: int | None = COST) -> bytes:
    """As ``apify_runs`` keeps it: a line about the run, then the items as they came."""
    run = {"id": "HG7ML7M8z78YcAPEB", "status": "SUCCEEDED", "startedAt": ASKED_AT.isoformat()}
    return head_of(run, run_input, cap=CAP, cost=cost) + json.dumps(items, indent=1).encode()


def searched(source: Source, items: object, names: Sequence[str] = ("Zendaya",), cost: int | None = COST) -> Parsed:
    """What a search for each of the names becomes."""
    by = "searchQueries" if source.name == "tt_search" else "hashtags"
    words = list(names) if by == "searchQueries" else [name.replace(" ", "").lower() for name in names]
    question = Question(f"{by}/1", "https://api.apify.com/v2/actors/a~b/runs", tuple(names))
    run_input = {by: words, "resultsPerPage": MOST}
    return source.parse(Answer(question, body(items, run_input, cost), None, HOUR))
