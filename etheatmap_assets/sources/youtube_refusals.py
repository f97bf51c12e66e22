"""What Google says when it refuses: each reason its own sentence and remedy, from the words in the body.

The status tells little: 403 is a quota that is used up, a key that may not, an API that nobody switched on. A refusal
in other words than these, or in none, is what its status says. https://developers.google.com/youtube/v3/docs/errors
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from etheatmap_assets.resources.http import Refused
from etheatmap_core.errors import EtHeatmapError, RateLimitedError, UpstreamRefusedError

KEY = "YOUTUBE_API_KEY"
_GOOGLE_DAY = ZoneInfo("America/Los_Angeles")
_MINUTE = timedelta(minutes=1)
_DAY_USED_UP = {"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceeded402"}
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
# Of the key: no other question would be answered either.
_KEY_REMEDIES: Mapping[str, str] = {
    "keyInvalid": f"does not know our key: set {KEY} in .env as it stands in Google's console under Credentials",
    "keyExpired": f"says that our key has expired: make a new one in Google's console and set {KEY} in .env",
    "accessNotConfigured": "is not switched on for our key: enable YouTube Data API v3 in the key's project",
    "keyBlocked": "may not be asked with our key: see its restrictions in Google's console, they must allow YouTube "
    "Data API v3 and this machine's address",
    "dailyLimitExceededUnreg": f"has seen no key: set {KEY} in .env",
}  # fmt: skip
_OTHER_REMEDIES: Mapping[str, str] = {
    "videoNotFound": "does not have the video any more",
    "videoChartNotFound": "has no such chart: see whether it still has mostPopular for the country",
    "invalidPageToken": "does not take the page that it named itself: ask again later",
}
# The same in the words of other parts of Google.
_SAME: Mapping[str, str] = {
    "API_KEY_INVALID": "keyInvalid",
    "API_KEY_EXPIRED": "keyExpired",
    "SERVICE_DISABLED": "accessNotConfigured",
    "API_KEY_SERVICE_BLOCKED": "keyBlocked",
    "API_KEY_IP_ADDRESS_BLOCKED": "keyBlocked",
    "API_KEY_HTTP_REFERRER_BLOCKED": "keyBlocked",
    "API_KEY_ANDROID_APP_BLOCKED": "keyBlocked",
    "API_KEY_IOS_APP_BLOCKED": "keyBlocked",
    "ipRefererBlocked": "keyBlocked",
}
_WORDS_LETTERS = 200


class QuotaUsedUpError(RateLimitedError):
    """Google answers nothing more today; ``next_at`` is its next midnight."""


class KeyRefusedError(UpstreamRefusedError):
    """The key opens nothing: the message says why, and what to do."""


@dataclass(frozen=True)
class _Said:
    """``reasons``: from the most telling to the least; ``words``: the message, without its markup."""

    reasons: tuple[str, ...]
    words: str

    @property
    def named(self) -> str:
        return f"{self.reasons[0]}: {self.words}" if self.reasons else self.words


def refusal(refused: Refused) -> EtHeatmapError | None:
    """The error of the state that the refusal is; None where the status says it all."""
    said = _said(refused.body)
    if said is None:
        return None
    reasons, now = [_SAME.get(reason, reason) for reason in said.reasons], _instant(refused)
    # Limits on calls a day are told as limits on speed; they end when the day does.
    is_of_day = not _DAY_USED_UP.isdisjoint(reasons) or "per day" in said.words
    if is_of_day and not (_DAY_USED_UP | _TOO_FAST).isdisjoint(reasons):
        return _used_up(said, now)
    if not _TOO_FAST.isdisjoint(reasons):
        return RateLimitedError(f"YouTube was asked too fast ({said.named}): ask again later.", now and now + _MINUTE)
    for reason in reasons:
        if reason in _KEY_REMEDIES:
            return KeyRefusedError(f"YouTube {_KEY_REMEDIES[reason]} ({said.named}).", refused.status_code)
        if reason in _OTHER_REMEDIES:
            told = f"{refused.shown}: YouTube {_OTHER_REMEDIES[reason]} ({said.named})."
            return UpstreamRefusedError(told, refused.status_code)
    return _by_status(refused, said)


def cost(status_code: int, _headers: Mapping[str, str]) -> int | None:
    """Units of an answer beside what was set aside: Google does not charge whom it does not let in, and a unit for a
    question that it does not understand."""
    if status_code in (401, 403, 429):
        return 0
    return 1 if 400 <= status_code < 500 else None


def next_midnight(now: datetime) -> datetime:
    """When Google's day ends, in UTC: its quotas go by Pacific time."""
    tomorrow = now.astimezone(_GOOGLE_DAY).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_GOOGLE_DAY).astimezone(UTC)


def _used_up(said: _Said, now: datetime | None) -> QuotaUsedUpError:
    at = now and next_midnight(now)
    until = f"at {at:%Y-%m-%d %H:%M} UTC" if at else "at midnight in Los Angeles"
    return QuotaUsedUpError(
        f"YouTube's quota of the day is used up ({said.named}): it begins anew {until}; if that is early in the day, "
        "somebody else uses the key.", at
    )  # fmt: skip


def _by_status(refused: Refused, said: _Said) -> EtHeatmapError | None:
    status, shown = refused.status_code, refused.shown
    if status in (401, 403):
        return UpstreamRefusedError(
            f"{shown} was refused with status {status} ({said.named}): check what {KEY} may do in Google's console.",
            status,
        )
    if 400 <= status < 500 and status != 429:
        return UpstreamRefusedError(
            f"YouTube does not understand {shown} ({said.named}): a field or parameter may have been renamed.", status
        )
    return None


def _said(body: bytes) -> _Said | None:
    """None where the body is no error of Google's."""
    try:
        error = json.loads(body)["error"]
        words = str(error.get("message") or error.get("status") or "no reason given")
        reasons = tuple(_reasons(error, words))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    plain = " ".join(re.sub(r"<[^>]*>", "", words).split())
    return _Said(reasons, plain.rstrip(".")[:_WORDS_LETTERS])


def _reasons(error: Mapping[str, Any], words: str) -> Iterator[str]:
    if "API key not valid" in words:  # with the reason badRequest
        yield "keyInvalid"
    if "API key expired" in words:
        yield "keyExpired"
    for detail in (*error.get("details", ()), *error.get("errors", ())):
        if isinstance(reason := detail.get("reason"), str):
            yield reason
    if isinstance(status := error.get("status"), str):
        yield status


def _instant(refused: Refused) -> datetime | None:
    """By Google's own clock, which its day goes by."""
    try:
        at = parsedate_to_datetime(refused.headers.get("date", ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
