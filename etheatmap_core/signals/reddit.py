"""Reddit listings: posts as items, and what the posts that name an entity say about an hour of it. Pure.

An answer is one page of a listing or several, one after the other, each as Reddit sent it. Left out are posts marked
NSFW (in r/all the names of stars there are bait, and no newsroom can show such a receipt), paid ones, and those that
were removed or deleted: nobody can read them, and their title may be a placeholder. Pinned posts stay, "official
discussion" threads are pinned. Here: reading and counting. Not here: asking (assets), when a post counts (items).
https://www.reddit.com/dev/api (fields as recorded from 2015 to 2025: ``upvote_ratio`` came after 2016)
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeGuard

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.item_store import CountedMention
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.json_pages import json_pages

SITE = "https://www.reddit.com"
_SUMMARY_LETTERS = 2_000
_KINDS = {
    "t1": "comments (t1)", "t2": "accounts (t2)", "t4": "messages (t4)", "t5": "subreddits (t5)",
    "more": "folded comments",
}  # fmt: skip
_PLACEHOLDERS = ("[deleted]", "[removed]", "[deleted by user]", "[ removed by moderator ]", "[ removed by reddit ]")
_NUMBERS = ("score", "num_comments")
# Of every post since 2008, whatever is in them: what is missing would be read as "none", or let NSFW posts through.
_ALWAYS_THERE = ("author", "selftext", "over_18")
_RATIO_SINCE = datetime(2019, 1, 1, tzinfo=UTC)  # every post has one by then
# What a subreddit is about, beside its own name: evidence for names that are also words.
_TOPICS: Mapping[str, tuple[str, ...]] = {
    "film": ("movies", "boxoffice", "moviedetails", "truefilm", "horror", "marvelstudios", "dc_cinematic", "starwars"),
    "tv": ("television", "tvdetails", "netflix", "hbo", "strangerthings", "gameofthrones", "houseofthedragon", "andor"),
    "music": ("music", "popheads", "hiphopheads", "indieheads", "kpop", "listentothis", "taylorswift", "rnb"),
    "celebrity": ("entertainment", "popculturechat", "fauxmoi", "celebrities", "deuxmoi", "oscars"),
}
_TOPIC_OF = {name: topic for topic, names in _TOPICS.items() for name in names}


def posts(body: bytes, listing: str) -> list[Item]:
    """The posts of ``listing`` (a name for people, as r/movies/new), in its order."""
    found = [item for page in _pages(body, listing) for item in _items(page, listing)]
    recent = [item for item in found if item.published_at is not None and item.published_at >= _RATIO_SINCE]
    if recent and not any("upvote_ratio" in item.numbers for item in recent):
        raise CorruptCaptureError(f"{listing} of reddit has no post with an 'upvote_ratio': it may be renamed.")
    return found


def page_end(page: object) -> tuple[str | None, datetime | None]:
    """Where the next page begins, None at the end of the listing, and the instant of this page's last post."""
    data = page.get("data") if isinstance(page, dict) else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(children, list) or not children:
        return None, None
    last = children[-1].get("data") if isinstance(children[-1], dict) else None
    created = last.get("created_utc") if isinstance(last, dict) else None
    after = data.get("after")
    return (after if isinstance(after, str) else None), (_instant(created) if _is_number(created) else None)


def reddit_metrics(mentions: Sequence[CountedMention]) -> Mapping[str, float]:
    """One entity in one hour: its posts, and how they did until they were last seen.

    score_sum and comment_sum grow for hours after the post; upvote_ratio is the mean over posts that have one (0..1);
    engagement_rate is comments a point of score, of all posts together, so that a post with one point does not decide;
    affect_sum adds up the sentiment of the mentions.
    """
    score = _sum(mentions, "score")
    comments = _sum(mentions, "num_comments")
    ratios = [mention.numbers["upvote_ratio"] for mention in mentions if "upvote_ratio" in mention.numbers]
    metrics = {
        "mention_count": float(len(mentions)),
        "score_sum": score,
        "comment_sum": comments,
        "subreddit_count": float(len({mention.channel for mention in mentions})),
        "engagement_rate": comments / max(score, 1.0),
        "affect_sum": math.fsum(mention.affect for mention in mentions),
    }
    return {**metrics, "upvote_ratio": math.fsum(ratios) / len(ratios)} if ratios else metrics


