"""Google Trends through pytrends, with everything it sends going through the gateway, its own retries off.

pytrends 4.9 opens a session of its own for each request and has lost its way with urllib3 2 (``retries`` > 0 breaks);
the two methods that send are replaced here. Its data frame is not used: the bytes are read by our own, strict parser.
Here: the client. Not here: what is asked and what the bytes mean (sources/trends.py).
"""

import json
import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import requests
from pytrends.request import BASE_TRENDS_URL, TrendReq  # type: ignore[import-untyped]

from etheatmap_assets.resources.http import Gateway
from etheatmap_core.archive import Received
from etheatmap_core.errors import CorruptCaptureError, UpstreamRefusedError

WINDOW = "now 7-d"  # the longest that comes in hours
_COOKIE = "NID"
# The page that gives the cookie answers pytrends' spelling of its address with a 404, and the cookie (recorded 2023).
_ALSO_ANSWERS = frozenset({requests.codes.not_found})
_NO_LINES: dict[str, Any] = {"default": {"timelineData": []}}


class InterestClient:
    """Interest over time. A context manager: it closes its session."""

    def __init__(self, gateway: Gateway, source: str, base_url: str) -> None:
        self._heard: list[tuple[Received, bytes]] = []
        self._session = gateway.session(source, self._keep, also_answers=_ALSO_ANSWERS)
        self._base_url = base_url
        self._pytrends: _Pytrends | None = None

    def interest(self, keywords: Sequence[str], region: str, category: int) -> tuple[Received, bytes]:
        """The hours of a week, of all keywords on one scale, as Google sent them: two requests, and one for a cookie
        before the first. What goes wrong is this question's alone."""
        if self._pytrends is None:
            self._pytrends = _Pytrends(self._session, self._base_url)
        self._pytrends.interest_over_time_widget = {}  # of an earlier question, should this one get none
        self._pytrends.build_payload(list(keywords), cat=category, timeframe=WINDOW, geo=region)
        _require_widget(self._pytrends.interest_over_time_widget, keywords)
        self._heard.clear()
        self._pytrends.interest_over_time()
        return self._heard[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def _keep(self, _request: requests.PreparedRequest, received: Received, body: bytes) -> None:
        self._heard.append((received, body))


class _Pytrends(TrendReq):  # type: ignore[misc]  # untyped
    """Sends by ``session``; raises our states."""

    def __init__(self, session: requests.Session, base_url: str) -> None:
        self._session, self._base_url = session, base_url
        super().__init__(hl="en-US", tz=0, retries=0, backoff_factor=0)

    def GetGoogleCookie(self) -> dict[str, str]:  # noqa: N802  (pytrends' name)
        """Without it Google refuses the first question as one too many."""
        self._session.get(self._at(f"{BASE_TRENDS_URL}/explore/"), params={"geo": self.hl[-2:]})
        return {name: value for name, value in self._session.cookies.items() if name == _COOKIE}

    def _get_data(self, url: str, method: str = TrendReq.GET_METHOD, trim_chars: int = 0, **kwargs: Any) -> Any:
        """Widgets as Python values; lines are only fetched, whoever listens to the session has them."""
        answer = self._session.request(method, self._at(url), headers=self.headers, **kwargs)
        if answer.status_code != requests.codes.ok:
            where = answer.url.partition("?")[0]
            raise UpstreamRefusedError(
                f"{where} was refused with status {answer.status_code}: Google has moved it, or wants a login.",
                answer.status_code,
            )
        return _NO_LINES if url == TrendReq.INTEREST_OVER_TIME_URL else _widgets(answer.content[trim_chars:])

    def _at(self, url: str) -> str:
        return url.replace(BASE_TRENDS_URL, f"{self._base_url}/trends")


def _widgets(body: bytes) -> dict[str, Any]:
    """Bytes that are no UTF-8 are no JSON: requests would put question marks in their place."""
    try:
        page = json.loads(body)
    except ValueError as error:
        raise CorruptCaptureError(f"explore of trends is not whole JSON ({error}): {body[:40]!r}...") from None
    widgets = page.get("widgets") if isinstance(page, dict) else None
    if not isinstance(widgets, list) or not all(isinstance(one, dict) and "id" in one for one in widgets):
        raise CorruptCaptureError("explore of trends has no list 'widgets' with an 'id' each.")
    return {"widgets": widgets}


def _require_widget(widget: dict[str, Any], keywords: Sequence[str]) -> None:
    """The lines come in the order of the widget's keywords: they have to be ours."""
    try:
        items = widget["request"]["comparisonItem"]
        spelled = [item["complexKeywordsRestriction"]["keyword"][0]["value"] for item in items]
        is_there = isinstance(widget["token"], str)
    except (KeyError, IndexError, TypeError):
        raise CorruptCaptureError(
            "explore of trends has no widget 'TIMESERIES' with 'request' and 'token': its interest cannot be asked for."
        ) from None
    if not is_there or [_bare(one) for one in spelled] != [_bare(one) for one in keywords]:
        raise CorruptCaptureError(f"explore of trends is about {spelled}, where {list(keywords)} were asked for.")


def _bare(keyword: object) -> str:
    return re.sub(r"\W+", "", str(keyword)).casefold()
