"""Decompression that believes nothing: a gzip file passes only whole, with the right CRC and length.

DuckDB reads gzip too, and ISA-L (isal 1.9) is 2.5 times as fast as zlib, but neither checks CRC or length (tried: a
flipped bit becomes a row).
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

from etheatmap_core.errors import CorruptCaptureError

_GZIP_MEMBER = 16 + zlib.MAX_WBITS  # zlib then reads header and trailer itself and compares CRC and length
_READ_BYTES = 128 * 1024  # deflate expands at most a thousandfold: a hostile file costs 130 MB, not all memory


def plain_chunks(path: Path) -> Iterator[bytes]:
    """The decompressed bytes in pieces of some hundred KB; CorruptCaptureError at the latest after the last one."""
    member = zlib.decompressobj(_GZIP_MEMBER)
    is_between_members = False
    with path.open("rb") as file:
        while data := file.read(_READ_BYTES):
            while data:
                try:
                    yield member.decompress(data)
                except zlib.error as error:
                    raise CorruptCaptureError(f"{path.name} is not an intact gzip file ({error}).") from error
                is_between_members, data = member.eof, member.unused_data
                if is_between_members:
                    member = zlib.decompressobj(_GZIP_MEMBER)
    if not is_between_members:
        raise CorruptCaptureError(f"{path.name} is cut short: its gzip stream has no end.")


def verify_gzip(path: Path) -> None:
    """Raises CorruptCaptureError, naming file and reason, unless the gzip stream is whole with the right CRC."""
    for _ in plain_chunks(path):
        pass
