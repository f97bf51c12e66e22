"""YouTube: how often the videos that name an entity were watched, hour by hour.

Asked, of the Data API v3: ``chart``, the 200 most popular videos in the US (a unit a page; since July 2025 those of its
charts of music, films and games); ``videos/NN``, once more each video of the last week that names somebody, 50 for a
unit; ``search/<name>``, the most watched videos of the last week, 100 units, for three of the most important entities
an hour: the first of them always, the others in turn; and at last ``found/...``, what those searches have found. Comes
back: JSON. Becomes: an item a video, by its id, so that what stands in a chart and in a search counts once; kept are
those that name somebody. Signals are what the counters of each video have grown by (signals.youtube_growth). The key
goes in a header, never in an address. https://developers.google.com/youtube/v3
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from etheatmap_assets.resources.http import Call, Gateway, NotModified, Validators
from etheatmap_assets.sources.source import Answer, Ask, Parsed, Plan, Question, Source, Watch
from etheatmap_assets.sources.youtube_refusals import KEY, KeyRefusedError, QuotaUsedUpError, cost, refusal
from etheatmap_core.archive import Received
from etheatmap_core.budget.prices import prices_on, youtube_units
from etheatmap_core.entities.priority import in_turn
from etheatmap_core.errors import NoCredentialsError
from etheatmap_core.signals.youtube import SOURCE as NAME
from etheatmap_core.signals.youtube import found_ids, next_page, videos
from etheatmap_core.signals.youtube_growth import SEEN_AT
from etheatmap_core.signals.youtube_store import CHECKS, WATCHED_FOR, videos_to_watch, write_growth

API = "https://www.googleapis.com"
CHART_PAGES = 4
IDS_A_CALL = 50
SEARCHES_AN_HOUR = 3
# Who is searched for at all: each about twice a day.
SEARCHED_ENTITIES = 24
_ALWAYS_SEARCHED = 1
_CHART, _SEARCH = "chart", "search/"
_COUNTRY = "US"
_LIST = "videos.list"
_PAGE = {"maxResults": str(IDS_A_CALL), "prettyPrint": "false"}
_PARTS = {
    "part": "snippet,statistics",
    # Thumbnails, players and descriptions in two languages would be two thirds of an answer.
    "fields": "kind,nextPageToken,pageInfo,items(id,snippet(publishedAt,channelId,title,description,channelTitle,tags,"
    "categoryId),statistics(viewCount,likeCount,commentCount))",
    "prettyPrint": "false",
}


def questions(plan: Plan) -> Sequence[Question]:
    """The chart, the watched videos, the searches."""
    chart = _question(plan, _CHART, "videos", {**_PARTS, **_PAGE, "chart": "mostPopular", "regionCode": _COUNTRY})
    batches = range(0, len(plan.watched), IDS_A_CALL)
    watched = [
        _by_ids(plan, f"videos/{number:02}", plan.watched[start : start + IDS_A_CALL])
        for number, start in enumerate(batches, start=1)
    ]
    important = in_turn(plan.entities[:SEARCHED_ENTITIES], plan.last_asked, always_first=_ALWAYS_SEARCHED)
    searches = [_search(plan, entity.name) for entity in important[:SEARCHES_AN_HOUR]]
    return [replace(chart, units=CHART_PAGES * _units(plan, _LIST)), *watched, *searches]


def follow(plan: Plan, parsed: Sequence[Parsed]) -> Sequence[Question]:
    """The videos that each search has found, with all their words and counters: a search tells neither."""
    links = [link for one in parsed for link in one.links]
    return [_by_ids(plan, f"found/{plan.hour:%Y-%m-%dT%H}/{_digest(link)}", link.split(",")) for link in links]


def parse(answer: Answer) -> Parsed:
    """Videos; of a search the ids that it has found, to be asked for."""
    about = answer.question.key
    if about.startswith(_SEARCH):
        found = list(dict.fromkeys(found_ids(answer.body, about)))
        return Parsed(links=[",".join(found[:IDS_A_CALL])] if found else ())
    seen = {SEEN_AT: answer.captured_at.timestamp()} if answer.captured_at else {}
    return Parsed(items=[video._replace(numbers={**video.numbers, **seen}) for video in videos(answer.body, about)])


@contextmanager
def open_asker(gateway: Gateway, plan: Plan) -> Iterator[Ask]:
    """A GET a question; of the chart one a page. Where the key or the day's quota is refused, all that would follow
    is: it is not sent."""
    refused: KeyRefusedError | QuotaUsedUpError | None = None

    def send(question: Question, to: Path, validators: Validators | None = None) -> Received | NotModified:
        nonlocal refused
        if refused is not None:
            raise refused
        call = Call(
            plan.source, question.url, headers=question.headers, charge=plan.charge(question), is_read=True,
            refusal=plan.refusal,
        )  # fmt: skip
        try:
            return gateway.fetch(call, to, validators=validators)
        except (KeyRefusedError, QuotaUsedUpError) as error:
            refused = error
            raise

    def chart(question: Question, to: Path) -> Received:
        page, bodies = replace(question, units=_units(plan, _LIST)), list[bytes]()
        while True:
            received = send(page, to)
            if isinstance(received, NotModified):
                raise TypeError(f"{question.key} was asked without validators, and says that it has not changed")
            bodies.append(to.read_bytes())
            token = next_page(bodies[-1])
            if token is None or len(bodies) == CHART_PAGES:
                return _joined(received, bodies, to)
            page = replace(page, url=f"{question.url}&{urlencode({'pageToken': token})}")

    def ask(question: Question, to: Path, validators: Validators | None) -> Received | NotModified:
        return chart(question, to) if question.key == _CHART else send(question, to, validators)

    yield ask


def _search(plan: Plan, name: str) -> Question:
    since = (plan.hour - WATCHED_FOR).replace(hour=0)
    words = {
        "part": "snippet", "fields": "kind,pageInfo,items(id(kind,videoId))", **_PAGE, "type": "video",
        "order": "viewCount", "regionCode": _COUNTRY, "publishedAfter": f"{since:%Y-%m-%dT%H:%M:%SZ}",
        "q": f'"{name.replace(chr(34), " ")}"',
    }  # fmt: skip
    question = _question(plan, f"{_SEARCH}{name}", "search", words)
    return replace(question, entities=(name,), units=_units(plan, "search.list"))


def _by_ids(plan: Plan, key: str, ids: Sequence[str]) -> Question:
    return replace(_question(plan, key, "videos", {**_PARTS, "id": ",".join(ids)}), units=_units(plan, _LIST))


def _question(plan: Plan, key: str, resource: str, words: Mapping[str, str]) -> Question:
    if plan.settings.youtube_api_key is None:
        raise NoCredentialsError(f"{NAME} needs {KEY}: set it in .env.")
    headers = {"X-Goog-Api-Key": plan.settings.youtube_api_key.get_secret_value()}
    url = f"{plan.base_url(API)}/youtube/v3/{resource}?{urlencode(words, safe=',()')}"
    return Question(key, url, headers=headers)


def _units(plan: Plan, method: str) -> int:
    return youtube_units(prices_on(plan.config.prices, plan.hour.date()), method)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _joined(last: Received, bodies: Sequence[bytes], to: Path) -> Received:
    """The pages one after the other, as the answer to the question."""
    body = b"\n".join(bodies)
    to.write_bytes(body)
    shown = last.url.split("&pageToken=")[0]
    return Received(shown, last.status_code, len(body), hashlib.sha256(body).hexdigest(), last.content_type)


SOURCE = Source(
    name=NAME,
    description="Videos that name an entity: what their views, likes and comments have grown by.",
    kinds=frozenset({"google", "json", "postgres"}),
    questions=questions,
    parse=parse,
    watch=Watch(videos_to_watch, write_growth, CHECKS),
    open_asker=open_asker,
    follow=follow,
    keeps="named",
    cost=cost,
    refusal=refusal,
    raw_suffix=".jsonl",
)
