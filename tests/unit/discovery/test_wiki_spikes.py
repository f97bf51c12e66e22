"""Spikes of the lake: who breaks out is found among all titles, machines and pages that are no entities are not."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etheatmap_core.discovery.pages import PageKind
from etheatmap_core.discovery.rules import SpikeRules
from etheatmap_core.discovery.spike_test import AGES
from etheatmap_core.discovery.wiki_spikes import SpikeReport, wiki_spikes
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.hours import HOUR
from etheatmap_core.signals.wiki_dump import write_lake_file

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 3  # of history: the fewest that are judged
USUAL = ["en Busy_page 900 0", "en.m Busy_page 600 0", "en Frank_Carson 10 0", "en.m Frank_Carson 8 0"]
NEWS = ["en Busy_page 950 0", "en.m Busy_page 500 0", "en Frank_Carson 400 0", "en.m Frank_Carson 300 0"]
ALSO_RISEN = [
    "en Main_Page 9000 0", "en.m Main_Page 8000 0", "en Special:Search 900 0", "en List_of_comedians 500 0",
    "en.m List_of_comedians 300 0", "en Nahui_Ollin 90000 0", "en.m Nahui_Ollin 20 0", "en Quiet_page 9 0",
    "en.m Quiet_page 9 0", "de Otto_Waalkes 900 0",
]  # fmt: skip


@pytest.fixture(scope="module")
def make_lake(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[int, list[str]]], dict[datetime, Path]]:
    """Lake files of the ages that are read, three days back; other lines for some ages."""
    folder = tmp_path_factory.mktemp("lake")

    def made(lines: list[str]) -> Path:
        name = str(abs(hash(tuple(lines))))
        if not (folder / f"{name}.parquet").exists():
            raw = folder / f"{name}.gz"
            raw.write_bytes(gzip.compress("".join(f"{line}\n" for line in sorted(lines)).encode()))
            write_lake_file(raw, folder / f"{name}.parquet", ["en", "de"])
        return folder / f"{name}.parquet"

    def make(other: dict[int, list[str]]) -> dict[datetime, Path]:
        ages = [age for age in AGES if age <= 24 * DAYS + 1]
        return {NOON - age * HOUR: made(other.get(age, USUAL)) for age in ages}

    return make


LakeMaker = Callable[[dict[int, list[str]]], dict[datetime, Path]]


@pytest.fixture(scope="module")
def report(make_lake: LakeMaker) -> SpikeReport:
    return wiki_spikes(make_lake({0: [*NEWS, *ALSO_RISEN], 1: [*NEWS, *ALSO_RISEN]}), NOON)


def test_who_breaks_out_is_found_and_nobody_else(report: SpikeReport) -> None:
    [spike] = report.spikes
    assert (spike.title, spike.hour, spike.views, spike.usual, spike.trust) == ("Frank Carson", NOON, 700, 18.0, 1.0)
    assert spike.mobile_share == pytest.approx(3 / 7)
    assert spike.ratio == pytest.approx(700 / 18)
    assert not spike.is_doodle_like


def test_the_report_says_what_was_left_out(report: SpikeReport) -> None:
    assert report.tested == 3  # the busy page, Frank Carson and what machines read; the quiet page has 18 views
    assert report.distrusted == 1
    assert report.no_entities == {PageKind.MAIN_PAGE: 1, PageKind.NAMESPACE: 1, PageKind.LIST: 1}
    assert report.known_days == DAYS


def test_one_hour_is_no_spike(make_lake: LakeMaker) -> None:
    assert wiki_spikes(make_lake({0: NEWS}), NOON).spikes == ()


def test_each_wiki_stands_for_itself_and_the_floor_of_views_is_a_setting(make_lake: LakeMaker) -> None:
    lake = make_lake({0: [*NEWS, *ALSO_RISEN], 1: [*NEWS, *ALSO_RISEN]})
    assert [spike.title for spike in wiki_spikes(lake, NOON, "de").spikes] == ["Otto Waalkes"]
    assert wiki_spikes(lake, NOON, rules=SpikeRules(least_views=701)).spikes == ()


def test_without_desktop_and_mobile_told_apart_nobody_is_distrusted(make_lake: LakeMaker) -> None:
    desktop = {age: [line for line in USUAL if line.startswith("en ")] for age in AGES}
    risen = [line for line in NEWS if line.startswith("en ")]
    [spike] = wiki_spikes(make_lake({**desktop, 0: risen, 1: risen}), NOON).spikes
    assert (spike.title, spike.mobile_share, spike.trust) == ("Frank Carson", None, 1.0)


def test_a_page_missing_in_an_hour_had_fewer_views_than_any_shown(make_lake: LakeMaker) -> None:
    cut = ["en Busy_page 900 0", "en Other_page 500 0"]
    risen = [*cut, "en Frank_Carson 520 0"]
    assert wiki_spikes(make_lake({**dict.fromkeys(AGES, cut), 0: risen, 1: risen}), NOON).spikes == ()


def test_missing_hours_are_gaps_and_a_missing_partition_is_told(make_lake: LakeMaker) -> None:
    lake = make_lake({0: NEWS, 1: NEWS})
    gone = {hour: path for hour, path in lake.items() if hour != NOON - 2 * HOUR}
    assert [spike.title for spike in wiki_spikes(gone, NOON).spikes] == ["Frank Carson"]
    recent = {hour: path for hour, path in lake.items() if hour > NOON - 40 * HOUR}
    assert (wiki_spikes(recent, NOON).known_days, wiki_spikes(recent, NOON).spikes) == (1, ())
    with pytest.raises(LookupError, match="the lake has no views of 2026-11-20T13: collect wiki for that hour first"):
        wiki_spikes(lake, NOON + HOUR)


def test_a_damaged_file_is_named(make_lake: LakeMaker, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"not parquet")
    with pytest.raises(CorruptCaptureError, match=r"damaged\.parquet cannot be read .*: delete it to have it made"):
        wiki_spikes({**make_lake({0: NEWS}), NOON - HOUR: damaged}, NOON)


def test_an_hour_in_which_nothing_has_enough_views(make_lake: LakeMaker) -> None:
    report = wiki_spikes(make_lake({0: ["en Quiet_page 3 0"]}), NOON)
    assert (report.tested, report.spikes) == (0, ())
