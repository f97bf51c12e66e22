"""What TikTok's lists say, as Apify's actors give them: videos of a search, trending hashtags. Pure.

A search shows some of what there is: where it gave all the results it may give, their number says nothing about how
many there are. What is still known then is how fast they came: N results, newest first, that reach back T hours are
N - 1 gaps, so (N - 1) / T an hour. Where they are not in the order of time not even that is known, and nothing is said.

Here: reading, and the numbers. Not here: the run itself (actor_runs), what is asked (sources), who is named (entities).
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Any

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.actor_runs import RunAnswer
from etheatmap_core.signals.items import Item

SITE = "https://www.tiktok.com"
RECENT = timedelta(hours=24)  # older videos never count: a search shows what is liked, whatever its age
_DAY_HOURS = 24.0
_SHORTEST_SPAN = timedelta(minutes=10)
_FEWEST = 5  # results that tell a pace: that of N scatters by 1 / sqrt(N - 2) of itself
_ORDER_SLACK = timedelta(hours=1)  # "latest first" as TikTok has it
_YOUNGEST_HOURS = 1.0  # views of a younger video are views of its first hour
_LATEST_POINT = timedelta(days=3)  # Creative Center's curves end a day or two before
_NAMED_AT_MOST = 5  # searches, in a reason

# How the fields of a hashtag are spelled: by Creative Center itself, and by actors that rename them.
_HASHTAG_FIELDS = {
    "hashtag_name": ("hashtag_name", "hashtagName", "hashtag", "name"),
    "rank": ("rank",),
    "publish_cnt": ("publish_cnt", "publishCnt", "publishCount", "posts"),
    "video_views": ("video_views", "videoViews", "views"),
    "trend": ("trend", "trendPoints", "popularityCurve"),
}

Names = Callable[[Item], Collection[str]]


@dataclass(frozen=True)
class Video:
    """``plays`` and the other counts are None where TikTok hides them."""

    item: Item
    search: str
    published_at: datetime
    author: str
    plays: float | None
    reactions: float | None  # likes, comments and shares together


@dataclass(frozen=True)
class Search:
    """What a search for one entity brought. ``videos`` in TikTok's order, of any age; ``most``: no search gives more.

    ``cut``: why it may have been cut short before; empty: it was not.
    """

    entity: str
    asked_at: datetime
    most: int
    videos: Sequence[Video]
    cut: str = ""
    has_details: bool = True  # beside the hits

    @property
    def is_full(self) -> bool:
        """It gave all it may give: there may be more."""
        return bool(self.cut) or len(self.videos) >= self.most

    @property
    def recent(self) -> Sequence[Video]:
        return [video for video in self.videos if is_recent(video.published_at, self.asked_at)]

    @property
    def is_whole_day(self) -> bool:
        """It shows everything of the last day: it ended by itself, or went on to what is older."""
        return not self.is_full or (self._is_newest_first and len(self.recent) < len(self.videos))

    @property
    def is_known(self) -> bool:
        """Whether it tells how many there were."""
        return self.is_whole_day or self.hits(len(self.recent)) is not None

    def hits(self, named: int) -> float | None:
        """How many of the last day there are, where ``named`` of the recent ones shown are; None: nobody knows.

        A full search is taken for its pace, over ten minutes at least: of a moment's burst nobody knows a day. One that
        may have been cut too, unless it shows only a few.
        """
        if self.is_whole_day:
            return float(named)
        if not self._is_newest_first or len(self.videos) < _FEWEST:
            return None
        times = [video.published_at for video in self.videos]
        span = max(self.asked_at, *times) - min(times)
        if span <= timedelta(0):
            return None
        span = max(span, _SHORTEST_SPAN)
        rate = (len(times) - 1) / (span / timedelta(hours=1))
        return max(float(named), rate * _DAY_HOURS * named / len(times))

    def readings(self, names: Names) -> Iterator[tuple[str, str, float]]:
        """Of the recent videos that name the entity. Where there are none, nothing is said."""
        named = [video for video in self.recent if self.entity in names(video.item)]
        if not named:
            return
        if (hits := self.hits(len(named))) is not None:
            yield self.entity, "hits_24h" if self.has_details else "hits", hits
        if not self.has_details:
            return
        if self.is_whole_day:  # of a part nobody knows how many authors the whole has
            yield self.entity, "unique_authors_24h", float(len({video.author for video in named}))
        velocities = [video.plays / self._age_hours(video) for video in named if video.plays is not None]
        if velocities:
            yield self.entity, "view_vel_median", median(velocities)
        ratios = [video.reactions / video.plays for video in named if video.plays and video.reactions is not None]
        if ratios:
            yield self.entity, "eng_ratio_median", median(ratios)

    @property
    def _is_newest_first(self) -> bool:
        times = [video.published_at for video in self.videos]
        return all(later <= earlier + _ORDER_SLACK for earlier, later in pairwise(times))

    def _age_hours(self, video: Video) -> float:
        return max(_YOUNGEST_HOURS, (self.asked_at - video.published_at) / timedelta(hours=1))


@dataclass(frozen=True)
class Hashtag:
    """A hashtag of Creative Center's list. ``score``: 1 for the first of the list, 1/n for the last of n."""

    item: Item
    score: float
    momentum: float | None


