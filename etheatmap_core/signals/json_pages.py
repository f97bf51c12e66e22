"""JSON documents one after the other: the pages of one answer, as they were asked for. Pure."""

import json
from collections.abc import Iterator

from etheatmap_core.errors import CorruptCaptureError


def json_pages(body: bytes, about: str, *, nothing: str) -> Iterator[object]:
    """Each document. CorruptCaptureError, naming ``about``, where they are not UTF-8, not whole, or there is none;
    ``nothing``: what an empty answer does not even hold."""
    try:
        text = body.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise CorruptCaptureError(f"{about} is not UTF-8 ({error.reason} at byte {error.start}).") from None
    if not text:
        raise CorruptCaptureError(f"{about} is empty: not even {nothing}.")
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        try:
            page, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise CorruptCaptureError(f"{about} is not whole JSON ({error}): {text[:40]!r}...") from None
        yield page
        while position < len(text) and text[position].isspace():
            position += 1
