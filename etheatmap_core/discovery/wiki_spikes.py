"""Articles of the lake that break out in an hour, over all titles of a wiki.

Here: which lake files are read, what is tested, the guards against machines. Not here: the arithmetic
(``spike_test``), pages that are no entities (``pages``), who is admitted (``admission``).

Of the hours of a week 54 files are read (``spike_test.AGES``); what is held in memory is their views of the pages that
have enough of them now, never a file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np

from etheatmap_core.discovery.pages import PageKind, page_kind
from etheatmap_core.discovery.rules import SpikeRules
from etheatmap_core.discovery.spike_test import AGES, Row, Week, spike_test
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.hours import HOUR
from etheatmap_core.scoring.robust.guards import mobile_guard
from etheatmap_core.signals.wiki_dump import read_lake_stats
from etheatmap_core.signals.wiki_views import ACCESS_KINDS

_PUBLISHED = SpikeRules()
_ENGINE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "700MB",
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
}
_SELECT_NOW = """
    SELECT title, views_desktop, views_mobile FROM read_parquet(?)
    WHERE wiki = ? AND coalesce(views_desktop, 0) + coalesce(views_mobile, 0) >= ? ORDER BY title
"""
_CREATE_FILES = """
    CREATE TEMP TABLE files AS SELECT unnest(?::INTEGER[]) AS file, unnest(?::VARCHAR[]) AS filename,
        unnest(?::BIGINT[]) AS unseen_desktop, unnest(?::BIGINT[]) AS unseen_mobile
"""
_SELECT_EARLIER = """
    SELECT id, file,
           coalesce(views_desktop, unseen_desktop) + coalesce(views_mobile, unseen_mobile) AS views
    FROM read_parquet(?, filename = true) JOIN tested USING (title) JOIN files USING (filename) WHERE wiki = ?
"""


@dataclass(frozen=True)
class Spike:
    """An article whose hour stands out of its own week; ``z`` is after the guards."""

    title: str
    hour: datetime
    views: int
    usual: float  # views in such an hour
    z: float
    mobile_share: float | None  # None: the hour's dump does not tell mobile readers apart
    trust: float  # 1: people; below: the share of mobile readers says machine
    is_doodle_like: bool

    @property
    def ratio(self) -> float:
        return self.views / self.usual


@dataclass(frozen=True)
class SpikeReport:
    """An hour's spikes, the strongest first, and what they were chosen from."""

    hour: datetime
    known_days: int  # with the same hour in the lake; nothing is judged below ``spike_test.LEAST_DAYS``
    tested: int  # articles with enough views
    no_entities: Mapping[PageKind, int]  # pages with as many views that are no articles
    distrusted: int  # would be spikes, were they people
    spikes: tuple[Spike, ...]


def wiki_spikes(
    lake: Mapping[datetime, Path], hour: datetime, wiki: str = "en", rules: SpikeRules = _PUBLISHED
) -> SpikeReport:
    """The spikes of ``hour``. ``lake``: the file of each hour that is there; one that is not is a gap, not a zero.

    LookupError: the lake has no file of ``hour``. CorruptCaptureError: a file cannot be read.
    """
    if hour not in lake:
        raise LookupError(f"the lake has no views of {hour:%Y-%m-%dT%H}: collect wiki for that hour first.")
    with _engine() as engine:
        now = _read_now(engine, lake[hour], wiki, rules)
        week = _read_week(engine, lake, hour, wiki, now)
    return spikes_among(now, week, hour, rules)


@dataclass(frozen=True)
class HourViews:
    """The articles of an hour that have enough views to be tested."""

    titles: Sequence[str]
    views: Row
    mobile: Row  # NaN: not told apart
    no_entities: Mapping[PageKind, int]


def _read_now(engine: duckdb.DuckDBPyConnection, path: Path, wiki: str, rules: SpikeRules) -> HourViews:
    smallest = read_lake_stats(path).smallest.get(wiki, {})
    rows = engine.execute(_SELECT_NOW, [str(path), wiki, rules.least_views]).fetchall()
    now = hour_views(rows, tells_mobile="mobile" in smallest)
    engine.execute(
        "CREATE TEMP TABLE tested AS SELECT unnest(?::VARCHAR[]) AS title, unnest(range(?)) AS id",
        [now.titles, len(now.titles)],
    )
    return now


def hour_views(rows: Sequence[tuple[str, int | None, int | None]], *, tells_mobile: bool) -> HourViews:
    """From title, desktop and mobile views (None: not shown); what is no article is counted and left out."""
    kinds = [page_kind(title) for title, _, _ in rows]
    kept = [row for row, kind in zip(rows, kinds, strict=True) if kind is PageKind.ARTICLE]
    titles = [title for title, _, _ in kept]
    mobile = np.array([views or 0 for _, _, views in kept], dtype=np.float64)
    views = mobile + np.array([views or 0 for _, views, _ in kept], dtype=np.float64)
    if not tells_mobile:
        mobile = np.full(len(kept), np.nan)
    return HourViews(titles, views, mobile, Counter(kind for kind in kinds if kind is not PageKind.ARTICLE))


def _read_week(
    engine: duckdb.DuckDBPyConnection, lake: Mapping[datetime, Path], hour: datetime, wiki: str, now: HourViews
) -> Week:
    """A page that a file does not show had fewer views than any it shows: one fewer, of each kind of access."""
    views = np.full((len(AGES), len(now.titles)), np.nan)
    views[0] = now.views
    files = []
    for row, age in enumerate(AGES[1:], start=1):
        path = lake.get(hour - age * HOUR)
        if path is not None:
            smallest = read_lake_stats(path).smallest.get(wiki, {})
            unseen = [max(smallest.get(kind, 1) - 1, 0) for kind in ACCESS_KINDS]
            views[row] = sum(unseen)
            files.append((row, str(path), *unseen))
    if files and now.titles:
        columns = [list(column) for column in zip(*files, strict=True)]
        engine.execute(_CREATE_FILES, columns)
        found = engine.execute(_SELECT_EARLIER, [columns[1], wiki]).fetchnumpy()
        views[found["file"], found["id"]] = found["views"]
    return Week(views)


def spikes_among(now: HourViews, week: Week, hour: datetime, rules: SpikeRules) -> SpikeReport:
    """The articles of ``now`` that stand out of ``week``, which has a column for each of them."""
    test = spike_test(week)
    trust = mobile_guard(now.mobile[None, :], now.views[None, :]).trust[0]
    z = test.z * trust
    chosen = np.flatnonzero(z >= rules.least_z)
    spikes = [
        Spike(
            title=now.titles[page],
            hour=hour,
            views=int(now.views[page]),
            usual=float(test.usual[page]),
            z=float(z[page]),
            mobile_share=None if np.isnan(now.mobile[page]) else float(now.mobile[page] / now.views[page]),
            trust=float(trust[page]),
            is_doodle_like=bool(test.is_doodle_like[page]),
        )
        for page in chosen.tolist()
    ]
    return SpikeReport(
        hour,
        test.known_days,
        len(now.titles),
        dict(now.no_entities),
        int((test.z >= rules.least_z).sum()) - len(spikes),
        tuple(sorted(spikes, key=lambda spike: (-spike.z, spike.title))),
    )


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect(config=_ENGINE) as engine:
            yield engine
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        reason = str(error).splitlines()[0]
        raise CorruptCaptureError(f"a lake file cannot be read ({reason}): delete it to have it made again.") from error
