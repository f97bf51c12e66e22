"""TikTok as the simulator has it: videos about those whom Reddit talks about, and the hashtags that rise.

A pure function of the items and the instant: where an entity has a wave on Reddit, there are videos, a few for each
post and a little after it. Here: what there is, in the fields of Apify's actors. Not here: runs (``apify``).
"""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import HOUR, floor_hour
from etheatmap_sim.items import Item, Items
from etheatmap_sim.randomness import hash_of

_REACHES = timedelta(hours=72)
_SEARCHED = timedelta(hours=24)  # "this day", which searches are asked for
_VIDEOS_A_POST = 3
_MIDDLING_PLAYS = 9_000.0
_PLAYS_GROW_HOURS = 9.0
_LISTED_HOURS = 24
_DAYS = 7
_EVERGREEN = ("fyp", "foryou", "viral", "xyzbca", "trending", "dance", "grwm", "recipe", "booktok", "catsoftiktok")


class TikTok:
    """What can be found at an instant."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._of_hour = lru_cache(maxsize=500)(self._drawn)

    def searched(self, words: str, now: datetime, skew: timedelta) -> list[dict[str, Any]]:
        """Of the last day, the newest first."""
        videos = [one for one in self._about(words, now) if one.published_at > now - _SEARCHED]
        return [{**one.spelled(now, skew), "searchQuery": words} for one in videos]

    def tagged(self, tag: str, now: datetime, skew: timedelta) -> list[dict[str, Any]]:
        """Of any day, the most played first."""
        videos = sorted(self._about(tag, now), key=lambda one: (one.plays(now), one.id), reverse=True)
        page = {"name": tag, "views": 1_000 * len(videos)}
        return [{**one.spelled(now, skew), "searchHashtag": page} for one in videos]

    def rising(self, most: int, now: datetime, skew: timedelta) -> list[dict[str, Any]]:
        """By how much is said of them today; what is always popular fills the rest of the list."""
        counts: Counter[str] = Counter()
        for hour in range(_LISTED_HOURS):
            counts.update(one.tag for one in self._of_hour(floor_hour(now) - hour * HOUR))
        named = sorted(counts, key=lambda tag: (-counts[tag], tag))
        filling = [tag if turn == 0 else f"{tag}{turn + 1}" for turn in range(most) for tag in _EVERGREEN]
        tags = [*named[: most // 2], *filling][:most]
        return [self._listed(tag, rank, counts[tag], now, skew) for rank, tag in enumerate(tags, start=1)]

    def _listed(self, tag: str, rank: int, said: int, now: datetime, skew: timedelta) -> dict[str, Any]:
        dice = hash_of(f"{tag} {now:%Y-%m-%d}")
        today = min(1.0, 0.2 + said / 20) if said else 0.5
        before = [round(today * (0.4 + (dice >> 8 * day) % 100 / 250), 3) for day in range(_DAYS - 1)]
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + skew
        days = [int((midnight - (_DAYS - 1 - day) * timedelta(days=1)).timestamp()) for day in range(_DAYS)]
        return {
            "hashtag_id": str(hash_of(tag) % 10**12),
            "hashtag_name": tag,
            "country_info": {"id": "US", "value": "United States", "label": "US"},
            "industry_info": None,
            "is_promoted": False,
            "trend": [{"time": at, "value": value} for at, value in zip(days, [*before, round(today, 3)], strict=True)],
            "publish_cnt": 500 + 40 * said + dice % 300,
            "video_views": 1_000_000 + 90_000 * said + dice % 100_000,
            "rank": rank,
            "rank_diff": dice % 9,
            "rank_diff_type": 1,
        }

    def _about(self, words: str, now: datetime) -> list["_Video"]:
        """The newest first."""
        tag, hour, found = tag_of(words), floor_hour(now), []
        while hour > now - _REACHES:
            found += [one for one in self._of_hour(hour) if one.tag == tag and one.published_at <= now]
            hour -= HOUR
        return sorted(found, key=lambda one: (one.published_at, one.id), reverse=True)

    def _drawn(self, hour: datetime) -> tuple["_Video", ...]:
        posts = self._items.of(Channel.REDDIT, hour)
        return tuple(
            _Video(post, named.name, self._type_of[named.name], number)
            for post in posts
            for named in post.entities
            for number in range(hash_of(f"{post.id} {named.name}") % (_VIDEOS_A_POST + 1))
        )

    @cached_property
    def _type_of(self) -> Mapping[str, str]:
        return {name: entity.type for name, entity in self._items.entities.items()}


class _Video:
    """One video about an entity, made after a post."""

    def __init__(self, post: Item, entity: str, entity_type: str, number: int) -> None:
        self._post, self._entity, self._type = post, entity, entity_type
        self._luck = hash_of(f"video {post.id} {entity} {number}")
        self.tag = tag_of(entity)
        self.id = str(7_000_000_000_000_000_000 + self._luck % 10**17)
        self.published_at = post.published_at + timedelta(minutes=self._luck % 40)

    def plays(self, now: datetime) -> int:
        age_hours = max(0.05, (now - self.published_at) / HOUR)
        size = self._post.size * (0.2 + self._luck % 1_000 / 500)
        return round(_MIDDLING_PLAYS * size * (1 - math.exp(-age_hours / _PLAYS_GROW_HOURS)))

    def spelled(self, now: datetime, skew: timedelta) -> dict[str, Any]:
        author, plays, published_at = f"{self._type}.fan{self._luck % 700}", self.plays(now), self.published_at + skew
        meta = {"id": str(self._luck % 10**9), "name": author, "nickName": author, "fans": self._luck % 90_000}
        return {
            "id": self.id,
            "text": f"{self._entity}: {self._post.title} #{self.tag} #fyp",
            "textLanguage": "en",
            "createTime": int(published_at.timestamp()),
            "createTimeISO": published_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "authorMeta": meta,
            "webVideoUrl": f"https://www.tiktok.com/@{author}/video/{self.id}",
            "videoMeta": {"height": 1024, "width": 576, "duration": 7 + self._luck % 50},
            "diggCount": round(plays * (0.03 + self._luck % 90 / 1_000)),
            "shareCount": round(plays * 0.006),
            "playCount": plays,
            "collectCount": round(plays * 0.009),
            "commentCount": round(plays * 0.004),
            "hashtags": [{"name": self.tag, "title": ""}, {"name": "fyp", "title": ""}],
            "isSlideshow": False,
            "isPinned": False,
            "isSponsored": False,
        }


def tag_of(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
