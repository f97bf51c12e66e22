"""How one day of the roster is collected: Wikipedia by titles, in as many answers as it takes, then Wikidata by ids.

Here: the steps and their order. Not here: Dagster (entity_roster), what answers say (roster_facts), tables (roster).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import NamedTuple

import sqlalchemy as sa

from etheatmap_assets.sources.day_answers import DAY, CollectedDay, DayAnswers, StoppedError, collecting
from etheatmap_assets.sources.in_parts import archived_parts, whole_answer
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.archive import Capture
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.entities.roster import store_facts, sync_roster
from etheatmap_core.entities.roster_facts import (
    Facts,
    Item,
    Pages,
    Part,
    facts_about,
    id_batches,
    parse_wikidata,
    question_key,
    title_batches,
    wikidata_url,
    wikipedia_url,
)
from etheatmap_core.errors import NotRecollectableError
from etheatmap_core.hours import floor_hour
from etheatmap_core.signals.source_hours import record_hour

SOURCE = "entity_roster"
ALL_ANSWERED, ALL_FOUND = "every_question_answered", "every_article_found"
WIKIDATA = "https://www.wikidata.org"
_WITH_ARTICLE = sa.text(
    "SELECT id, name, wiki_title, current_title FROM entities WHERE is_active AND wiki_title IS NOT NULL ORDER BY name"
)
_PROBLEMS_NAMED = 20


class _Tracked(NamedTuple):
    """``curated_id`` is that of entities.csv; ``was_at`` the title the article had been moved to by the last roster."""

    id: int
    name: str
    title: str
    curated_id: str | None
    was_at: str | None


@dataclass
class _Found:
    """All that the day's answers say, and which titles and ids they were asked for."""

    pages: Pages = field(default_factory=Pages)
    items: dict[str, Item | None] = field(default_factory=dict)
    titles: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def add_pages(self, titles: Sequence[str], parts: Sequence[Part]) -> None:
        self.pages.add(parts)
        self.titles.update(titles)

    def add_items(self, ids: Sequence[str], items: Mapping[str, Item | None]) -> None:
        self.items.update(items)
        self.ids.update(ids)


class RosterCollector:
    """Collects days for one run. ``must_ask`` asks even where the archive has good answers."""

    def __init__(self, kit: Kit, *, must_ask: bool = False) -> None:
        self._kit, self._must_ask = kit, must_ask
        configured = kit.config.sources[SOURCE].base_url if SOURCE in kit.config.sources else None
        self._wikipedia = (configured or f"https://{kit.settings.wiki_projects[0]}.wikipedia.org").rstrip("/")

    def collect(self, day: datetime) -> CollectedDay:
        """Makes what was found on the day what is known, or raises an EtHeatmapError and leaves it as it was."""
        started = perf_counter()
        with collecting(self._kit, SOURCE, day, needs=(SOURCE,)):
            tracked = self._sync()
            answers = DayAnswers.of(self._kit, SOURCE, day, limits_of=SOURCE, must_ask=self._must_ask)
            # They only know "now", which speaks of a day until the next one has ended.
            may_ask = self._kit.clock() < day + 2 * DAY
            if not may_ask and not answers.captured:
                what = "the answers have been removed by retention" if answers.was_captured else "nothing was captured"
                raise NotRecollectableError(
                    f"Wikipedia and Wikidata only tell what is now, and of {day:%Y-%m-%d} {what}: what is known of the "
                    "roster stays as it is. Ask for the newest day."
                )
            found = _replayed(answers)
            if may_ask:
                self._ask(answers, tracked, found)
            if not found.titles:
                raise answers.why_nothing() or NotRecollectableError(
                    "There is nobody whose article could be asked for: name somebody in entities.csv."
                )
            return self._store(day, answers, [one for one in tracked if one.title in found.titles], found, started)

    def _sync(self) -> list[_Tracked]:
        curated = {entity.name: entity.wiki_id for entity in self._kit.config.entities}
        with self._kit.engine.begin() as connection:
            sync_roster(connection, self._kit.config.entities, floor_hour(self._kit.clock()))
            rows = connection.execute(_WITH_ARTICLE).all()
        return [_Tracked(row.id, row.name, row.wiki_title, curated.get(row.name), row.current_title) for row in rows]

    def _ask(self, answers: DayAnswers, tracked: Sequence[_Tracked], found: _Found) -> None:
        """For whom the archive has nothing of this day: all of them, or who has joined since."""
        try:
            missing = title_batches(sorted({one.title for one in tracked} - found.titles))
            for number, titles in enumerate(missing):
                parts = whole_answer(
                    answers,
                    question_key("wikipedia", titles),
                    partial(wikipedia_url, self._wikipedia, titles),
                    about={"titles": titles},
                    is_left=len(missing) - number,
                )
                if parts is not None:
                    found.add_pages(titles, parts)
            if not found.titles:
                return
            ids = id_batches(sorted(_wanted_ids(tracked, found) - found.ids))
            for number, some in enumerate(ids):
                url = wikidata_url(WIKIDATA, some)
                items = answers.ask(
                    question_key("wikidata", some), url, parse_wikidata, about={"ids": some}, is_left=len(ids) - number
                )
                if items is not None:
                    found.add_items(some, items)
        except StoppedError:
            return  # what is there is stored; the rest is known from earlier days

    def _store(
        self, day: datetime, answers: DayAnswers, tracked: Sequence[_Tracked], found: _Found, started: float
    ) -> CollectedDay:
        facts, problems = _findings(tracked, found)
        moved = [one for one in tracked if one.id in facts and facts[one.id].current_title is not None]
        newly = [one for one in moved if facts[one.id].current_title != one.was_at]
        names = sum(1 for one in facts.values() for _ in one.names())
        told = _listed(problems)
        outcome = answers.outcome(is_empty=not facts, items=names, problems=(told,) if told else ())
        with self._kit.engine.begin() as connection:
            current = store_facts(connection, day, facts)
            record_hour(connection, SOURCE, day, outcome, ended_at=self._kit.clock())
        share = f"{outcome.answered} of {outcome.questions} answered, {outcome.deferred} deferred"
        return CollectedDay(
            outcome=outcome,
            rows=names,
            asked=answers.asked,
            content_hashes=tuple(answers.hashes),
            seconds=perf_counter() - started,
            checks=(
                CheckResult(ALL_ANSWERED, outcome.is_complete, share, is_warning=True),
                CheckResult(ALL_FOUND, not problems, told or f"{len(facts)} articles", is_warning=True),
            ),
            told={
                "entities": len(facts),
                "entities_updated": current,  # the others have facts of a later day
                "moved": len(moved),
                # Hours of wiki since the move have counted the old title alone; made again they count both.
                "moved_since": _listed([f"{one.title} → {facts[one.id].current_title}" for one in newly]),
                "problems": told,
            },
        )


