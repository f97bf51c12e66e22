"""Small dump files, written by hand in the tests."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

HOUR = datetime(2012, 2, 18, 17, tzinfo=UTC)


def dump(folder: Path, *lines: str | bytes) -> Path:
    """A gzip file of these lines."""
    plain = b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)
    return packed(folder, plain)


def packed(folder: Path, plain: bytes) -> Path:
    path = folder / "pageviews-20120218-180000.gz"
    path.write_bytes(gzip.compress(plain, mtime=0))
    return path
