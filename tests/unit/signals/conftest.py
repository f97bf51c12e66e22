"""Small dump files, written by hand in the tests."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def packed(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a gzip file with this content."""

    def write(plain: bytes) -> Path:
        path = tmp_path / "pageviews-20120218-180000.gz"
        path.write_bytes(gzip.compress(plain, mtime=0))
        return path

    return write


@pytest.fixture
def dump(packed: Callable[[bytes], Path]) -> Callable[..., Path]:
    """Writes a gzip file of these lines."""

    def write(*lines: str | bytes) -> Path:
        return packed(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))

    return write