def _replayed(answers: DayAnswers) -> _Found:
    """What the archive has of the day, whole answers only, the oldest first: of two the newer counts."""
    found = _Found()
    questions: dict[str, list[tuple[str, Capture]]] = defaultdict(list)
    for key, capture in sorted(answers.captured.items(), key=lambda item: (item[1].captured_at, item[0])):
        site, name = key.split("/")[:2]
        questions[f"{site}/{name}"].append((key, capture))
    for name, captures in questions.items():
        about = captures[0][1].extract or {}
        if name.startswith("wikidata/"):
            if (items := answers.replay(name, parse_wikidata)) is not None:
                found.add_items(about.get("ids", ()), items)
        elif (parts := archived_parts(answers, name)) is not None:
            found.add_pages(about.get("titles", ()), parts)
    return found


def _wanted_ids(tracked: Sequence[_Tracked], found: _Found) -> set[str]:
    """The items of who is tracked: as curated, else as Wikipedia says."""
    wanted = set()
    for one in tracked:
        at = found.pages.find(one.title)
        wanted.add(one.curated_id or (at[1].wiki_id if at else None))
    return {wiki_id for wiki_id in wanted if wiki_id}


def _findings(tracked: Sequence[_Tracked], found: _Found) -> tuple[dict[int, Facts], list[str]]:
    facts: dict[int, Facts] = {}
    problems: list[str] = []
    articles: dict[str, list[str]] = defaultdict(list)
    for one in tracked:
        known, problem = facts_about(one.name, one.title, one.curated_id, found.pages, found.items)
        if problem:
            problems.append(problem)
        if known is not None:
            facts[one.id] = known
            articles[known.current_title or one.title].append(one.name)
    shared = [(title, names) for title, names in articles.items() if len(names) > 1]
    problems += [f"{' and '.join(names)} have the same article '{title}'; set wiki_title" for title, names in shared]
    return facts, sorted(problems)


def _listed(lines: Sequence[str]) -> str:
    rest = [f"and {len(lines) - _PROBLEMS_NAMED} more"] if len(lines) > _PROBLEMS_NAMED else []
    return "; ".join([*lines[:_PROBLEMS_NAMED], *rest])
