"""Searches of TikTok through an actor, as two sources make them: by words (tt_search) and by hashtag (apify_tiktok).

Asked: in one run, a search for each of a few entities, the hottest always and the others in turn: as many as the run's
money buys at MICROS_A_RESULT a result. The actor is APIFY_TIKTOK_ACTOR; input and items are those that
apify.com/clockworks/tiktok-scraper documents. Becomes: of the videos of the last day those that name somebody, as
items; and numbers of each entity that was searched for, from the videos that name it (etheatmap_core.signals.tiktok).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from etheatmap_assets.sources.apify_runs import API, Task, asker, cost
from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question, Source
from etheatmap_core.entities.priority import in_turn
from etheatmap_core.errors import CorruptCaptureError, NoCredentialsError
from etheatmap_core.signals.actor_runs import MICROS_A_RESULT, RunAnswer, read_run
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.tiktok import (
    RECENT,
    Search,
    Video,
    failed_searches,
    hashtag_of,
    read_videos,
    unknown_volumes,
)

RESULTS = 10  # of a search
_ALWAYS_SHARE = 0.6  # of the searches, for the hottest
_DEFAULT_SEARCHES = 5  # where budgets.yml does not say what a run may cost
_ACTOR = "APIFY_TIKTOK_ACTOR"
_PLAIN = {"shouldDownloadVideos": False, "shouldDownloadCovers": False, "shouldDownloadSubtitles": False}
_LATEST, _LAST_DAY = "3", "1"


@dataclass(frozen=True)
class Searches:
    """How one of the two sources searches. ``by``: the actor's name for what is searched for."""

    source: str
    by: str
    has_details: bool

    def as_source(self, description: str) -> Source:
        """What both have in common, filled in."""
        return Source(
            name=self.source,
            description=description,
            kinds=frozenset({"tiktok", "apify", "postgres"}),
            questions=self.questions,
            parse=self.parse,
            open_asker=asker(self.task),
            keeps="named",
            cost=cost,
            covers=RECENT,
            raw_suffix=".jsonl",
        )

    def questions(self, plan: Plan) -> Sequence[Question]:
        """A question a run."""
        runs, searches = _size(plan)
        wanted = runs * searches
        entities = in_turn(plan.entities, plan.last_asked, always_first=max(1, int(wanted * _ALWAYS_SHARE)))[:wanted]
        names = [entity.name for entity in entities if hashtag_of(entity.name)]
        batches = [tuple(names[first : first + searches]) for first in range(0, len(names), searches)]
        actor = actor_of(plan, _ACTOR)
        base = f"{plan.base_url(API)}/v2/actors/{quote(actor.replace('/', '~'))}/runs"
        return [
            Question(f"{self.by}/{number}", f"{base}?{urlencode(self._asked(batch))}", batch)
            for number, batch in enumerate(batches, start=1)
        ]

    def task(self, plan: Plan, question: Question) -> Task:
        run_input: dict[str, Any] = {self.by: self._words(question.entities), "resultsPerPage": RESULTS, **_PLAIN}
        if self.by == "searchQueries":
            run_input |= {"searchSection": "/video", "searchSorting": _LATEST, "searchDatePosted": _LAST_DAY}
        return Task(actor_of(plan, _ACTOR), run_input, RESULTS * len(run_input[self.by]))

    def parse(self, answer: Answer) -> Parsed:
        """Recent videos, and a sample a search."""
        run = read_run(answer.body, self.source)
        most, asked = self._limits(run.run_input)
        entities: dict[str, list[str]] = {hashtag_of(word): [] for word in asked}
        for name in answer.question.entities:  # two that are spelled alike share a search
            entities.setdefault(hashtag_of(name), []).append(name)
        failed = {hashtag_of(search): why for search, why in failed_searches(run.items).items()}
        if "" in failed:
            raise CorruptCaptureError(
                f"The items of {self.source} tell of an error ({failed['']}), and not of which search: nobody knows "
                "which of them found nothing."
            )
        found: dict[str, list[Video]] = {search: [] for search in entities if search not in failed}
        for video in read_videos(run.items, self.source):
            search = hashtag_of(video.search)
            if search not in entities:
                told = f"of a search that nobody made: {video.search[:40]!r}"
                raise CorruptCaptureError(f"The items of {self.source} have a video {told}.")
            found.setdefault(search, []).append(video)
        if entities and not found:
            raise CorruptCaptureError(f"The actor of {self.source} could make no search: {_told(failed, entities)}.")
        may_be_cut = run.cut or _crowded(run, most, len(asked), found)
        searches = [
            _search(
                name, run, most, videos, "it failed in its midst" if search in failed else may_be_cut, self.has_details
            )
            for search, videos in found.items()
            for name in entities[search]
        ]
        items = _distinct(video.item for search in searches for video in search.recent)
        lacks = [unknown_volumes(searches), f"searches that failed: {_told(failed, entities)}" if failed else ""]
        return Parsed(items=items, samples=searches, lacks="; ".join(filter(None, lacks)))

    def _words(self, names: Sequence[str]) -> list[str]:
        words: dict[str, str] = {}
        for name in names:
            words.setdefault(hashtag_of(name), name)
        return list(words.values() if self.by == "searchQueries" else words)

    def _asked(self, names: Sequence[str]) -> list[tuple[str, str]]:
        return [*((self.by, word) for word in self._words(names)), ("resultsPerPage", str(RESULTS))]

    def _limits(self, run_input: Mapping[str, Any]) -> tuple[int, list[str]]:
        try:
            return int(run_input["resultsPerPage"]), list(map(str, run_input[self.by]))
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptCaptureError(
                f"The line about the run of {self.source} lacks its input ({error!r})."
            ) from error


