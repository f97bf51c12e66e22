"""What a Reddit post looks like at an instant: fields as in recorded listings, scores that grow with age.

Here: one post, and the order of listings. Not here: who may ask (``reddit``).
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape

from etheatmap_sim.items import Item
from etheatmap_sim.outlets import SUBREDDITS
from etheatmap_sim.randomness import hash_of

_MIDDLING_SCORE = 140.0
_SCORE_GROWS_HOURS = 5.0  # 63 % of the final score after so many hours
_COMMENTS_GROW_HOURS = 7.0
_HOT_SECONDS = 45_000.0  # Reddit's published ranking: twelve and a half hours weigh as much as ten times the votes
_SELF_SHARE = 0.3
_REMOVED_SHARE = 0.02  # moderators' work, two hours after
_REMOVED_AFTER = timedelta(hours=2)


def score_at(item: Item, now: datetime) -> int:
    return max(0, round(_MIDDLING_SCORE * item.size * _grown(item, now, _SCORE_GROWS_HOURS)))


def is_listed(item: Item, now: datetime) -> bool:
    """Published, and not removed."""
    is_removed = _luck(item.id, "removed") < _REMOVED_SHARE and item.published_at + _REMOVED_AFTER <= now
    return item.published_at <= now and not is_removed


def ordered(items: Sequence[Item], listing: str, now: datetime) -> list[Item]:
    """``new``, ``hot``, ``top`` or ``rising``; equals by age, newest first."""
    rank = {"new": _newness, "hot": _hotness, "rising": _rise, "top": _topness}[listing]
    return sorted(items, key=lambda item: (rank(item, now), item.serial), reverse=True)


def thing(item: Item, now: datetime, skew: timedelta, *, is_raw: bool) -> dict[str, object]:
    """The post as a child of a listing; without ``raw_json=1`` Reddit escapes ``&``, ``<`` and ``>``."""

    def text(value: str) -> str:
        return value if is_raw else escape(value, quote=False)

    created = (item.published_at + skew).timestamp()
    score = score_at(item, now)
    is_self = _luck(item.id, "self") < _SELF_SHARE
    link = f"https://www.reddit.com{permalink(item)}"
    picture = f"https://i.redd.it/{item.id[3:]}.jpg"
    selftext = f"{item.title}. Thoughts?" if is_self else ""
    domain = f"self.{item.place}" if is_self else "i.redd.it"
    return {
        "kind": "t3",
        "data": {
            "approved_at_utc": None,
            "approved_by": None,
            "archived": False,
            "author": item.author,
            "author_flair_css_class": None,
            "author_flair_text": None,
            "author_fullname": f"t2_{hash_of(item.author) % 36**6:x}",
            "banned_by": None,
            "clicked": False,
            "contest_mode": False,
            "created": created,
            "created_utc": created,
            "distinguished": None,
            "domain": domain,
            "downs": 0,
            "edited": _edited(item, now, skew) if is_self else False,
            "gilded": 0,
            "hidden": False,
            "hide_score": now - item.published_at < timedelta(hours=1),
            "id": item.id[3:],
            "is_self": is_self,
            "is_video": False,
            "likes": None,
            "link_flair_css_class": None,
            "link_flair_text": None,
            "locked": False,
            "media": None,
            "media_embed": {},
            "mod_reports": [],
            "name": item.id,
            "num_comments": round(_comments(item) * _grown(item, now, _COMMENTS_GROW_HOURS)),
            "num_crossposts": 0,
            "num_reports": None,
            "over_18": False,
            "permalink": permalink(item),
            "quarantine": False,
            "removal_reason": None,
            "report_reasons": None,
            "saved": False,
            "score": score,
            "secure_media": None,
            "secure_media_embed": {},
            "selftext": text(selftext),
            "selftext_html": text(f'<div class="md"><p>{escape(selftext)}</p></div>') if is_self else None,
            "spoiler": False,
            "stickied": False,
            "subreddit": item.place,
            "subreddit_id": f"t5_{hash_of(item.place) % 36**5:x}",
            "subreddit_name_prefixed": f"r/{item.place}",
            "subreddit_subscribers": SUBREDDITS[item.place],
            "subreddit_type": "public",
            "suggested_sort": None,
            "thumbnail": "self" if is_self else "default",
            "title": text(item.title),
            "ups": score,
            "upvote_ratio": round(0.55 + 0.44 * _luck(item.id, "ratio"), 2),
            "url": link if is_self else picture,
            "user_reports": [],
            "visited": False,
        },
    }


def permalink(item: Item) -> str:
    return item.link.removeprefix("https://www.reddit.com")


def _grown(item: Item, now: datetime, hours: float) -> float:
    return 1 - math.exp(-max(0.0, (now - item.published_at).total_seconds()) / 3_600 / hours)


def _comments(item: Item) -> float:
    """In the end; spam gathers none."""
    return 0.0 if item.size < 0.05 else _MIDDLING_SCORE * item.size * (0.05 + 0.6 * _luck(item.id, "comments"))


def _edited(item: Item, now: datetime, skew: timedelta) -> float | bool:
    """As Reddit tells it: false, or when."""
    edited_at = item.published_at + timedelta(minutes=17)
    return (edited_at + skew).timestamp() if _luck(item.id, "edited") < 0.15 and edited_at <= now else False


def _newness(item: Item, _: datetime) -> float:
    return item.published_at.timestamp()


def _topness(item: Item, now: datetime) -> float:
    return float(score_at(item, now))


def _hotness(item: Item, now: datetime) -> float:
    return math.log10(max(score_at(item, now), 1)) + item.published_at.timestamp() / _HOT_SECONDS


def _rise(item: Item, now: datetime) -> float:
    age_hours = max(0.25, (now - item.published_at).total_seconds() / 3_600)
    return score_at(item, now) / math.pow(age_hours, 1.5)


@lru_cache(maxsize=100_000)
def _luck(post_id: str, of: str) -> float:
    """Uniform in [0, 1) and for ever the same for a post."""
    return hash_of(f"{post_id} {of}") / 2**64