def topics_of(subreddit: str) -> tuple[str, ...]:
    """``film`` and ``movies`` for r/movies; of others their name alone."""
    name = subreddit.lower()
    return (_TOPIC_OF[name], name) if name in _TOPIC_OF and _TOPIC_OF[name] != name else (name,)


def _sum(mentions: Sequence[CountedMention], name: str) -> float:
    return math.fsum(mention.numbers.get(name, 0.0) for mention in mentions)


def _pages(body: bytes, listing: str) -> Iterator[dict[str, Any]]:
    for page in json_pages(body, f"{listing} of reddit", nothing="an empty listing"):
        yield _listing(page, listing)


def _listing(page: object, listing: str) -> dict[str, Any]:
    if isinstance(page, dict) and "error" in page:
        raise CorruptCaptureError(
            f"{listing} of reddit is the error {page['error']} ({page.get('message')}) instead of posts."
        )
    if isinstance(page, list):
        raise CorruptCaptureError(f"{listing} of reddit is a page of comments instead of posts.")
    if not isinstance(page, dict):
        raise CorruptCaptureError(f"{listing} of reddit is a lone {type(page).__name__} instead of posts.")
    if page.get("kind") != "Listing":
        what = _KINDS.get(str(page.get("kind")), f"an object of {', '.join(sorted(page)[:5]) or 'nothing'}")
        raise CorruptCaptureError(f"{listing} of reddit is no 'Listing' but {what} instead of posts.")
    return page


def _items(page: dict[str, Any], listing: str) -> Iterator[Item]:
    data = page.get("data")
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(children, list):
        raise CorruptCaptureError(f"{listing} of reddit has no list 'children' in its data.")
    for child in children:
        kind = child.get("kind") if isinstance(child, dict) else None
        if kind != "t3":
            other = _KINDS.get(str(kind), repr(kind))
            raise CorruptCaptureError(f"{listing} of reddit holds {other} among posts (their 'kind' is t3).")
        post = child.get("data")
        if not isinstance(post, dict):
            raise CorruptCaptureError(f"{listing} of reddit has a post without 'data'.")
        for key in _ALWAYS_THERE:
            if key not in post:
                raise CorruptCaptureError(f"{listing} of reddit has a post ({post.get('name')}) without {key!r}.")
        if not _is_left_out(post):
            yield _item(post, listing)


def _is_left_out(post: Mapping[str, Any]) -> bool:
    is_removed = bool(post.get("removed_by_category") or post.get("banned_by"))
    is_placeholder = str(post.get("title")).strip().lower() in _PLACEHOLDERS
    is_emptied = str(post.get("selftext")).strip().lower() in _PLACEHOLDERS
    return bool(post.get("over_18") or post.get("promoted")) or is_removed or is_placeholder or is_emptied


def _item(post: Mapping[str, Any], listing: str) -> Item:
    name, title, permalink, subreddit = (
        _word(post, key, listing) for key in ("name", "title", "permalink", "subreddit")
    )
    author = post.get("author")
    numbers = {key: _number(post, key, listing) for key in _NUMBERS}
    ratio = post.get("upvote_ratio")
    if _is_number(ratio):
        numbers["upvote_ratio"] = float(ratio)
    created = _instant(_number(post, "created_utc", listing))
    if created is None:
        raise CorruptCaptureError(f"{listing} of reddit has in {name} a 'created_utc' that is no instant.")
    return Item(
        item_id=name,
        channel=f"r/{subreddit}",
        url=SITE + permalink.partition("?")[0],
        title=title,
        summary=_clean(str(post.get("selftext") or ""))[:_SUMMARY_LETTERS].strip(),
        author=_clean(author) if isinstance(author, str) and author not in ("", "[deleted]") else None,
        topics=topics_of(subreddit),
        published_at=created,
        numbers=numbers,
    )


def _word(post: Mapping[str, Any], key: str, listing: str) -> str:
    value = post.get(key)
    text = " ".join(_clean(value).split()) if isinstance(value, str) else ""
    if not text:
        raise CorruptCaptureError(f"{listing} of reddit has a post ({post.get('name')}) without {key!r}.")
    return text


def _number(post: Mapping[str, Any], key: str, listing: str) -> float:
    value = post.get(key)
    if not _is_number(value):
        raise CorruptCaptureError(f"{listing} of reddit has a post ({post.get('name')}) without a number {key!r}.")
    return float(value)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _instant(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _clean(text: str) -> str:
    """Without what no text column takes: NUL, and halves of a character that was cut in two."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