def actor_of(plan: Plan, variable: str) -> str:
    """The actor that the operator has chosen."""
    actor: str | None = getattr(plan.settings, variable.lower())
    if not actor:
        raise NoCredentialsError(f"{plan.source} needs {variable}: set it in .env.")
    return actor


def _size(plan: Plan) -> tuple[int, int]:
    """How many runs a partition may have, and how many searches each."""
    use = plan.config.budgets.uses.get(plan.source)
    if use is None or use.units_a_request < 1:
        return 1, _DEFAULT_SEARCHES
    runs = max(1, use.units_a_partition // use.units_a_request)
    return runs, max(1, use.units_a_request // (RESULTS * MICROS_A_RESULT))


def _distinct(items: Iterable[Item]) -> list[Item]:
    """A video that two searches show, once."""
    return list({item.item_id: item for item in items}.values())


def _crowded(run: RunAnswer, most: int, searches: int, found: Mapping[str, Sequence[Video]]) -> str:
    """Why a search that shows few may have more to show: the limit of the run is one for all its searches, and an
    actor that does not keep to that of a search lets one take what is another's. Empty: it keeps to it."""
    if len(run.items) >= most * searches:
        return f"all {most * searches} results that the run may give came before it had its {most}"
    is_kept = all(len(videos) <= most for videos in found.values())
    return "" if is_kept else f"the actor does not keep to the {most} results that a search may give"


def _search(
    entity: str, run: RunAnswer, most: int, shown: Sequence[Video], may_be_cut: str, has_details: bool
) -> Search:
    """One that shows a video twice has found it once; and is full where it has shown as many as it may."""
    videos = list({video.item.item_id: video for video in shown}.values())
    if len(shown) >= most:
        return Search(entity, run.asked_at, len(videos), videos, "", has_details)
    return Search(entity, run.asked_at, most, videos, may_be_cut, has_details)


def _told(failed: Mapping[str, str], entities: Mapping[str, Sequence[str]]) -> str:
    names = {search: " and ".join(entities.get(search, ())) or search for search in failed}
    return ", ".join(f"{names[search]} ({why})" for search, why in sorted(failed.items()))
