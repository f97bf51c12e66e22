"""The labelled series of each tier: simulated, injected into real background, real, and the benchmark's.

Here: where series and truth come from. Not here: measuring (etheatmap_core.evaluation), what is written (detection).
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from etheatmap_core.evaluation.detection import RULES, Rules
from etheatmap_core.evaluation.injection import (
    LAG_HOURS,
    TAKES_PART,
    Burst,
    draw_bot,
    draw_burst,
    injected,
    thinned,
)
from etheatmap_core.evaluation.series_files import Event, SeriesSet
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.scoring.series import Grid
from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import FORTNIGHT_HOURS, HOUR
from etheatmap_sim.items import Items
from etheatmap_sim.roster import read_roster
from etheatmap_sim.scenario import Scenario
from evaluation.real_events import DAILY_2014, HOURLY

HELD_OUT_SEEDS = (101, 102, 103, 104, 105)  # no constant of any model was chosen by looking at them
SIMULATED_START = datetime(2026, 3, 2, tzinfo=UTC)
CHANNELS = {"reddit": (Channel.REDDIT,), "news": (Channel.TRADE, Channel.NEWS), "gdelt_gkg": (Channel.GDELT,)}
INJECTION_SEED = 2012
_COPIES = 4  # of the background, each with bursts of its own
_FIRST_JUDGED_HOUR_2012 = 84
_BURST_SHARE, _BOT_SHARE, _LONE_SHARE = 0.6, 0.3, 0.2
_OTHER_SOURCES = (("reddit", 2.0), ("news", 0.5))  # with their mean counts an hour
_APART = 30  # hours between what is put into one entity


@dataclass(frozen=True)
class Tier:
    """Labelled series, and how they are judged."""

    key: str
    title: str
    series: SeriesSet
    events: tuple[Event, ...]
    rules: Rules
    horizon: int  # in steps: the recall that is aimed at


def simulated(
    roster: Path,
    seeds: Sequence[int] = HELD_OUT_SEEDS,
    days: int = 28,
    sources: Sequence[str] = tuple(CHANNELS),
    key: str = "A",
    title: str = "simulated",
) -> Tier:
    """Scenarios from their first hour to ``days`` after the fortnight, which is history only."""
    entities = read_roster(roster)
    hours = FORTNIGHT_HOURS + 24 * days
    ids, names, kinds, rows, events = [], [], [], [], []
    for seed in seeds:
        scenario = Scenario(seed, SIMULATED_START, entities)
        by_source = {"wiki": _views(scenario, hours)} | {
            source: _mentions(scenario, CHANNELS[source], hours) for source in sources
        }
        for position, entity in enumerate(entities):
            for source, counts in by_source.items():
                ids.append(f"{seed}/{entity.name}/{source}")
                names.append(f"{seed}/{entity.name}")
                kinds.append(source)
                rows.append(counts[position])
        end = scenario.first_hour + hours * HOUR
        events += [
            Event(f"{seed}/{episode.entity}", episode.start_at, episode.kind)
            for episode in scenario.episodes
            if episode.is_hot and scenario.first_hour <= episode.start_at < end
        ]
    start = SIMULATED_START - FORTNIGHT_HOURS * HOUR
    series = SeriesSet(Step.HOUR, start, tuple(ids), tuple(names), tuple(kinds), np.stack(rows))
    rules = replace(RULES[Step.HOUR], judge_from=FORTNIGHT_HOURS)
    return Tier(key, title, series, tuple(events), rules, horizon=12)


def read_hours(realdata: Path) -> tuple[datetime, tuple[str, ...], Grid, Grid]:
    """(first hour, titles, views [titles, hours] with NaN below place 1,000, smallest shown [hours])."""
    hours: dict[datetime, dict[str, int]] = {}
    for path in sorted((realdata / "wikimedia_dumps").rglob("pageviews-*.gz")):
        end = datetime.strptime(path.name, "pageviews-%Y%m%d-%H0000.gz").replace(tzinfo=UTC)
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            cells = [line.split(" ") for line in lines]
        hours[end - HOUR] = {cell[1]: int(cell[2]) for cell in cells}
    start, length = min(hours), len(hours)
    if [start + i * HOUR for i in range(length)] != list(hours):
        raise LookupError("the recorded hours of 2012 have a gap: the recordings are of another version.")
    always = set.intersection(*(set(hour) for hour in hours.values()))
    titles = tuple(sorted(always | {page for page, _, _ in HOURLY}))
    views = np.array([[hour.get(title, np.nan) for hour in hours.values()] for title in titles], dtype=np.float64)
    return start, titles, views, np.array([min(hour.values()) for hour in hours.values()], dtype=np.float64)


def real_hours(realdata: Path) -> Tier:
    """Real events of February 2012, with every always-present page as background.

    A page that an hour's file lacks had at most the smallest number of views shown: as in the product, it counts so.
    """
    start, titles, views, smallest = read_hours(realdata)
    known = np.where(np.isnan(views), smallest, views)
    series = SeriesSet(Step.HOUR, start, titles, titles, ("wiki",) * len(titles), known)
    events = tuple(Event(page, moment, what) for page, moment, what in HOURLY)
    rules = replace(RULES[Step.HOUR], judge_from=_FIRST_JUDGED_HOUR_2012)
    return Tier("C hourly", "real hours", series, events, rules, horizon=12)


def real_days(realdata: Path) -> Tier:
    """Real events by day: the deaths of 17 people, topics of 2014."""
    daily = _deaths(realdata / "attention" / "wiki_daily_deaths")
    for file in ("pageviews.csv", "pageviews_dec.csv"):  # the second is longer, and lacks Robin Williams
        daily |= _topics(realdata / "attention" / "wiki_daily_news_2014" / file)
    first = min(day for values in daily.values() for day in values)
    last = max(day for values in daily.values() for day in values)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    rows = np.array([[values.get(day, np.nan) for day in days] for values in daily.values()])
    start = datetime.combine(first, datetime.min.time(), UTC)
    names = tuple(daily)
    series = SeriesSet(Step.DAY, start, names, names, ("wiki",) * len(names), rows)
    moments = [*_died(realdata / "attention" / "wiki_daily_deaths"), *DAILY_2014]
    events = tuple(Event(name, datetime.combine(day, datetime.min.time(), UTC), what) for name, day, what in moments)
    return Tier("C daily", "real days", series, events, RULES[Step.DAY], horizon=1)


def with_bursts(realdata: Path, *, is_injected: bool = True) -> Tier:
    """Copies of the always-present pages of 2012, half of them with two more sources, with bursts put in.

    The further sources have the rhythm of other pages, thinned to the counts of mentions. What is no event: single
    bot hours on Wikipedia, bursts of one further source alone, and whatever really happened to the pages.
    """
    start, titles, views, _ = read_hours(realdata)
    is_background = ~np.isnan(views).any(axis=1) & ~np.isin(titles, [page for page, _, _ in HOURLY])
    background, pages = views[is_background], [title for title, kept in zip(titles, is_background, strict=True) if kept]
    dice = np.random.Generator(np.random.PCG64(INJECTION_SEED))
    ids, names, kinds, rows, events = [], [], [], [], []
    for copy in range(_COPIES):
        for position, page in enumerate(pages):
            name = f"{copy}/{page}"
            others = _OTHER_SOURCES if (position + copy) % 2 else ()
            put_in = _Injection.drawn(dice, background.shape[1], [source for source, _ in others])
            rhythms = {"wiki": background[position]}
            for source, mean in others:
                rhythms[source] = thinned(dice, background[int(dice.integers(len(background)))], mean)
            for source, values in rhythms.items():
                ids.append(f"{name}/{source}")
                names.append(name)
                kinds.append(source)
                with_all = injected(dice, values, put_in.bursts[source])
                rows.append(with_all if is_injected else values)
            if put_in.event is not None and is_injected:
                events.append(Event(name, start + put_in.event * HOUR, "burst"))
    series = SeriesSet(Step.HOUR, start, tuple(ids), tuple(names), tuple(kinds), np.stack(rows))
    rules = replace(RULES[Step.HOUR], judge_from=_FIRST_JUDGED_HOUR_2012)
    return Tier("B", "bursts in real background", series, tuple(events), rules, horizon=12)


@dataclass(frozen=True)
class _Injection:
    """What is put into the series of one entity, by source; ``event``: the hour of the burst that is to be found."""

    bursts: dict[str, list[Burst]]
    event: int | None

    @classmethod
    def drawn(cls, dice: np.random.Generator, hours: int, others: Sequence[str]) -> "_Injection":
        bursts: dict[str, list[Burst]] = {source: [] for source in ("wiki", *others)}
        first, last = _FIRST_JUDGED_HOUR_2012, hours - 1 - 24  # a day is left to find it in
        taken: list[int] = []
        event = None
        if dice.random() < _BURST_SHARE:
            burst = draw_burst(dice, first, last)
            event = burst.start
            taken.append(burst.start)
            bursts["wiki"].append(burst)
            for source in others:
                lag = int(dice.integers(*LAG_HOURS, endpoint=True))
                if dice.random() < TAKES_PART:
                    bursts[source].append(burst.later(lag))
        if dice.random() < _BOT_SHARE:
            bot = draw_bot(dice, first, last)
            if all(abs(bot.start - other) > _APART for other in taken):
                bursts["wiki"].append(bot)
                taken.append(bot.start)
        if others and dice.random() < _LONE_SHARE:
            lone = draw_burst(dice, first, last)
            if all(abs(lone.start - other) > _APART for other in taken):
                bursts[others[int(dice.integers(len(others)))]].append(lone)
        return cls(bursts, event)


def _views(scenario: Scenario, hours: int) -> Grid:
    """[entities, hours]."""
    told = [scenario.views(scenario.first_hour + hour * HOUR) for hour in range(hours)]
    return np.stack([views.desktop + views.mobile for views in told], axis=1).astype(np.float64)


def _mentions(scenario: Scenario, channels: Sequence[Channel], hours: int) -> Grid:
    """[entities, hours]: items that really name the entity."""
    positions = {entity.name: i for i, entity in enumerate(scenario.entities)}
    counts = np.zeros((len(positions), hours))
    items = Items(scenario)
    for hour in range(hours):
        for channel in channels:
            for item in items.of(channel, scenario.first_hour + hour * HOUR):
                for named in item.entities:
                    counts[positions[named.name], hour] += 1
    return counts


def _deaths(folder: Path) -> dict[str, dict[date, float]]:
    by_page: dict[str, dict[date, float]] = {}
    with (folder / "pageviews_daily.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            views = by_page.setdefault(row["pageid"], {})
            views[date.fromisoformat(row["date"])] = float(row["views"]) if row["views"] else np.nan
    return {row["name"]: by_page[row["pageid"]] for row in _people(folder)}


def _died(folder: Path) -> list[tuple[str, date, str]]:
    return [(row["name"], date.fromisoformat(row["died"]), "death") for row in _people(folder)]


def _people(folder: Path) -> list[dict[str, str]]:
    with (folder / "people.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _topics(path: Path) -> dict[str, dict[date, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    return {
        topic: {date.fromisoformat(row[0]): float(row[column]) if row[column] else np.nan for row in rows}
        for column, topic in enumerate(heading[1:], start=1)
    }
