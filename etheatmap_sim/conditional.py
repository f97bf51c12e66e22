"""Answers with validators: an ETag of the bytes, a Last-Modified, and 304 for a client that has them already."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response


def answer(
    request: Request,
    body: bytes,
    media_type: str,
    last_modified: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The body, or 304. As RFC 9110 has it, If-Modified-Since counts only where no If-None-Match is sent."""
    validators = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"', **(headers or {})}
    if last_modified:
        validators["Last-Modified"] = format_datetime(last_modified, usegmt=True)
    if _has_it(request, validators["ETag"], last_modified):
        return Response(status_code=304, headers=validators)
    return Response(body, headers=validators, media_type=media_type)


def _has_it(request: Request, etag: str, last_modified: datetime | None) -> bool:
    sent = request.headers.get("if-none-match")
    if sent is not None:
        return etag in sent or sent.strip() == "*"
    since = request.headers.get("if-modified-since")
    if since is None or last_modified is None:
        return False
    try:
        return last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except ValueError:
        return False  # a date that cannot be read is no condition
