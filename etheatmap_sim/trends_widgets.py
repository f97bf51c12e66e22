"""The widgets that Google Trends' explore call gives for a question: keys and order as recorded in 2026.

Here: shapes. Only the first widget, interest over time, has data behind it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_USER = {"userType": "USER_TYPE_SCRAPER"}
_NAMED_RANGES = {
    "now 1-d": "Past day",
    "now 7-d": "Past 7 days",
    "today 1-m": "Past 30 days",
    "today 3-m": "Past 90 days",
    "today 12-m": "Past 12 months",
    "today 5-y": "Past 5 years",
}
_HELP = "Numbers represent search interest relative to the highest point on the chart for the given region and time."


@dataclass(frozen=True)
class Question:
    """``time`` is the range as widgets carry it, ``spelled_range`` as it was asked for; ``token_of`` makes passes."""

    keywords: Sequence[str]
    geo: str
    spelled_range: str
    time: str
    resolution: str
    request_options: Mapping[str, object]
    token_of: Callable[[object], str]

    def widgets(self) -> dict[str, object]:
        """The whole answer. Of several keywords there is a map that compares them, and no related topics."""
        several = len(self.keywords) > 1
        found = [self._over_time()]
        if several:
            found.append(self._compared_map())
        for turn, keyword in enumerate(self.keywords):
            ending = f"_{turn}" if several else ""
            if several:
                found.append({"text": {"text": keyword}, **_shape(f"TITLE{ending}", "fe_text", "", "fe_explore", True)})
            found.append(self._map(f"GEO_MAP{ending}", keyword, turn, is_long=not several))
            if not several:
                found.append(self._related("RELATED_TOPICS", "ENTITY", "Related topics", keyword, turn))
            found.append(self._related(f"RELATED_QUERIES{ending}", "QUERY", "Related queries", keyword, turn))
        listed = ", ".join(self.keywords)
        return {
            "widgets": found,
            "keywords": [{"keyword": keyword, "name": keyword, "type": "Search term"} for keyword in self.keywords],
            "timeRanges": [_NAMED_RANGES.get(self.spelled_range, self.spelled_range)] * len(self.keywords),
            "shareText": f"Explore search interest for {listed} by time, location and popularity on Google Trends",
            "shouldShowMultiHeatMapMessage": False,
        }

    def _over_time(self) -> dict[str, object]:
        asked = {
            "time": self.time,
            "resolution": self.resolution,
            "locale": "en-US",
            "comparisonItem": [
                {"geo": self._place, "complexKeywordsRestriction": _restriction(keyword)} for keyword in self.keywords
            ],
            **self._options,
        }
        return {
            "request": asked,
            "lineAnnotationText": "Search interest",
            "bullets": [{"text": keyword} for keyword in self.keywords],
            "showLegend": False,
            "showAverages": len(self.keywords) > 1,
            **self._with_token(asked, "Interest over time"),
            **_shape("TIMESERIES", "fe_line_chart", "Interest over time", "fe", True),
        }

    def _compared_map(self) -> dict[str, object]:
        asked = {**self._by_region(self.keywords), "dataMode": "PERCENTAGES"}
        return {
            "request": asked,
            **self._regions,
            "showLegend": False,
            "bullets": [
                {"value": keyword, "color": f"PALETTE_COLOR_{turn}"} for turn, keyword in enumerate(self.keywords, 1)
            ],
            **self._with_token(asked, "Compared breakdown by subregion"),
            **_shape("GEO_MAP", "fe_multi_heat_map", "Compared breakdown by subregion", "fe", True),
        }

    def _map(self, name: str, keyword: str, turn: int, *, is_long: bool) -> dict[str, object]:
        asked = self._by_region([keyword])
        return {
            "request": asked,
            **self._regions,
            "color": f"PALETTE_COLOR_{turn + 1}",
            "index": turn,
            "bullet": keyword,
            **self._with_token(asked, "Interest by subregion"),
            **_shape(name, "fe_geo_chart_explore", "Interest by subregion", "fe", is_long),
        }

    def _related(self, name: str, kind: str, title: str, keyword: str, turn: int) -> dict[str, object]:
        asked = {
            "restriction": {
                "geo": self._place,
                "time": self.time,
                "originalTimeRangeForExploreUrl": self.spelled_range,
                "complexKeywordsRestriction": _restriction(keyword),
            },
            "keywordType": kind,
            "metric": ["TOP", "RISING"],
            "trendinessSettings": {"compareTime": self.time},
            "requestOptions": self.request_options,
            "language": "en",
            "userCountryCode": "US",
            "userConfig": _USER,
        }
        return {
            "request": asked,
            "color": f"PALETTE_COLOR_{turn + 1}",
            "keywordName": keyword,
            **self._with_token(asked, title),
            **_shape(name, "fe_related_searches", title, "fe", False),
        }

    def _by_region(self, keywords: Sequence[str]) -> dict[str, object]:
        return {
            "geo": self._place,
            "comparisonItem": [
                {"time": self.time, "complexKeywordsRestriction": _restriction(keyword)} for keyword in keywords
            ],
            "resolution": "REGION" if self.geo else "COUNTRY",
            "locale": "en-US",
            **self._options,
        }

    def _with_token(self, asked: object, title: str) -> dict[str, object]:
        return {"helpDialog": {"title": title, "content": _HELP}, "token": self.token_of(asked)}

    @property
    def _place(self) -> dict[str, str]:
        return {"country": self.geo} if self.geo else {}

    @property
    def _options(self) -> dict[str, object]:
        return {"requestOptions": self.request_options, "userConfig": _USER}

    @property
    def _regions(self) -> dict[str, object]:
        return {
            "geo": self.geo,
            "resolution": "provinces" if self.geo else "countries",
            "searchInterestLabel": "Search interest",
            "displayMode": "regions",
        }


def _shape(name: str, kind: str, title: str, template: str, is_long: bool) -> dict[str, object]:
    return {
        "id": name,
        "type": kind,
        "title": title,
        "template": template,
        "embedTemplate": "fe_embed",
        "version": "1",
        "isLong": is_long,
        "isCurated": False,
    }


def _restriction(keyword: str) -> dict[str, object]:
    return {"keyword": [{"type": "BROAD", "value": keyword}]}
