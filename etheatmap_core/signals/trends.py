"""Google Trends: hourly interest on one scale, and the searches that are rising now. Pure.

The scale: Google gives each answer whole numbers relative to the busiest point in it, so the same 40 means something
else in every answer. Each request holds one keyword more, the anchor; ``interest`` is in hundredths of the anchor's
mean over the answer's final hours: 100 is searched as much as the anchor was, an hour on average, in that week. An
answer covers a week, so the anchor's nights and weekends cancel out. What is left is Google's rounding to whole
hundredths of the busiest point: beside an entity that towers a hundredfold over the anchor the scale is coarse.

``time`` of a point is the START of its period (recorded weeks show it: "Sep 28 - Oct 4" has Sep 28, 00:00 UTC).
Points that Google marks as partial are dropped, they would be stored as final; a point that Google has no data for is a
gap, not a zero. Here: reading answers. Not here: asking (assets), which capture owns an hour (readings).
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.drift import require_not_renamed
from etheatmap_core.signals.items import Item

SITE = "https://trends.google.com"
_HOUR_SECONDS = 3_600
_PREFIX = re.compile(rb"\s*\)\]\}',?\s*")  # keeps a page from running the answer as a script
_HT = "{https://trends.google.com/trending/rss}"
_TRAFFIC = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([KM]?)\+?", re.IGNORECASE)
# What recorded points have, from 2016 to 2026.
_OF_A_POINT = ("time", "formattedTime", "formattedAxisTime", "value", "hasData", "formattedValue", "columnData")
_TIMES = {"": 1, "K": 1_000, "M": 1_000_000}
_OF_A_SEARCH = ("title", "approx_traffic", "description", "link", "pubDate", "picture", "picture_source", "guid")
_OF_NEWS = ("news_item_snippet", "news_item_url", "news_item_picture", "news_item_source")
# What else Trends answers, by a field that only it has, in our words.
_OTHERS = {
    "widgets": "the widgets of an explore page",
    "geoMapData": "interest by region",
    "rankedList": "related searches or topics",
    "topics": "an autocompletion",
    "children": "a list of categories or places",
    "trendingStoryIds": "the stories of the closed realtime trends",
    "topCharts": "the top charts of a year",
    "united_states": "the hot searches of a closed address",
}
_OPERATORS = re.compile(r'[+"()]|(?<!\S)-')


class Point(NamedTuple):
    """One period. ``values``: 0 to 100 a keyword, in the order they were asked in; None where there is no data."""

    time: datetime
    values: tuple[int | None, ...]
    is_partial: bool


class Interest(NamedTuple):
    """A final value of an entity in an hour, on the anchor's scale."""

    entity: str
    ts: datetime
    value: float


def search_term(name: str) -> str:
    """The name as a search: without the characters that Trends takes for operators (+ is "or", - is "without")."""
    return " ".join(_OPERATORS.sub(" ", name).split()) or name


def hourly_interest(body: bytes, entities: Sequence[str]) -> list[Interest]:
    """The final hours of an answer about the anchor, which comes first, and these entities.

    Raises CorruptCaptureError for any other answer, one of days or weeks among them.
    """
    points = timeline(body)
    _require_hours(points)
    keywords = 1 + len(entities)
    for point in points:
        if len(point.values) != keywords:
            raise CorruptCaptureError(f"interest of trends has {len(point.values)} values for {keywords} keywords.")
    final = [point for point in points if not point.is_partial]
    anchor = [point.values[0] for point in final if point.values[0] is not None]
    if not final:
        return []
    if not sum(anchor):
        raise CorruptCaptureError(
            "The anchor has no interest in this answer of trends, so it gives no scale: choose another TRENDS_ANCHOR."
        )
    mean = sum(anchor) / len(anchor)
    return [
        Interest(entity, point.time, 100 * value / mean)
        for position, entity in enumerate(entities, start=1)
        for point in final
        if (value := point.values[position]) is not None
    ]


def timeline(body: bytes) -> list[Point]:
    """The points of any interest-over-time answer, of whatever step, in order of time."""
    data = _json(body)
    default = data.get("default", data) if isinstance(data, dict) else data
    points = default.get("timelineData") if isinstance(default, dict) else None
    if not isinstance(points, list):
        where = "" if isinstance(data, dict) and "default" in data else " and no 'default'"
        raise CorruptCaptureError(f"interest of trends has no list 'timelineData'{where}{_what_else(data, default)}.")
    read = [_point(point) for point in points]
    # Only the hour that is not over is marked; under another name it would be stored as final.
    require_not_renamed(points, ("isPartial",), _OF_A_POINT, "interest of trends")
    if any(later.time <= earlier.time for earlier, later in pairwise(read)):
        raise CorruptCaptureError("interest of trends has points that are not in the order of their time.")
    return read


