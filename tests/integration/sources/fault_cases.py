"""Bad days, by hand: where each strikes, for how long, and how the hour has to end. Data, and which cases are run.

Not here: how a case is played (test_fault_matrix).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal, NamedTuple

Mode = Literal["persistent", "once", "one question"]
MODES: Sequence[Mode] = ("persistent", "once", "one question")
_SHORT, _LONGER = 0.15, 0.8  # seconds; the longer where other requests have to be answered within


@dataclass(frozen=True)
class Target:
    """Requests of one source that a fault strikes.

    ``path`` is what the addresses of all of them hold, ``one`` that of one question, whose ``key`` is told; ``struck``
    of the ``questions`` of the hour need such a request. ``words``: what is said of answers that are not what they
    should be, by fault, or of all of them.
    """

    name: str
    source: str
    upstream: str
    questions: int
    struck: int
    one: str
    key: str
    words: str | Mapping[str, str] = ""
    path: str | None = None
    one_strikes: int = 1  # questions; more where all need the same request
    is_archived: bool = True  # what is asked for is an answer, and not a step on the way to one
    is_sent_once: bool = False  # it begins what costs: no attempt is made again
    limits_of: str | None = None  # another source, whose limits and health its requests count for

    @property
    def asks_as(self) -> str:
        """Under which name requests, limits and health are kept."""
        return self.limits_of or self.source


_GZIP = "is not an intact gzip file"
_FEED = {
    "malformed": "is not well-formed XML",
    "encoding": "says it is written in utf-8, but byte",
    "empty": "is empty",
    "html": "is an HTML page, not a feed",
    "corrupt": "says it is written in utf-8, but byte",
}
_LISTING = {
    "malformed": "is not whole JSON",
    "encoding": "is not UTF-8",
    "empty": "is empty",
    "html": "is not whole JSON",
    "corrupt": "is not UTF-8",
}
_PAGE = {
    "malformed": "was cut short: the page has no </html>",
    "encoding": "says it is written in utf-8, but byte",
    "empty": "is empty",
    "html": "shows a wall against robots",
    "corrupt": "says it is written in utf-8, but byte",
}
_LINES = "An answer of trends is not whole JSON"
_ZIP = "is no whole zip file"
_STREAM = "GDELT's file of 1"  # in some files it is the sum that is wrong, in others the stream
TARGETS: Sequence[Target] = (
    Target(
        "wiki", "wiki", "dumps", 1, 1, "pageviews-20261120-150000.gz", "",
        {"malformed": "is cut short", "encoding": _GZIP, "empty": "is cut short", "html": _GZIP, "corrupt": _GZIP},
    ),
    Target(
        "trends lines", "trends", "trends", 3, 2, "value%22%3A+%22Blackpink", "interest/Blackpink",
        {**dict.fromkeys(_FEED, _LINES), "html": "An answer of trends is a web page"}, "/api/widgetdata",
    ),
    Target(
        "trends widgets", "trends", "trends", 3, 2, "keyword%22%3A+%22Blackpink", "interest/Blackpink",
        "explore of trends is not whole JSON", "/api/explore", is_archived=False,
    ),
    Target(
        "trends cookie", "trends", "trends", 3, 2, "/explore/", "interest/Blackpink",
        {}, "/explore/", one_strikes=2, is_archived=False,
    ),
    Target(
        "trends rising", "trends", "trends_rss", 3, 1, "/trending/rss", "trending",
        "trending of trends is not intact XML",
    ),
    Target("reddit", "reddit", "reddit", 4, 4, "/r/movies/new", "r/movies/new", _LISTING, "/r/"),
    Target(
        "reddit token", "reddit", "reddit", 4, 4, "access_token", "",
        "The token of reddit is not whole JSON", "access_token", one_strikes=4, is_archived=False,
    ),
    Target("trade_rss", "trade_rss", "feeds", 3, 3, "/variety.com/", "feed/Variety", _FEED),
    Target("google_news", "google_news", "google_news", 6, 6, "Blackpink", "search/Blackpink", _FEED),
    # The chart, what was seen before, three searches, and what those have found. Only a search holds the name.
    Target("youtube", "youtube", "youtube", 8, 5, "q=%22Blackpink", "search/Blackpink", _LISTING),
    Target("newsapi", "newsapi", "newsapi", 2, 2, "/v2/everything", "search/", _LISTING),
    # Without its front page nobody knows which articles there are.
    Target(
        "scrape_news front", "scrape_news", "scraperapi", 1, 1, "indiewire.com%2F&", "front/https://www.indiewire.com/",
        _PAGE, "indiewire.com%2F&",
    ),
    Target(
        "scrape_news article", "scrape_news", "scraperapi", 3, 2, "cannes-film-festival",
        "article/indiewire.com/2026/11/20/cannes-film-festival", _PAGE, "%2F2026%2F11",
    ),
    Target(
        "gdelt_gkg", "gdelt_gkg", "gdelt", 4, 4, "20261120143000.gkg", "gkg/30",
        {**dict.fromkeys(_FEED, _ZIP), "html": "is an HTML page, not a zip file", "corrupt": _STREAM},
    ),
    # A run is begun, asked after, and read.
    Target(
        "tt_search start", "tt_search", "apify", 1, 1, "/runs?", "searchQueries/1",
        "Apify's answer about a new run of simulated/tiktok is not whole JSON", "/runs?",
        is_archived=False, is_sent_once=True,
    ),
    Target(
        "tt_search poll", "tt_search", "apify", 1, 1, "/actor-runs/", "searchQueries/1",
        "is not whole JSON", "/actor-runs/", is_archived=False,
    ),
    Target(
        "tt_search", "tt_search", "apify", 1, 1, "/datasets/", "searchQueries/1",
        "The items of tt_search are not whole JSON", "/datasets/",
    ),
    Target(
        "apify_tiktok", "apify_tiktok", "apify", 1, 1, "/datasets/", "hashtags/1",
        "The items of apify_tiktok are not whole JSON", "/datasets/",
    ),
    Target(
        "tt_cc", "tt_cc", "apify", 1, 1, "/datasets/", "hashtags",
        "The items of tt_cc are not whole JSON", "/datasets/",
    ),
    # Two batches of titles in two answers each, five of ids: without the titles of a batch their ids are not known.
    Target(
        "wikipedia", "entity_roster", "wikipedia", 9, 9, "Zendaya", "wikipedia/",
        "Wikipedia's answer about titles is no JSON",
    ),
    Target(
        "wikidata", "entity_roster", "wikidata", 9, 5, "Q36153", "wikidata/",
        "Wikidata's answer about items is no JSON",
    ),
    # 24 projects, by twenty; there is no file of the box office. The one is in the last batch.
    Target(
        "imdb_box_office", "imdb_box_office", "wikidata", 2, 2, "Q886", "wikidata/",
        "Wikidata's answer about releases is no JSON",
    ),
    Target(
        "wiki_history", "wiki_history", "pageviews_rest", 5, 5, "Blackpink", "daily/Blackpink",
        "Wikimedia's answer about daily views is no JSON", limits_of="entity_roster",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """``ordered``: as the simulator is told. ``costs``: how an hour ends in which nothing was answered.

    ``words`` are in the reason, and in the health of the source where the fault is one that the breaker counts or an
    upstream's refusal. ``is_mended``: struck once, the next attempt mends it.
    """

    name: str
    ordered: Mapping[str, Any]
    costs: Literal["nothing", "failed", "rate limited"] = "failed"
    words: str = ""
    is_mended: bool = False
    is_counted: bool = False  # by the breaker
    limit: str = ""  # which is short for this fault

    @property
    def is_content(self) -> bool:
        """Whole, with the status of success, and not what it should be."""
        return self.costs == "failed" and not self.words


def _passing(name: str, words: str, ordered: Mapping[str, Any], limit: str = "") -> Fault:
    return Fault(name, ordered, words=words, is_mended=True, is_counted=True, limit=limit)


_BUSY = {"kind": "status", "status": 429}
FAULTS: Sequence[Fault] = (
    Fault("slow", {"kind": "latency", "seconds": 0.05}, "nothing"),
    _passing("latency", "cannot be reached (timed out)", {"kind": "latency", "seconds": 3}, "timeout_seconds"),
    Fault("429", {**_BUSY, "retry_after": 0}, "rate limited", "status 429", is_mended=True, is_counted=True),
    Fault("429 far", {**_BUSY, "retry_after": 900}, "rate limited", "asked again at 2026-11-20 15:20", is_counted=True),
    _passing("500", "cannot be reached (status 500)", {"kind": "status", "status": 500}),
    Fault("401", {"kind": "status", "status": 401}, words="401"),
    Fault("403", {"kind": "status", "status": 403}, words="403"),
    _passing("reset", "cannot be reached (", {"kind": "reset"}),
    _passing("truncate", "was cut short", {"kind": "truncate"}),
    Fault("drip", {"kind": "drip", "seconds": 6}, words="took longer than", is_counted=True, limit="max_seconds"),
    Fault("drip in time", {"kind": "drip", "seconds": 0.1}, "nothing"),
    Fault("malformed", {"kind": "malformed"}),
    Fault("encoding", {"kind": "encoding"}),
    Fault("empty", {"kind": "empty"}),
    Fault("html", {"kind": "html"}),
    Fault("corrupt", {"kind": "corrupt"}),
    Fault("skew", {"kind": "skew", "seconds": 3 * 3600}, "nothing"),
)


class Loss(NamedTuple):
    """So many of so many questions are not answered."""

    lost: int
    questions: int

    @property
    def is_all(self) -> bool:
        return self.lost == self.questions


# Where a lost answer costs more than itself. The roster stops at the first 429; of its nine questions three are never
# thought of where a batch of titles is lost, and seven where nothing else is asked.
_MORE: Mapping[tuple[str, str, str], Loss] = {
    **{("wikipedia", fault, mode): Loss(1, 6)
       for fault in ("latency", "500", "401", "403", "reset", "truncate", "drip", "malformed", "encoding", "empty",
                     "html", "corrupt")
       for mode in ("once", "one question")},
    ("wikipedia", "429", "one question"): Loss(1, 3),
    ("wikipedia", "429 far", "one question"): Loss(1, 3),
    ("wikipedia", "429 far", "once"): Loss(9, 9),
    ("wikidata", "429 far", "once"): Loss(5, 9),
    ("imdb_box_office", "429 far", "once"): Loss(2, 2),
    ("wiki_history", "429 far", "once"): Loss(5, 5),
    # What is lost leads to nothing: three questions are never thought of, or the one that follows a search.
    **{("youtube", fault.name, mode): loss
       for fault in FAULTS if fault.costs != "nothing"
       for mode, loss in (("persistent", Loss(5, 5)), ("one question", Loss(1, 7)))},
    # Who has refused more requests is not asked for the rest of the hour.
    ("newsapi", "429 far", "once"): Loss(2, 2),
    # Nor does our key by asking for the next page.
    ("scrape_news article", "401", "once"): Loss(2, 3),
    # Our name and password do not become right by asking for each listing.
    ("reddit token", "401", "once"): Loss(4, 4),
    ("reddit token", "403", "once"): Loss(4, 4),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    target: Target
    fault: Fault
    mode: Mode
    path: str | None = field(init=False)

    def __post_init__(self) -> None:
        path = self.target.one if self.mode == "one question" else self.target.path
        object.__setattr__(self, "path", path)

    def __str__(self) -> str:
        return f"{self.target.name}-{self.fault.name}-{self.mode}".replace(" ", "_")

    @property
    def order(self) -> Mapping[str, Any]:
        """To the simulator."""
        narrowed = {"path": self.path, "count": 1 if self.mode == "once" else None}
        return {**self.fault.ordered, **{name: value for name, value in narrowed.items() if value is not None}}

    @property
    def limits(self) -> Mapping[str, Any]:
        """Under which the source is asked."""
        target, is_lasting = self.target, self.mode == "persistent"
        is_lone = is_lasting and target.path is None and target.struck == target.questions
        short = {self.fault.limit: _SHORT if is_lone else _LONGER} if self.fault.limit else {}
        return {"attempts": 1 if short and is_lasting else 2, **short}

    @property
    def loss(self) -> Loss:
        """What it costs while it lasts."""
        target, fault = self.target, self.fault
        is_harmless = fault.costs == "nothing" or (fault.is_content and not target.words)
        if is_harmless or (self.mode == "once" and fault.is_mended and not target.is_sent_once):
            return Loss(0, target.questions)
        usual = {"persistent": target.struck, "once": 1, "one question": target.one_strikes}
        return _MORE.get((target.name, fault.name, self.mode), Loss(usual[self.mode], target.questions))

    @property
    def state(self) -> str:
        return self.fault.costs if self.loss.is_all else "ok"

    @property
    def words(self) -> str:
        if not self.fault.is_content:
            return self.fault.words
        return self.target.words if isinstance(self.target.words, str) else self.target.words[self.fault.name]

    @property
    def quarantined(self) -> int:
        """Answers that came whole and are looked at by people."""
        if not (self.fault.is_content and self.target.is_archived):
            return 0
        # Of the roster's nine answers two are the first parts of one of titles: the others are never asked for.
        return 2 if self.loss.is_all and self.target.name == "wikipedia" else self.loss.lost


def every_case() -> Iterator[Case]:
    return (Case(*chosen) for chosen in product(TARGETS, FAULTS, MODES))


def pairwise() -> Iterator[Case]:
    """Each fault meets each source, each mode meets each of both: as few as that takes. Where several kinds of requests
    make a source's hour, faults strike them in turn."""
    for row, source in enumerate(dict.fromkeys(target.source for target in TARGETS)):
        targets = [target for target in TARGETS if target.source == source]
        for column, fault in enumerate(FAULTS):
            turn, mode = divmod(column + row, len(MODES))
            yield Case(targets[turn % len(targets)], fault, MODES[mode])
