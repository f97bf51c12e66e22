"""What an upstream's own words make of a refusal."""

from pathlib import Path

import pytest
from http_kit import ATTEMPTS, NOW, Kit, Server, answer

from etheatmap_assets.resources.http import Call, Refused
from etheatmap_core.errors import EtHeatmapError, RateLimitedError, UpstreamRefusedError

QUOTA = b'{"error": {"reason": "quotaExceeded"}}'


def refusal(refused: Refused) -> EtHeatmapError | None:
    if b"quotaExceeded" in refused.body:
        return RateLimitedError(f"{refused.headers['x-plan']} ({refused.status_code}) is used up.", NOW)
    return None


@pytest.mark.parametrize("status", [403, 429, 500])
def test_the_words_win_over_the_status_and_nothing_is_asked_again(
    server: Server, kit: Kit, target: Path, status: int
) -> None:
    server.script = [answer(status, QUOTA, x_plan="the day's quota")]
    with pytest.raises(RateLimitedError, match=rf"^the day's quota \({status}\) is used up\.$"):
        kit.gateway.fetch(Call("wiki", server.url, refusal=refusal), target)
    assert len(server.asked) == 1


def test_without_such_words_the_status_stands(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(403, b"who are you?")]
    with pytest.raises(UpstreamRefusedError, match="status 403"):
        kit.gateway.fetch(Call("wiki", server.url, refusal=refusal), target)
    server.script = [answer(429, b"slower")]
    with pytest.raises(RateLimitedError, match="does not say when"):
        kit.gateway.fetch(Call("wiki", server.url, refusal=refusal), target)
    assert len(server.asked) == 1 + ATTEMPTS


def test_an_explanation_that_breaks_off_or_never_ends_is_taken_as_far_as_it_came(
    server: Server, kit: Kit, target: Path
) -> None:
    seen: list[bytes] = []

    def listens(refused: Refused) -> None:
        seen.append(refused.body)

    server.script = [answer(403, b"quo", announced=1000)]
    with pytest.raises(UpstreamRefusedError, match="status 403"):
        kit.gateway.fetch(Call("wiki", server.url, refusal=listens), target)
    server.script = [answer(403, b"x" * 10**6)]
    with pytest.raises(UpstreamRefusedError, match="status 403"):
        kit.gateway.fetch(Call("wiki", server.url, refusal=listens), target)
    assert [len(body) for body in seen] == [3, 64 * 1024]
