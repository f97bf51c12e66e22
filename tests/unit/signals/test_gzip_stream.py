"""A gzip file passes only whole, with the right CRC and length."""

import gzip
from pathlib import Path

import pytest

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.gzip_stream import plain_chunks, verify_gzip

PLAIN = b"".join(f"en Page_{number} {number} 0\n".encode() for number in range(50_000))
PACKED = gzip.compress(PLAIN, mtime=0)


def flipped(position: int) -> bytes:
    damaged = bytearray(PACKED)
    damaged[position] ^= 0x10
    return bytes(damaged)


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        pytest.param(PACKED, PLAIN, id="one member"),
        pytest.param(PACKED + PACKED, PLAIN + PLAIN, id="two members"),
        pytest.param(gzip.compress(b""), b"", id="nothing, packed"),
    ],
)
def test_a_whole_file_gives_its_bytes(tmp_path: Path, content: bytes, plain: bytes) -> None:
    path = tmp_path / "whole.gz"
    path.write_bytes(content)
    assert b"".join(plain_chunks(path)) == plain


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "cut short", id="empty file"),
        pytest.param(PACKED[: len(PACKED) // 2], "cut short", id="half a file"),
        pytest.param(PACKED[:-8], "cut short", id="trailer missing"),
        pytest.param(PACKED[:-1], "cut short", id="last byte missing"),
        pytest.param(PACKED + PACKED[:100], "cut short", id="second member cut"),
        pytest.param(flipped(-8), "incorrect data check", id="wrong CRC"),
        pytest.param(flipped(-1), "incorrect length check", id="wrong length"),
        pytest.param(flipped(len(PACKED) // 2), "not an intact gzip", id="a flipped bit inside"),
        pytest.param(b"<!DOCTYPE html><title>Error</title>", "incorrect header check", id="an error page"),
        pytest.param(PACKED + b"garbage", "incorrect header check", id="something after the end"),
    ],
)
def test_anything_else_is_corrupt_and_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.gz"
    path.write_bytes(content)
    with pytest.raises(CorruptCaptureError, match=rf"broken\.gz.*{reason}"):
        verify_gzip(path)
