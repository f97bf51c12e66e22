"""The recorded answers of YouTube's Data API, and a day of its chart as pages of that API.

They were recorded without the part ``statistics``: ``with_counters`` adds one, with figures of the test.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def recorded(realdata: Path, name: str) -> bytes:
    """As it stands in the file."""
    return (realdata / "api_youtube" / "apidata" / f"{name}.json").read_bytes()


def with_counters(body: bytes, statistics: Mapping[str, str]) -> bytes:
    """The page, every video of it with the same counters."""
    page = json.loads(body)
    for item in page["items"]:
        item["statistics"] = dict(statistics)
    return json.dumps(page).encode()


def chart_of_a_day(realdata: Path, country: str) -> list[bytes]:
    """The rows of the file as pages of 50; whoever has closed ratings or comments shows no count of them."""
    path = realdata / "api_youtube" / "trending_csv_2018-01-11" / f"18.01.11_{country}_videos.csv"
    with path.open(newline="", encoding="utf-8") as file:
        videos = [_video(row) for row in csv.DictReader(file)]
    return [page_of(videos[start : start + 50]) for start in range(0, len(videos), 50)]


def page_of(videos: Sequence[Mapping[str, Any]], **more: object) -> bytes:
    """A page of videos as Google writes it."""
    page = {"kind": "youtube#videoListResponse", "pageInfo": {"totalResults": len(videos)}, "items": list(videos)}
    return json.dumps({**page, **more}).encode()


def found_page(*ids: str) -> bytes:
    """What a search has found."""
    items = [{"id": {"kind": "youtube#video", "videoId": video_id}} for video_id in ids]
    page = {"kind": "youtube#searchListResponse", "pageInfo": {"totalResults": len(ids)}, "items": items}
    return json.dumps(page).encode()


def _video(row: Mapping[str, str]) -> dict[str, Any]:
    statistics = {"viewCount": row["view_count"]}
    if row["ratings_disabled"] != "True":
        statistics["likeCount"] = row["likes"]
    if row["comments_disabled"] != "True":
        statistics["commentCount"] = row["comment_count"]
    tags = {} if row["tags"] == "[none]" else {"tags": row["tags"].split("|")}
    snippet = {
        name: row[name] for name in ("publishedAt", "channelId", "title", "description", "channelTitle", "categoryId")
    }
    return {"id": row["video_id"], "snippet": {**snippet, **tags}, "statistics": statistics}
