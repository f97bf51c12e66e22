"""Answers as NewsAPI writes them, from words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from etheatmap_assets.sources.newsapi import SOURCE
from etheatmap_assets.sources.source import Answer, Parsed, Question
from etheatmap_core.config import Config

HOUR = datetime(2026, 11, 20, 14, tzinfo=UTC)
SEARCH = "search/Maya Rudolph"


def article(title: str = "Maya Rudolph Exits ‘Loot’", **fields: Any) -> dict[str, Any]:
    usual = {
        "source": {"id": None, "name": "Variety"},
        "author": "Joe Otterson",
        "title": title,
        "description": "She leaves.",
        "url": "https://variety.com/2026/tv/news/maya-rudolph-1/",
        "urlToImage": None,
        "publishedAt": "2026-11-20T14:05:10Z",
        "content": "She leaves. Nobody knows why… [+1234 chars]",
    }
    return {**usual, **fields}


def page(*articles: dict[str, Any], total: int | None = None, **fields: Any) -> bytes:
    told = {"status": "ok", "totalResults": len(articles) if total is None else total, "articles": list(articles)}
    return json.dumps({**told, **fields}).encode()


def full_page(newest: datetime, *, every: timedelta = timedelta(seconds=10), total: int = 431) -> bytes:
    """A hundred articles, each a little older than the one before."""
    dates = [newest - number * every for number in range(100)]
    return page(
        *(
            article(url=f"https://variety.com/{date:%d%H%M%S}/", publishedAt=f"{date:%Y-%m-%dT%H:%M:%SZ}")
            for date in dates
        ),
        total=total,
    )


def refused(code: str, message: str = "In words.") -> bytes:
    return json.dumps({"status": "error", "code": code, "message": message}).encode()


def parsed(body: bytes, key: str = SEARCH, config: Config | None = None, hour: datetime = HOUR) -> Parsed:
    return SOURCE.parse(Answer(Question(key, "https://newsapi.org/v2/everything?q=x"), body, None, hour, config))