def trending(body: bytes, url: str) -> list[Item]:
    """The searches of the trending feed at ``url``: what rises today, with the headlines Google links it to.

    A search is one item a day and region, whatever its traffic grows to, so that the id lasts.
    """
    region = parse_qs(urlsplit(url).query).get("geo", ["world"])[0]
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise CorruptCaptureError(f"trending of trends is not intact XML ({error}): {body[:40]!r}...") from None
    channel = root.find("channel")
    if root.tag != "rss":
        raise CorruptCaptureError(f"trending of trends is no RSS: it begins with <{root.tag}>.")
    if channel is None:
        raise CorruptCaptureError("trending of trends is no RSS: it has no <channel>.")
    items = channel.findall("item")
    if not items and (other := [child.tag for child in channel if child.find("pubDate") is not None]):
        raise CorruptCaptureError(f"trending of trends has no <item>, but <{other[0]}>: it has been renamed.")
    found = [_search(item, region) for item in items]
    _require_known_names(items)
    return found


def explore_url(base_url: str, keywords: Sequence[str], region: str) -> str:
    """The page where people see the same."""
    query = {"q": ",".join(keywords), "date": "now 7-d", "geo": region}
    return f"{base_url}/trends/explore?{urlencode(query)}"


def _require_known_names(items: Sequence[Element]) -> None:
    """A search may stand alone; its news, and their headlines, may not have other names."""
    news = [one for item in items for one in item.findall(f"{_HT}news_item")]
    for holders, field, known in ((items, "news_item", _OF_A_SEARCH), (news, "news_item_title", _OF_NEWS)):
        named = [{child.tag.removeprefix(_HT): child for child in holder} for holder in holders]
        require_not_renamed(named, (field,), known, "trending of trends")


def _require_hours(points: Sequence[Point]) -> None:
    seconds = [(later.time - earlier.time).total_seconds() for earlier, later in pairwise(points)]
    step = min(seconds, default=_HOUR_SECONDS)
    if step != _HOUR_SECONDS or any(point.time.timestamp() % _HOUR_SECONDS for point in points):
        raise CorruptCaptureError(
            f"interest of trends comes in steps of {step / _HOUR_SECONDS:g} hours from {points[0].time:%Y-%m-%d %H:%M} "
            "on, where whole hours were asked for."
        )


def _point(point: object) -> Point:
    if not isinstance(point, dict):
        raise CorruptCaptureError("interest of trends has a point that is no object.")
    if "columnData" in point:
        raise CorruptCaptureError(
            "interest of trends compares several ranges of time (columnData), which is never asked."
        )
    time, values, has_data = (_field(point, name) for name in ("time", "value", "hasData"))
    if not isinstance(values, list) or not isinstance(has_data, list) or len(values) != len(has_data):
        raise CorruptCaptureError(f"interest of trends has at {time} no 'hasData' for each 'value'.")
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
            raise CorruptCaptureError(f"interest of trends has at {time} the 'value' {value!r}, which is not 0 to 100.")
    try:
        start = datetime.fromtimestamp(int(time), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise CorruptCaptureError(f"interest of trends has a 'time' that is no instant: {time!r}.") from None
    known = tuple(value if is_known else None for value, is_known in zip(values, has_data, strict=True))
    return Point(start, known, bool(point.get("isPartial")))


def _field(point: dict[str, Any], name: str) -> Any:
    if name not in point:
        raise CorruptCaptureError(f"interest of trends has a point without {name!r}, only {', '.join(point)}.")
    return point[name]


def _json(body: bytes) -> object:
    plain = _PREFIX.sub(b"", body, count=1) if _PREFIX.match(body) else body
    try:
        data: object = json.loads(plain.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if plain.lstrip().startswith(b"<"):
            raise CorruptCaptureError(f"An answer of trends is a web page or a feed: {plain[:40]!r}...") from None
        raise CorruptCaptureError(f"An answer of trends is not whole JSON ({error}): {body[:40]!r}...") from None
    return data


def _what_else(*answers: object) -> str:
    for answer in answers:
        for field, words in _OTHERS.items():
            if isinstance(answer, dict) and field in answer:
                return f": it is {words}"
    if isinstance(answers[0], list):
        return ": it is a batch of the trending page"
    return ""


def _search(item: Element, region: str) -> Item:
    query, traffic, published = (_text(item, tag) for tag in ("title", f"{_HT}approx_traffic", "pubDate"))
    try:
        published_at = parsedate_to_datetime(published).astimezone(UTC)
    except ValueError:
        raise CorruptCaptureError(f"trending of trends has a 'pubDate' that is no time: {published!r}.") from None
    amount = _TRAFFIC.fullmatch(traffic)
    if amount is None:
        raise CorruptCaptureError(f"trending of trends has an 'approx_traffic' that is no number: {traffic!r}.")
    headlines = [news.findtext(f"{_HT}news_item_title") or "" for news in item.findall(f"{_HT}news_item")]
    return Item(
        item_id=f"trending/{region}/{published_at:%Y-%m-%d}/{query.casefold()}",
        channel=f"trending {region}",
        url=explore_url(SITE, [query], region),
        title=query,
        summary="\n".join(" ".join(headline.split()) for headline in headlines if headline.strip()),
        topics=("trending",),
        published_at=published_at,
        numbers={"approx_traffic": float(amount[1].replace(",", "")) * _TIMES[amount[2].upper()]},
    )


def _text(item: Element, tag: str) -> str:
    text = " ".join((item.findtext(tag) or "").split())
    if not text:
        named = f"{item.findtext('title')!r}" if tag != "title" else "an entry"
        raise CorruptCaptureError(f"trending of trends has {named} without {tag.removeprefix(_HT)!r}.")
    return text
