"""Responses in the forms the API speaks: JSON, CSV, HTML."""

from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

# Scores change once an hour; a quarter of a minute spares the database and nobody notices.
SCORES_MAX_AGE_SECONDS = 15
_CACHEABLE = {"Cache-Control": f"max-age={SCORES_MAX_AGE_SECONDS}"}
# No script at all and nothing from elsewhere: even a name that slipped past the escaping could not run.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STYLESHEET_HASH = sha256(files("etheatmap_api").joinpath("static/dashboard.css").read_bytes()).hexdigest()[:12]
_templates = Environment(
    loader=PackageLoader("etheatmap_api"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def json_answer(body: Any, *, status_code: int = 200, max_age_seconds: int | None = None) -> Response:
    """``body`` as JSON; numbers in full, what is not a number as null."""
    headers = None if max_age_seconds is None else {"Cache-Control": f"max-age={max_age_seconds}"}
    return Response(orjson.dumps(body), status_code, headers, "application/json")


def csv_answer(text: str, filename: str) -> Response:
    """A CSV download."""
    headers = {"Content-Disposition": f"attachment; filename={filename}", "X-Content-Type-Options": "nosniff"}
    return Response(text.encode(), 200, headers | _CACHEABLE, "text/csv; charset=utf-8")


def html_answer(template: str, *, status_code: int = 200, **context: object) -> HTMLResponse:
    """A page. Every value is escaped by the template."""
    text = _templates.get_template(template).render(stylesheet=f"/static/dashboard.css?v={_STYLESHEET_HASH}", **context)
    headers = {
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        **(_CACHEABLE if status_code == 200 else {"Cache-Control": "no-store"}),
    }
    return HTMLResponse(text, status_code, headers)
