"""Daily views before the hourly dumps were collected, from Wikimedia's REST API.

Asked: for each tracked article that lacks them, the sixty days before the day, at the title it has and the one it had.
Comes back: an item a day, or that there are none. Becomes: ``views_daily`` in ``signals``, source ``wiki_history``:
rows of its own, because an hour of ``wiki`` replaces all that ``wiki`` has in it. The API answers for the past, so any
day can be made. The requests count for limits and breaker of entity_roster: when this API is ill, the dumps go on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from time import perf_counter

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.daily_asset import build_daily
from etheatmap_assets.sources.day_answers import DAY, CollectedDay, DayAnswers, StoppedError, collecting
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.entities.priority import tracked_by_heat
from etheatmap_core.entities.roster import sync_roster, tracked_articles
from etheatmap_core.hours import floor_hour
from etheatmap_core.signals.readings import Reading, owned_readings, replace_readings, require_partitions
from etheatmap_core.signals.source_hours import record_hour
from etheatmap_core.signals.wiki_rest import METRIC, NO_DATA, SOURCE, daily_views_url, parse_daily_views, summed

LIMITS_OF = "entity_roster"
REST = "https://wikimedia.org"
REACH = 60 * DAY
ALL_ANSWERED = "every_question_answered"
_IDS = sa.text("SELECT id, name FROM entities WHERE name = ANY(:names)")
# entity's name → title → day → views
Histories = dict[str, dict[str, Mapping[datetime, int]]]


def build_wiki_history(grid: dg.DailyPartitionsDefinition, *, condition: AssetCondition | None) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself. After entity_roster, which knows the titles."""
    spec = dg.AssetSpec(
        SOURCE,
        deps=["entity_roster"],
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="sources",
        kinds={"wikipedia", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "signals", "is_requested": condition is not None},
        description="Daily views of the sixty days before, of tracked articles that lack them.",
    )
    checks = {ALL_ANSWERED: "The history of an article is still missing: it is asked for with the next day."}
    return build_daily(spec, checks, lambda kit, must_ask: HistoryCollector(kit, must_ask=must_ask))


class HistoryCollector:
    """Collects days for one run. ``must_ask`` asks even where the archive has good answers."""

    def __init__(self, kit: Kit, *, must_ask: bool = False) -> None:
        self._kit, self._must_ask = kit, must_ask

    def collect(self, day: datetime) -> CollectedDay:
        """Makes the day's rows, or raises an EtHeatmapError and leaves them untouched."""
        started = perf_counter()
        with collecting(self._kit, SOURCE, day, needs=("wiki", LIMITS_OF)):
            answers = DayAnswers.of(
                self._kit, SOURCE, day, limits_of=LIMITS_OF, must_ask=self._must_ask, also_answers=frozenset({NO_DATA})
            )
            titles = self._titles()
            histories = _replayed(answers, titles)
            if not answers.is_complete:
                self._ask(answers, histories, titles)
            if answers.questions and not answers.answered and (error := answers.why_nothing()) is not None:
                raise error
            return self._store(day, answers, histories, started)

    def _titles(self) -> Mapping[str, tuple[str, ...]]:
        """Where each tracked article is or was, by the entity's name, the hottest first."""
        now = floor_hour(self._kit.clock())
        with self._kit.engine.begin() as connection:
            sync_roster(connection, self._kit.config.entities, now)
            articles = tracked_articles(connection)
            tracked = tracked_by_heat(connection, now)
        return {one.name: articles[one.id].own_titles for one in tracked if one.id in articles}

    def _ask(self, answers: DayAnswers, histories: Histories, titles: Mapping[str, Sequence[str]]) -> None:
        """For whom a title was not answered for within sixty days of the day, at all titles they have."""
        day, wiki = answers.day, self._kit.settings.wiki_projects[0]
        with self._kit.engine.connect() as connection:
            known = self._kit.archive.keys_of_others(connection, SOURCE, day, within=REACH)
        lacking = {name: own for name, own in titles.items() if not known.issuperset(map(_key, own))}
        questions = [
            (name, title) for name, own in lacking.items() for title in own if title not in histories.get(name, {})
        ]
        try:
            for number, (name, title) in enumerate(questions):
                url = daily_views_url(REST, wiki, title, day - REACH, day - DAY)
                about, left = {"entities": [name], "title": title}, len(questions) - number
                views = answers.ask(_key(title), url, parse_daily_views, about=about, is_left=left)
                if views is not None:
                    histories.setdefault(name, {})[title] = views
        except StoppedError:
            pass  # what is there is stored; the rest is asked for with the next day
        for name in [name for name, own in titles.items() if not histories.get(name, {}).keys() >= set(own)]:
            histories.pop(name, None)  # a part would look like a fall

    def _store(self, day: datetime, answers: DayAnswers, histories: Histories, started: float) -> CollectedDay:
        with self._kit.engine.begin() as connection:
            ids = {row.name: row.id for row in connection.execute(_IDS, {"names": sorted(histories)})}
            told = [
                Reading(ids[name], ts, METRIC, float(views))
                for name, history in histories.items()
                for ts, views in summed(history).items()
            ]
            # What the day has said of others stays: they were not answered now, or their bytes are gone.
            before = owned_readings(connection, SOURCE, day, since=day - REACH)
            readings = told + [one for one in before if one.entity_id not in ids.values()]
            require_partitions(connection, readings)
        outcome = answers.outcome(is_empty=not readings, items=len(readings))
        with self._kit.engine.begin() as connection:
            replace_readings(connection, SOURCE, day, readings, since=day - REACH)
            record_hour(connection, SOURCE, day, outcome, ended_at=self._kit.clock())
        share = f"{outcome.answered} of {outcome.questions} answered, {outcome.deferred} deferred"
        return CollectedDay(
            outcome=outcome,
            rows=len(readings),
            asked=answers.asked,
            content_hashes=tuple(answers.hashes),
            seconds=perf_counter() - started,
            checks=(CheckResult(ALL_ANSWERED, outcome.is_complete, share, is_warning=True),),
            told={"entities": len({reading.entity_id for reading in readings})},
        )


def _key(title: str) -> str:
    return f"daily/{title}"


def _replayed(answers: DayAnswers, titles: Mapping[str, Sequence[str]]) -> Histories:
    """What the archive has, of whoever is tracked by now: but for titles that are somebody's no more."""
    histories: Histories = {}
    for key, capture in sorted(answers.captured.items()):
        about = capture.extract or {}
        [name], title = about["entities"], about["title"]
        if title in titles.get(name, (title,)) and (views := answers.replay(key, parse_daily_views)) is not None:
            histories.setdefault(name, {})[title] = views
    return histories
