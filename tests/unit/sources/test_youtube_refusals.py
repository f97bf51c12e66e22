"""What Google says when it refuses. No recordings exist but one: the bodies are as Google documents them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scripted_gateway import Reply, ScriptedGateway
from youtube_plans import NAMES, plan

from etheatmap_assets.resources.http import Call, Refused
from etheatmap_assets.sources.youtube import open_asker, questions
from etheatmap_assets.sources.youtube_refusals import (
    KeyRefusedError,
    QuotaUsedUpError,
    cost,
    next_midnight,
    refusal,
)
from etheatmap_core.errors import EtHeatmapError, RateLimitedError, UpstreamRefusedError

SHOWN = "https://www.googleapis.com/youtube/v3/videos"
DATE = "Fri, 20 Nov 2026 15:05:00 GMT"
MIDNIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def said(reason: str, words: str = "Words of Google.", *, status: str = "", detail: str = "") -> bytes:
    error: dict[str, Any] = {"message": words, "errors": [{"message": words, "domain": "x", "reason": reason}]}
    error |= {"status": status} if status else {}
    error |= {"details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail}]} if detail else {}
    return json.dumps({"error": error}).encode()


def refused(status: int, body: bytes, date: str | None = DATE) -> EtHeatmapError | None:
    return refusal(Refused(status, {"date": date} if date else {}, body, SHOWN))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, said("quotaExceeded", 'You have exceeded your <a href="/youtube">quota</a>.')),
        (403, said("dailyLimitExceeded")),
        (429, said("rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per day'.")),
    ],
)
def test_a_quota_that_is_used_up_ends_at_midnight_in_los_angeles(status: int, body: bytes) -> None:
    error = refused(status, body)
    assert isinstance(error, QuotaUsedUpError)
    assert error.next_at == MIDNIGHT
    assert "YouTube's quota of the day is used up (" in str(error)
    assert "it begins anew at 2026-11-21 08:00 UTC" in str(error)
    assert "<a" not in str(error)


def test_without_a_date_of_googles_nobody_knows_when() -> None:
    error = refused(403, said("quotaExceeded"), date=None)
    assert isinstance(error, QuotaUsedUpError)
    assert error.next_at is None
    assert "at midnight in Los Angeles" in str(error)


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (datetime(2026, 11, 20, 15, 5, tzinfo=UTC), MIDNIGHT),
        (datetime(2026, 11, 21, 7, 59, tzinfo=UTC), MIDNIGHT),
        (MIDNIGHT, datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 2, 7, tzinfo=UTC)),  # summer time
        (datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),  # the day of 25 hours
    ],
)
def test_googles_midnight(now: datetime, midnight: datetime) -> None:
    assert next_midnight(now) == midnight


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (429, "rateLimitExceeded")]
)
def test_too_fast_is_not_the_end_of_the_day(status: int, reason: str) -> None:
    error = refused(status, said(reason))
    assert type(error) is RateLimitedError
    assert error.next_at == datetime(2026, 11, 20, 15, 6, tzinfo=UTC)
    assert f"asked too fast ({reason}: Words of Google)" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, said("keyInvalid"), "does not know our key: set YOUTUBE_API_KEY"),
        (400, said("badRequest", "API key not valid. Please pass a valid API key."), "does not know our key"),
        (400, said("badRequest", detail="API_KEY_INVALID"), "does not know our key"),
        (
            400,
            said("badRequest", "API key expired. Please renew the API key."),
            "says that our key has expired: make a new one",
        ),
        (403, said("accessNotConfigured"), "is not switched on for our key: enable YouTube Data API v3"),
        (403, said("forbidden", detail="SERVICE_DISABLED"), "is not switched on for our key"),
        (
            403,
            said("forbidden", detail="API_KEY_SERVICE_BLOCKED"),
            "may not be asked with our key: see its restrictions",
        ),
        (403, said("ipRefererBlocked"), "may not be asked with our key"),
    ],
)
def test_a_key_that_opens_nothing_says_why_and_what_to_do(status: int, body: bytes, told: str) -> None:
    error = refused(status, body)
    assert isinstance(error, KeyRefusedError)
    assert f"YouTube {told}" in str(error)
    assert error.status_code == status


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (404, "videoNotFound", "does not have the video any more"),
        (404, "videoChartNotFound", "has no such chart"),
        (400, "invalidPageToken", "does not take the page"),
        (
            403,
            "forbidden",
            r"was refused with status 403 \(forbidden: Words of Google\): check what YOUTUBE_API_KEY may",
        ),
        (
            400,
            "invalidParameter",
            r"does not understand .* \(invalidParameter: .*\): a field or parameter may have been",
        ),
        (418, "somethingNew", r"does not understand .* \(somethingNew"),
    ],
)
def test_other_refusals_are_told_apart(status: int, reason: str, told: str) -> None:
    error = refused(status, said(reason))
    assert type(error) is UpstreamRefusedError
    with pytest.raises(UpstreamRefusedError, match=told):
        raise error
    assert error.status_code == status
    assert SHOWN in str(error)


@pytest.mark.realdata
def test_a_recorded_refusal(realdata: Path) -> None:
    error = refused(403, (realdata / "api_youtube" / "apidata" / "error_permission_resp.json").read_bytes())
    assert type(error) is UpstreamRefusedError
    assert "(SERVICE_UNAVAILABLE: The caller does not have permission)" in str(error)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"error": "denied"}', b'{"error": {"errors": "x"}}', b"\xff", said("backendError")],
)
def test_without_words_of_googles_the_status_stands(body: bytes) -> None:
    assert refused(500, body) is None


@pytest.mark.parametrize(
    ("status", "units"), [(200, None), (304, None), (400, 1), (404, 1), (401, 0), (403, 0), (429, 0), (500, None)]
)
def test_what_a_refusal_costs(status: int, units: int | None) -> None:
    assert cost(status, {}) == units


@pytest.mark.parametrize("error", [KeyRefusedError("revoked", 400), QuotaUsedUpError("used up")])
def test_after_a_refusal_of_everything_nothing_more_is_sent(tmp_path: Path, error: EtHeatmapError) -> None:
    def answer(_call: Call) -> Reply:
        raise error

    gateway = ScriptedGateway(answer)
    with open_asker(gateway.as_gateway(), plan(NAMES)) as ask:
        for question in questions(plan(NAMES)):
            with pytest.raises(type(error)):
                ask(question, tmp_path / "answer", None)
    assert len(gateway.calls) == 1


def test_what_only_one_question_meets_is_met_again(tmp_path: Path) -> None:
    def answer(_call: Call) -> Reply:
        raise UpstreamRefusedError("no", 404)

    gateway, every = ScriptedGateway(answer), questions(plan(NAMES))
    with open_asker(gateway.as_gateway(), plan(NAMES)) as ask:
        for question in every:
            with pytest.raises(UpstreamRefusedError):
                ask(question, tmp_path / "answer", None)
    assert len(gateway.calls) == len(every)