@dataclass(frozen=True)
class TrendingHashtags:
    """A list of them; of several that name one entity the one that is further up counts."""

    hashtags: Sequence[Hashtag]

    def readings(self, names: Names) -> Iterator[tuple[str, str, float]]:
        best: dict[str, Hashtag] = {}
        for hashtag in sorted(self.hashtags, key=lambda one: -one.score):
            for entity in names(hashtag.item):
                best.setdefault(entity, hashtag)
        for entity, hashtag in sorted(best.items()):
            yield entity, "hashtag_score", hashtag.score
            if hashtag.momentum is not None:
                yield entity, "momentum", hashtag.momentum


def is_recent(published_at: datetime, asked_at: datetime) -> bool:
    """Of the last day before the search, or since."""
    return published_at > asked_at - RECENT


def read_videos(items: Sequence[Mapping[str, Any]], source: str) -> list[Video]:
    """The videos among the items; one that tells of an error of a search is none (``failed_searches``)."""
    return [_video(item, source) for item in items if not _is_error(item)]


def failed_searches(items: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """The searches that the actor could not make, and what it says of them."""
    return {_search_of(item): str(item.get("errorCode") or item["error"])[:100] for item in items if _is_error(item)}


def read_hashtags(answer: RunAnswer, most: int, source: str) -> list[Hashtag]:
    """The hashtags whose curve reaches to now: a list that has stood still tells nothing of today. ``most``: how many
    were asked for."""
    items = answer.items
    if items and all(_is_error(item) for item in items):
        raise CorruptCaptureError(f"The items of {source} hold nothing but errors: {_first_error(items)}.")
    found = [_hashtag(item, most, answer.asked_at, source) for item in items if not _is_error(item)]
    return [hashtag for hashtag in found if hashtag is not None]


def hashtag_of(name: str) -> str:
    """A name as people write it behind #: in small letters, without spaces and signs."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def unknown_volumes(searches: Sequence[Search]) -> str:
    """Which searches do not tell how many there are, by why; empty: none."""
    unknown: dict[str, list[str]] = {}
    for search in searches:
        if not search.is_known:
            full = f"all {search.most} results that a search may give came, and not in the order of time"
            unknown.setdefault(search.cut or full, []).append(search.entity)
    return "; ".join(f"no number of hits of {_named(names)}: {why}" for why, names in unknown.items())


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _video(raw: Mapping[str, Any], source: str) -> Video:
    text = " ".join(_clean(_text(raw, "text", source)).split())
    hashtags = [_clean(_text(tag, "name", source, "hashtags.")) for tag in _list(raw, "hashtags", source)]
    tags = tuple(f"#{tag}" for tag in hashtags if tag)
    search = _search_of(raw)
    if not search:
        told = "neither 'searchQuery' nor 'searchHashtag.name' nor 'input'"
        raise CorruptCaptureError(f"The items of {source} have a video ({raw.get('id')}) with {told}.")
    published_at = _instant(_text(raw, "createTimeISO", source), source)
    author = _clean(_text(_object(raw, "authorMeta", source), "name", source, "authorMeta."))
    plays = _count(raw, "playCount", source)
    reactions = [_count(raw, name, source) for name in ("diggCount", "commentCount", "shareCount")]
    item = Item(
        item_id=_filled(raw, "id", source),
        channel=f"search/{search}",
        url=_filled(raw, "webVideoUrl", source),
        title=text or " ".join(tags) or f"A video of {author}",
        author=author,
        names=tuple(tag for tag in tags if tag.casefold() not in text.casefold()),
        published_at=published_at,
        numbers={name: count for name, count in (("plays", plays), ("likes", reactions[0])) if count is not None},
    )
    known = [count for count in reactions if count is not None]
    return Video(item, search, published_at, author, plays, sum(known) if len(known) == len(reactions) else None)


def _hashtag(raw: Mapping[str, Any], most: int, asked_at: datetime, source: str) -> Hashtag | None:
    fields = {name: _spelled(raw, name, source) for name in _HASHTAG_FIELDS}
    name = _clean(str(fields["hashtag_name"])).strip().lstrip("#").strip()
    if not name:
        raise CorruptCaptureError(f"The items of {source} have a hashtag without a name in 'hashtag_name'.")
    numbers = {key: _number(fields[key], key, source) for key in ("rank", "publish_cnt", "video_views")}
    if numbers["rank"] < 1:
        raise CorruptCaptureError(f"The items of {source} have a 'rank' of {numbers['rank']:g}.")
    curve = _curve(fields["trend"], source)
    if not curve or curve[-1][0] < asked_at - _LATEST_POINT:
        return None
    last = max(float(most), numbers["rank"])
    item = Item(
        item_id=f"#{name.casefold()}",
        channel="creative center",
        url=f"{SITE}/tag/{name}",
        title=f"#{name}",
        numbers={"rank": numbers["rank"], "posts": numbers["publish_cnt"], "views": numbers["video_views"]},
    )
    values = [value for _, value in curve]
    momentum = values[-1] - fmean(values[:-1]) if len(values) > 1 else None
    return Hashtag(item, (last - numbers["rank"] + 1) / last, momentum)


def _curve(points: object, source: str) -> list[tuple[datetime, float]]:
    """The popularity by day, oldest first."""
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        raise CorruptCaptureError(f"The items of {source} have a 'trend' that is no list of points.")
    curve = []
    for point in points:
        time, value = _inner(point, "time", source), _inner(point, "value", source)
        seconds = _number(time, "trend.time", source)
        curve.append((_from_seconds(seconds, "trend.time", source), _number(value, "trend.value", source)))
    return sorted(curve)


def _spelled(raw: Mapping[str, Any], name: str, source: str) -> Any:
    for spelling in _HASHTAG_FIELDS[name]:
        if spelling in raw:
            return raw[spelling]
    raise CorruptCaptureError(f"The items of {source} have a hashtag without {name!r}: it may have been renamed.")


def _inner(point: Mapping[str, Any], name: str, source: str) -> Any:
    if name not in point:
        raise CorruptCaptureError(f"The items of {source} have a point of 'trend' without {name!r}.")
    return point[name]


def _is_error(raw: Mapping[str, Any]) -> bool:
    """Actors tell of a search that failed by an item of its own."""
    return bool(raw.get("error") or raw.get("errorCode")) and "id" not in raw and "rank" not in raw


def _first_error(items: Sequence[Mapping[str, Any]]) -> str:
    return str(items[0].get("error") or items[0].get("errorCode"))[:100]


def _search_of(raw: Mapping[str, Any]) -> str:
    """What the actor was asked when it found this: the words, or the hashtag."""
    hashtag = raw.get("searchHashtag")
    named = hashtag.get("name") if isinstance(hashtag, dict) else None
    return str(raw.get("searchQuery") or named or raw.get("input") or "")


def _text(raw: Mapping[str, Any], name: str, source: str, where: str = "") -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise CorruptCaptureError(f"The items of {source} have a video ({raw.get('id')}) without {where + name!r}.")
    return value


def _filled(raw: Mapping[str, Any], name: str, source: str) -> str:
    value = _clean(_text(raw, name, source)).strip()
    if not value:
        raise CorruptCaptureError(f"The items of {source} have a video with nothing in {name!r}.")
    return value


def _list(raw: Mapping[str, Any], name: str, source: str) -> list[Mapping[str, Any]]:
    value = raw.get(name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise CorruptCaptureError(f"The items of {source} have a video ({raw.get('id')}) without a list {name!r}.")
    return value


def _object(raw: Mapping[str, Any], name: str, source: str) -> Mapping[str, Any]:
    value = raw.get(name)
    if not isinstance(value, dict):
        raise CorruptCaptureError(f"The items of {source} have a video ({raw.get('id')}) without {name!r}.")
    return value


def _count(raw: Mapping[str, Any], name: str, source: str) -> float | None:
    """A count; null is one that TikTok hides, a missing one has been renamed."""
    if name not in raw:
        raise CorruptCaptureError(f"The items of {source} have a video ({raw.get('id')}) without {name!r}.")
    value = raw[name]
    if value is None:
        return None
    number = _number(value, name, source)
    return number if number >= 0 else None


def _number(value: object, name: str, source: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CorruptCaptureError(f"The items of {source} have in {name!r} no number, but {value!r}.")
    return float(value)


def _instant(spelled: str, source: str) -> datetime:
    try:
        instant = datetime.fromisoformat(spelled)
    except ValueError as error:
        raise CorruptCaptureError(f"The items of {source} have no instant in 'createTimeISO': {error}.") from error
    if instant.tzinfo is None:
        raise CorruptCaptureError(
            f"The items of {source} have a 'createTimeISO' without a time zone: {spelled[:40]!r}."
        )
    return instant.astimezone(UTC)


def _from_seconds(seconds: float, name: str, source: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CorruptCaptureError(f"The items of {source} have in {name!r} no instant, but {seconds:g}.") from error


def _clean(text: str) -> str:
    """Without what no text column takes: NUL, and halves of a character that was cut in two."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
