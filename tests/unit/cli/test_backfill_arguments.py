"""The hours a backfill runs, and the sentence for each argument that is wrong."""

import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_assets.definitions import build_defs
from etheatmap_cli.backfill import _contiguous, _parts
from etheatmap_cli.main import main
from etheatmap_cli.up import LEFT_TO_AUTOMATION, newest_days
from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import HOUR, HourRange, parse_hour, partition_key
from etheatmap_core.settings import Settings

PROJECT = Path(__file__).parents[3]
FIRST = parse_hour("2012-02-14T16")
DAY = HourRange(FIRST, FIRST + 24 * HOUR)


def test_a_first_start_fills_eight_days_up_to_what_the_automation_asks_for() -> None:
    hours = newest_days(datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC))
    assert (hours.start, hours.end) == (parse_hour("2026-11-12T12"), parse_hour("2026-11-20T12"))


@given(st.datetimes(datetime(2012, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001  hypothesis adds zones
def test_the_newest_days_are_192_whole_hours_and_leave_the_rest(now: datetime) -> None:
    hours = newest_days(now)
    assert len(hours) == 192
    assert timedelta(0) <= now - (hours.end + LEFT_TO_AUTOMATION) < HOUR


@given(st.sets(st.integers(0, 60)))
def test_missing_hours_become_the_fewest_ranges_that_hold_them_and_no_other(offsets: set[int]) -> None:
    hours = [FIRST + offset * HOUR for offset in sorted(offsets)]
    ranges = _contiguous(hours)
    assert [hour for part in ranges for hour in part] == hours
    assert all(before.end < after.start for before, after in pairwise(ranges))


def test_nothing_missing_is_no_range() -> None:
    assert list(_contiguous([])) == []


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_defs(
        Settings(
            etheatmap_home=tmp_path,
            etheatmap_config_dir=PROJECT / "configs",
            etheatmap_partitions_start=DAY.start,
            etheatmap_partitions_end=DAY.end,
        )
    )


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def test_without_missing_only_the_whole_range_is_one_run(
    definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization("wiki", partition=partition_key(FIRST)))
    assert _parts(definitions, instance, "wiki", DAY, False) == (DAY,)


def test_missing_only_leaves_out_what_is_there(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    for offset in (0, 5, 6, 23):
        key = partition_key(FIRST + offset * HOUR)
        instance.report_runless_asset_event(dg.AssetMaterialization("wiki", partition=key))
    parts = _parts(definitions, instance, "wiki", DAY, True)
    assert parts == [HourRange(FIRST + HOUR, FIRST + 5 * HOUR), HourRange(FIRST + 7 * HOUR, FIRST + 23 * HOUR)]
    assert _parts(definitions, instance, "heat_scores", DAY, True) == [DAY], "another asset has hours of its own"


@pytest.mark.parametrize("outside", [FIRST - HOUR, DAY.end])
def test_an_hour_outside_the_grid_is_named_with_the_grid_and_the_remedy(
    definitions: dg.Definitions, instance: dg.DagsterInstance, outside: datetime
) -> None:
    hours = HourRange(min(outside, FIRST), max(outside + HOUR, DAY.end))
    with pytest.raises(ConfigError) as told:
        _parts(definitions, instance, "wiki", hours, False)
    assert str(told.value) == (
        f"{outside:%Y-%m-%dT%H} is not in the hour grid (2012-02-14-16:00 to 2012-02-15-15:00); "
        "set ETHEATMAP_PARTITIONS_START (and _END) to replay other hours."
    )


def test_an_unknown_asset_is_named_with_those_there_are(
    definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    told = r"^--select wikki: no such asset; there are .*\bentity_roster, .*\bwiki_history\b"
    with pytest.raises(ConfigError, match=told):
        _parts(definitions, instance, "wikki", DAY, False)


def test_an_asset_without_hours_is_refused(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    with pytest.raises(ConfigError, match=r"^--select storage_maintenance: this asset has no hours"):
        _parts(definitions, instance, "storage_maintenance", DAY, False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--from", "14.2.2012", "--to", "2012-02-14T17"],
            "etheatmap: '14.2.2012' is not an hour: write it as 2012-02-14T16 (UTC).",
        ),
        (
            ["--from", "2012-02-14T16", "--to", "2012-02-30T17"],
            "etheatmap: '2012-02-30T17' is not an hour: write it as 2012-02-14T16 (UTC).",
        ),
        (
            ["--from", "2012-02-14T16", "--to", "2012-02-14T15"],
            "etheatmap: --to 2012-02-14T15 is before --from 2012-02-14T16.",
        ),
    ],
)
def test_wrong_hours_are_one_sentence_before_anything_starts(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ETHEATMAP_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["etheatmap", "backfill", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr() == ("", f"{sentence}\n")
    assert not home.exists()
