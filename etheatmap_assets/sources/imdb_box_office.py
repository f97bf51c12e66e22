"""Releases and box office of the tracked films and series, by the day. Nothing is scraped: IMDb's and Box Office Mojo's
terms forbid it, which the earlier system did not mind.

Asked: Wikidata, by up to twenty ids, for publication dates. Comes back: JSON. Becomes: ``days_until_release`` and
``anticipation_score``, source ``releases``. Read: box_office.csv, which the operator drops into configs/. Becomes: the
metrics of source ``box_office``, of the newest weekend that had ended. Either half is stored without the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import AssetCondition
from etheatmap_assets.sources.daily_asset import build_daily
from etheatmap_assets.sources.day_answers import DAY, CollectedDay, DayAnswers, StoppedError, collecting
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.config.box_office import read_box_office
from etheatmap_core.database.partitions import ensure_day_partitions
from etheatmap_core.database.replace import CheckResult
from etheatmap_core.entities.roster import sync_roster
from etheatmap_core.entities.roster_facts import id_batches, question_key
from etheatmap_core.errors import ConfigError, EtHeatmapError, NotRecollectableError, SourceState
from etheatmap_core.hours import floor_hour
from etheatmap_core.signals import box_office, releases
from etheatmap_core.signals.box_office import Charts, Named, charts_of
from etheatmap_core.signals.readings import Reading, replace_readings
from etheatmap_core.signals.releases import Release, Stated, parse_releases, release_metrics, release_of, releases_url
from etheatmap_core.signals.source_hours import record_hour

SOURCE = "imdb_box_office"
WIKIDATA = "https://www.wikidata.org"
ALL_ANSWERED, ALL_MATCHED = "every_question_answered", "every_title_matched"
_CHECKS = {
    ALL_ANSWERED: "Wikidata did not answer everything, or box_office.csv could not be read: the reason says what.",
    ALL_MATCHED: "A title of the newest weekend is no tracked project's: add an alias to entities.csv, or leave it.",
}
_NAMED = 20
_PROJECTS = sa.text(
    "SELECT id, name, aliases, wiki_id FROM entities WHERE is_active AND type = 'project' ORDER BY name"
)
# Of projects whose question was not answered this time: what the day has said of them stays.
_OF_OTHERS = sa.text("""
    SELECT entity_id, ts, metric, value FROM signals
    WHERE source = :source AND ts = :day AND NOT entity_id = ANY(:ids) ORDER BY entity_id, metric""")


def build_imdb_box_office(
    grid: dg.DailyPartitionsDefinition, *, condition: AssetCondition | None
) -> dg.AssetsDefinition:
    """The asset. ``condition`` None: never requested by itself. After entity_roster, which finds the Wikidata ids."""
    spec = dg.AssetSpec(
        SOURCE,
        deps=["entity_roster"],
        partitions_def=grid,
        skippable=True,
        automation_condition=condition,
        group_name="sources",
        kinds={"wikidata", "postgres"},
        owners=["team:etheatmap"],
        metadata={"dagster/table_name": "signals", "is_requested": condition is not None},
        description="How near the releases of tracked projects are, and their box office, by the day.",
    )
    return build_daily(spec, _CHECKS, lambda kit, must_ask: BoxOfficeCollector(kit, must_ask=must_ask))


@dataclass(frozen=True)
class _Project:
    id: int
    name: str
    names: tuple[str, ...]
    wiki_id: str | None


@dataclass
class _Half:
    """What one of the two halves has become. ``readings`` None: it could not be made, and its rows stay as they are.
    ``about``: the entities it speaks of, None for all of them."""

    readings: list[Reading] | None = None
    about: frozenset[int] | None = None
    problems: list[str] = field(default_factory=list)
    told: dict[str, str | int] = field(default_factory=dict)
    error: EtHeatmapError | None = None

    @property
    def state(self) -> str:
        if self.readings is None and self.error is not None:
            return str(self.error.state)
        return str(SourceState.OK if self.readings else SourceState.EMPTY)


class BoxOfficeCollector:
    """Collects days for one run. ``must_ask`` asks even where the archive has good answers."""

    def __init__(self, kit: Kit, *, must_ask: bool = False) -> None:
        self._kit, self._must_ask = kit, must_ask

    def collect(self, day: datetime) -> CollectedDay:
        """Makes the day's rows, or raises an EtHeatmapError and leaves them untouched."""
        started = perf_counter()
        with collecting(self._kit, SOURCE, day, needs=(SOURCE,)):
            projects = self._projects()
            charts = self._charts(day, projects)
            answers = DayAnswers.of(self._kit, SOURCE, day, limits_of=SOURCE, must_ask=self._must_ask)
            dates = self._releases(day, answers, projects)
            if not charts.readings:
                for error in (dates.error, charts.error):
                    if error is not None and not dates.readings:
                        raise error
            return self._store(day, answers, dates, charts, started)

    def _projects(self) -> list[_Project]:
        with self._kit.engine.begin() as connection:
            sync_roster(connection, self._kit.config.entities, floor_hour(self._kit.clock()))
            rows = connection.execute(_PROJECTS).all()
        return [_Project(row.id, row.name, (row.name, *row.aliases), row.wiki_id) for row in rows]

    def _charts(self, day: datetime, projects: Sequence[_Project]) -> _Half:
        directory = self._kit.settings.etheatmap_config_dir
        try:
            figures = read_box_office(directory)
        except ConfigError as error:
            return _Half(problems=[str(error)], error=error)
        if figures is None:
            wanted = f"no box office: put it into {box_office.FILE} in {directory}, with the columns"
            return _Half(problems=[f"{wanted} {','.join(box_office.COLUMNS)}"])
        found = charts_of(figures, day.date(), [Named(one.id, one.names) for one in projects])
        readings = [
            Reading(entity_id, day, metric, value)
            for entity_id, metrics in found.metrics.items()
            for metric, value in metrics.items()
        ]
        told: dict[str, str | int] = {
            "box_office_titles": len(found.metrics), "weekend_end": str(found.weekend_end or ""),
            "unmatched_titles": _listed(found.unmatched),
        }  # fmt: skip
        return _Half(readings, None, _chart_problems(found, day), told)

    def _releases(self, day: datetime, answers: DayAnswers, projects: Sequence[_Project]) -> _Half:
        """Wikidata only knows "now", which speaks of a day until the next one has ended."""
        ids = {one.wiki_id for one in projects if one.wiki_id is not None}
        dates = _replayed(answers)
        if self._kit.clock() < day + 2 * DAY:
            self._ask(answers, sorted(ids - dates.keys()), dates)
        elif not answers.captured:
            error = NotRecollectableError(
                f"Wikidata only tells what is now, and of {day:%Y-%m-%d} nothing was captured: ask for the newest day."
            )
            return _Half(problems=[str(error)], error=error)
        if answers.questions and not answers.answered:
            return _Half(error=answers.why_nothing())
        if not ids:
            told = "no project has a Wikidata id yet: entity_roster finds them, or write them as wiki_id"
            return _Half([], frozenset(), [told])
        return _dated({one: release_of(dates[one.wiki_id]) for one in projects if one.wiki_id in dates}, day)

    def _ask(self, answers: DayAnswers, ids: Sequence[str], dates: dict[str, tuple[Stated, ...]]) -> None:
        batches = id_batches(ids)
        try:
            for number, some in enumerate(batches):
                found = answers.ask(
                    question_key("wikidata", some), releases_url(WIKIDATA, some), parse_releases, about={"ids": some},
                    is_left=len(batches) - number,
                )  # fmt: skip
                dates.update(found or {})
        except StoppedError:
            return  # what is there is stored, the rest is asked for at the next tick

    def _store(self, day: datetime, answers: DayAnswers, dates: _Half, charts: _Half, started: float) -> CollectedDay:
        kit, rows = self._kit, [*(dates.readings or ()), *(charts.readings or ())]
        outcome = answers.outcome(is_empty=not rows, items=len(rows), problems=(*dates.problems, *charts.problems))
        if dates.error is not None or charts.error is not None:
            outcome = replace(outcome, is_complete=False)
        with kit.engine.begin() as connection:
            ensure_day_partitions(connection, "signals", {day})
        with kit.engine.begin() as connection:
            for source, half in ((releases.SOURCE, dates), (box_office.SOURCE, charts)):
                if half.readings is not None:
                    of_others = _of_others(connection, source, day, half.about)
                    replace_readings(connection, source, day, [*half.readings, *of_others], since=day)
            record_hour(connection, SOURCE, day, outcome, ended_at=kit.clock())
        share = f"{outcome.answered} of {outcome.questions} answered, {outcome.deferred} deferred"
        unmatched = str(charts.told.get("unmatched_titles", ""))
        return CollectedDay(
            outcome=outcome,
            rows=len(rows),
            asked=answers.asked,
            content_hashes=tuple(answers.hashes),
            seconds=perf_counter() - started,
            checks=(
                CheckResult(ALL_ANSWERED, outcome.is_complete, share, is_warning=True),
                CheckResult(ALL_MATCHED, not unmatched, unmatched or "all of them", is_warning=True),
            ),
            told={"releases": dates.state, "box_office": charts.state, **dates.told, **charts.told},
        )


