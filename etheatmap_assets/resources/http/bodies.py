"""Bodies on their way to a file: counted before and after unpacking, hashed as they are written."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from etheatmap_core.errors import CorruptCaptureError

_GZIP_MEMBER = 16 + zlib.MAX_WBITS  # zlib then compares CRC and length
_PIECE_BYTES = 256 * 1024


class CutShortError(CorruptCaptureError):
    """Fewer bytes than announced: asked again first, corrupt only if that does not help."""


def write_body(
    shown: str, chunks: Iterable[bytes], to: Path, *, is_packed: bool, max_size_bytes: int
) -> tuple[int, str]:
    """Size and sha256 of what was written. ``shown`` is the address in messages.

    CorruptCaptureError where more arrives, or comes out of it, than ``max_size_bytes``: a small gzip can be endless.
    """
    digest, size_bytes = hashlib.sha256(), 0
    counted = _counted(shown, chunks, max_size_bytes)
    with to.open("wb") as file:
        for piece in _unpacked(shown, counted) if is_packed else counted:
            size_bytes += len(piece)
            require_size(shown, size_bytes, max_size_bytes)
            digest.update(piece)
            file.write(piece)
    return size_bytes, digest.hexdigest()


def require_size(shown: str, size_bytes: int, max_size_bytes: int) -> None:
    if size_bytes > max_size_bytes:
        raise CorruptCaptureError(f"{shown} is larger than {max_size_bytes} bytes.")


def _counted(shown: str, chunks: Iterable[bytes], max_size_bytes: int) -> Iterator[bytes]:
    size_bytes = 0
    for chunk in chunks:
        size_bytes += len(chunk)
        require_size(shown, size_bytes, max_size_bytes)
        yield chunk


def _unpacked(shown: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Plain bytes in pieces of bounded size. An empty body is one, packed or not."""
    member, has_begun = zlib.decompressobj(_GZIP_MEMBER), False
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_MEMBER)
                has_begun = True
                yield from _drained(member, data)
                data = member.unused_data
    except zlib.error as error:
        raise CorruptCaptureError(f"{shown} is not the gzip stream it is said to be ({error}).") from error
    if has_begun and not member.eof:
        raise CutShortError(f"{shown} was cut short: its gzip stream has no end.")


def _drained(member: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Everything ``data`` unpacks to. What does not fit into a piece waits in zlib, even where no input is left."""
    piece = member.decompress(data, _PIECE_BYTES)
    while piece:
        yield piece
        piece = member.decompress(member.unconsumed_tail, _PIECE_BYTES)
