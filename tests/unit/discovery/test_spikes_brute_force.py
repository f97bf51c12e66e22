"""The spikes of a whole lake, made from a seed, are those that a count of every title one by one finds."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[3]))  # where bench is

from bench.lake_files import LakeFiles, week_of_lake
from etheatmap_core.discovery.pages import PageKind, page_kind
from etheatmap_core.discovery.rules import SpikeRules
from etheatmap_core.discovery.spike_test import AGES, Week
from etheatmap_core.discovery.wiki_spikes import HourViews, spikes_among, wiki_spikes
from etheatmap_core.hours import HOUR

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GAPS = (1, 24, 49)  # ages whose file is missing
Counts = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeFiles:
    return week_of_lake(tmp_path_factory.mktemp("lake"), NOON, titles=3000, spikes=20)


def counts(path: Path) -> Counts:
    with duckdb.connect() as engine:
        rows = engine.execute("SELECT title, views_desktop, views_mobile FROM read_parquet(?)", [str(path)]).fetchall()
    return {title: (desktop or 0, mobile or 0) for title, desktop, mobile in rows}


@pytest.mark.parametrize("gaps", [(), GAPS], ids=["every file", "files are missing"])
def test_the_report_is_that_of_brute_force(lake: LakeFiles, gaps: tuple[int, ...]) -> None:
    files = {NOON - age * HOUR: lake.files[NOON - age * HOUR] for age in AGES if age not in gaps}
    hours = {hour: counts(path) for hour, path in files.items()}
    tested = sorted(title for title, views in hours[NOON].items() if sum(views) >= SpikeRules().least_views)
    assert all(page_kind(title) is PageKind.ARTICLE for title in tested)
    week = np.array([
        [sum(hours[NOON - age * HOUR].get(title, (0, 0))) if age not in gaps else np.nan for title in tested]
        for age in AGES
    ], dtype=np.float64)  # fmt: skip
    mobile = np.array([float(hours[NOON][title][1]) for title in tested])
    expected = spikes_among(HourViews(tested, week[0], mobile, {}), Week(week), NOON, SpikeRules())
    assert wiki_spikes(files, NOON) == expected
    assert {spike.title for spike in expected.spikes} == lake.spikes
    assert len(tested) > 3 * len(lake.spikes)