def _replayed(answers: DayAnswers) -> dict[str, tuple[Stated, ...]]:
    """What the archive has of the day, the oldest first: of two answers the newer counts."""
    dates: dict[str, tuple[Stated, ...]] = {}
    for key, _ in sorted(answers.captured.items(), key=lambda item: (item[1].captured_at, item[0])):
        dates.update(answers.replay(key, parse_releases) or {})
    return dates


def _dated(known: Mapping[_Project, Release], day: datetime) -> _Half:
    """The readings, and who has none because only the year or the month of their release is known."""
    readings, vague = list[Reading](), list[str]()
    for project, release in known.items():
        metrics = release_metrics(release, day.date())
        readings += [Reading(project.id, day, metric, value) for metric, value in metrics.items()]
        if release.day is None and release.spelled:
            vague.append(f"{project.name} ({release.spelled})")
    problems = [f"no day of the release is known yet: {_listed(vague)}"] if vague else []
    told: dict[str, str | int] = {
        "upcoming_releases": len({reading.entity_id for reading in readings}),
        "without_a_day": _listed(vague),
        "without_a_date": sum(1 for release in known.values() if not release.spelled),
    }
    return _Half(readings, frozenset(project.id for project in known), problems, told)


def _chart_problems(found: Charts, day: datetime) -> list[str]:
    if found.weekend_end is None:
        days = box_office.VALID_FOR.days
        return [f"{box_office.FILE} has no weekend that ended within {days} days before {day + DAY:%Y-%m-%d}: add it"]
    return [f"no tracked project is called {_listed(found.unmatched)}"] if found.unmatched else []


def _of_others(connection: sa.Connection, source: str, day: datetime, about: frozenset[int] | None) -> list[Reading]:
    if about is None:
        return []
    asked = {"source": source, "day": day, "ids": sorted(about)}
    return [Reading(*row) for row in connection.execute(_OF_OTHERS, asked)]


def _listed(names: Sequence[str]) -> str:
    rest = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *rest])
