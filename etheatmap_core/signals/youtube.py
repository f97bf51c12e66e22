"""Answers of YouTube's Data API: videos as items, and what a search has found. Pure.

An answer is one page or several, one after the other, each as Google sent it: pages of videos, and before those of a
search what it found. A video is an item by its id, wherever it is seen. Names are looked for in its title, the head of
its description, what its channel is called and its first tags. Counters are numbers of the item; one that is hidden
(likes may be, comments may be closed) is not there, which is no 0. Here: reading. Not here: asking (assets), what is
made of two readings (youtube_growth). https://developers.google.com/youtube/v3/docs/videos
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.drift import require_not_renamed
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.json_pages import json_pages

SOURCE = "youtube"
SITE = "https://www.youtube.com"
VIEWS, LIKES, COMMENTS = COUNTERS = ("view_count", "like_count", "comment_count")
_FIELDS = {VIEWS: "viewCount", LIKES: "likeCount", COMMENTS: "commentCount"}
_VIDEOS, _FOUND = "youtube#videoListResponse", "youtube#searchListResponse"
_DESCRIPTION_LETTERS = 500  # below are links, credits and what else the channel sells
# The first say what a video is about. Further back stands whom its channel wants to be found with: of 19 names that a
# recorded day of three countries' charts has only there, none is of somebody the video is about.
_MOST_TAGS = 5
# So many videos without one and the same counter are no accident: hidden likes are one video in hundreds.
_TOO_MANY_WITHOUT = 5
_TOO_MANY_WITHOUT_TAGS = 20  # a tenth of videos has none
_OTHER_COUNTERS = ("favoriteCount", "dislikeCount")
_OTHER_WORDS = (
    "publishedAt", "channelId", "title", "description", "thumbnails", "channelTitle", "categoryId",
    "liveBroadcastContent", "defaultLanguage", "localized", "defaultAudioLanguage",
)  # fmt: skip
# What a category says about names that are also words; the others mix everything.
_TOPICS: Mapping[str, tuple[str, ...]] = {
    "1": ("film",), "10": ("music",), "20": ("gaming",), "23": ("comedy",), "24": ("entertainment",), "43": ("tv",),
    "44": ("film",),
}  # fmt: skip


def videos(body: bytes, about: str) -> list[Item]:
    """Every video of the answer to ``about`` (the question's key), in its order."""
    pages = [page for page in _pages(body, about) if page["kind"] == _VIDEOS]
    items = [item for page in pages for item in _items(page, about)]
    _require_whole(pages, about)
    _require_optional([video for page in pages for video in page["items"]], f"{about} of YouTube")
    return items


def found_ids(body: bytes, about: str) -> list[str]:
    """The ids of the videos that a search has found."""
    return [found for page in _pages(body, about) if page["kind"] == _FOUND for found in _found(page, about)]


def next_page(body: bytes) -> str | None:
    """The token of the page that follows. None at the end, and after what is no page: the parser says what is wrong."""
    try:
        token = json.loads(body)["nextPageToken"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return token if isinstance(token, str) else None


def _pages(body: bytes, about: str) -> Iterator[dict[str, Any]]:
    for page in json_pages(body, f"{about} of YouTube", nothing="an empty list"):
        yield _page(page, about)


def _page(page: object, about: str) -> dict[str, Any]:
    if not isinstance(page, dict):
        raise CorruptCaptureError(f"{about} of YouTube is a lone {type(page).__name__} instead of a list.")
    if isinstance(error := page.get("error"), dict):
        raise CorruptCaptureError(f"{about} of YouTube is the error {error.get('code')} ({error.get('message')}).")
    if page.get("kind") not in (_VIDEOS, _FOUND):
        raise CorruptCaptureError(f"{about} of YouTube has the kind {page.get('kind')!r} instead of {_VIDEOS!r}.")
    if isinstance(page.get("items"), list):
        return page
    counted = page.get("pageInfo")
    if isinstance(counted, dict) and counted.get("totalResults") == 0:
        return {**page, "items": []}
    raise CorruptCaptureError(f"{about} of YouTube has no list 'items'.")


def _require_whole(pages: Sequence[Mapping[str, Any]], about: str) -> None:
    """A full page that names no other one is the last, or the name of that field has changed."""
    last = pages[-1] if pages else {}
    if "nextPageToken" in last or not isinstance(counted := last.get("pageInfo"), dict):
        return
    total, page_length, seen = counted.get("totalResults"), counted.get("resultsPerPage"), _length(pages)
    is_full = isinstance(page_length, int) and 0 < page_length <= len(last["items"])
    if is_full and isinstance(total, int) and seen < total:
        raise CorruptCaptureError(f"{about} of YouTube has {seen} of {total} videos, and no 'nextPageToken'.")


def _length(pages: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(page["items"]) for page in pages)


def _require_optional(videos: Sequence[Mapping[str, Any]], what: str) -> None:
    """What one video may lack is in some of many."""
    statistics = [video["statistics"] for video in videos]
    require_not_renamed((video["snippet"] for video in videos), ("tags",), _OTHER_WORDS, f"{what}, in its 'snippet',")
    require_not_renamed(statistics, _FIELDS.values(), _OTHER_COUNTERS, f"{what}, in its 'statistics',")
    for field in _FIELDS.values():
        if len(videos) >= _TOO_MANY_WITHOUT and not any(field in counters for counters in statistics):
            raise CorruptCaptureError(
                f"{what} has {len(videos)} videos and no {field!r} in the 'statistics' of any: it may be renamed."
            )
    if len(videos) >= _TOO_MANY_WITHOUT_TAGS and not any("tags" in video["snippet"] for video in videos):
        raise CorruptCaptureError(f"{what} has {len(videos)} videos and none has 'tags': they may be renamed.")


def _found(page: Mapping[str, Any], about: str) -> Iterator[str]:
    for entry in page["items"]:
        found = entry.get("id") if isinstance(entry, dict) else None
        video = found.get("videoId") if isinstance(found, dict) else None
        if not isinstance(video, str) or not video:
            raise CorruptCaptureError(f"{about} of YouTube has found something without an 'id' that has a 'videoId'.")
        yield video


def _items(page: Mapping[str, Any], about: str) -> Iterator[Item]:
    for video in page["items"]:
        if not isinstance(video, dict) or not isinstance(video.get("id"), str) or not video["id"]:
            raise CorruptCaptureError(f"{about} of YouTube has a video without an 'id'.")
        yield _item(video, f"{about} of YouTube has a video ({video['id']})")


def _item(video: Mapping[str, Any], where: str) -> Item:
    snippet, statistics = (_part(video, name, where) for name in ("snippet", "statistics"))
    channel = _line(snippet, "channelTitle", where)
    return Item(
        item_id=video["id"],
        channel=_line(snippet, "channelId", where),
        url=f"{SITE}/watch?v={video['id']}",
        title=_line(snippet, "title", where),
        summary=_clean(_text(snippet, "description", where))[:_DESCRIPTION_LETTERS].strip(),
        author=channel,
        names=(channel, *_tags(snippet, where)),
        topics=_TOPICS.get(_text(snippet, "categoryId", where), ()),
        published_at=_instant(snippet, where),
        numbers={name: _count(statistics, field, where) for name, field in _FIELDS.items() if field in statistics},
    )


def _part(video: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    part = video.get(name)
    if not isinstance(part, dict):
        raise CorruptCaptureError(f"{where} without {name!r}.")
    return part


def _text(snippet: Mapping[str, Any], key: str, where: str) -> str:
    value = snippet.get(key)
    if not isinstance(value, str):
        raise CorruptCaptureError(f"{where} without {key!r}.")
    return value


def _line(snippet: Mapping[str, Any], key: str, where: str) -> str:
    """One that is not blank, on one line."""
    line = " ".join(_clean(_text(snippet, key, where)).split())
    if not line:
        raise CorruptCaptureError(f"{where} whose {key!r} is blank.")
    return line


def _tags(snippet: Mapping[str, Any], where: str) -> Sequence[str]:
    """Many videos have none."""
    tags = snippet.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise CorruptCaptureError(f"{where} whose 'tags' are no list of words.")
    lines = (" ".join(_clean(tag).split()) for tag in tags)
    return list(dict.fromkeys(line for line in lines if line))[:_MOST_TAGS]


def _instant(snippet: Mapping[str, Any], where: str) -> datetime:
    spelled = _text(snippet, "publishedAt", where)
    try:
        instant = datetime.fromisoformat(spelled)
    except ValueError:
        raise CorruptCaptureError(f"{where} whose 'publishedAt' is no instant: {spelled[:40]!r}.") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _count(statistics: Mapping[str, Any], field: str, where: str) -> float:
    """Google writes 64-bit numbers as text."""
    value = statistics[field]
    digits = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise CorruptCaptureError(f"{where} whose {field!r} is no count: {str(value)[:40]!r}.")
    return float(digits)


def _clean(text: str) -> str:
    """Without what no text column takes: NUL, and halves of a character that was cut in two."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
