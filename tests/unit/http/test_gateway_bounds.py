"""What a call may bring: sizes, times, packed bodies; and files in place of an upstream."""

import gzip
import hashlib
from pathlib import Path

import pytest
from http_kit import Kit, Server, answer, drips, limits, unannounced

from etheatmap_assets.resources.http import Call
from etheatmap_core.archive import Received
from etheatmap_core.errors import (
    CorruptCaptureError,
    NotPublishedYetError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)

BODY = b"en Whitney_Houston 41433 0\n" * 5000


# --- Sizes and times


def test_an_endless_answer_is_refused(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(max_size_bytes=1000)})
    server.script = [answer(200, BODY), unannounced(BODY)]
    for _ in range(2):
        with pytest.raises(CorruptCaptureError, match="larger than 1000 bytes"):
            kit.gateway.fetch(Call("wiki", server.url), target)
    assert not target.exists()
    kit.gateway.close()


def test_an_answer_that_drips_is_given_up_when_the_call_has_had_its_time(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(max_seconds=1)})
    server.script = [drips]
    with pytest.raises(UpstreamUnreachableError, match="took longer than 1 seconds"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 1
    kit.gateway.close()


def test_what_is_packed_on_the_way_is_plain_in_the_archive(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(accepts_gzip=True)})
    server.script = [answer(200, gzip.compress(BODY), Content_Encoding="gzip"), answer(200, BODY)]
    for _ in range(2):
        received = kit.gateway.fetch(Call("wiki", server.url), target)
        assert (received.size_bytes, target.read_bytes()) == (len(BODY), BODY)
    assert server.asked[0].headers["Accept-Encoding"] == "gzip"
    kit.gateway.close()


def test_a_small_packed_answer_can_be_endless(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(accepts_gzip=True, max_size_bytes=10**6)})
    server.script = [answer(200, gzip.compress(bytes(10**8)), Content_Encoding="gzip")]
    with pytest.raises(CorruptCaptureError, match="larger than 1000000 bytes"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    kit.gateway.close()


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (gzip.compress(BODY)[:-9], "gzip", "cut short: its gzip stream has no end"),
        (b"plain", "gzip", "is not the gzip stream it is said to be"),
        (gzip.compress(BODY)[:-8] + bytes(8), "gzip", "is not the gzip stream it is said to be"),
        (BODY, "br", "packed as br, which nobody asked for"),
        (BODY, "gzip, gzip", "packed as gzip, gzip, which nobody asked for"),
    ],
)
def test_what_does_not_unpack_is_corrupt(server: Server, target: Path, body: bytes, encoding: str, told: str) -> None:
    kit = Kit(server.place, limits_of={"wiki": limits(accepts_gzip=True)})
    server.script = [answer(200, body, Content_Encoding=encoding)]
    with pytest.raises(CorruptCaptureError, match=told):
        kit.gateway.fetch(Call("wiki", server.url), target)
    kit.gateway.close()


def test_packed_files_are_not_unpacked(server: Server, kit: Kit, target: Path) -> None:
    """Of dumps the bytes as sent are what is hashed and kept, whatever the server says about them."""
    server.script = [answer(200, BODY, Content_Encoding="gzip")]
    assert kit.gateway.fetch(Call("wiki", server.url), target).size_bytes == len(BODY)
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


# --- Files


def test_a_file_url_is_copied_without_a_limit(kit: Kit, tmp_path: Path, target: Path) -> None:
    source = tmp_path / "ein é.gz"
    source.write_bytes(BODY)
    received = kit.gateway.fetch(Call("wiki", source.as_uri()), target)
    assert received == Received(source.as_uri(), None, len(BODY), hashlib.sha256(BODY).hexdigest())
    assert target.read_bytes() == BODY
    assert kit.limiter.taken == []
    assert kit.audit.events == [("fetch", "ok")]


def test_a_missing_file_is_not_published_yet(kit: Kit, tmp_path: Path, target: Path) -> None:
    with pytest.raises(NotPublishedYetError, match="missing"):
        kit.gateway.fetch(Call("wiki", (tmp_path / "missing.gz").as_uri()), target)


def test_no_other_source_reads_files(tmp_path: Path, target: Path) -> None:
    kit = Kit("example.org", limits_of={"trade_rss": limits(source="trade_rss")})
    with pytest.raises(UpstreamRefusedError, match="only http and https are asked, not file"):
        kit.gateway.fetch(Call("trade_rss", (tmp_path / "secret").as_uri()), target)
    kit.gateway.close()
